"""The charts as Vega-Lite specifications; texts are `{"zh": ..., "en": ...}`, from which the page's script selects one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.words import phrase
from standard.day import Day

# Outcomes of an extracted row, with colours that are distinct for the colour-blind and in greyscale.
OUTCOMES = {"accepted": "#4f7ea8", "held": "#e0912f", "duplicates": "#b9c2cb", "refused": "#8f2d2d"}

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # a name; nothing is fetched
_INK, _MUTED, _LINE = "#1f2933", "#52606d", "#d9dfe5"
_FONT = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', 'WenQuanYi Micro Hei', sans-serif"

Spec = dict[str, Any]


def outcome_chart(counts: Sequence[tuple[Day, Mapping[str, int]]]) -> Spec:
    """Stacked columns of the outcomes of extracted rows, one column for each day.

    Args:
        counts: days with their counts by the names of `OUTCOMES`; days without a batch may be missing.
    """
    days = _axis([day for day, _ in counts])
    values = [
        {"day": str(day)[5:], "place": index, "outcome": _text(name), "rows": by_name[name]}
        for day, by_name in counts
        for index, name in enumerate(OUTCOMES)
    ]
    labels = {name: _text(name) for name in OUTCOMES}
    return _chart(220, values) | {
        "mark": {"type": "bar", "width": {"band": 0.7}, "tooltip": True},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "title": None, "scale": {"domain": days, "paddingOuter": 0.2}},
            "y": {"field": "rows", "type": "quantitative", "title": _text("records"), "axis": {"format": ",d"}},
            "order": {"field": "place"},
            "color": {
                "field": "outcome",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(labels.values()), "range": list(OUTCOMES.values())},
            },
            "tooltip": [
                {"field": "day", "title": _text("day")},
                {"field": "outcome", "title": _text("status")},
                {"field": "rows", "title": _text("records"), "format": ",d"},
            ],
        },
    }


def score_line(scores: Sequence[tuple[Day, float | None]], least: float) -> Spec:
    """A sparkline of a score over the days, without axes.

    Args:
        scores: days with their scores, or None.
        least: the lowest score of all lines to be compared, so that they share a scale.
    """
    days = _axis([day for day, _ in scores])
    values = [{"day": str(day)[5:], "score": value} for day, value in scores if value is not None]
    floor = min(least, 0.99)  # otherwise a loss of a thousandth would look dramatic
    return _chart(30, values) | {
        "mark": {
            "type": "line",
            "color": "#4f7ea8",
            "strokeWidth": 1.5,
            "point": {"size": 14, "color": "#4f7ea8"},
            "tooltip": True,
        },
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "axis": None, "scale": {"domain": days}},
            "y": {"field": "score", "type": "quantitative", "axis": None, "scale": {"domain": [floor, 1], "zero": False}},
            "tooltip": [
                {"field": "day", "title": _text("day")},
                {"field": "score", "title": _text("score"), "format": ".2%"},
            ],
        },
    }  # fmt: skip


def _chart(height: int, values: list[dict[str, Any]]) -> Spec:
    return {
        "$schema": _SCHEMA,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "data": {"values": values},
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": _MUTED, "titleColor": _MUTED, "titleFontWeight": "normal", "labelFontSize": 12,
                "titleFontSize": 12, "domainColor": _LINE, "tickColor": _LINE, "gridColor": "#edf0f3",
            },
            "axisX": {"labelAngle": 0, "labelOverlap": True, "grid": False},
            "axisY": {"domain": False, "ticks": False, "tickCount": 4},
            "legend": {
                "orient": "top", "labelColor": _INK, "labelFontSize": 12, "symbolType": "square", "offset": 12,
                "columns": {"expr": "width < 420 ? 2 : 4"},
            },
        },
    }  # fmt: skip


def _axis(days: Sequence[Day]) -> list[str]:
    """Every calendar day from the first to the last, so that a day without a batch shows as a gap."""
    return [str(day)[5:] for day in min(days).through(max(days))] if days else []


def _text(key: str) -> dict[str, str]:
    return dict(zip(("zh", "en"), phrase(key), strict=True))
