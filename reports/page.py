"""Renders a department's day as one HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from markupsafe import Markup

from reports.charts import Spec, outcome_chart, score_line
from reports.frame import link, render
from reports.quality import QualityReport, RuleFindings, element_title, equations, finding_status, score, status_word
from reports.readable import readable, readable_expected, readable_text
from reports.words import bilingual
from standard.batch import Status
from standard.day import Day
from standard.rule import DIMENSION_TITLES, Dimension

LISTED = 200  # findings of one rule on the page; the list for correction has all of them
SHOWN = 10  # of these, how many are visible without unfolding

_COLUMNS = ("locator", "certificate_number", "element", "value", "expected", "standing")


def department_page(
    report: QualityReport, *, list_link: str = "{day}.xlsx", city_link: str = "../city-{day}.html"
) -> str:
    """Render a department's page.

    Args:
        report: the data of the page.
        list_link: relative link to the list for correction, with `{day}` and `{source}` as placeholders.
        city_link: relative link to the city's page, likewise.

    Returns:
        One self-contained HTML document; the same report always renders the same text.
    """
    names = {"day": report.day, "source": report.source.name}
    return render(
        "department.html",
        report=report,
        source=report.source,
        day=str(report.day),
        entry=report.entry,
        status=status_word(report.entry),
        most=LISTED,
        sentences=_sentences(report),
        sections=[
            _Section.from_findings("to_correct", report, report.to_correct),
            _Section.from_findings("notices", report, report.notices),
            _Section.from_findings("earlier", report, report.earlier),
        ],
        equations=equations(report.entry.as_dict()) if report.entry else (),
        scores=_scores(report),
        chart=outcome_chart([(Day.of(entry.day), entry.as_dict()) for entry in report.course]),
        with_rows=any(entry.extracted for entry in report.course),
        course=[(entry, [score(entry, dimension) for dimension in Dimension]) for entry in reversed(report.course)],
        dimensions=list(DIMENSION_TITLES.values()),
        list_link=link(list_link, **names),
        city_link=link(city_link, **names),
    )


def _sentences(report: QualityReport) -> list[Markup]:
    """The outcome of the batch and what to do, in plain sentences."""
    entry, day = report.entry, str(report.day)
    if entry is None:
        return [bilingual("outcome_absent", day=day)]
    if entry.status == Status.FAILED:
        return [bilingual("outcome_failed", day=day), bilingual("next_reach")]
    if entry.status == Status.REPEATED:
        return [bilingual("outcome_repeated", day=day), bilingual("next_none")]
    if entry.status == Status.REFUSED:
        key = "outcome_refused" if entry.refused else "outcome_refused_unread"
        still_open = [pc.any(found.findings["open"]).as_py() for found in report.refusals]
        settled = bool(still_open) and not any(still_open)
        return [bilingual(key, day=day, n=entry.refused), bilingual("next_settled" if settled else "next_resend")]
    if entry.held:
        return [bilingual("outcome_held", day=day, n=entry.held, rows=entry.extracted), bilingual("next_correct")]
    if not entry.extracted:
        return [bilingual("outcome_empty", day=day), bilingual("next_none")]
    return [bilingual("outcome_clean", day=day, n=entry.extracted), *([] if report.count else [bilingual("next_none")])]


@dataclass(frozen=True)
class _Section:
    """A section of findings: those to correct, the notices, or those of earlier days."""

    key: str
    rules: list[_RuleBlock]
    note: str

    @classmethod
    def from_findings(cls, key: str, report: QualityReport, found: tuple[RuleFindings, ...]) -> _Section:
        batch = key == "to_correct" and bool(report.refusals)
        return cls(key, [_RuleBlock.of(report, rule) for rule in found], f"{key}_batch" if batch else f"{key}_note")

    @property
    def count(self) -> int:
        """Number of findings of all its rules."""
        return sum(block.found.count for block in self.rules)


@dataclass(frozen=True)
class _RuleBlock:
    """The listed findings of one rule, with the columns that are not empty."""

    found: RuleFindings
    columns: list[str]
    shown: list[dict[str, Any]]
    folded: list[dict[str, Any]]
    left: int

    @classmethod
    def of(cls, report: QualityReport, found: RuleFindings) -> _RuleBlock:
        rows = [_row(report, found, finding) for finding in found.head(LISTED)]
        columns = [name for name in _COLUMNS if any(row[name] for row in rows)]
        return cls(found, columns, rows[:SHOWN], rows[SHOWN:], found.count - len(rows))


def _row(report: QualityReport, found: RuleFindings, finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {
        "locator": finding["locator"] or bilingual("whole_batch"),
        "element": element_title(report.source, finding["element"]),
        "value": readable_text(readable(found.rule.id, finding["value"] or "")),
        "expected": readable_text(readable_expected(found.rule.id, finding["expected"] or "")),
        "standing": [bilingual(key, day=day) for key, day in finding_status(found.rule, finding, report.day)],
    }


def _scores(report: QualityReport) -> list[tuple[tuple[str, str], float | None, int, Spec]]:
    """Title, score, rows with findings, and score over time of each dimension."""
    entry = report.entry
    courses = {
        dimension: [(Day.of(entry.day), score(entry, dimension)) for entry in report.course] for dimension in Dimension
    }
    least = min((value for course in courses.values() for _, value in course if value is not None), default=1.0)
    return [
        (
            DIMENSION_TITLES[dimension],
            score(entry, dimension),
            entry.failing.get(dimension, 0) if entry else 0,
            score_line(course, least),
        )
        for dimension, course in courses.items()
    ]
