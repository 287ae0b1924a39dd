"""What all parts of a batch have in common, as it is written down before the first is read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from standard.batch import BatchKey
from standard.partition import Part
from workspace import batch_files as files
from workspace.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """What all parts of a batch have in common, written down before the first is read.

    Attributes:
        now: instant text; all parts stand for this instant.
        after: of a source read by a rising number, where the day begins; None from the first row on.
        until: of the same, where it ends; None for all there are.
        parts: the parts of a split table; empty where the source is read in one.
        beginning: how often the source's order began anew before: a source that is declared otherwise than it was read last
            says something else of the order of its changes, so what is read from now on is newer than all before.
        reached: the greatest number that was accepted since; None where none was.
        reached_rows: fingerprints of the rows that had it.
        mark_rows: of a split table, fingerprints of the rows with which the batch ends.
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
    """The plan that was written down."""
    found = json.loads(workspace.read_text(key, files.PLAN))
    return Plan(**{**found, "parts": [Part(**part) for part in found["parts"]]})
