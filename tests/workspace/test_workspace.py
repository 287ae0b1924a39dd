import errno
import socket
import sys

import pyarrow as pa
import pytest

from standard.batch import BatchKey
from standard.day import Day
from standard.errors import ExchangeError, PlatformUnreachable, UsageError
from workspace.workspace import Workspace

KEY = BatchKey("transport.road", Day.of("2026-03-01"))
SCHEMA = pa.schema([("n", pa.int64())])


def rows(count):
    return pa.table({"n": pa.array(range(count))}, schema=SCHEMA)


def test_a_file_appears_complete_or_not_at_all(tmp_path):
    workspace = Workspace(str(tmp_path))
    path = workspace.path(KEY, "raw.parquet")
    workspace.write_table(path, [rows(2)], SCHEMA)

    def failing():
        yield rows(1)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PlatformUnreachable, match="No space left on device"):
        workspace.write_table(path, failing(), SCHEMA)
    assert workspace.read_table(KEY, "raw.parquet").num_rows == 2
    assert [file.name for file in (tmp_path / "transport.road/2026-03-01").iterdir()] == ["raw.parquet"]


def test_a_step_whose_input_is_missing_names_it(tmp_path):
    with pytest.raises(ExchangeError, match=r"expected verdict\.json from the step before, found none"):
        Workspace(str(tmp_path)).read_text(KEY, "verdict.json")


def test_the_workspace_may_be_any_file_system(licex, city, monkeypatch, platform):
    monkeypatch.setenv("LICEX_WORKSPACE", "memory://exchange")
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    assert len(platform("SELECT * FROM licence")) == 2
    assert not (city / "workspace").exists()


def test_a_raw_archive_that_is_not_its_manifests_is_not_judged(licex, city):
    licex("run", "transport.road", "--day", "2026-03-01")
    (raw,) = city.glob("workspace/transport.road/2026-03-01/*/raw.parquet")
    raw.write_bytes(b"PAR1")
    code, _, err = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    assert (code, "expected the raw archive that its manifest names, found another" in err) == (1, True)


@pytest.mark.parametrize("root", ["nowhere://geheim/x", "s3://geheim:geheim@bucket/x"])
def test_a_workspace_without_a_driver_is_refused_in_one_sentence(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match="LICEX_WORKSPACE: expected a folder, or an fsspec URL") as refused:
        Workspace(root)
    assert "geheim" not in str(refused.value)


def test_a_workspace_that_does_not_answer_is_reported_in_one_sentence(licex, city, monkeypatch, platform):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and never listens
        monkeypatch.setenv("LICEX_WORKSPACE", f"ftp://geheim:geheim@127.0.0.1:{closed.getsockname()[1]}/exchange")
        code, _, error = licex("run", "transport.road", "--day", "2026-03-01")
    assert code == 3
    assert "LICEX_WORKSPACE: expected the store of the archive to answer, found ConnectionRefusedError" in error
    assert "geheim" not in error
    assert licex("ledger")[0] == 0


def test_a_page_exists_once_it_is_written_for_the_source_or_for_the_city(tmp_path):
    workspace = Workspace(str(tmp_path))
    day = KEY.day
    assert not workspace.has_page(day)
    workspace.write_text(workspace.report_path(f"city-{day}.html"), "")
    workspace.write_text(workspace.report_path(KEY.source, f"{day.plus(1)}.html"), "")
    pages = [(each, source) for each in (day, day.plus(1)) for source in ("", KEY.source, "another")]
    assert [page for page in pages if workspace.has_page(*page)] == [(day, ""), (day.plus(1), KEY.source)]
