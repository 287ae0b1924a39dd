"""Finds claims that older versions may have delivered unjudged: the archive of their day, judged again, does not contain them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.ledger import read_entries
from exchange_db.queries import delivered_claims
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from pipeline.runner import prepare
from pipeline.steps.assess import assess
from pipeline.trial import open_trial
from standard.batch import BatchKey, Outcome, Status
from standard.day import Day
from standard.errors import ExchangeError
from standard.masking import mask_texts
from standard.messages import Message
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import manifest, part_numbers
from workspace.runs import archive_of


@dataclass(frozen=True)
class Unjudged:
    """A batch whose delivery names no verdict, with the claims that may not have been judged.

    Attributes:
        key: of the batch.
        claims: `record`, `certificate_number` and `locator` of the claims whose contents are not among the accepted rows of the
            day's archive; numbers are masked.
        problem: why the batch could not be checked; empty if it could.
    """

    key: BatchKey
    claims: pa.Table
    problem: str = ""


def unjudged(exchange: Exchange, source: str, on_progress: OnProgress) -> list[Unjudged]:
    """Judge the archives of batches delivered by older versions, and list the claims that they do not account for.

    Nothing is changed. A row that changed at its source between two runs of its day, or a declaration or rule that changed since,
    looks like an unjudged claim: a listed claim may be correct and should be compared with the source.

    Args:
        exchange: where everything is.
        source: whose batches.
        on_progress: receives each batch as it is judged.
    """
    entries = exchange.database.read(read_entries, source=source, all_runs=True)
    judged: dict[str, list[str]] = {}
    for entry in entries:
        if entry.status == Status.DELIVERED and not entry.verdict_digest:
            judged.setdefault(entry.day, []).append(entry.judged_at)
    found = (
        _of_batch(exchange, BatchKey(source, Day.of(day)), instants, on_progress) for day, instants in judged.items()
    )
    return [batch for batch in found if batch.claims.num_rows or batch.problem]


def _of_batch(exchange: Exchange, key: BatchKey, judged: list[str], on_progress: OnProgress) -> Unjudged:
    claims = exchange.database.read(delivered_claims, key, judged)
    if not claims.num_rows:
        return Unjudged(key, claims)
    on_progress(Message("{batch} judge the archive again", batch=key))
    try:
        accepted = _accepted(exchange, key)
    except ExchangeError as error:
        return Unjudged(key, claims.slice(0, 0), error.message)
    unmatched = claims.join(accepted, ["record", "digest"], join_type="left anti").sort_by("locator")
    masked = {name: mask_texts(unmatched[name].combine_chunks()) for name in ("certificate_number", "locator")}
    return Unjudged(key, pa.table({"record": unmatched["record"], **masked}))


def _accepted(exchange: Exchange, key: BatchKey) -> pa.Table:
    """`record` and `digest` of the archived rows that a verdict accepts today."""
    if not archive_of(exchange.workspace, key).exists(key, files.MANIFEST):
        raise ExchangeError(
            "LX-502", "{batch}: expected the archive of that day to compare its claims with, found none", batch=key
        )
    with open_trial(exchange, key, from_archive=True) as trial:
        prepare(trial, key, lambda _step: None, from_archive=True)
        assess(trial, key, trial.now())
        workspace = trial.workspace
        names = [part_file(files.LICENCES, part) for part in part_numbers(manifest(workspace, key))]
        rows = [group for name in names for group in workspace.read_groups(key, name, ["record", "digest"])]
        outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    contents = pa.concat_tables([pa.schema([("record", pa.string()), ("digest", pa.string())]).empty_table(), *rows])
    return contents.filter(pc.equal(outcomes, str(Outcome.ACCEPTED)))
