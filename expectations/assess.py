"""Judges a batch: its shape, its rows group by group, its rows together and its sizes; the gate then decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.batch_rules import Batch, Sizes, judge_effects, judge_sizes, open_batch
from expectations.drift import judge_drift
from expectations.gate import counts_of, failing, first_causes, held_rows, outcomes, refusals
from expectations.runner import judge_groups
from sources.database_extract import DatabaseExtract
from sources.declaration import Expect, Most, Rows
from sources.register import Source
from standard.batch import SWEEP, Effects, Keys, Manifest, Outcome, Verdict
from standard.errors import safe_line
from standard.finding import FINDING
from standard.messages import Message
from standard.rules import RULES

_NO_ROWS = pa.array([], pa.int64())


@dataclass(frozen=True)
class Part:
    """One part of a batch, standardised and judged row by row; a batch that is not split has one.

    Attributes:
        path: of the Parquet file of its licences, on this machine's disk.
        extracted: number of records.
        left_out: number of rows that are not records.
        findings: `FINDING`; from standardising and from `judge_rows`, with `row` counted within the part.
    """

    path: str
    extracted: int
    left_out: int
    findings: pa.Table


@dataclass(frozen=True)
class Baseline:
    """What a batch is compared with.

    Attributes:
        manifest: of the last delivered batch; None where there is none.
        usual: numbers of records of the last delivered batches of this kind, in any order.
        effects: the records that delivering this batch would end.
    """

    manifest: Manifest | None = None
    usual: Sequence[int] = ()
    effects: Effects = field(default_factory=Effects)


@dataclass(frozen=True)
class Assessment:
    """A verdict, the findings it rests on, and the outcome of each row in order."""

    verdict: Verdict
    findings: pa.Table
    outcomes: pa.DictionaryArray


def judge_rows(source: Source, taken_at: str, groups: Iterable[pa.Table]) -> pa.Table:
    """Judge the rows of a batch, or of a part of it, one by one.

    Args:
        source: the declared source.
        taken_at: instant text; when the source was read, which rules about time compare with.
        groups: the licences, a row group at a time.

    Returns:
        `FINDING`.

    Raises:
        ExchangeError: when a rule could not be evaluated.
    """
    return pa.concat_tables([FINDING.empty_table(), *judge_groups(source, taken_at, groups)])


def decide(source: Source, manifest: Manifest, parts: Sequence[Part], baseline: Baseline, judged_at: str) -> Assessment:
    """Judge a batch as a whole, and decide about it and each of its rows.

    Args:
        source: the declared source.
        manifest: of the raw archive.
        parts: in the order of their rows in the batch.
        baseline: what this batch is compared with.
        judged_at: instant text; becomes part of every stamp.
    """
    expect = expect_of(source, manifest.kind)
    starts = [0, *accumulate(part.extracted for part in parts)]
    extracted = starts[-1]
    findings = judge_drift(source.declaration, manifest, baseline.manifest, extracted, baseline.usual)
    endings, repeated = _NO_ROWS, 0
    if not refusals(findings, expect.drift.reactions):
        with open_batch([part.path for part in parts], starts[:-1]) as batch:
            endings, repeated = _endings_and_repeated_keys(source, batch)
            sizes = Sizes(
                extracted, len(endings), batch.filled(expect.filled), repeated if keys_name_rows(source) else 0
            )
            findings = pa.concat_tables(
                [findings, judge_sizes(expect, manifest, sizes), judge_effects(expect, manifest, baseline.effects)]
            )
            if not refusals(findings, expect.drift.reactions):
                rows = [_shift(part.findings, start) for part, start in zip(parts, starts[:-1], strict=True)]
                findings = _add_row_findings(source, batch, pa.concat_tables([findings, *rows]))
    left_out = sum(part.left_out for part in parts)
    decided = _decide(source, manifest, findings, (extracted, left_out), judged_at)
    accepted = 0 if decided.verdict.refused else _count_accepted(decided.outcomes, endings)
    return replace(decided, verdict=replace(decided.verdict, endings=accepted, keys_repeated=repeated > 0))


def expect_of(source: Source, kind: str) -> Expect:
    """The declared expectations of a batch; those about the size and rows of a night do not apply to rows that a sweep found."""
    expect = source.declaration.expect
    if kind != SWEEP:
        return expect
    return expect.model_copy(update={"rows": Rows(), "filled": {}, "held": Most(max=1.0)})


def keys_name_rows(source: Source) -> bool:
    """Whether each key of the source is declared to name one row."""
    return source.declaration.extract.keys is Keys.ROWS


def _endings_and_repeated_keys(source: Source, batch: Batch) -> tuple[pa.Array, int]:
    """Positions of the rows that only say that a record ended, and the number of keys that occur more than once."""
    extract = source.declaration.extract
    changes = isinstance(extract, DatabaseExtract) and extract.changes is not None
    endings = batch.endings() if changes else _NO_ROWS
    return endings, batch.repeated_keys() if extract.keys.name_records else 0


def _count_accepted(row_outcomes: pa.DictionaryArray, positions: pa.Array) -> int:
    return int(pc.sum(pc.equal(row_outcomes.take(positions).cast(pa.string()), str(Outcome.ACCEPTED))).as_py() or 0)


def _shift(findings: pa.Table, start: int) -> pa.Table:
    """The findings of a part with row positions in the batch; only the first cause of each cell, which lies in one part."""
    row = findings["row"]
    shifted = pc.if_else(pc.less(row, 0), row, pc.add(row, start))
    return first_causes(findings.set_column(FINDING.get_field_index("row"), FINDING.field("row"), shifted))


def _add_row_findings(source: Source, batch: Batch, findings: pa.Table) -> pa.Table:
    if "certificate_identifier" in source.declaration.columns:
        findings = first_causes(pa.concat_tables([findings, batch.taken_identifiers()]))
    ordered_by = source.declaration.extract.ordered_by
    return pa.concat_tables([findings, batch.duplicates(held_rows(findings), ordered_by)])


def _decide(
    source: Source, manifest: Manifest, findings: pa.Table, sizes: tuple[int, int], judged_at: str
) -> Assessment:
    (extracted, left_out), expect = sizes, expect_of(source, manifest.kind)
    refused = refusals(findings, expect.drift.reactions)
    row_outcomes = outcomes(0 if refused else extracted, findings)
    counts = counts_of(row_outcomes)
    verdict = Verdict(
        batch=manifest.batch,
        judged_at=judged_at,
        **manifest.facts(),
        left_out=left_out,
        extracted=extracted,
        accepted=counts[Outcome.ACCEPTED],
        held=counts[Outcome.HELD],
        duplicates=counts[Outcome.DUPLICATE],
        refused=refused,
        reason=_reason(findings, refused),
        failing=failing(findings),
        held_limit=expect.held.max,
    )
    return Assessment(verdict, findings, row_outcomes)


def _reason(findings: pa.Table, refused: Sequence[str]) -> str:
    """One sentence for each refusal: the rule, what was expected and what was found."""
    refusing = findings.filter(pc.is_in(findings["rule"], pa.array(refused, pa.string()))).to_pylist()
    return safe_line("; ".join(map(_refusal_sentence, refusing)))


def _refusal_sentence(finding: Mapping[str, Any]) -> Message:
    """A finding on a batch as a sentence."""
    rule, expected, value = RULES[finding["rule"]], finding["expected"], finding["value"] or Message("none")
    if finding["element"]:
        return Message(
            "{title_zh} {title_en} {element}: expected {expected}, found {value}",
            title_zh=rule.title_zh,
            title_en=rule.title_en,
            element=finding["element"],
            expected=expected,
            value=value,
        )
    return Message(
        "{title_zh} {title_en}: expected {expected}, found {value}",
        title_zh=rule.title_zh,
        title_en=rule.title_en,
        expected=expected,
        value=value,
    )
