"""Finds the rows of a batch that the platform's database does not take, and holds them, so that the rest goes on.

Nothing of this is done before a whole batch was refused. Then parts of the batch are tried, each in a transaction that is
rolled back, until every row that the database refuses stands alone. Two rows may be refused only together, as a unique
index of the platform's administrator does: of these the first is delivered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.delivery import Delivery, Rows
from standard.batch import LedgerEntry, Outcome, Verdict
from standard.errors import PlatformRefused
from standard.finding import FINDING, found_in, found_on_batch
from standard.licence import HOLDERS_JOINED_BY, LICENCE
from standard.masking import mask_quoted
from standard.messages import Message
from standard.row_groups import GROUP_ROWS
from standard.rules import RULES
from standard.storable import escaped_texts
from standard.violation import Violation

MOST = 1_000  # rows a database may refuse of one batch; from there on it is the database that has to be looked at
_TOGETHER = 20  # rows that are refused only beside others
_RULE, _RULE_MANY = "platform_refused", "platform_refuses_many"
_PLACE = ["locator", "record", "certificate_number", "observed_at"]
_QUOTED = ("locator", "element", "certificate_number", "value", "expected")
_PERSONAL = [*(name for name in LICENCE.names if LICENCE.by_name[name].personal), "face"]

Attempt = Callable[[Delivery], object]


def deliver_the_rest(
    delivery: Delivery, deliver: Callable[[Delivery], LedgerEntry], attempt: Attempt, refusal: PlatformRefused
) -> LedgerEntry:
    """Deliver a batch that the database has refused, without the rows that it does not take.

    Args:
        delivery: the batch.
        deliver: delivers one.
        attempt: does what `deliver` does, and takes it back.
        refusal: what the database said of the whole batch.

    Raises:
        PlatformRefused: when it takes the batch not even without its rows and findings.
    """
    try:
        attempt(_none_of(delivery))
    except PlatformRefused:
        raise refusal from None
    delivery = _with_storable_findings(delivery, attempt)
    refused: dict[int, str] = {}
    if not delivery.verdict.refused:
        whole = _Part(delivery.rows, 0, delivery.verdict.extracted)
        refused = _refused_parts(whole, lambda rows: attempt(_part_of(delivery, rows)))
    while len(refused) <= MOST:
        # What is found now quotes the very rows that were refused.
        rest = _with_storable_findings(_holding(delivery, refused), attempt)
        try:
            return deliver(rest)
        except PlatformRefused as again:
            if delivery.verdict.refused:
                raise
            more = _one_more(delivery, refused, attempt, again)
            if more is None:
                break
            delivery, refused = more
    return deliver(_refused_whole(delivery, refused))


@dataclass
class _Part:
    """Rows that stand one after the other.

    Attributes:
        read: gives some columns of them.
        start: place of the first in the batch.
        count: how many.
    """

    read: Rows
    start: int
    count: int
    _kept: dict[tuple[str, ...], list[pa.Table]] = field(default_factory=dict)

    def __call__(self, names: Sequence[str]) -> Iterable[pa.Table]:
        """Some columns; what fits into memory is read once."""
        if self.count > GROUP_ROWS:
            return self.read(names)
        if tuple(names) not in self._kept:
            self._kept[tuple(names)] = list(self.read(names))
        return self._kept[tuple(names)]

    def slice(self, start: int, count: int) -> _Part:
        """Some of its rows."""
        return _Part(lambda names: _sliced(self(names), start, count), self.start + start, count)


def _sliced(groups: Iterable[pa.Table], start: int, count: int) -> Iterator[pa.Table]:
    first = 0
    for group in groups:
        begin, end = max(start - first, 0), min(start + count - first, group.num_rows)
        if begin < end:
            yield group.slice(begin, end - begin)
        first += group.num_rows


def _refused_parts(whole: _Part, attempt: Callable[[_Part], object]) -> dict[int, str]:
    """The places of the rows that are refused each by itself, with the reason; one more than `MOST` is enough to know."""
    found: dict[int, str] = {}
    waiting = [whole] if whole.count else []
    while waiting and len(found) <= MOST:
        part = waiting.pop()
        reason = _reason(lambda: attempt(part))  # noqa: B023 - called at once
        if reason is None:
            continue
        if part.count == 1:
            found[part.start] = reason
        else:
            half = part.count // 2
            waiting += [part.slice(half, part.count - half), part.slice(0, half)]
    return found


def _reason(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except PlatformRefused as refusal:
        return refusal.reason
    return None


def _one_more(
    delivery: Delivery, refused: dict[int, str], attempt: Attempt, refusal: PlatformRefused
) -> tuple[Delivery, dict[int, str]] | None:
    """What is done where the rest is refused still: of rows that are refused together one more is held, but not too many."""
    rows = _Part(_holding(delivery, refused).rows, 0, delivery.verdict.extracted)
    together = sum(reason.startswith("+ ") for reason in refused.values())
    taken, not_taken, reason = 0, rows.count, _reason(lambda: attempt(_part_of(delivery, rows)))
    if reason is None and delivery.verdict.kind == "snapshot" and not delivery.escaped:
        return replace(delivery, escaped=True), refused
    if reason is None:
        raise refusal
    if together >= _TOGETHER:
        return None
    while not_taken - taken > 1:
        half = (taken + not_taken) // 2
        said = _reason(lambda: attempt(_part_of(delivery, rows.slice(0, half))))  # noqa: B023 - called at once
        taken, not_taken, reason = (half, not_taken, reason) if said is None else (taken, half, said)
    place = not_taken - 1
    if place not in refused:
        return delivery, {**refused, place: f"+ {reason}"}
    if delivery.escaped:
        raise refusal
    return replace(delivery, escaped=True), refused  # it is held already: what its sighting shows is refused


def _none_of(delivery: Delivery) -> Delivery:
    """The batch without rows and findings."""
    return _part_of(delivery, _Part(lambda _: [], 0, 0))


def _part_of(delivery: Delivery, rows: _Part) -> Delivery:
    """Some rows as a batch of their own, without findings. It is no snapshot: from one, all other records would vanish."""
    become = [group["outcome"].cast(pa.string()) for group in rows(["outcome"])]
    counts = {str(name): sum(pc.sum(pc.equal(group, str(name))).as_py() or 0 for group in become) for name in Outcome}
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
    """The batch with findings that the database takes: what one quotes is escaped, or left out where that is not enough."""
    findings, none = delivery.findings, _none_of(delivery)
    for made in (escaped_texts, lambda texts: pa.repeat("", len(texts))):
        whole = _Part(lambda _: [findings], 0, findings.num_rows)  # noqa: B023 - called at once
        places = _refused_parts(whole, lambda part: attempt(replace(none, findings=pa.concat_tables(part([])))))
        if not places:
            break
        findings = _requoted(findings, None if len(places) > MOST else pa.array(sorted(places), pa.int64()), made)
    return replace(delivery, findings=findings)


def _requoted(findings: pa.Table, places: pa.Array | None, made: Callable[[pa.Array], pa.Array]) -> pa.Table:
    chosen = np.zeros(findings.num_rows, dtype=bool)
    chosen[slice(None) if places is None else places.to_numpy()] = True
    for name in _QUOTED:
        column = findings[name].combine_chunks()
        texts = pc.utf8_slice_codeunits(made(column.filter(pa.array(chosen))), 0, 128)  # the shortest column of these
        place = findings.schema.get_field_index(name)
        findings = findings.set_column(
            place, FINDING.field(name), pc.replace_with_mask(column, pa.array(chosen), texts)
        )
    return findings


def _holding(delivery: Delivery, refused: dict[int, str]) -> Delivery:
    """The batch with the refused rows held, each with its finding."""
    if not refused:
        return delivery
    rows = _taken(delivery.rows, sorted(refused))
    rows = rows.filter(pc.equal(rows["outcome"].cast(pa.string()), str(Outcome.ACCEPTED))).combine_chunks()
    accepted = rows["row"].to_pylist()
    if not accepted:
        return delivery
    personal = rows.select(_PERSONAL).to_pylist()
    reasons = [_masked(refused[place], row) for place, row in zip(accepted, personal, strict=True)]
    at = pa.array(range(len(accepted)), pa.int64())
    found = found_in(rows, [Violation(_RULE, rows=at, found=pa.array(reasons, pa.string()))])
    verdict = delivery.verdict
    verdict = replace(
        verdict,
        accepted=verdict.accepted - len(accepted),
        held=verdict.held + len(accepted),
        failing=_failing(verdict, delivery.findings, accepted),
    )
    findings = pa.concat_tables([delivery.findings, found])
    return replace(delivery, verdict=verdict, findings=findings, rows=_with_held(delivery.rows, np.array(accepted)))


def _taken(read: Rows, places: Sequence[int]) -> pa.Table:
    """What is told of the rows at some places of the batch, read once; `row` is the place."""
    first, tables, sought = 0, [], np.array(places, dtype=np.int64)
    for group in read(["outcome", *_PLACE, *_PERSONAL]):
        mine = sought[(sought >= first) & (sought < first + group.num_rows)]
        tables.append(group.take(pa.array(mine - first)).append_column("row", pa.array(mine)))
        first += group.num_rows
    return pa.concat_tables(tables)


def _with_held(read: Rows, places: Any) -> Rows:
    def rows(names: Sequence[str]) -> Iterator[pa.Table]:
        first = 0
        for group in read(names):
            mine = places[(places >= first) & (places < first + group.num_rows)] - first
            first += group.num_rows
            yield _held(group, mine) if len(mine) and "outcome" in names else group

    return rows


def _held(group: pa.Table, places: Any) -> pa.Table:
    chosen = np.zeros(group.num_rows, dtype=bool)
    chosen[places] = True
    become = pc.if_else(pa.array(chosen), str(Outcome.HELD), group["outcome"].cast(pa.string()))
    return group.set_column(group.schema.get_field_index("outcome"), "outcome", become)


def _failing(verdict: Verdict, findings: pa.Table, rows: Sequence[int]) -> dict[str, int]:
    """Rows with findings by dimension, with those that the database refused."""
    dimension = RULES[_RULE].dimension
    alike = pa.array([rule.id for rule in RULES.values() if rule.dimension is dimension])
    known = findings["row"].filter(pc.is_in(findings["rule"], alike))
    new = pc.sum(pc.invert(pc.is_in(pa.array(rows, pa.int64()), known.combine_chunks()))).as_py()
    return {**verdict.failing, str(dimension): verdict.failing.get(str(dimension), 0) + new}


def _masked(reason: str, row: dict[str, Any]) -> str:
    """A reason without what the row says of people, should the database have quoted it."""
    said = [*row.values(), *json.loads(row["face"] or "{}").values()]
    texts = {part for text in said if isinstance(text, str) for part in text.split(HOLDERS_JOINED_BY)}
    return mask_quoted(reason, texts).removeprefix("+ ")


def _refused_whole(delivery: Delivery, refused: dict[int, str]) -> Delivery:
    """The batch refused: none of its rows is delivered, and it says why."""
    verdict, place = delivery.verdict, min(refused)
    reason = _masked(refused[place], _taken(delivery.rows, [place]).select(_PERSONAL).to_pylist()[0])
    expected = f"<= {MOST:,}"
    found = found_on_batch([Violation(_RULE_MANY, found=reason, expected=expected)], verdict.taken_at)
    rule = RULES[_RULE_MANY]
    said = Message(
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
        reason=str(said),
        failing={str(rule.dimension): 1},
    )
    of_batch = delivery.findings.filter(pc.less(delivery.findings["row"], 0))
    return replace(delivery, verdict=verdict, findings=pa.concat_tables([of_batch, found]))
