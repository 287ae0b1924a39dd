"""The names of a batch's files, and of the folders of its runs and parts."""

from __future__ import annotations

RUN_INFO, PLAN = "run.json", "plan.json"
RAW, MANIFEST = "raw.parquet", "manifest.json"
LICENCES, CONFORMED, STANDARDISED = "licences.parquet", "conformed_findings.parquet", "standardised.json"
JUDGED, JUDGED_FROM = "judged_findings.parquet", "judged.json"
FINDINGS, OUTCOMES, VERDICT = "findings.parquet", "outcomes.parquet", "verdict.json"
RECEIPT = "receipt.json"
RUN_PREFIX = "run-"  # of the folder of a run
# The files of the day rather than of one of its runs: which run's archive is the day's; the manifest of what was last
# delivered, which a later, refused run does not replace; whose turn it is; and what was purged of the archive.
ARCHIVE, DELIVERED, TURN, PURGED = "archive.json", "delivered.json", "turn", "purged.json"
DAY_FILES = {ARCHIVE, DELIVERED, TURN, PURGED}


def part_file(name: str, part: int | None) -> str:
    """The name of a file of one part of a batch; the name itself where the batch is not read in parts."""
    return name if part is None else f"part-{part:03}/{name}"
