"""Knows how a department's day becomes one HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from markupsafe import Markup

from reports.charts import Spec, outcome_chart, score_line
from reports.frame import link, render
from reports.quality import QualityReport, RuleFindings, element_title, equations, score, standing, status_word
from reports.readable import readable_text
from reports.words import say
from standard.batch import Status
from standard.day import Day
from standard.rule import DIMENSION_TITLES, Dimension

LISTED = 200  # findings of one rule on the page; the list for correction holds all
SHOWN = 10  # of these, how many are seen and printed without unfolding

_COLUMNS = ("locator", "certificate_number", "element", "value", "expected", "standing")


def department_page(
    report: QualityReport, *, list_link: str = "{day}.xlsx", city_link: str = "../city-{day}.html"
) -> str:
    """Draw a department's page.

    Args:
        report: what it shows.
        list_link: where its list for correction is, relative to the page; `{day}` and `{source}` are filled in.
        city_link: where the city's page is, likewise.

    Returns:
        One HTML document that needs nothing beside it. The same report gives the same text.
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
            _Section.of("to_correct", report, report.to_correct),
            _Section.of("notices", report, report.notices),
            _Section.of("earlier", report, report.earlier),
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
    """What became of the batch and what to do, in plain sentences."""
    entry, day = report.entry, str(report.day)
    if entry is None:
        return [say("said_absent", day=day)]
    if entry.status == Status.FAILED:
        return [say("said_failed", day=day), say("next_reach")]
    if entry.status == Status.REPEATED:
        return [say("said_repeated", day=day), say("next_none")]
    if entry.status == Status.REFUSED:
        key = "said_refused" if entry.refused else "said_refused_unread"
        standing = [pc.any(found.findings["open"]).as_py() for found in report.refusals]
        settled = bool(standing) and not any(standing)
        return [say(key, day=day, n=entry.refused), say("next_settled" if settled else "next_resend")]
    if entry.held:
        return [say("said_held", day=day, n=entry.held, rows=entry.extracted), say("next_correct")]
    if not entry.extracted:
        return [say("said_empty", day=day), say("next_none")]
    return [say("said_clean", day=day, n=entry.extracted), *([] if report.count else [say("next_none")])]


@dataclass(frozen=True)
class _Section:
    """Findings that belong together: those to correct, the notices, those of earlier days."""

    key: str
    rules: list[_RuleBlock]
    note: str

    @classmethod
    def of(cls, key: str, report: QualityReport, found: tuple[RuleFindings, ...]) -> _Section:
        batch = key == "to_correct" and bool(report.refusals)
        return cls(key, [_RuleBlock.of(report, rule) for rule in found], f"{key}_batch" if batch else f"{key}_note")

    @property
    def count(self) -> int:
        """Findings of all its rules."""
        return sum(block.found.count for block in self.rules)


@dataclass(frozen=True)
class _RuleBlock:
    """The findings of one rule as the page lists them: only columns in which something stands."""

    found: RuleFindings
    columns: list[str]
    shown: list[dict[str, Any]]
    folded: list[dict[str, Any]]
    left: int

    @classmethod
    def of(cls, report: QualityReport, found: RuleFindings) -> _RuleBlock:
        rows = [_row(report, found, finding) for finding in found.first(LISTED)]
        columns = [name for name in _COLUMNS if any(row[name] for row in rows)]
        return cls(found, columns, rows[:SHOWN], rows[SHOWN:], found.count - len(rows))


def _row(report: QualityReport, found: RuleFindings, finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {
        "locator": finding["locator"] or say("whole_batch"),
        "element": element_title(report.source, finding["element"]),
        "value": readable_text(found.rule.id, finding["value"] or ""),
        "expected": readable_text(found.rule.id, finding["expected"] or ""),
        "standing": [say(key, day=day) for key, day in standing(found.rule, finding, report.day)],
    }


def _scores(report: QualityReport) -> list[tuple[tuple[str, str], float | None, int, Spec]]:
    """Of each dimension its title, score, rows with findings, and the course of its score."""
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
