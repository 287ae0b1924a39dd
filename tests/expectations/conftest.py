import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.assess import Standardised, judge_batch
from standard.batch import Manifest
from transforms.conform import Conformer

TAKEN = "2026-03-01T16:00:00.000000Z"


@pytest.fixture
def judge(declare, raw, tmp_path):
    """Conform and judge rows; gives the assessment."""

    def run(*differences, source=None, last_size=None, manifest=None):
        source = source or declare()
        said = Conformer(source, TAKEN).conform(raw(*differences), 0)
        path = tmp_path / "licences.parquet"
        pq.write_table(said.licences, path)
        count = len(differences)
        facts = {"kind": "incremental", "taken_at": TAKEN, "read": count, "rows": count, "columns": [], "digest": ""}
        written = Manifest(batch="transport.road/2026-03-01", **{**facts, **(manifest or {})})
        batch = Standardised([said.licences], str(path), said.licences.num_rows, said.left_out, said.findings)
        return judge_batch(source, written, batch, last_size, "2026-03-02T00:00:00.000000Z")

    return run


@pytest.fixture
def findings():
    """Of an assessment, (rule, element, place) of each finding."""
    return lambda assessed: [(f["rule"], f["element"], f["row"]) for f in assessed.findings.to_pylist()]


@pytest.fixture
def empty():
    return pa.array([], pa.int64())
