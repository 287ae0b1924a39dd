"""Knows the arithmetic of check characters and serials, over whole columns of text at once.

Texts of one length are read as a matrix of their bytes, a row a text and a column a position; the shape of a text
(its length, its characters) is settled before it comes here, so the arithmetic meets no stranger.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from standard.row_groups import in_one_chunk

if TYPE_CHECKING:
    import duckdb

Signs: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.int32]

_BLOCK = 65_536  # rows at a time: a block of identifiers and its arithmetic stay within some 20 MB

_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE_31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(rows: Signs) -> Signs:
    """Gives the 18th character of unified social credit codes (GB 32100-2015) from their first 17."""
    weights = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], np.int32)
    places: Places = -(_values(_BASE_31)[rows[:, :17]] @ weights) % 31
    return _signs(_BASE_31)[places]


def organisation(rows: Signs) -> Signs:
    """Gives the 9th character of organisation codes (GB 11714-1997) from their first 8; A is 10, Z is 35."""
    weights = np.array([3, 7, 9, 10, 5, 8, 4, 2], np.int32)
    places: Places = -(_values(_BASE_36)[rows[:, :8]] @ weights) % 11
    return _signs("0123456789X")[places]


def citizen(rows: Signs) -> Signs:
    """Gives the 18th character of citizen numbers (GB 11643-1999, ISO 7064 MOD 11-2) from their first 17 digits."""
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
    places: Places = _values(_BASE_36)[rows[:, :17]] @ weights % 11
    return _signs("10X98765432")[places]


def mod_37_36(bodies: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Gives the check characters of GB/T 17710 (ISO 7064) MOD 37,36, which GB/T 36904 puts on licence identifiers.

    Args:
        bodies: Texts of 0-9 and A-Z, at most 128 characters (no identifier is longer). Dots between parts are skipped,
            so the parts of an identifier need not be glued first.

    Returns:
        One character a row; null where the body is null, empty, longer, or holds anything else.
    """
    state = np.arange(37)[:, None]
    return _walked(bodies, (state + np.arange(36)) % 36, "0" + _BASE_36[:0:-1])


def legacy_37_36(bodies: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Gives the check characters of a faulty MOD 37,36 routine that was at work in Shandong.

    It differs in two places from `mod_37_36`, whose arguments and result it shares. A letter counts one too high, but
    a letter's sum above 37 is reduced by 37 first, which makes it right again; and the answer is the character one place
    before the right one in the alphabet, so that even a body of digits alone gets another. Both are needed to come to
    the published identifier that carries such a character.
    """
    total = np.arange(37)[:, None] + np.r_[:10, 11:37]
    letter = np.arange(36) >= 10
    return _walked(bodies, np.where(letter & (total > 37), total - 37, total) % 36, _BASE_36[::-1])


def digests(names: pa.LargeStringArray, database: "duckdb.DuckDBPyConnection") -> pa.StringArray:
    """Derives 20 characters 0-9A-Z from the SHA-256 of each name, as `standard.identifiers.serial` describes.

    DuckDB hashes a whole column; hashlib would have to be called for each row.
    """
    if not len(names):
        return pa.array([], pa.string())
    named = database.from_arrow(pa.table({"name": names.cast(pa.large_binary())}))
    hashed = named.project("unhex(sha256(name)) AS digest").to_arrow_table()["digest"].cast(pa.large_binary())
    words = rows_of(hashed.combine_chunks(), 32).view(">u8").astype(np.uint64)
    return texts(np.hstack([_base_36(words[:, place], 10) for place in (0, 1)]))


def column(values: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    """Lays any Arrow text column (chunked, dictionary, null) out as one array; large, so that no length overflows."""
    return in_one_chunk(values.cast(pa.large_string()))


def blocks(values: pa.Array) -> Iterator[pa.Array]:
    """Cuts an array into slices of bounded length; an empty array is one empty slice."""
    return (values.slice(start, _BLOCK) for start in range(0, max(len(values), 1), _BLOCK))


def rows_of(values: pa.LargeStringArray, width: int) -> Signs:
    """Views texts without nulls that are all `width` bytes long as a matrix of bytes, without a copy."""
    if not len(values):
        return np.empty((0, width), np.uint8)
    _, offsets, data = values.buffers()
    first = int(np.frombuffer(offsets, np.int64)[values.offset])
    return np.frombuffer(data, np.uint8, len(values) * width, first).reshape(len(values), width)


def texts(rows: Signs) -> pa.StringArray:
    """Makes a text of each row of a matrix of ASCII bytes."""
    length, width = rows.shape
    offsets = np.arange(0, (length + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(length, pa.py_buffer(offsets), pa.py_buffer(rows.tobytes()))


def scatter(values: pa.Array, places: pa.BooleanArray) -> pa.Array:
    """Puts the values, in their order, where `places` is true; every other row is null."""
    return pc.replace_with_mask(pa.nulls(len(places), values.type), places.fill_null(False), values)


def joined(*parts: pa.Array, by: str) -> pa.LargeStringArray:
    """Joins parts row by row; one null part makes the row null."""
    large = pa.large_string()
    return pc.binary_join_element_wise(*(part.cast(large) for part in parts), pa.scalar(by, large))


def _walked(bodies: pa.Array | pa.ChunkedArray, remainders: npt.NDArray[np.int_], checks: str) -> pa.StringArray:
    """Walks bodies from left to right, all rows at once.

    Args:
        bodies: As in `mod_37_36`.
        remainders: What is left modulo 36 after each of 37 states (down) has met each value (across).
        checks: The check characters of the end states 1 to 36.

    Returns:
        As in `mod_37_36`.
    """
    # State 0 is death: a byte outside the alphabet leads there and nothing leads out. A dot leaves the state as it is.
    table = np.zeros((37, 256), np.uint16)
    table[:, ord(".")] = np.arange(37)
    table[1:, _signs(_BASE_36)] = (np.where(remainders == 0, 36, remainders) * 2 % 37)[1:]
    bodies = column(bodies)
    length = pc.binary_length(bodies)
    fit = pc.and_(pc.greater(length, 0), pc.less_equal(length, 128))
    step = (table << np.uint16(8)).ravel()  # states stand 8 bits up, so that state + byte is the index
    ends = np.concatenate([_end_states(block, step) for block in blocks(bodies.filter(fit))])
    alive = ends > 0
    return scatter(texts(_signs(checks)[ends[alive] - 1][:, None]), pc.replace_with_mask(fit, fit, pa.array(alive)))


def _end_states(bodies: pa.LargeStringArray, step: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    width = pc.max(pc.binary_length(bodies)).as_py() or 0  # dots in front make all bodies as long as the longest
    rows = rows_of(pc.ascii_lpad(bodies, width, padding="."), width)
    state = np.full(len(rows), 36 << 8, np.uint16)
    for place in np.ascontiguousarray(rows.T):
        state = step[state + place]
    return state >> np.uint16(8)


def _base_36(numbers: npt.NDArray[np.uint64], width: int) -> Signs:
    """Writes each number as `width` digits 0-9A-Z, the greatest first; what is over the width is lost."""
    digits = np.empty((width, len(numbers)), np.uint8)
    for place in reversed(range(width)):
        numbers, digits[place] = np.divmod(numbers, np.uint64(36))
    return _signs(_BASE_36)[digits.T]


def _signs(alphabet: str) -> Signs:
    return np.frombuffer(alphabet.encode("ascii"), np.uint8)


def _values(alphabet: str) -> Places:
    """Tabulates the value of each byte: its place in the alphabet."""
    values = np.zeros(256, np.int32)
    values[_signs(alphabet)] = np.arange(len(alphabet))
    return values
