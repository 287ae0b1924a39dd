"""Which files of a batch and of reports may be purged, and which are left alone."""

import json
import os

import pytest

from standard.batch import BatchKey
from standard.day import Day
from standard.errors import UsageError
from standard.retention import Purgeable
from workspace.provenance import require_raw
from workspace.purged import require_kept
from workspace.retention import purge_batch, size_of, stored_batch, stored_reports
from workspace.runs import adopt_archive, archive_of, promote_archive
from workspace.workspace import Workspace

KEY = BatchKey.of("a.b/2026-03-01")
AT = "2026-05-01T04:00:00.000000Z"
PURGED = (
    "expected the raw archive of that day, found that it was purged on 2026-05-01, since LICEX_KEEP_RAW keeps 40 days"
)


@pytest.fixture(params=["folder", "memory"])
def workspace(request, tmp_path):
    return Workspace(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}")


def write(workspace, *names, run="", key=KEY, text="x"):
    for name in names:
        own = workspace.of_run(run)
        own.write_text(own.path(key, name), text)


def shown(workspace, batch):
    root = workspace.path(KEY, "")
    return {str(what): sorted(each.path.removeprefix(root) for each in found) for what, found in batch.files.items()}


def archive(workspace, run="run-a-0001"):
    write(workspace, "raw.parquet", "manifest.json", "licences.parquet", "receipt.json", run=run)
    write(workspace, "archive.json", text=json.dumps({"run": run}))


def test_files_of_the_run_that_has_the_archive_may_go_and_those_of_a_run_at_work_may_not(workspace):
    archive(workspace)
    write(workspace, "raw.parquet", "licences.parquet", run="run-b-0001")
    found = stored_batch(workspace, KEY)
    assert (found.run, found.ended) == ("run-a-0001", True)
    assert shown(workspace, found) == {
        "raw": ["run-a-0001/raw.parquet"],
        "licences": ["run-a-0001/licences.parquet"],
    }


def test_an_archive_of_an_older_version_lies_in_the_folder_of_the_day(workspace):
    write(workspace, "raw.parquet", "receipt.json")
    write(workspace, "raw.parquet", run="run-b-0001")
    found = stored_batch(workspace, KEY)
    assert (found.run, found.ended, shown(workspace, found)) == ("", True, {"raw": ["raw.parquet"]})
    purge_batch(workspace, found, Purgeable.RAW, AT, 40)
    assert workspace.files(KEY) == ["purged.json", "receipt.json", "run-b-0001/raw.parquet"]
    with pytest.raises(UsageError, match=PURGED):
        require_kept(workspace, KEY, Purgeable.RAW)


def test_the_rows_of_all_parts_of_a_split_table_go(workspace):
    archive(workspace)
    write(
        workspace, "part-000/raw.parquet", "part-001/raw.parquet", "part-001/judged_findings.parquet", run="run-a-0001"
    )
    found = stored_batch(workspace, KEY)
    assert len(found.files[Purgeable.RAW]) == 3
    for what in found.files:
        purge_batch(workspace, found, what, AT, 40)
    assert stored_batch(workspace, KEY).files == {}
    assert archive_of(workspace, KEY).files(KEY) == ["manifest.json", "receipt.json"]


def test_what_a_sweep_has_read_may_go_as_well(workspace):
    swept = BatchKey.of("a.b/2026-03-01.sweep")
    write(workspace, "raw.parquet", "receipt.json", key=swept)
    write(workspace, "raw.parquet")
    assert workspace.batches("a.b") == [KEY, swept]
    purge_batch(workspace, stored_batch(workspace, swept), Purgeable.RAW, AT, 40)
    assert workspace.files(KEY) == ["raw.parquet"]
    assert workspace.files(swept) == ["purged.json", "receipt.json"]


def test_a_folder_that_is_no_batch_is_none(workspace):
    write(workspace, "raw.parquet")
    workspace.write_text(workspace.path(KEY, "").replace("2026-03-01", "notes") + "raw.parquet", "x")
    assert workspace.batches("a.b") == [KEY]
    assert workspace.batches("nobody") == []


def test_a_file_of_two_names_counts_once(tmp_path):
    workspace = Workspace(str(tmp_path))
    archive(workspace)
    own = workspace.of_run("run-a-0001")
    os.link(own.path(KEY, "raw.parquet"), workspace.path(KEY, "raw.parquet"))
    stored = stored_batch(workspace, KEY).files[Purgeable.RAW]
    assert (len(stored), size_of(stored)) == (2, (1, 1))


def test_a_run_that_has_not_ended_says_so(workspace):
    write(workspace, "raw.parquet", run="run-a-0001")
    write(workspace, "archive.json", text=json.dumps({"run": "run-a-0001"}))
    assert not stored_batch(workspace, KEY).ended


def test_no_run_takes_an_archive_that_was_purged_and_none_begins_on_half_of_it(workspace):
    archive(workspace)
    left = stored_batch(workspace, KEY)
    left.files[Purgeable.RAW].clear()  # as if the purge had been killed before the first file
    purge_batch(workspace, left, Purgeable.RAW, AT, 40)
    assert archive_of(workspace, KEY).exists(KEY, "raw.parquet")
    with pytest.raises(UsageError, match=PURGED):
        adopt_archive(workspace.of_run("run-b-0001"), KEY)
    with pytest.raises(UsageError, match=PURGED):
        require_raw(archive_of(workspace, KEY), KEY, None)


def test_what_was_purged_says_nothing_of_the_archive_that_comes_after_it(workspace):
    archive(workspace)
    purge_batch(workspace, stored_batch(workspace, KEY), Purgeable.RAW, AT, 40)
    again = workspace.of_run("run-b-0001")
    require_kept(again, KEY, Purgeable.RAW)
    write(workspace, "raw.parquet", "manifest.json", run="run-b-0001")
    promote_archive(again, KEY)
    assert not workspace.exists(KEY, "purged.json")
    require_kept(archive_of(workspace, KEY), KEY, Purgeable.RAW)


def test_both_kinds_of_what_was_purged_are_kept_in_mind(workspace):
    archive(workspace)
    for what, at, days in ((Purgeable.LICENCES, AT, 31), (Purgeable.RAW, AT.replace("05", "06", 1), 60)):
        purge_batch(workspace, stored_batch(workspace, KEY), what, at, days)
    own = archive_of(workspace, KEY)
    with pytest.raises(UsageError, match=r"purged on 2026-05-01, since LICEX_KEEP_LICENCES keeps 31 days; standardise"):
        require_kept(own, KEY, Purgeable.LICENCES)
    with pytest.raises(UsageError, match="purged on 2026-06-01, since LICEX_KEEP_RAW keeps 60 days"):
        require_kept(own, KEY, Purgeable.RAW)


def test_reports_are_found_by_source_and_day_and_nothing_else_is_one(workspace):
    for parts in (("a.b", "2026-03-01.html"), ("a.b", "2026-03-01.xlsx"), ("a.b", "logo.html"), ("city-2026-03-01.html",), ("index.html",)):  # fmt: skip
        workspace.write_text(workspace.report_path(*parts), "x")
    day = Day.of("2026-03-01")
    names = {
        source: [each.path.rpartition("/")[2] for each in stored_reports(workspace, source)[day]]
        for source in ("a.b", "")
    }
    assert names == {"a.b": ["2026-03-01.html", "2026-03-01.xlsx"], "": ["city-2026-03-01.html"]}
    assert stored_reports(workspace, "nobody") == {}
