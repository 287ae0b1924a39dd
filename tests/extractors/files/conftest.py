import struct
import zipfile

import openpyxl
import pytest

from extractors import Request, open_source
from extractors.files.workbooks import worker_process
from extractors.files.workbooks.workbook_worker import WorkbookWorker
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

    def refusal(extract, rule="source_unreadable", **arguments):
        with pytest.raises(SourceRefused) as caught, opened(extract, **arguments) as reading:
            rows_of(reading)
        assert caught.value.rule == rule
        assert str(caught.value).startswith("dept.source: expected ")
        return str(caught.value)

    return refusal


@pytest.fixture(autouse=True)
def _in_this_process(request, monkeypatch):
    """Replaces the process that reads workbooks by a call in this one, except where `in_a_process` is asked for.

    It takes a while to start, and tests of what is read change its parts.
    """
    if "in_a_process" not in request.fixturenames:
        monkeypatch.setattr(
            WorkbookWorker, "submit", lambda self, binary, query: worker_process.answer(binary, query, self.folder)
        )


@pytest.fixture
def in_a_process():
    """Leaves workbooks to the process that has limits for them."""


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


@pytest.fixture(params=["csv", "tsv", "xlsx"])
def delivered(request, tmp_path, book):
    """How to deliver rows in each kind of file."""

    def written(rows, **declared):
        if request.param == "xlsx":
            book({"表": rows}, "a.xlsx")
            return {"kind": "workbook", "path": "a.xlsx", **declared}
        sign = {"csv": ",", "tsv": "\t"}[request.param]
        lines = (sign.join(row) for row in rows)
        (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {"kind": "text", "path": "a.csv", "encoding": "utf-8", "delimiter": sign, **declared}

    return written


@pytest.fixture
def records(opened, rows_of):
    """The values that are read, without their places, and the reading."""

    def taken(extract, columns=HEADER):
        with opened(extract, columns) as reading:
            return [found[:-1] for found in rows_of(reading)], reading

    return taken


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
    """How to write a binary workbook from cells (row, column, value), counted from 0, in their order.

    A value is a number, a text, the byte of an error, or kind, style and data of a record. `hidden` are rows, `below` and
    `styles` further records; `epoch` is 1 where days are counted from 1904; `second` are the cells of a sheet 二.
    """

    def written(cells, name="登记表.xlsb", hidden=(), below=(), styles=(), epoch=0, second=(), **members):
        relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
        titles = {1: "登记表", 2: "二"} if second else {1: "登记表"}
        links = "".join(
            f'<Relationship Id="rId{at}" Type="{kind}" Target="worksheets/sheet{at}.bin"/>' for at in titles
        )
        link = f'<Relationships xmlns="{relationships}">{links}</Relationships>'
        listed = b"".join(
            _record(156, struct.pack("<II", 0, at) + _wide(f"rId{at}") + _wide(title)) for at, title in titles.items()
        )
        dated = _record(153, struct.pack("<III", epoch, 0, 0))
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", f'<Types xmlns="{relationships[:-13]}content-types"/>')
            archive.writestr("xl/_rels/workbook.bin.rels", link)
            archive.writestr(
                "xl/workbook.bin", _record(131) + dated + _record(143) + listed + _record(144) + _record(132)
            )
            archive.writestr("xl/worksheets/sheet1.bin", _binary_sheet(cells, hidden, below))
            if second:
                archive.writestr("xl/worksheets/sheet2.bin", _binary_sheet(second, (), ()))
            if styles:
                archive.writestr("xl/styles.bin", b"".join(_record(*record) for record in styles))
            for member, content in members.items():
                archive.writestr(member, content)
        return tmp_path / name

    return written


def _binary_sheet(cells, hidden, below):
    """The records of a sheet: a number 5, a text 6, an error 3, each below the record 0 of its row."""
    last = max(row for row, _, _ in cells), max(column for _, column, _ in cells)
    records = [_record(129), _record(148, struct.pack("<IIII", 0, last[0], 0, last[1]))]
    records += [*(_record(*record) for record in below if record[0] == 60), _record(145)]
    at = -1
    for row, column, value in cells:
        if row != at:
            height = struct.pack("<IIHBB", row, 0, 300, 0, 0x10 if row in hidden else 0)
            records.append(_record(0, height + bytes(5)))
            at = row
        place = struct.pack("<II", column, 0)
        if isinstance(value, tuple):
            kind, style, data = value
            records.append(_record(kind, struct.pack("<II", column, style) + data))
        elif isinstance(value, str):
            records.append(_record(6, place + _wide(value)))
        elif isinstance(value, bytes):
            records.append(_record(3, place + value))
        else:
            records.append(_record(5, place + struct.pack("<d", value)))
    return b"".join([*records, _record(146), *(_record(*record) for record in below if record[0] != 60), _record(130)])


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
    """How to write an OpenDocument workbook from the XML of the rows of its sheet, and of what stands below all sheets."""

    def written(rows, name="登记表.ods", below="", without=(), **members):
        namespaces = " ".join(
            f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
            for short in ("office", "table", "text")
        )
        content = f'<office:document-content {namespaces}><office:body><office:spreadsheet><table:table table:name="登记表">{rows}</table:table>{below}</office:spreadsheet></office:body></office:document-content>'
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            for member, data in {"META-INF/manifest.xml": "<manifest/>", "content.xml": content}.items():
                if member not in without:
                    archive.writestr(member, data)
            for member, data in members.items():
                archive.writestr(member, data)
        return tmp_path / name

    return written


@pytest.fixture
def xls(tmp_path):
    """How to write an old workbook (BIFF8) from the records (kind, data) of its sheets and those that stand before them all."""

    def written(sheet, workbook=(), name="登记表.xls", locked=None, second=()):
        sheets = {"登记表": sheet, "二": second} if second else {"登记表": sheet}
        begin = struct.pack("<HHHHIII", 0x809, 16, 0x600, 5, 0, 0, 6)
        start = len(begin) + sum(4 + len(data) for _, data in workbook) + 4
        start += sum(12 + 2 * len(title) for title in sheets)
        listed, contents = [], b""
        for title, records in sheets.items():
            place = struct.pack("<IBBBB", start + len(contents), 0, 0, len(title), 1)
            listed.append((0x85, place + title.encode("utf-16-le")))
            contents += begin.replace(b"\x05\0", b"\x10\0", 1) + _old_records([*records, (0x0A, b"")])
        stream = begin + _old_records([*workbook, *listed, (0x0A, b"")]) + contents
        (tmp_path / name).write_bytes(_container(locked(stream) if locked else stream))
        return tmp_path / name

    return written


@pytest.fixture
def older_xls(tmp_path):
    """How to write a workbook of Excel 95 (BIFF5) from the bytes of a text, beside a day, and the code page of both."""

    def written(text, page, name="登记表.xls"):
        begin = struct.pack("<HHHHHH", 0x809, 8, 0x500, 5, 0, 0)
        code = b"yyyy/mm/dd"
        before = [
            *([] if page is None else [(0x42, struct.pack("<H", page))]),
            (0x41E, struct.pack("<HB", 60, len(code)) + code),
            *((0xE0, struct.pack("<HH", 0, number) + bytes(12)) for number in (0, 60)),
        ]
        start = len(begin) + len(_old_records(before)) + 4 + 7 + 6 + 4
        listed = struct.pack("<IBBB", start, 0, 0, 6) + b"Sheet1"
        cells = [(0, 0, b"A"), (0, 1, b"B"), (1, 0, text)]
        sheet = [(0x204, struct.pack("<HHHH", row, column, 0, len(text)) + text) for row, column, text in cells]
        sheet.append((0x203, struct.pack("<HHHd", 1, 1, 1, 46027)))
        stream = begin + _old_records([*before, (0x85, listed), (0x0A, b"")])
        stream += begin.replace(b"\x05\0", b"\x10\0") + _old_records([*sheet, (0x0A, b"")])
        (tmp_path / name).write_bytes(_container(stream, "Book"))
        return tmp_path / name

    return written


def _old_records(records):
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)


def _container(stream, name="Workbook"):
    """An OLE container of one stream: its header, the table of its sectors of 512 bytes, its directory, then the stream."""
    stream += bytes(4) * max(0, -(-(4096 - len(stream)) // 4))  # a shorter one would lie in smaller sectors
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors = -(-len(stream) // 512)
    chain = [table, end, *range(3, sectors + 2), end]
    chain += [free] * (128 - len(chain))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    directory = _entry("Root Entry", 5, end, 0, 1) + _entry(name, 2, 2, len(stream), free)
    return header + struct.pack("<128I", *chain) + directory.ljust(512, b"\0") + stream.ljust(512 * sectors, b"\0")


def _entry(name, kind, start, size, child):
    free, title = 0xFFFFFFFF, name.encode("utf-16-le")
    sides = struct.pack("<HBBIII", len(title) + 2, kind, 1, free, free, child)
    return title.ljust(64, b"\0") + sides + bytes(36) + struct.pack("<IQ", start, size)
