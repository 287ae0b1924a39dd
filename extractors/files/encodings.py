"""Detects the encoding of a text file and decodes it, with a mark for each byte that is no text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from io import BufferedReader

import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.source_file import SourceFile
from sources.file_extract import is_encoding
from standard.errors import DeclarationError
from standard.gb18030 import as_of_2022
from standard.messages import Message

BLOCK = 4 * 2**20  # characters read at a time
# Stands for each byte that is no text, until the column it is in is known; Unicode promises that no text holds it.
MARK = "\ufdd0"

_LONGEST = 16 * 2**20  # characters of a line
_SAMPLE = 2**20
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    "\ufeff".encode("gb18030"): "gb18030",
}

# Those that begin with a byte order mark, or have their characters in either order.
_ORDERED = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def encoding_of(file: SourceFile, declared: str | None) -> str:
    """The declared encoding, or the one the file is in.

    Without a declaration: the byte order mark; UTF-16 by its zero bytes; UTF-8, then GB18030, if all of the file is that,
    and Big5 where its characters are likelier; of a file that is none throughout, the one with the fewest faults. A
    declared UTF-16 or UTF-32 without a byte order mark is the one of its two orders that the file is in.

    Raises:
        DeclarationError: for an encoding nobody knows, or by which bytes that are no text cannot be passed over.
        SourceRefused: for a file that is not in the declared UTF-16 or UTF-32.
        SourceUnreachable: when the file cannot be read.
    """
    if declared is None:
        with file.opened() as binary, file.reading():
            return _detected(binary)
    if not is_encoding(declared):
        raise DeclarationError(
            "LX-202",
            "{source}: expected the name of an encoding such as gb18030, found {declared}; correct extract.encoding",
            source=file.source,
            declared=declared,
        )
    name = codecs.lookup(declared).name
    return _in_order(file, name) if name in _ORDERED else declared


def blocks(file: SourceFile, encoding: str) -> Iterator[str]:
    """The text of a file in blocks of whole lines, without a byte order mark, `MARK` for each byte that is no text.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: for a line without end.
    """
    with file.opened() as binary, io.TextIOWrapper(binary, encoding, _MARKED, newline="") as stream:
        first = True
        while True:
            with file.reading():
                block = stream.read(BLOCK)
                line = stream.readline(_LONGEST)
            if len(line) == _LONGEST:
                file.refuse(
                    Message("lines of text"),
                    Message("one of more than {most:,} characters", most=_LONGEST),
                    Message("check that the file is text and whole"),
                )
            # What DOS programs end a text with; a block ends without a line end only where the file does.
            if not (block := (block + line).removesuffix("\x1a")):
                return
            yield as_of_2022((block.removeprefix("\ufeff") if first else block).replace("\0", MARK), encoding)
            first = False


def without_marks(column: pa.StringArray) -> tuple[pa.StringArray, list[int]]:
    """A column with the sign for lost characters instead of marks, and the rows that had any."""
    rows = pc.indices_nonzero(pc.fill_null(pc.match_substring(column, MARK), False)).to_pylist()
    return pc.replace_substring(column, MARK, "\ufffd"), rows


def decoded(values: pa.StringArray, encoding: str) -> pa.StringArray:
    """Texts of which each character is one byte, read in an encoding; none of them holds a line break."""
    text = "\n".join(values.to_pylist()).replace(MARK, "\0").encode("latin-1").decode(encoding, _MARKED)
    text = as_of_2022(text, encoding)
    return pa.array(text.replace("\0", MARK).split("\n") if len(values) else [], pa.string())


def _in_order(file: SourceFile, encoding: str) -> str:
    """A declared encoding of several bytes a character, with their order where no byte order mark says it."""
    with file.opened() as binary, file.reading():
        sample = binary.read(_SAMPLE)
    if not sample or any(sample.startswith(mark) for mark in _ORDERED[encoding]):
        return encoding
    found = _utf_16(sample) if encoding == "utf-16" else _utf_32(sample)
    if not found:
        file.refuse(
            Message("text in {encoding}", encoding=encoding),
            Message("bytes of another encoding"),
            Message("have the file saved in that encoding, or correct extract.encoding"),
        )
    return found


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK * (error.end - error.start), error.end


_MARKED = "mark_undecodable"
codecs.register_error(_MARKED, _mark)


def _detected(binary: BufferedReader) -> str:
    sample = binary.read(_SAMPLE)
    for mark, encoding in _MARKS.items():
        if sample.startswith(mark):
            return encoding
    if encoding := _utf_16(sample):
        return encoding
    if _is(binary, "utf-8"):
        return "utf-8"
    # A text in GB18030 gives more faults than characters, read as UTF-8; a damaged one in UTF-8 may be whole in GB18030.
    text = codecs.getincrementaldecoder("utf-8")(_MARKED).decode(sample)
    if sum(sign > "\x7f" for sign in text) > 2 * text.count(MARK):
        return "utf-8"
    if _is(binary, "gb18030"):
        return _likelier(sample) if _is(binary, "big5") else "gb18030"
    return min(("utf-8", "gb18030"), key=lambda encoding: _faults(sample, encoding))


def _utf_16(sample: bytes) -> str:
    """UTF-16 has a zero in every second byte wherever its text is Latin: digits, delimiters, line ends."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    enough = len(sample) // 40
    if odd > enough and odd > 8 * even:
        return "utf-16-le"
    return "utf-16-be" if even > enough and even > 8 * odd else ""


def _utf_32(sample: bytes) -> str:
    """UTF-32 has two zeros in every character, of which the first is one, or the last."""
    first, last = (sample[place::4].count(0) for place in (0, 3))
    whole = len(sample) // 4
    if last == whole > first:
        return "utf-32-le"
    return "utf-32-be" if first >= whole > last else ""


def _is(binary: BufferedReader, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    binary.seek(0)
    try:
        while chunk := binary.read(_SAMPLE):
            decoder.decode(chunk)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _faults(sample: bytes, encoding: str) -> int:
    return codecs.getincrementaldecoder(encoding)(_MARKED).decode(sample).count(MARK)


def _likelier(sample: bytes) -> str:
    """GB18030 or Big5, for bytes that are text in both: in GB18030 nearly all characters are of the common ones."""
    text = codecs.getincrementaldecoder("gb18030")("ignore").decode(sample)
    chinese = [sign for sign in text if sign >= "\u3400"]
    common = sum(_in_gb2312(sign) for sign in set(chinese))
    if not chinese or common > 0.9 * len(set(chinese)):
        return "gb18030"
    from charset_normalizer import from_bytes  # takes a tenth of a second, and is hardly ever needed

    best = from_bytes(sample, cp_isolation=["gb18030", "big5"]).best()
    return best.encoding if best is not None else "gb18030"


def _in_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
