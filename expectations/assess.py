"""How a batch is judged: its columns, its rows group by group, its rows together, its sizes; then the gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from expectations.gate import failing, first_causes, held_rows, outcomes, refusals
from expectations.runner import judge_groups
from expectations.whole import Sizes, duplicates, judge_sizes, taken_identifiers
from sources.register import Source
from standard.batch import BatchKey, Manifest, Outcome, Verdict
from standard.rules import RULES


@dataclass(frozen=True)
class Standardised:
    """What `standardise` left of a batch.

    Attributes:
        groups: the licences, a row group at a time.
        path: of the Parquet they come from, for rules over the whole batch.
        extracted: records.
        left_out: rows that are not records.
        findings: `FINDING`; columns that are not as declared, values that could not be typed.
    """

    groups: Iterable[pa.Table]
    path: str
    extracted: int
    left_out: int
    findings: pa.Table


@dataclass(frozen=True)
class Assessment:
    """A verdict, the findings it rests on, and what becomes of each row in order."""

    verdict: Verdict
    findings: pa.Table
    outcomes: pa.Array


def judge_batch(
    source: Source, manifest: Manifest, batch: Standardised, last_size: int | None, judged_at: str
) -> Assessment:
    """Judge a batch.

    Args:
        source: the declaration.
        manifest: of the raw archive.
        batch: the rows in the standard.
        last_size: records of the last accepted snapshot before this one, None for the first and for incrementals.
        judged_at: instant text; the second part of every stamp.

    Raises:
        ExchangeError: when a rule could not be evaluated.
    """
    if refusals(batch.findings):
        return _decided(source, manifest, batch, batch.findings, judged_at)
    filled: dict[str, int] = dict.fromkeys(source.declaration.expect.filled, 0)
    day = BatchKey.of(manifest.batch).day
    row_findings = list(judge_groups(source, day, _counting(batch.groups, filled)))
    whole = judge_sizes(source.declaration.expect, manifest, Sizes(batch.extracted, filled, last_size))
    findings = pa.concat_tables([batch.findings, whole, *row_findings])
    if batch.extracted and not refusals(findings):
        if "certificate_identifier" in source.declaration.columns:
            findings = pa.concat_tables([findings, taken_identifiers(batch.path)])
        findings = first_causes(findings)
        findings = pa.concat_tables([findings, duplicates(batch.path, held_rows(findings))])
    return _decided(source, manifest, batch, findings, judged_at)


def _counting(groups: Iterable[pa.Table], filled: dict[str, int]) -> Iterator[pa.Table]:
    for group in groups:
        for name in filled:
            filled[name] += pc.count(group[name]).as_py()
        yield group


def _decided(source: Source, manifest: Manifest, batch: Standardised, findings: pa.Table, judged_at: str) -> Assessment:
    refused = refusals(findings)
    if refused:  # what single rows broke does not matter to a department whose whole batch must come again
        findings = findings.filter(pc.less(findings["row"], 0))
    become = outcomes(0 if refused else batch.extracted, findings)
    counts = {str(outcome): pc.sum(pc.equal(become, str(outcome))).as_py() or 0 for outcome in Outcome}
    verdict = Verdict(
        batch=manifest.batch,
        judged_at=judged_at,
        taken_at=manifest.taken_at,
        kind=manifest.kind,
        read=manifest.read,
        left_out=batch.left_out,
        extracted=batch.extracted,
        accepted=counts[Outcome.ACCEPTED],
        held=counts[Outcome.HELD],
        duplicates=counts[Outcome.DUPLICATE],
        refused=refused,
        reason=_reason(findings) if refused else "",
        failing=failing(findings),
        held_limit=source.declaration.expect.held.max,
        counted=manifest.counted,
        without_time=manifest.without_time,
        future_time=manifest.future_time,
    )
    return Assessment(verdict, findings, become)


def _reason(findings: pa.Table) -> str:
    """One sentence a refusal: the rule, what was expected and what was found."""
    sentences = []
    for found in findings.to_pylist():
        rule = RULES[found["rule"]]
        if rule.critical:
            what = f" {found['element']}" if found["element"] else ""
            sentences.append(
                f"{rule.title_zh} {rule.title_en}{what}: expected {found['expected']}, found {found['value'] or 'none'}"
            )
    return "; ".join(sentences)
