"""Writes a department's list for correction (整改清单), a workbook with one row for each finding."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter

from reports.quality import QualityReport, RuleFindings, element_title, status_word
from reports.readable import readable, readable_expected
from reports.sheet_rows import FORMULA, Styles, rows_xml
from reports.words import phrase
from standard.rule import DIMENSION_TITLES, Scope
from standard.visible import visible

SHEET_ROWS = 1_000_000  # findings on one sheet; the limit of a worksheet is 1,048,576 rows

# Headings and widths. The last column is left empty for the department's remarks.
_COLUMNS = (
    ("序号\nNo.", 7), ("位置\nWhere", 24), ("证照编号\nCertificate number", 24), ("项目\nElement", 20),
    ("问题\nFinding", 34), ("现值（已脱敏）\nFound (masked)", 24), ("应为\nExpected", 24), ("怎么改\nWhat to do", 40),
    ("级别\nSeverity", 11), ("质量维度\nDimension", 13), ("平台情况\nPlatform", 22), ("首次发现\nFirst seen", 12),
    ("最后发现\nLast seen", 12), ("规则\nRule", 22), ("整改情况\nWhat was done", 20),
)  # fmt: skip

_CHUNK = 5_000  # rows written at once
_A4 = 9  # as OOXML numbers paper sizes
_SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)[.]xml")
_END_OF_ROWS = b"</sheetData>"
_WRITTEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def correction_list(report: QualityReport, *, sheet_rows: int = SHEET_ROWS) -> bytes:
    """Write the list for correction.

    All values are text: what looks like a formula is marked as text, and invisible characters are made visible.

    Args:
        report: its findings are listed: to correct, notices, then open ones of earlier days.
        sheet_rows: findings on one sheet; the rest continues on the next.

    Returns:
        The xlsx file; the same report always gives the same bytes.
    """
    book = Workbook(write_only=True)
    for style in (_BODY, _HEAD):
        book.add_named_style(style)
    sizes = [min(sheet_rows, report.count - start) for start in range(0, report.count, sheet_rows)] or [0]
    for number, size in enumerate(sizes):
        styles = _write_head(book, "整改清单" if number == 0 else f"整改清单 {number + 1}", size)
    _write_cover(book, report)
    written = io.BytesIO()
    book.save(written)
    rows = _rows(report, sheet_rows, styles)
    return _fill_sheets(written.getvalue(), datetime.combine(report.day.date, time.min), rows)


def _write_head(book: Workbook, title: str, count: int) -> Styles:
    """Create a sheet with headings for a number of findings; returns the styles of its rows."""
    sheet: Any = book.create_sheet(title)
    for index, (_, width) in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    last = get_column_letter(len(_COLUMNS))
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{last}{count + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.append([_cell(sheet, heading, _HEAD) for heading, _ in _COLUMNS])
    return Styles(*(_cell(sheet, mark, _BODY).style_id for mark in ("", FORMULA[0])))


def _write_cover(book: Workbook, report: QualityReport) -> None:
    """Write a last sheet with the facts about the list."""
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


def _rows(report: QualityReport, sheet_rows: int, styles: Styles) -> Iterator[tuple[int, bytes]]:
    """Yield the rows of the list in chunks, each with the number of its sheet."""
    number = 0
    for found in report.listed:
        start = 0
        while start < found.count:
            sheet, above = divmod(number, sheet_rows)
            size = min(_CHUNK, found.count - start, sheet_rows - above)
            columns = _columns(report, found, found.findings.slice(start, size))
            yield sheet, rows_xml(above + 2, number + 1, columns, styles)  # below the headings
            start, number = start + size, number + size


def _columns(report: QualityReport, found: RuleFindings, findings: pa.Table) -> Sequence[pa.Array]:
    """The values of `_COLUMNS`, without the running number."""
    rule = found.rule
    texts = {
        # A line break in a department's value would make the rest look like the exchange's own text.
        name: pc.replace_substring(pc.fill_null(findings[name].combine_chunks(), ""), "\n", "␊")
        for name in ("locator", "certificate_number", "value", "expected", "day", "first_day", "last_day")
    }
    return [
        _or(texts["locator"], phrase("whole_batch")[0]),
        texts["certificate_number"],
        _elements(report, findings["element"].combine_chunks()),
        *_all(findings, f"{rule.title_zh}\n{rule.title_en}"),
        _render(readable, rule.id, texts["value"]),
        _render(readable_expected, rule.id, texts["expected"]),
        *_all(
            findings,
            f"{rule.advice_zh}\n{rule.advice_en}",
            phrase(f"severity_{rule.severity}")[0],
            DIMENSION_TITLES[rule.dimension][0],
        ),
        _statuses(found, findings),
        _or(texts["first_day"], texts["day"]),
        _or(texts["last_day"], texts["day"]),
        *_all(findings, rule.id, ""),
    ]


def _all(findings: pa.Table, *texts: str) -> Iterator[pa.Array]:
    return (pa.repeat(text, findings.num_rows) for text in texts)


def _or(texts: pa.Array, other: pa.Array | str) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), other, texts)


def _elements(report: QualityReport, names: pa.Array) -> pa.Array:
    distinct = names.dictionary_encode()
    titles = [element_title(report.source, name) or ("", "") for name in distinct.dictionary.to_pylist()]
    texts = [title if title == name else f"{title}\n{name}" for title, name in titles]
    return pa.array(texts, pa.string()).take(distinct.indices)


def _render(side_by_side: Callable[[str, str], tuple[str, str]], rule: str, texts: pa.Array) -> pa.Array:
    """Render each distinct text in both languages, one below the other where they differ."""
    distinct = texts.dictionary_encode()
    sides = [side_by_side(rule, text) for text in distinct.dictionary.to_pylist()]
    rendered = [chinese if chinese == english else f"{chinese}\n{english}" for chinese, english in sides]
    return pa.array(rendered, pa.string()).take(distinct.indices)


def _statuses(found: RuleFindings, findings: pa.Table) -> pa.Array:
    """The status of each finding, as in `quality.finding_status`; its days have their own columns."""
    corrected, older, none = (phrase(f"{key}")[0] for key in ("corrected", "platform_older", "platform_none"))
    holds = findings["platform_holds"].combine_chunks()
    shows_platform = found.rule.critical and found.rule.scope is not Scope.BATCH
    state = pc.fill_null(pc.if_else(holds, older, none), "") if shows_platform else pa.repeat("", findings.num_rows)
    return pc.if_else(pc.fill_null(findings["open"].combine_chunks(), False), state, corrected)


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
    if value.startswith(FORMULA):
        cell.quotePrefix = True  # stays text when the cell is edited
    cell.value = visible(value)
    cell.data_type = "s"  # even if it looks like a formula or an error code
    return cell


def _fill_sheets(content: bytes, at: datetime, rows: Iterable[tuple[int, bytes]]) -> bytes:
    """Insert the rows into the workbook, and replace the time of writing, so that equal lists are equal files."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}".encode()
    result = io.BytesIO()
    chunks = iter(rows)
    chunk = next(chunks, None)
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=_order):
            head, closing, tail = old.read(name).partition(_END_OF_ROWS)
            if name == "docProps/core.xml":
                head = _WRITTEN.sub(rb"\g<1>" + stamp, head)
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with new.open(member, "w") as part:
                part.write(head)
                while chunk is not None and name == f"xl/worksheets/sheet{chunk[0] + 1}.xml":
                    part.write(chunk[1])
                    chunk = next(chunks, None)
                part.write(closing + tail)
    return result.getvalue()


def _order(name: str) -> tuple[bool, int, str]:
    """Sort key that puts the sheets last, by number."""
    number = _SHEET.fullmatch(name)
    return number is not None, int(number[1]) if number else 0, name
