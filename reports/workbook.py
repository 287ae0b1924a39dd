"""Knows how a department's findings become its list for correction (整改清单), a workbook with a row a finding."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter

from reports.quality import QualityReport, RuleFindings, element_title, standing, status_word
from reports.words import phrase
from standard.rules import DIMENSION_TITLES
from standard.visible import visible

SHEET_ROWS = 1_000_000  # findings on one sheet; a worksheet ends at 1,048,576 rows

# Headings and widths. The last column is empty: there the department writes what it did.
_COLUMNS = (
    ("序号\nNo.", 7), ("位置\nWhere", 24), ("证照编号\nCertificate number", 24), ("项目\nElement", 20),
    ("问题\nFinding", 34), ("现值（已脱敏）\nFound (masked)", 24), ("应为\nExpected", 24), ("怎么改\nWhat to do", 40),
    ("级别\nSeverity", 11), ("质量维度\nDimension", 13), ("平台情况\nPlatform", 22), ("首次发现\nFirst seen", 12),
    ("最后发现\nLast seen", 12), ("规则\nRule", 22), ("整改情况\nWhat was done", 20),
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for a formula at the start of a text
_A4 = 9  # as OOXML numbers paper sizes
_WRITTEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def correction_list(report: QualityReport, *, sheet_rows: int = SHEET_ROWS) -> bytes:
    """Draw the list for correction.

    Every value is text, shown as it is: what looks like a formula is marked as text, what is invisible is made visible.

    Args:
        report: whose findings it lists: to correct, notices, then those still open from earlier days.
        sheet_rows: findings on one sheet; more go on to the next.

    Returns:
        The xlsx file. The same report gives the same bytes.
    """
    book = Workbook(write_only=True)
    for style in (_BODY, _HEAD):
        book.add_named_style(style)
    sheets = -(-report.count // sheet_rows) or 1
    rows = _rows(report)
    for number in range(sheets):
        title = "整改清单" if number == 0 else f"整改清单 {number + 1}"
        _write_sheet(book, title, rows, min(sheet_rows, report.count - number * sheet_rows))
    _write_cover(book, report)
    written = io.BytesIO()
    book.save(written)
    return _timeless(written.getvalue(), datetime.combine(report.day.date, time.min))


def _write_sheet(book: Workbook, title: str, rows: Iterator[list[str | int]], count: int) -> None:
    sheet: Any = book.create_sheet(title)
    for place, (_, width) in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    last = get_column_letter(len(_COLUMNS))
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{last}{count + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.append([_cell(sheet, heading, _HEAD) for heading, _ in _COLUMNS])
    # A row is written as soon as it is appended, so all rows are said by the same few cells: making and styling one anew
    # for every value takes most of the time of a list.
    plain, marked = ([_cell(sheet, mark, _BODY) for _ in _COLUMNS] for mark in ("", _FORMULA[0]))
    for _ in range(count):
        sheet.append([_said(value, *cells) for value, *cells in zip(next(rows), plain, marked, strict=True)])


def _write_cover(book: Workbook, report: QualityReport) -> None:
    """A second sheet that says whose list this is."""
    sheet: Any = book.create_sheet("说明")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 80
    source = report.source
    facts = (
        ("source_name", f"{source.title}（{source.name}）"), ("department", source.department_name),
        ("contact", source.department_contact), ("licence_type", source.licence_type_name), ("day", str(report.day)),
        ("status", " ".join(phrase(status_word(report.entry)))), ("count", f"{report.count:,}"),
        *((key, " ".join(phrase("items", n=sum(found.count for found in group)))) for key, group in (
            ("to_correct", report.to_correct), ("notices", report.notices), ("earlier", report.earlier))),
    )  # fmt: skip
    for key, text in facts:
        sheet.append([_cell(sheet, " ".join(phrase(key)), _HEAD), _cell(sheet, text, _BODY)])


def _rows(report: QualityReport) -> Iterator[list[str | int]]:
    number = 0
    for found in report.listed:
        constant = _Constant.of(found)
        for batch in found.findings.to_batches(max_chunksize=10_000):
            for finding in batch.to_pylist():
                number += 1
                yield _row(report, found, constant, finding, number)


@dataclass(frozen=True)
class _Constant:
    """What every row of one rule has in common."""

    title: str
    advice: str
    severity: str
    dimension: str

    @classmethod
    def of(cls, found: RuleFindings) -> _Constant:
        rule = found.rule
        return cls(
            f"{rule.title_zh}\n{rule.title_en}",
            f"{rule.advice_zh}\n{rule.advice_en}",
            phrase(f"severity_{rule.severity}")[0],
            DIMENSION_TITLES[rule.dimension][0],
        )


def _row(
    report: QualityReport, found: RuleFindings, constant: _Constant, finding: dict[str, Any], number: int
) -> list[str | int]:
    title, name = element_title(report.source, finding["element"]) or ("", "")
    return [
        number,
        _one_line(finding["locator"]) or phrase("whole_batch")[0],
        _one_line(finding["certificate_number"]),
        title if title == name else f"{title}\n{name}",
        constant.title,
        _one_line(finding["value"]),
        _one_line(finding["expected"]),
        constant.advice,
        constant.severity,
        constant.dimension,
        "；".join(phrase(key)[0] for key, day in standing(found.rule, finding, report.day) if not day),
        finding["first_day"] or finding["day"],
        finding["last_day"] or finding["day"],
        found.rule.id,
        "",
    ]


def _one_line(value: str) -> str:
    """A department's value; what follows a line break in it would look like the exchange's own words."""
    return value.replace("\n", "␊")


_EDGE = Side(style="thin", color="D9DFE5")
_BODY = NamedStyle(
    "清单正文", alignment=Alignment(vertical="top", wrap_text=True), border=Border(bottom=_EDGE), number_format="@"
)
_HEAD = NamedStyle(
    "清单标题",
    font=Font(bold=True, color="FFFFFF"),
    fill=PatternFill("solid", fgColor="1D4E79"),
    alignment=Alignment(vertical="center", wrap_text=True),
    number_format="@",
)


def _cell(sheet: Any, value: str, style: NamedStyle) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.style = style.name
    if value.startswith(_FORMULA):
        cell.quotePrefix = True  # stays text when somebody edits the cell
    return _said(value, cell, cell)


def _said(value: str | int, plain: Any, marked: Any) -> Any:
    """The one of two cells that says a value as it is: the marked one where a spreadsheet may take it for a formula."""
    if isinstance(value, int):
        plain.value = value
        return plain
    cell = marked if value.startswith(_FORMULA) else plain
    cell.value = visible(value)
    cell.data_type = "s"  # whatever it looks like: a formula, an error code
    return cell


def _timeless(content: bytes, at: datetime) -> bytes:
    """The same workbook without the time at which it was written, so that equal lists are equal files."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}".encode()
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _WRITTEN.sub(rb"\g<1>" + stamp, part)
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, part)
    return result.getvalue()
