"""Delivers the accepted rows of a batch into the exchange's database, with its findings and its ledger row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.ledger import read_entries
from pipeline.exchange import Exchange
from pipeline.prefetch import prefetch
from standard.batch import BatchKey, LedgerEntry, Status, Verdict
from standard.day import instant_text
from standard.messages import Message, kept
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import manifest, part_numbers
from workspace.provenance import require_judged
from workspace.runs import show_in_the_day
from workspace.workspace import Workspace

REFUSED = "LX-505"  # the code of a batch that was refused, or of which too much is held


def deliver(exchange: Exchange, key: BatchKey, now: datetime, seconds: float = 0.0) -> LedgerEntry:
    """Deliver a batch in one transaction, or nothing of it.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: of the delivery.
        seconds: what the steps took so far, for the ledger.

    Raises:
        ExchangeError: when the files are not those that were judged; nothing was loaded.
        PlatformUnreachable: when the platform does not answer; nothing was loaded.
    """
    workspace = exchange.workspace
    declaration = exchange.source(key).declaration
    verdict = Verdict.from_json(workspace.read_text(key, files.VERDICT))
    digest = require_judged(workspace, key, verdict)
    findings = workspace.read_table(key, files.FINDINGS)

    def rows(names: Sequence[str]) -> Iterator[pa.Table]:
        return prefetch(_rows(workspace, key, names))

    delivery = Delivery(
        verdict,
        declaration.precedence,
        rows,
        findings,
        declaration.vanished,
        declaration.expect.drift.reactions,
        declaration.extract.keys,
        declaration.extract.shows_changes,
        digest=digest,
        only_source=list(exchange.register) == [key.source],
    )
    entry = deliver_batch(exchange.database, delivery, instant_text(now), seconds)
    workspace.write_text(workspace.path(key, files.RECEIPT), entry.to_json())
    if entry.status == Status.DELIVERED:
        workspace.write_text(workspace.path(key, files.DELIVERED), workspace.read_text(key, files.MANIFEST))
    show_in_the_day(workspace, key)
    return entry


def problem(exchange: Exchange, key: BatchKey) -> Message:
    """Why a person must look at a batch, as one sentence; empty where nobody must."""
    # The platform's database may have refused what the verdict accepts; the receipt knows.
    entry = LedgerEntry.from_json(exchange.workspace.read_text(key, files.RECEIPT))
    if entry.status == Status.REFUSED:
        return Message("{batch}: refused: {reason}", batch=key, reason=kept(entry.reason)).coded(REFUSED)
    limit = Verdict.from_json(exchange.workspace.read_text(key, files.VERDICT)).held_limit
    if entry.held <= limit * entry.extracted:
        return Message("")
    page = exchange.workspace.report_path(key.source, f"{key.day}.html")
    return Message("{held}; see the report {page}", held=too_many_held(key, limit, entry), page=page).coded(REFUSED)


def too_many_held(key: BatchKey, limit: float, counts: Verdict | LedgerEntry) -> Message:
    """The sentence for a batch of which more rows are held than its declaration allows."""
    return Message(
        "{batch}: expected at most {limit:.1%} of rows held, found {share:.1%} ({held})",
        batch=key,
        limit=limit,
        share=counts.held / counts.extracted,
        held=counts.held,
    )


def stands(exchange: Exchange, key: BatchKey) -> bool:
    """Whether the last run of the day that changed anything was delivered."""
    entries = exchange.database.read(read_entries, source=key.source, day=str(key.day), standing=True)
    return any(entry.status == Status.DELIVERED for entry in entries)


def _rows(workspace: Workspace, key: BatchKey, names: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of the licences of all parts, and `outcome`, what became of each row; a group at a time."""
    outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    start = 0
    for part in part_numbers(manifest(workspace, key)):
        for group in workspace.read_groups(key, of_part(files.LICENCES, part), [n for n in names if n != "outcome"]):
            yield group.append_column("outcome", outcomes.slice(start, group.num_rows)).select(names)
            start += group.num_rows
