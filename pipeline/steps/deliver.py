"""Delivers the accepted rows of a batch to the exchange's database, with its findings and its ledger row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.ledger import read_entries
from pipeline.exchange import Exchange
from pipeline.prefetch import prefetch
from standard.batch import BatchKey, Status, Verdict
from standard.day import instant_text
from standard.ledger_entry import LedgerEntry
from standard.messages import Message, stored_sentence
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import manifest, part_numbers
from workspace.provenance import require_judged
from workspace.runs import link_into_day
from workspace.workspace import Workspace

REFUSED = "LX-505"  # error code of a refused batch, or one with too many held rows


def deliver(exchange: Exchange, key: BatchKey, now: datetime, seconds: float = 0.0) -> LedgerEntry:
    """Deliver a batch in one transaction, or not at all.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: of the delivery.
        seconds: duration of the steps so far, for the ledger.

    Raises:
        ExchangeError: when the files are not the judged ones; nothing was loaded.
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
    link_into_day(workspace, key)
    return entry


def problem(exchange: Exchange, key: BatchKey) -> Message:
    """Why somebody must look at a batch, as one sentence; empty if nobody must."""
    # The platform's database may refuse rows that the verdict accepts, so the receipt decides.
    entry = LedgerEntry.from_json(exchange.workspace.read_text(key, files.RECEIPT))
    if entry.status == Status.REFUSED:
        return Message("{batch}: refused: {reason}", batch=key, reason=stored_sentence(entry.reason)).coded(REFUSED)
    limit = Verdict.from_json(exchange.workspace.read_text(key, files.VERDICT)).held_limit
    if entry.held <= limit * entry.extracted:
        return Message("")
    page = exchange.workspace.report_path(key.source, f"{key.day}.html")
    return Message("{held}; see the report {page}", held=too_many_held_message(key, limit, entry), page=page).coded(
        REFUSED
    )


def too_many_held_message(key: BatchKey, limit: float, counts: Verdict | LedgerEntry) -> Message:
    """The sentence for a batch with more held rows than its declaration allows."""
    return Message(
        "{batch}: expected at most {limit:.1%} of rows held, found {share:.1%} ({held})",
        batch=key,
        limit=limit,
        share=counts.held / counts.extracted,
        held=counts.held,
    )


def is_delivered(exchange: Exchange, key: BatchKey) -> bool:
    """Whether the last standing run of the day was delivered."""
    entries = exchange.database.read(read_entries, source=key.source, day=str(key.day), skip_repeats=True)
    return any(entry.status == Status.DELIVERED for entry in entries)


def _rows(workspace: Workspace, key: BatchKey, names: Sequence[str]) -> Iterator[pa.Table]:
    """Selected columns of the licences of all parts, with the `outcome` of each row; a group at a time."""
    outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    start = 0
    for part in part_numbers(manifest(workspace, key)):
        for group in workspace.read_groups(key, part_file(files.LICENCES, part), [n for n in names if n != "outcome"]):
            yield group.append_column("outcome", outcomes.slice(start, group.num_rows)).select(names)
            start += group.num_rows
