import struct
import zipfile

import openpyxl
import pytest

from extractors import Request, open_source
from standard.errors import SourceRefused

HEADER = ["编号", "姓名", "证号", "发证日期"]


@pytest.fixture
def opened(declare, tmp_path, day, now):
    """How to open what stands in the test's folder."""

    def reading(extract, columns=HEADER, secret=None):
        return open_source(Request(declare(extract, columns), day, str(tmp_path), now, secret=secret))

    return reading


@pytest.fixture
def refused(opened, rows_of):
    """How what stands in the test's folder is refused, when it is opened or while it is read."""

    def refusal(extract, rule="source_unreadable", **asked):
        with pytest.raises(SourceRefused) as caught, opened(extract, **asked) as reading:
            rows_of(reading)
        assert caught.value.rule == rule
        assert str(caught.value).startswith("dept.source: expected ")
        return str(caught.value)

    return refusal


@pytest.fixture
def book(tmp_path):
    """How to write a workbook from the rows of its sheets."""

    def written(sheets, name="登记表.xlsx"):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in rows:
                sheet.append(row)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return written


@pytest.fixture
def raw_book(tmp_path, book):
    """How to write a workbook with other XML in its sheet, and with other members."""

    def written(cells=None, name="登记表.xlsx", below="", **members):
        plain = book({"登记表": [HEADER]}, "plain.xlsx")
        namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        xml = f'<worksheet xmlns="{namespace}"><sheetData>{cells}</sheetData>{below}</worksheet>'
        with (
            zipfile.ZipFile(plain) as source,
            zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        ):
            for member in source.namelist():
                if member not in members:
                    is_sheet = cells is not None and member == "xl/worksheets/sheet1.xml"
                    target.writestr(member, xml if is_sheet else source.read(member))
            for member, content in members.items():
                target.writestr(member, content)
        plain.unlink()
        return tmp_path / name

    return written


@pytest.fixture
def xlsb(tmp_path):
    """How to write a binary workbook from cells (row, column, value), counted from 0, in their order."""

    def written(cells, name="登记表.xlsb", **members):
        relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
        link = f'<Relationships xmlns="{relationships}"><Relationship Id="rId1" Type="{kind}" Target="worksheets/sheet1.bin"/></Relationships>'
        listed = _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("登记表"))
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("xl/_rels/workbook.bin.rels", link)
            archive.writestr("xl/workbook.bin", _record(131) + _record(143) + listed + _record(144) + _record(132))
            archive.writestr("xl/worksheets/sheet1.bin", _binary_sheet(cells))
            for member, content in members.items():
                archive.writestr(member, content)
        return tmp_path / name

    return written


def _binary_sheet(cells):
    """The records of a sheet: a number 5, a text 6, an error 3, each below the record 0 of its row."""
    last = max(row for row, _, _ in cells), max(column for _, column, _ in cells)
    records = [_record(129), _record(148, struct.pack("<IIII", 0, last[0], 0, last[1])), _record(145)]
    at = -1
    for row, column, value in cells:
        if row != at:
            records.append(_record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0)))
            at = row
        place = struct.pack("<II", column, 0)
        if isinstance(value, str):
            records.append(_record(6, place + _wide(value)))
        elif isinstance(value, bytes):
            records.append(_record(3, place + value))
        else:
            records.append(_record(5, place + struct.pack("<d", value)))
    return b"".join([*records, _record(146), _record(130)])


def _record(kind, data=b""):
    name = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, left = b"", len(data)
    while True:
        size += bytes([left & 0x7F | (0x80 if left > 0x7F else 0)])
        left >>= 7
        if not left:
            return name + size + data


def _wide(text):
    content = text.encode("utf-16-le")
    return struct.pack("<I", len(content) // 2) + content


@pytest.fixture
def ods(tmp_path):
    """How to write an OpenDocument workbook from the XML of the rows of its sheet."""

    def written(rows, name="登记表.ods", **members):
        namespaces = " ".join(
            f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
            for short in ("office", "table", "text")
        )
        content = f'<office:document-content {namespaces}><office:body><office:spreadsheet><table:table table:name="登记表">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
            archive.writestr("content.xml", content)
            for member, data in members.items():
                archive.writestr(member, data)
        return tmp_path / name

    return written
