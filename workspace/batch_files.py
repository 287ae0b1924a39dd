"""The names of the files of a batch, and of the folders of its runs and parts."""

from __future__ import annotations

BEGUN, PLAN = "run.json", "plan.json"
RAW, MANIFEST = "raw.parquet", "manifest.json"
LICENCES, CONFORMED, STANDARDISED = "licences.parquet", "conformed_findings.parquet", "standardised.json"
JUDGED, JUDGED_FROM = "judged_findings.parquet", "judged.json"
FINDINGS, OUTCOMES, VERDICT = "findings.parquet", "outcomes.parquet", "verdict.json"
RECEIPT = "receipt.json"
RUN = "run-"  # how the folder of a run begins
# What belongs to the day, and not to one of its runs: which run's archive is the day's, the manifest of what was last
# delivered, which a later try that was refused leaves, whose turn it is, and what was purged of the archive.
ARCHIVE, DELIVERED, TURN, PURGED = "archive.json", "delivered.json", "turn", "purged.json"
OF_THE_DAY = {ARCHIVE, DELIVERED, TURN, PURGED}


def of_part(name: str, part: int | None) -> str:
    """The name of a file of one part of a batch; of a batch that is not read in parts, the name itself."""
    return name if part is None else f"part-{part:03}/{name}"
