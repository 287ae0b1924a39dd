"""The plan of a reading, written before its first part is read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from standard.batch import BatchKey
from standard.partition import Part
from workspace import batch_files as files
from workspace.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """What all parts of a batch have in common.

    Attributes:
        now: instant text; the instant for which all parts are read.
        after: for a source read by a rising number, the number after which the day begins; None to begin at the first row.
        until: for the same, the last number of the day; None for no limit.
        parts: the parts of a split table; empty where the source is read in one.
        beginning: how often the source's order began anew before this reading. A source that is declared otherwise than it
            was last read has another order, so everything read from now on is newer than all before.
        reached: the greatest number accepted since that beginning; None where there is none.
        reached_rows: fingerprints of the rows with that number.
        mark_rows: for a split table, fingerprints of the rows with which the batch ends.
    """

    now: str
    after: int | None
    until: int | None
    parts: list[Part]
    beginning: int = 0
    reached: int | None = None
    reached_rows: str = ""
    mark_rows: str = ""


def read_plan(workspace: Workspace, key: BatchKey) -> Plan:
    """Read the plan of a batch."""
    plan = json.loads(workspace.read_text(key, files.PLAN))
    return Plan(**{**plan, "parts": [Part(**part) for part in plan["parts"]]})
