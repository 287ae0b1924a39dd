from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.assess import Baseline, Part, decide, judge_rows
from standard.batch import Manifest
from standard.raw import FAULT, LOCATOR
from transforms.conform import Conformer

TAKEN = "2026-03-01T16:00:00.000000Z"


@pytest.fixture
def judge(declare, raw, tmp_path):
    """Conform and judge rows; returns the assessment. `parts` are the rows at which the batch is split."""

    def run(*differences, source=None, before=None, manifest=None, parts=()):
        source = source or declare()
        rows = raw(*differences)
        edges = [0, *parts, rows.num_rows]
        cut = [_part(source, rows[start:end], tmp_path / f"{start}-{end}.parquet") for start, end in pairwise(edges)]
        count = len(differences)
        facts = {"kind": "incremental", "taken_at": TAKEN, "read": count, "rows": count, "digest": ""}
        columns = [name for name in rows.column_names if name not in {LOCATOR, FAULT}]
        written = Manifest(batch="transport.road/2026-03-01", **{**facts, "columns": columns, **(manifest or {})})
        return decide(source, written, cut, before or Baseline(), "2026-03-02T00:00:00.000000Z")

    return run


def _part(source, rows, path):
    conformed = Conformer(source, TAKEN).conform(rows, 0)
    pq.write_table(conformed.licences, path)
    found = judge_rows(source, TAKEN, [conformed.licences])
    return Part(
        str(path), conformed.licences.num_rows, conformed.left_out, pa.concat_tables([conformed.findings, found])
    )


@pytest.fixture
def findings():
    """(rule, element, row) of each finding of an assessment."""
    return lambda assessed: [(f["rule"], f["element"], f["row"]) for f in assessed.findings.to_pylist()]


@pytest.fixture
def empty():
    return pa.array([], pa.int64())
