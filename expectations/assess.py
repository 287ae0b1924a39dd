"""How a batch is judged: its shape, its rows group by group, its rows together, its sizes; then the gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from expectations.drift import judge_drift
from expectations.gate import counted, failing, first_causes, held_rows, outcomes, refusals
from expectations.runner import judge_groups
from expectations.whole import Batch, Sizes, judge_sizes, whole_batch
from sources.register import Source
from standard.batch import Manifest, Outcome, Verdict
from standard.day import Day
from standard.finding import FINDING
from standard.rules import RULES


@dataclass(frozen=True)
class Part:
    """One part of a batch, standardised and judged by rows; a batch that is not split has one.

    Attributes:
        path: of the Parquet of its licences, on this machine's disk.
        extracted: records.
        left_out: rows that are not records.
        findings: `FINDING`; what could not be typed and what `judge_rows` found, `row` counting within the part.
    """

    path: str
    extracted: int
    left_out: int
    findings: pa.Table


@dataclass(frozen=True)
class Before:
    """What the source delivered before.

    Attributes:
        size: records of the last accepted snapshot before this one, None for the first and for incrementals.
        manifest: of the last delivered batch.
        usual: records of the last delivered batches of this kind, in any order.
    """

    size: int | None = None
    manifest: Manifest | None = None
    usual: Sequence[int] = ()


@dataclass(frozen=True)
class Assessment:
    """A verdict, the findings it rests on, and what becomes of each row in order."""

    verdict: Verdict
    findings: pa.Table
    outcomes: pa.DictionaryArray


def judge_rows(source: Source, day: Day, groups: Iterable[pa.Table]) -> pa.Table:
    """Judge the rows of a batch, or of a part of it, each by itself.

    Args:
        source: the declaration.
        day: of the batch.
        groups: the licences, a row group at a time.

    Returns:
        `FINDING`.

    Raises:
        ExchangeError: when a rule could not be evaluated.
    """
    return pa.concat_tables([FINDING.empty_table(), *judge_groups(source, day, groups)])


def decide(source: Source, manifest: Manifest, parts: Sequence[Part], before: Before, judged_at: str) -> Assessment:
    """Judge a batch as a whole, and decide what becomes of it and of each row.

    Args:
        source: the declaration.
        manifest: of the raw archive.
        parts: in the order in which their rows count through the batch.
        before: what this batch is compared with.
        judged_at: instant text; the second part of every stamp.
    """
    expect = source.declaration.expect
    starts = [0, *accumulate(part.extracted for part in parts)]
    extracted = starts[-1]
    findings = judge_drift(source.declaration, manifest, before.manifest, extracted, before.usual)
    if not refusals(findings, expect.drift.reactions):
        with whole_batch([part.path for part in parts], starts[:-1]) as batch:
            sizes = Sizes(extracted, batch.filled(expect.filled), before.size)
            findings = pa.concat_tables([findings, judge_sizes(expect, manifest, sizes)])
            if not refusals(findings, expect.drift.reactions):
                rows = [_shifted(part.findings, start) for part, start in zip(parts, starts[:-1], strict=True)]
                findings = _with_rows(source, batch, pa.concat_tables([findings, *rows]))
    left_out = sum(part.left_out for part in parts)
    return _decided(source, manifest, findings, (extracted, left_out), judged_at)


def _shifted(findings: pa.Table, start: int) -> pa.Table:
    """The findings of a part with places in the batch. The causes of a cell all lie in one part."""
    row = findings["row"]
    moved = pc.if_else(pc.less(row, 0), row, pc.add(row, start))
    return first_causes(findings.set_column(FINDING.get_field_index("row"), FINDING.field("row"), moved))


def _with_rows(source: Source, batch: Batch, findings: pa.Table) -> pa.Table:
    if "certificate_identifier" in source.declaration.columns:
        findings = first_causes(pa.concat_tables([findings, batch.taken_identifiers()]))
    return pa.concat_tables([findings, batch.duplicates(held_rows(findings))])


def _decided(
    source: Source, manifest: Manifest, findings: pa.Table, sizes: tuple[int, int], judged_at: str
) -> Assessment:
    (extracted, left_out), expect = sizes, source.declaration.expect
    refused = refusals(findings, expect.drift.reactions)
    become = outcomes(0 if refused else extracted, findings)
    counts = counted(become)
    verdict = Verdict(
        batch=manifest.batch,
        judged_at=judged_at,
        taken_at=manifest.taken_at,
        kind=manifest.kind,
        read=manifest.read,
        left_out=left_out,
        extracted=extracted,
        accepted=counts[Outcome.ACCEPTED],
        held=counts[Outcome.HELD],
        duplicates=counts[Outcome.DUPLICATE],
        refused=refused,
        reason=_reason(findings, refused),
        failing=failing(findings),
        held_limit=expect.held.max,
        counted=manifest.counted,
        without_time=manifest.without_time,
        future_time=manifest.future_time,
        content=manifest.content,
        marks=manifest.marks,
    )
    return Assessment(verdict, findings, become)


def _reason(findings: pa.Table, refused: Sequence[str]) -> str:
    """One sentence a refusal: the rule, what was expected and what was found."""
    sentences = []
    for found in findings.filter(pc.is_in(findings["rule"], pa.array(refused, pa.string()))).to_pylist():
        rule = RULES[found["rule"]]
        what = f" {found['element']}" if found["element"] else ""
        sentences.append(
            f"{rule.title_zh} {rule.title_en}{what}: expected {found['expected']}, found {found['value'] or 'none'}"
        )
    return "; ".join(sentences)
