"""Finds the rows of a batch that the platform's database refuses, and holds them, so that the others are delivered.

This happens only after the database has refused a whole batch. Then ranges of the batch are tried, each in a transaction that
is rolled back, until every refused row is isolated. Two rows may be refused only together, for instance by a unique index of
the platform's administrator: then the first is delivered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.delivery import Delivery
from exchange_db.row_ranges import RowRange, rows_at, with_held
from standard.batch import Outcome, Verdict
from standard.errors import PlatformRefused
from standard.finding import FINDING, findings_on_batch, findings_on_rows
from standard.ledger_entry import LedgerEntry
from standard.licence import HOLDERS_JOINED_BY, LICENCE
from standard.masking import mask_quoted
from standard.messages import Message
from standard.rules import RULES
from standard.storable import escaped_texts
from standard.violation import Violation

MAX_ROWS = 1_000  # refused rows of one batch; if there are more, the database itself must be examined
_MAX_CONFLICTS = 20  # rows that are refused only together with others
_RULE, _RULE_MANY = "platform_refused", "platform_refuses_many"
_FINDING_COLUMNS = ["locator", "record", "certificate_number", "observed_at"]
_TEXT_COLUMNS = ("locator", "element", "certificate_number", "value", "expected")
_PERSONAL = [*(name for name in LICENCE.names if LICENCE.by_name[name].personal), "face"]
_COLUMNS = ["outcome", *_FINDING_COLUMNS, *_PERSONAL]

Attempt = Callable[[Delivery], object]


def deliver_without_refused(
    delivery: Delivery, deliver: Callable[[Delivery], LedgerEntry], attempt: Attempt, refusal: PlatformRefused
) -> LedgerEntry:
    """Deliver a batch that the database has refused, without the rows that it refuses.

    Args:
        delivery: the batch.
        deliver: delivers a batch.
        attempt: does the same as `deliver`, and rolls it back.
        refusal: the error for the whole batch.

    Raises:
        PlatformRefused: when the database refuses the batch even without its rows and findings.
    """
    try:
        attempt(_empty_delivery(delivery))
    except PlatformRefused:
        raise refusal from None
    delivery = _with_storable_findings(delivery, attempt)
    refused: dict[int, str] = {}
    if not delivery.verdict.refused:
        all_rows = RowRange(delivery.rows, 0, delivery.verdict.extracted)
        refused = _find_refused(all_rows, lambda rows: attempt(_partial_delivery(delivery, rows)))
    while len(refused) <= MAX_ROWS:
        # The new findings quote the refused rows, so they are checked as well.
        remaining = _with_storable_findings(_with_rows_held(delivery, refused), attempt)
        try:
            return deliver(remaining)
        except PlatformRefused as another:
            if delivery.verdict.refused:
                raise
            held = _hold_one_more(delivery, refused, attempt, another)
            if held is None:
                break
            delivery, refused = held
    return deliver(_refuse_batch(delivery, refused))


def _find_refused(rows: RowRange, attempt: Callable[[RowRange], object]) -> dict[int, str]:
    """The positions of the rows that are refused individually, with the reasons; the search ends after `MAX_ROWS` + 1."""
    refused: dict[int, str] = {}
    pending = [rows] if rows.count else []
    while pending and len(refused) <= MAX_ROWS:
        candidate = pending.pop()
        reason = _refusal_reason(lambda: attempt(candidate))  # noqa: B023 - called at once
        if reason is None:
            continue
        if candidate.count == 1:
            refused[candidate.start] = reason
        else:
            half = candidate.count // 2
            pending += [candidate.slice(half, candidate.count - half), candidate.slice(0, half)]
    return refused


def _refusal_reason(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except PlatformRefused as refusal:
        return refusal.reason
    return None


def _hold_one_more(
    delivery: Delivery, refused: dict[int, str], attempt: Attempt, refusal: PlatformRefused
) -> tuple[Delivery, dict[int, str]] | None:
    """Hold one more of the rows that are refused only together, or escape the sightings if their texts are refused.

    Returns:
        The delivery and the refused rows for the next attempt; None if too many rows are held already.
    """
    rows = RowRange(_with_rows_held(delivery, refused).rows, 0, delivery.verdict.extracted)
    conflicts = sum(reason.startswith("+ ") for reason in refused.values())
    accepted_count, refused_count, reason = (
        0,
        rows.count,
        _refusal_reason(lambda: attempt(_partial_delivery(delivery, rows))),
    )
    if reason is None and delivery.verdict.kind == "snapshot" and not delivery.escaped:
        return replace(delivery, escaped=True), refused
    if reason is None:
        raise refusal
    if conflicts >= _MAX_CONFLICTS:
        return None
    while refused_count - accepted_count > 1:
        half = (accepted_count + refused_count) // 2
        half_reason = _refusal_reason(lambda: attempt(_partial_delivery(delivery, rows.slice(0, half))))  # noqa: B023 - called at once
        accepted_count, refused_count, reason = (
            (half, refused_count, reason) if half_reason is None else (accepted_count, half, half_reason)
        )
    position = refused_count - 1
    if position not in refused:
        return delivery, {**refused, position: f"+ {reason}"}
    if delivery.escaped:
        raise refusal
    return replace(delivery, escaped=True), refused  # the row is held already, so the text of its sighting is refused


def _empty_delivery(delivery: Delivery) -> Delivery:
    """The delivery without rows and findings."""
    return _partial_delivery(delivery, RowRange(lambda _: [], 0, 0))


def _partial_delivery(delivery: Delivery, rows: RowRange) -> Delivery:
    """A delivery of some rows, without findings. It is not a snapshot, which would make all other records vanish."""
    outcomes = [group["outcome"].cast(pa.string()) for group in rows(["outcome"])]
    counts = {str(name): sum(pc.sum(pc.equal(group, str(name))).as_py() or 0 for group in outcomes) for name in Outcome}
    verdict = delivery.verdict
    if not verdict.refused:
        verdict = replace(
            verdict,
            kind="incremental",
            read=rows.count,
            left_out=0,
            extracted=rows.count,
            accepted=counts[Outcome.ACCEPTED],
            held=counts[Outcome.HELD],
            duplicates=counts[Outcome.DUPLICATE],
        )
    return replace(delivery, verdict=verdict, rows=rows, findings=FINDING.empty_table(), only_source=False)


def _with_storable_findings(delivery: Delivery, attempt: Attempt) -> Delivery:
    """The delivery with findings that the database accepts: refused texts are escaped, or removed if that is not enough."""
    findings, empty = delivery.findings, _empty_delivery(delivery)
    for replace_text in (escaped_texts, lambda texts: pa.repeat("", len(texts))):
        rows = RowRange(lambda _: [findings], 0, findings.num_rows)  # noqa: B023 - called at once
        refused = _find_refused(rows, lambda part: attempt(replace(empty, findings=pa.concat_tables(part([])))))
        if not refused:
            break
        findings = _replace_texts(
            findings, None if len(refused) > MAX_ROWS else pa.array(sorted(refused), pa.int64()), replace_text
        )
    return replace(delivery, findings=findings)


def _replace_texts(
    findings: pa.Table, positions: pa.Array | None, replace_text: Callable[[pa.Array], pa.Array]
) -> pa.Table:
    mask = np.zeros(findings.num_rows, dtype=bool)
    mask[slice(None) if positions is None else positions.to_numpy()] = True
    for name in _TEXT_COLUMNS:
        column = findings[name].combine_chunks()
        texts = pc.utf8_slice_codeunits(
            replace_text(column.filter(pa.array(mask))), 0, 128
        )  # the length of the shortest of these columns
        index = findings.schema.get_field_index(name)
        findings = findings.set_column(index, FINDING.field(name), pc.replace_with_mask(column, pa.array(mask), texts))
    return findings


def _with_rows_held(delivery: Delivery, refused: dict[int, str]) -> Delivery:
    """The delivery with the refused rows held, each with a finding."""
    if not refused:
        return delivery
    rows = rows_at(delivery.rows, sorted(refused), _COLUMNS)
    rows = rows.filter(pc.equal(rows["outcome"].cast(pa.string()), str(Outcome.ACCEPTED))).combine_chunks()
    accepted = rows["row"].to_pylist()
    if not accepted:
        return delivery
    personal = rows.select(_PERSONAL).to_pylist()
    reasons = [_mask_reason(refused[position], row) for position, row in zip(accepted, personal, strict=True)]
    positions = pa.array(range(len(accepted)), pa.int64())
    new_findings = findings_on_rows(rows, [Violation(_RULE, rows=positions, found=pa.array(reasons, pa.string()))])
    verdict = delivery.verdict
    verdict = replace(
        verdict,
        accepted=verdict.accepted - len(accepted),
        held=verdict.held + len(accepted),
        failing=_count_failing(verdict, delivery.findings, accepted),
    )
    findings = pa.concat_tables([delivery.findings, new_findings])
    return replace(delivery, verdict=verdict, findings=findings, rows=with_held(delivery.rows, np.array(accepted)))


def _count_failing(verdict: Verdict, findings: pa.Table, rows: Sequence[int]) -> dict[str, int]:
    """Rows with findings by dimension, including those that the database refused."""
    dimension = RULES[_RULE].dimension
    same_dimension = pa.array([rule.id for rule in RULES.values() if rule.dimension is dimension])
    known = findings["row"].filter(pc.is_in(findings["rule"], same_dimension))
    new = pc.sum(pc.invert(pc.is_in(pa.array(rows, pa.int64()), known.combine_chunks()))).as_py()
    return {**verdict.failing, str(dimension): verdict.failing.get(str(dimension), 0) + new}


def _mask_reason(reason: str, row: dict[str, Any]) -> str:
    """A reason without the personal values of the row, which the database may have quoted."""
    values = [*row.values(), *json.loads(row["face"] or "{}").values()]
    texts = {part for text in values if isinstance(text, str) for part in text.split(HOLDERS_JOINED_BY)}
    return mask_quoted(reason, texts).removeprefix("+ ")


def _refuse_batch(delivery: Delivery, refused: dict[int, str]) -> Delivery:
    """The delivery as a refused batch, with a finding and a reason."""
    verdict, first = delivery.verdict, min(refused)
    reason = _mask_reason(refused[first], rows_at(delivery.rows, [first], _COLUMNS).select(_PERSONAL).to_pylist()[0])
    expected = f"<= {MAX_ROWS:,}"
    finding = findings_on_batch([Violation(_RULE_MANY, found=reason, expected=expected)], verdict.taken_at)
    rule = RULES[_RULE_MANY]
    sentence = Message(
        "{title_zh} {title_en}: expected {expected}, found more; the first: {reason}",
        title_zh=rule.title_zh,
        title_en=rule.title_en,
        expected=expected,
        reason=reason,
    )
    verdict = replace(
        verdict,
        accepted=0,
        held=0,
        duplicates=0,
        refused=[_RULE_MANY],
        reason=str(sentence),
        failing={str(rule.dimension): 1},
    )
    batch_findings = delivery.findings.filter(pc.less(delivery.findings["row"], 0))
    return replace(delivery, verdict=verdict, findings=pa.concat_tables([batch_findings, finding]))
