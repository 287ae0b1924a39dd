"""Finds claims that older versions may have delivered without a verdict: the archive of their day, judged again, lacks them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.ledger import read_entries
from exchange_db.queries import claims_of
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
from workspace.batch_files import of_part
from workspace.manifests import manifest, part_numbers
from workspace.runs import archive_of


@dataclass(frozen=True)
class Unjudged:
    """A batch whose delivery does not name its verdict, and what of it may not have been judged.

    Attributes:
        key: of the batch.
        claims: `record`, `certificate_number` and `locator` of the claims on the platform whose contents are not among the
            accepted rows of the day's archive; numbers masked.
        problem: why nothing can be said of the batch; empty where something can.
    """

    key: BatchKey
    claims: pa.Table
    problem: str = ""


def unjudged(exchange: Exchange, source: str, on_progress: OnProgress) -> list[Unjudged]:
    """Judge the archives of the batches that older versions delivered, and name the claims that they do not account for.

    Nothing is changed. A row that was changed at its source between two runs of its day, and a declaration or a rule that was
    changed since, look the same as what was never judged: what is named may be right, and is to be compared with the source.

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
    return [one for one in found if one.claims.num_rows or one.problem]


def _of_batch(exchange: Exchange, key: BatchKey, judged: list[str], on_progress: OnProgress) -> Unjudged:
    claims = exchange.database.read(claims_of, key, judged)
    if not claims.num_rows:
        return Unjudged(key, claims)
    on_progress(Message("{batch} judge the archive again", batch=key))
    try:
        accepted = _accepted(exchange, key)
    except ExchangeError as error:
        return Unjudged(key, claims.slice(0, 0), error.message)
    lacking = claims.join(accepted, ["record", "digest"], join_type="left anti").sort_by("locator")
    named = {name: mask_texts(lacking[name].combine_chunks()) for name in ("certificate_number", "locator")}
    return Unjudged(key, pa.table({"record": lacking["record"], **named}))


def _accepted(exchange: Exchange, key: BatchKey) -> pa.Table:
    """`record` and `digest` of the rows that the day's archive has and a verdict accepts now."""
    if not archive_of(exchange.workspace, key).exists(key, files.MANIFEST):
        raise ExchangeError(
            "LX-502", "{batch}: expected the archive of that day to compare its claims with, found none", batch=key
        )
    with open_trial(exchange, key, from_archive=True) as trial:
        prepare(trial, key, lambda _step: None, from_archive=True)
        assess(trial, key, trial.now())
        workspace = trial.workspace
        names = [of_part(files.LICENCES, part) for part in part_numbers(manifest(workspace, key))]
        rows = [group for name in names for group in workspace.read_groups(key, name, ["record", "digest"])]
        outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    said = pa.concat_tables([pa.schema([("record", pa.string()), ("digest", pa.string())]).empty_table(), *rows])
    return said.filter(pc.equal(outcomes, str(Outcome.ACCEPTED)))
