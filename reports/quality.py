"""A department's day, computed from the ledger and the findings; pure, without files or markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import Status
from standard.day import Day
from standard.ledger_entry import LedgerEntry
from standard.licence import LICENCE
from standard.rule import Dimension, Rule, Scope, Severity
from standard.rules import RANK, RULES

COURSE_DAYS = 30  # number of days in the course

# The three sums of `LedgerEntry`: each whole with its parts.
_SUMS = (
    ("read", ("left_out", "extracted")),
    ("extracted", ("accepted", "held", "duplicates", "refused")),
    ("accepted", ("inserted", "updated", "unchanged", "stale")),
)


@dataclass(frozen=True)
class SourceFacts:
    """Facts about a source for its reports.

    Attributes:
        name: such as `market_regulation.food_operation`.
        title: display name.
        department_name: of the department.
        department_contact: of the department.
        licence_type_name: type of its records.
        element_titles: Chinese titles by element name, including face fields.
        reactions: declared reactions to rules on the batch, `refuse` or `warn`.
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
    """A count that must equal the sum of others; names are those of `LedgerEntry`."""

    whole: tuple[str, int]
    parts: tuple[tuple[str, int], ...]

    @property
    def holds(self) -> bool:
        """Whether the sum is correct."""
        return self.whole[1] == sum(count for _, count in self.parts)


@dataclass(frozen=True)
class RuleFindings:
    """The findings of one rule, in their original order."""

    rule: Rule
    findings: pa.Table

    @property
    def count(self) -> int:
        """Number of findings."""
        return int(self.findings.num_rows)

    def head(self, limit: int) -> list[dict[str, Any]]:
        """The first findings as plain values."""
        rows: list[dict[str, Any]] = self.findings.slice(0, limit).to_pylist()
        return rows


@dataclass(frozen=True)
class QualityReport:
    """One source's day, from which its page and its list for correction are rendered.

    Attributes:
        source: facts about the source.
        day: the day.
        entry: the last run of the batch; None if the ledger has none for that day.
        course: the last run of each of the last `COURSE_DAYS` days, in order.
        to_correct: the day's findings that held a row or refused the batch; those on the batch first, then the most frequent.
        notices: the day's other findings.
        earlier: open findings of earlier days, in the same order.
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
        """The findings for which the batch was refused."""
        return tuple(found for found in self.to_correct if found.rule.scope is Scope.BATCH)

    @property
    def listed(self) -> tuple[RuleFindings, ...]:
        """All findings of the list for correction, in its order."""
        return (*self.to_correct, *self.notices, *self.earlier)

    @property
    def count(self) -> int:
        """Number of findings in the list for correction."""
        return sum(found.count for found in self.listed)


def quality_report(source: SourceFacts, day: Day, entries: Sequence[LedgerEntry], findings: pa.Table) -> QualityReport:
    """Compute the report of a source's day.

    Args:
        source: facts about the source.
        day: of the report.
        entries: of the ledger; other sources, later days and earlier runs are ignored.
        findings: `FINDING` with `day`, `first_day`, `last_day` (text), `open` and `platform_holds` (booleans, the latter null where
            unknown): those of the day, and open ones of earlier days.
    """
    runs = [entry for entry in last_runs(entries) if entry.source == source.name]
    course = tuple(entry for entry in runs if str(day.plus(1 - COURSE_DAYS)) <= entry.day <= str(day))
    entry = next((entry for entry in course if entry.day == str(day)), None)
    delivered = entry is not None and entry.status == Status.DELIVERED
    # The declaration may have changed since; no finding can have refused a delivered batch.
    reactions = dict.fromkeys(source.reactions, "warn") if delivered else source.reactions
    of_day = group_by_rule(findings.filter(pc.equal(findings["day"], str(day))), reactions)
    earlier = findings.filter(pc.and_(pc.less(findings["day"], str(day)), findings["open"]))
    return QualityReport(
        source=source,
        day=day,
        entry=entry,
        course=course,
        to_correct=tuple(found for found in of_day if found.rule.critical),
        notices=tuple(found for found in of_day if not found.rule.critical),
        earlier=group_by_rule(earlier, source.reactions),
    )


def last_runs(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The last run of each source and day, ordered by day and source."""
    ordered = sorted(entries, key=lambda entry: (entry.day, entry.source, entry.run))
    return list({(entry.day, entry.source): entry for entry in ordered}.values())


def equations(counts: Mapping[str, Any]) -> tuple[Equation, ...]:
    """The three sums of a ledger entry's counts, or of totals over several entries."""
    return tuple(
        Equation((whole, counts[whole]), tuple((part, counts[part]) for part in parts)) for whole, parts in _SUMS
    )


def score(entry: LedgerEntry | None, dimension: Dimension) -> float | None:
    """Share of the extracted rows without a finding of a dimension, from 0 to 1.

    None if nothing was judged: no batch, no rows, or a refused batch, whose rows were never judged.
    """
    if entry is None or entry.status != Status.DELIVERED or not entry.extracted:
        return None
    return max(0.0, 1 - entry.failing.get(dimension, 0) / entry.extracted)


def group_by_rule(findings: pa.Table, reactions: Mapping[str, str]) -> tuple[RuleFindings, ...]:
    """Group findings by rule: critical before warnings, the batch before its rows, then the most frequent first.

    A declared reaction takes precedence over the rule's own severity.
    """
    rules = pc.unique(findings["rule"]).to_pylist()
    groups = [
        RuleFindings(_rule(name, reactions.get(name)), findings.filter(pc.equal(findings["rule"], name)))
        for name in rules
    ]
    return tuple(sorted(groups, key=_urgency))


def finding_status(rule: Rule, finding: Mapping[str, Any], day: Day) -> list[tuple[str, str]]:
    """The status of one finding: keys of `reports.words`, each with its day or an empty text.

    What the platform has is shown for held rows only, since a row with a warning was delivered.
    """
    status = []
    if not finding["open"]:
        status.append(("corrected", ""))
    elif rule.critical and rule.scope is not Scope.BATCH and finding["platform_holds"] is not None:
        status.append(("platform_older" if finding["platform_holds"] else "platform_none", ""))
    if finding["first_day"] and finding["first_day"] < str(day):
        status.append(("since", finding["first_day"]))
    return status


def status_word(entry: LedgerEntry | None) -> str:
    """The status of a batch as a key of `reports.words`."""
    return f"status_{entry.status}" if entry else "status_absent"


def element_title(source: SourceFacts, name: str) -> tuple[str, str] | None:
    """The title of an element in Chinese and English; a department's own column is returned unchanged."""
    if not name:
        return None
    return source.element_titles.get(name, name), name.replace("_", " ") if name in LICENCE.by_name else name


def _rule(name: str, reaction: str | None) -> Rule:
    """A rule by its id; findings of a withdrawn rule must not prevent a page from being rendered."""
    rule = RULES.get(name) or Rule(
        name, Dimension.CONSISTENCY, Severity.WARNING, Scope.ROW, name, name, "该规则已停用。", "This rule is no longer used."
    )  # fmt: skip
    return replace(rule, severity=Severity.CRITICAL if reaction == "refuse" else Severity.WARNING) if reaction else rule


def _urgency(found: RuleFindings) -> tuple[bool, bool, int, int]:
    rule = found.rule
    return not rule.critical, rule.scope is not Scope.BATCH, -found.count, RANK.get(rule.id, len(RANK))
