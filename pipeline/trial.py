"""Runs a batch up to its verdict in a temporary workspace: a dry run, or a preview of a source."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.database import ExchangeDatabase
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from pipeline.runner import BatchResult, prepare
from pipeline.steps.assess import assess, last_delivered
from pipeline.steps.deliver import REFUSED, too_many_held_message
from sources.declaration import Declaration
from sources.register import Source
from standard.batch import BatchKey, Verdict
from standard.errors import ExchangeError
from standard.ledger_entry import LedgerEntry
from standard.licence import LICENCE
from standard.masking import mask_personal, mask_texts
from standard.messages import Message, stored_sentence
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import batch_manifest, part_numbers
from workspace.purged import require_kept
from workspace.runs import archive_of
from workspace.workspace import Workspace

_SHOWN = 10  # rows of a preview
# Rules that a missing lookup entry may explain; any other value is wrong, which a lookup would hide.
_BY_LOOKUP = frozenset(["status", "holder_type_code", "holder_category", "area_code", "value_unreadable"])


@dataclass(frozen=True)
class Trial(BatchResult):
    """Result of a dry run or preview; nothing is kept.

    Attributes:
        findings: of all rows, grouped by rule, element and value, most frequent first: the number (`findings`), the `locator` of the
            first, the `expected` value, and a `hint` if the declaration can fix it.
        rows: the first standardised rows, with the elements that are filled; personal values are masked.
    """

    findings: tuple[dict[str, Any], ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def try_batch(exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool = False) -> Trial:
    """Read and judge a batch; the platform, the ledger and the archive stay as they are.

    Args:
        exchange: where everything is.
        key: of the batch.
        on_progress: receives each step as it begins.
        from_archive: whether to judge the raw archive instead of reading the source.
    """
    try:
        with open_trial(exchange, key, from_archive=from_archive) as trial:
            prepare(trial, key, on_progress, from_archive=from_archive)
            on_progress(Message("assess"))
            verdict = assess(trial, key, trial.now())
            findings = _group_findings(trial.workspace.read_table(key, files.FINDINGS), trial.source(key).declaration)
            rows = _first_rows(trial, key)
    except ExchangeError as error:
        return Trial(key, None, error.message, error.exit_code)
    problem = _problem(key, verdict)
    return Trial(key, _entry(key, verdict), problem, 1 if problem else 0, findings=findings, rows=rows)


def _problem(key: BatchKey, verdict: Verdict) -> Message:
    """Why somebody would have to look at the batch; empty if nobody would."""
    if verdict.refused:
        return stored_sentence(verdict.reason).coded(REFUSED)
    if verdict.held_above_limit:
        held = too_many_held_message(key, verdict.held_limit, verdict)
        return Message("{held}; a run would deliver the rest", held=held).coded(REFUSED)
    return Message("")


def _entry(key: BatchKey, verdict: Verdict) -> LedgerEntry:
    """The ledger entry that the run would have before its delivery."""
    status = Message("dry run: refused") if verdict.refused else Message("dry run: delivered")
    known = {**verdict.facts(), **verdict.counts(), "reason": verdict.reason, "failing": verdict.failing}
    refused = verdict.extracted if verdict.refused else 0
    return LedgerEntry(key.source, str(key.day), 0, status, refused=refused, **known)


def _group_findings(findings: pa.Table, declaration: Declaration) -> tuple[dict[str, Any], ...]:
    grouped = findings.group_by(["rule", "element", "value"], use_threads=False).aggregate(
        [("rule", "count"), ("locator", "first"), ("expected", "first")]
    )
    names = {"rule_count": "findings", "locator_first": "locator", "expected_first": "expected"}
    named = grouped.rename_columns([names.get(name, name) for name in grouped.column_names])
    groups: list[dict[str, Any]] = named.sort_by([("findings", "descending")]).to_pylist()
    return tuple({**group, "hint": _hint(group, declaration)} for group in groups)


def _hint(group: Mapping[str, Any], declaration: Declaration) -> Message:
    """The lookup to which a value could be added; empty if its element has none, or a lookup already has the value."""
    column = declaration.columns.get(group["element"]) if group["rule"] in _BY_LOOKUP else None
    names = list(column.lookup) if column else []
    own = [name for name in names if name in declaration.lookups]
    if not names or not group["value"] or any(group["value"] in declaration.lookups[name] for name in own):
        return Message("")
    if own:
        return Message("add it to the lookup {lookup}?", lookup=own[0])
    return Message("add it to a lookup of your own, beside {lookup}?", lookup=names[0])


def _first_rows(exchange: Exchange, key: BatchKey) -> tuple[dict[str, Any], ...]:
    workspace, source = exchange.workspace, exchange.source(key)
    for part in part_numbers(batch_manifest(workspace, key)):
        for group in workspace.read_groups(key, part_file(files.LICENCES, part)):
            if group.num_rows:
                return tuple(_masked(group.slice(0, _SHOWN), source).to_pylist())
    return ()


def _masked(licences: pa.Table, source: Source) -> pa.Table:
    """The filled elements as text, with personal values masked."""
    personal = {field.name for field in (*LICENCE.fields, *source.face) if field.personal}
    columns = {}
    for name in licences.column_names:
        values = pc.cast(licences[name], pa.string()).combine_chunks()
        shown = name in LICENCE.by_name or name.startswith("KZ_") or name == "locator"
        if shown and values.null_count < len(values):
            columns[name] = mask_personal(values) if name in personal else mask_texts(values)
    return pa.table(columns)


@contextmanager
def open_trial(exchange: Exchange, key: BatchKey, *, from_archive: bool) -> Iterator[Exchange]:
    """The exchange with a temporary workspace that holds what the steps read: the last manifest, and the archive if needed."""
    exchange.open_scratch()
    with tempfile.TemporaryDirectory(prefix="licex-") as folder, ExitStack() as stack:
        database = None
        if stack.enter_context(closing(ExchangeDatabase(exchange.settings.target))).is_empty():
            database = stack.enter_context(closing(ExchangeDatabase(f"sqlite:///{folder}/platform.db")))
            database.prepare()  # stands in for the empty platform, whose tables are not created
        trial = exchange.as_trial(Workspace(folder), database)
        last = last_delivered(trial, key)
        if last is not None and exchange.workspace.exists(last, files.DELIVERED):
            _copy(exchange.workspace, trial.workspace, last, files.DELIVERED)
        if from_archive or exchange.source(key).only_archived(key.day, exchange.now()):
            _copy_archive(exchange.workspace, trial.workspace, key)
        yield trial


def _copy_archive(origin: Workspace, to: Workspace, key: BatchKey) -> None:
    """Copy the archive of a day, if there is one."""
    archive = archive_of(origin, key)
    if not archive.exists(key, files.MANIFEST):
        return
    require_kept(archive, key, Purgeable.RAW)
    whole = batch_manifest(archive, key)
    to.write_text(to.path(key, files.MANIFEST), whole.to_json())
    for part in part_numbers(whole):
        for name in (files.MANIFEST, files.RAW):
            _copy(archive, to, key, part_file(name, part))


def _copy(origin: Workspace, to: Workspace, key: BatchKey, name: str) -> None:
    with origin.local(key, name) as path, to.writing(to.path(key, name)) as copied, open(path, "rb") as file:
        shutil.copyfileobj(file, copied)
