"""Which claims of older versions no verdict may have been given on: the archive of their day, judged again, does not account for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.ledger import read_entries
from exchange_db.queries import claims_of
from pipeline import stages
from pipeline.clock import now
from pipeline.exchange import Exchange
from pipeline.flow import rejudge
from pipeline.inquiry import elsewhere
from standard.batch import BatchKey, Outcome, Status
from standard.day import Day
from standard.errors import ExchangeError
from standard.finding import mask_texts
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


def unjudged(exchange: Exchange, source: str, told: Callable[[str], None]) -> list[Unjudged]:
    """Judge the archives of the batches that older versions delivered, and name the claims that they do not account for.

    Nothing is changed. A row that was changed at its source between two runs of its day, and a declaration or a rule that was
    changed since, look the same as what was never judged: what is named may be right, and is to be compared with the source.

    Args:
        exchange: where everything is.
        source: whose batches.
        told: is told which batch is judged.
    """
    with exchange.database.transaction(reading=True) as connection:
        entries = read_entries(connection, source=source, all_runs=True)
    judged: dict[str, list[str]] = {}
    for entry in entries:
        if entry.status == Status.DELIVERED and not entry.verdict_digest:
            judged.setdefault(entry.day, []).append(entry.judged_at)
    found = (_of_batch(exchange, BatchKey(source, Day.of(day)), instants, told) for day, instants in judged.items())
    return [one for one in found if one.claims.num_rows or one.problem]


def _of_batch(exchange: Exchange, key: BatchKey, judged: list[str], told: Callable[[str], None]) -> Unjudged:
    with exchange.database.transaction(reading=True) as connection:
        claims = claims_of(connection, key, judged)
    if not claims.num_rows:
        return Unjudged(key, claims)
    told(f"{key} judge the archive again")
    try:
        accepted = _accepted(exchange, key)
    except ExchangeError as error:
        return Unjudged(key, claims.slice(0, 0), str(error))
    lacking = claims.join(accepted, ["record", "digest"], join_type="left anti").sort_by("locator")
    named = {name: mask_texts(lacking[name].combine_chunks()) for name in ("certificate_number", "locator")}
    return Unjudged(key, pa.table({"record": lacking["record"], **named}))


def _accepted(exchange: Exchange, key: BatchKey) -> pa.Table:
    """`record` and `digest` of the rows that the day's archive has and a verdict accepts now."""
    if not archive_of(exchange.workspace, key).exists(key, files.MANIFEST):
        raise ExchangeError(f"{key}: expected the archive of that day to compare its claims with, found none")
    with elsewhere(exchange, key, from_archive=True) as trial:
        rejudge(trial, key)
        stages.assess(trial, key, now())
        workspace = trial.workspace
        names = [of_part(files.LICENCES, part) for part in part_numbers(manifest(workspace, key))]
        rows = [group for name in names for group in workspace.read_groups(key, name, ["record", "digest"])]
        outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    said = pa.concat_tables([pa.schema([("record", pa.string()), ("digest", pa.string())]).empty_table(), *rows])
    return said.filter(pc.equal(outcomes, str(Outcome.ACCEPTED)))
