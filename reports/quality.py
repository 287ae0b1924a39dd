"""What a department has to know of one day, drawn from the ledger and the findings; pure, no files, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import LedgerEntry, Status
from standard.day import Day
from standard.licence import LICENCE
from standard.rule import Dimension, Rule, Scope, Severity
from standard.rules import RANK, RULES

COURSE_DAYS = 30  # how far back the course of the days goes

# The three sums of `LedgerEntry`, the whole before its parts.
_SUMS = (
    ("read", ("left_out", "extracted")),
    ("extracted", ("accepted", "held", "duplicates", "refused")),
    ("accepted", ("inserted", "updated", "unchanged", "stale")),
)


@dataclass(frozen=True)
class SourceFacts:
    """What reports say of a source.

    Attributes:
        name: as batches name it, `market_regulation.food_operation`.
        title: for people.
        department_name: whose it is.
        department_contact: whom to ask.
        licence_type_name: what its records are.
        element_titles: Chinese titles by element name, those of the licence's face included.
        reactions: of rules on the batch for which its declaration says so, whether they `refuse` it or `warn`.
    """

    name: str
    title: str
    department_name: str
    department_contact: str
    licence_type_name: str
    element_titles: Mapping[str, str]
    reactions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Equation:
    """A count that must be the sum of others; names are those of `LedgerEntry`."""

    whole: tuple[str, int]
    parts: tuple[tuple[str, int], ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost."""
        return self.whole[1] == sum(count for _, count in self.parts)


@dataclass(frozen=True)
class RuleFindings:
    """The findings of one rule, in the order in which they were made."""

    rule: Rule
    findings: pa.Table

    @property
    def count(self) -> int:
        """How many."""
        return int(self.findings.num_rows)

    def first(self, most: int) -> list[dict[str, Any]]:
        """At most so many of them as plain values."""
        rows: list[dict[str, Any]] = self.findings.slice(0, most).to_pylist()
        return rows


@dataclass(frozen=True)
class QualityReport:
    """One source's day; what both its page and its list for correction are rendered from.

    Attributes:
        source: whose.
        day: the day.
        entry: what became of the batch: its last run; None where the ledger has none of that day.
        course: the last run of each day up to this one, at most `COURSE_DAYS` days back, in order.
        to_correct: the day's findings that held a row or refused the batch, those on the whole batch first, then the most
            frequent.
        notices: the day's other findings.
        earlier: findings of earlier days that are still open, as ordered as the day's own.
    """

    source: SourceFacts
    day: Day
    entry: LedgerEntry | None
    course: tuple[LedgerEntry, ...]
    to_correct: tuple[RuleFindings, ...]
    notices: tuple[RuleFindings, ...]
    earlier: tuple[RuleFindings, ...]

    @property
    def refusals(self) -> tuple[RuleFindings, ...]:
        """What the whole batch is refused for."""
        return tuple(found for found in self.to_correct if found.rule.scope is Scope.BATCH)

    @property
    def listed(self) -> tuple[RuleFindings, ...]:
        """Everything that the list for correction holds, in its order."""
        return (*self.to_correct, *self.notices, *self.earlier)

    @property
    def count(self) -> int:
        """How many findings the list for correction holds."""
        return sum(found.count for found in self.listed)


def quality_report(source: SourceFacts, day: Day, entries: Sequence[LedgerEntry], findings: pa.Table) -> QualityReport:
    """Draw a source's day.

    Args:
        source: what is known of it.
        day: of the report.
        entries: the ledger; other sources, later days and earlier runs are passed over.
        findings: `FINDING` with `day`, `first_day`, `last_day` (text), `open` and `platform_holds` (booleans, the
            latter null where unknown); those of the day, and those still open of days before.
    """
    runs = [entry for entry in last_runs(entries) if entry.source == source.name]
    course = tuple(entry for entry in runs if str(day.plus(1 - COURSE_DAYS)) <= entry.day <= str(day))
    entry = next((entry for entry in course if entry.day == str(day)), None)
    delivered = entry is not None and entry.status == Status.DELIVERED
    # The declaration may have changed since: whatever it says now, nothing has refused a batch that was delivered.
    reactions = dict.fromkeys(source.reactions, "warn") if delivered else source.reactions
    of_day = by_rule(findings.filter(pc.equal(findings["day"], str(day))), reactions)
    earlier = findings.filter(pc.and_(pc.less(findings["day"], str(day)), findings["open"]))
    return QualityReport(
        source=source,
        day=day,
        entry=entry,
        course=course,
        to_correct=tuple(found for found in of_day if found.rule.critical),
        notices=tuple(found for found in of_day if not found.rule.critical),
        earlier=by_rule(earlier, source.reactions),
    )


def last_runs(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Of each source and day the run with the greatest number, by day and source."""
    ordered = sorted(entries, key=lambda entry: (entry.day, entry.source, entry.run))
    return list({(entry.day, entry.source): entry for entry in ordered}.values())


def equations(counts: Mapping[str, Any]) -> tuple[Equation, ...]:
    """The three sums over the counts of a ledger entry, or over totals of several."""
    return tuple(
        Equation((whole, counts[whole]), tuple((part, counts[part]) for part in parts)) for whole, parts in _SUMS
    )


def score(entry: LedgerEntry | None, dimension: Dimension) -> float | None:
    """Share of the extracted rows without a finding of a dimension, from 0 to 1.

    None where there is nothing to judge: no batch, no rows, or a refused batch, whose single rows were never judged.
    """
    if entry is None or entry.status != Status.DELIVERED or not entry.extracted:
        return None
    return max(0.0, 1 - entry.failing.get(dimension, 0) / entry.extracted)


def by_rule(findings: pa.Table, reactions: Mapping[str, str]) -> tuple[RuleFindings, ...]:
    """Findings by rule: critical before warnings, the whole batch before its rows, then the most frequent first.

    A rule for which the declaration says what happens has the severity of that, not its own.
    """
    rules = pc.unique(findings["rule"]).to_pylist()
    groups = [
        RuleFindings(_rule(name, reactions.get(name)), findings.filter(pc.equal(findings["rule"], name)))
        for name in rules
    ]
    return tuple(sorted(groups, key=_urgency))


def standing(rule: Rule, finding: Mapping[str, Any], day: Day) -> list[tuple[str, str]]:
    """How one finding stands: words of `reports.words`, each with the day it speaks of or nothing.

    What the platform holds is told of held rows only: a row that a warning was found on was delivered.
    """
    said = []
    if not finding["open"]:
        said.append(("corrected", ""))
    elif rule.critical and rule.scope is not Scope.BATCH and finding["platform_holds"] is not None:
        said.append(("platform_older" if finding["platform_holds"] else "platform_none", ""))
    if finding["first_day"] and finding["first_day"] < str(day):
        said.append(("since", finding["first_day"]))
    return said


def status_word(entry: LedgerEntry | None) -> str:
    """What became of a batch, as a key of `reports.words`."""
    return f"status_{entry.status}" if entry else "status_absent"


def element_title(source: SourceFacts, name: str) -> tuple[str, str] | None:
    """An element in Chinese and, as the standard calls it, in English; a department's own column stays as it is."""
    if not name:
        return None
    return source.element_titles.get(name, name), name.replace("_", " ") if name in LICENCE.by_name else name


def _rule(name: str, reaction: str | None) -> Rule:
    """A rule by its id; findings outlive rules, and one whose rule was withdrawn must not keep a page from being drawn."""
    rule = RULES.get(name) or Rule(
        name, Dimension.CONSISTENCY, Severity.WARNING, Scope.ROW, name, name, "该规则已停用。", "This rule is no longer used."
    )  # fmt: skip
    return replace(rule, severity=Severity.CRITICAL if reaction == "refuse" else Severity.WARNING) if reaction else rule


def _urgency(found: RuleFindings) -> tuple[bool, bool, int, int]:
    rule = found.rule
    return not rule.critical, rule.scope is not Scope.BATCH, -found.count, RANK.get(rule.id, len(RANK))
