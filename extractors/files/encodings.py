"""Detects the encoding of a text file, and decodes it with a mark for each invalid byte."""

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
from standard.gb18030 import to_gb18030_2022
from standard.messages import Message

BLOCK = 4 * 2**20  # characters read at a time
# Stands for each invalid byte until its column is known; as a Unicode noncharacter it occurs in no text.
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

# Encodings that begin with a byte order mark, or may have either byte order.
_ORDERED = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def encoding_of(file: SourceFile, declared: str | None) -> str:
    """The declared encoding of a file, or the detected one.

    Without a declaration: the byte order mark; UTF-16 by its zero bytes; UTF-8, then GB18030, if all of the file is valid,
    and Big5 where its characters are likelier; for a file that is valid in none, the one with the fewest faults. For a
    declared UTF-16 or UTF-32 without a byte order mark, the byte order is detected.

    Raises:
        DeclarationError: for an unknown encoding, or one whose decoder cannot pass over invalid bytes.
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
    """Yield the text of a file in blocks of whole lines, without a byte order mark, `MARK` for each invalid byte.

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
            # DOS programs end a text with it; only the last block of a file ends without a line end.
            if not (block := (block + line).removesuffix("\x1a")):
                return
            yield to_gb18030_2022((block.removeprefix("\ufeff") if first else block).replace("\0", MARK), encoding)
            first = False


def without_marks(column: pa.StringArray) -> tuple[pa.StringArray, list[int]]:
    """Replace marks by replacement characters; return the column and the rows that had any."""
    rows = pc.indices_nonzero(pc.fill_null(pc.match_substring(column, MARK), False)).to_pylist()
    return pc.replace_substring(column, MARK, "\ufffd"), rows


def decoded(values: pa.StringArray, encoding: str) -> pa.StringArray:
    """Decode texts in which each character is one byte; none of them contains a line break."""
    text = "\n".join(values.to_pylist()).replace(MARK, "\0").encode("latin-1").decode(encoding, _MARKED)
    text = to_gb18030_2022(text, encoding)
    return pa.array(text.replace("\0", MARK).split("\n") if len(values) else [], pa.string())


def _in_order(file: SourceFile, encoding: str) -> str:
    """A declared encoding with its byte order, if no byte order mark tells it."""
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
    if _is_encoded_in(binary, "utf-8"):
        return "utf-8"
    # GB18030 read as UTF-8 has more faults than characters; a damaged UTF-8 text may be valid GB18030.
    text = codecs.getincrementaldecoder("utf-8")(_MARKED).decode(sample)
    if sum(character > "\x7f" for character in text) > 2 * text.count(MARK):
        return "utf-8"
    if _is_encoded_in(binary, "gb18030"):
        return _gb18030_or_big5(sample) if _is_encoded_in(binary, "big5") else "gb18030"
    return min(("utf-8", "gb18030"), key=lambda encoding: _faults(sample, encoding))


def _utf_16(sample: bytes) -> str:
    """UTF-16 with its byte order, by zeros in every second byte of Latin text: digits, delimiters, line ends."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    enough = len(sample) // 40
    if odd > enough and odd > 8 * even:
        return "utf-16-le"
    return "utf-16-be" if even > enough and even > 8 * odd else ""


def _utf_32(sample: bytes) -> str:
    """UTF-32 with its byte order, by a zero first or last byte in every character."""
    first, last = (sample[offset::4].count(0) for offset in (0, 3))
    characters = len(sample) // 4
    if last == characters > first:
        return "utf-32-le"
    return "utf-32-be" if first >= characters > last else ""


def _is_encoded_in(binary: BufferedReader, encoding: str) -> bool:
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


def _gb18030_or_big5(sample: bytes) -> str:
    """Choose between GB18030 and Big5 for bytes valid in both: in GB18030 nearly all characters are common ones."""
    text = codecs.getincrementaldecoder("gb18030")("ignore").decode(sample)
    chinese = [character for character in text if character >= "\u3400"]
    common = sum(_in_gb2312(character) for character in set(chinese))
    if not chinese or common > 0.9 * len(set(chinese)):
        return "gb18030"
    from charset_normalizer import from_bytes  # importing it takes a tenth of a second, and it is rarely needed

    best = from_bytes(sample, cp_isolation=["gb18030", "big5"]).best()
    return best.encoding if best is not None else "gb18030"


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
