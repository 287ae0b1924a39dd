"""The arithmetic of check characters and serials, over whole columns of text at once.

Texts of one length are viewed as a matrix of their bytes, one row a text and one column a position. Callers check the
shape of a text (its length, its characters) first, so the arithmetic meets no unexpected byte.
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

ByteMatrix: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int32]

_BLOCK = 65_536  # rows at a time: a block of identifiers and its arithmetic stay within some 20 MB

_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE_31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(rows: ByteMatrix) -> ByteMatrix:
    """Compute the 18th character of unified social credit codes (GB 32100-2015) from their first 17."""
    weights = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], np.int32)
    values: Numbers = -(_values(_BASE_31)[rows[:, :17]] @ weights) % 31
    return _alphabet(_BASE_31)[values]


def organisation(rows: ByteMatrix) -> ByteMatrix:
    """Compute the 9th character of organisation codes (GB 11714-1997) from their first 8; A is 10, Z is 35."""
    weights = np.array([3, 7, 9, 10, 5, 8, 4, 2], np.int32)
    values: Numbers = -(_values(_BASE_36)[rows[:, :8]] @ weights) % 11
    return _alphabet("0123456789X")[values]


def citizen(rows: ByteMatrix) -> ByteMatrix:
    """Compute the 18th character of citizen numbers (GB 11643-1999, ISO 7064 MOD 11-2) from their first 17 digits."""
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
    values: Numbers = _values(_BASE_36)[rows[:, :17]] @ weights % 11
    return _alphabet("10X98765432")[values]


def mod_37_36(bodies: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Compute the check characters of GB/T 17710 (ISO 7064) MOD 37,36, which GB/T 36904 requires in licence identifiers.

    Args:
        bodies: texts of 0-9 and A-Z, at most 128 characters (no identifier is longer). Dots between parts are skipped, so
            the parts of an identifier need not be joined first.

    Returns:
        One character a row; null where the body is null, empty or too long, or contains anything else.
    """
    state = np.arange(37)[:, None]
    return _check_characters(bodies, (state + np.arange(36)) % 36, "0" + _BASE_36[:0:-1])


def legacy_37_36(bodies: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Compute the check characters of a faulty MOD 37,36 routine that was in use in Shandong.

    Arguments and result are those of `mod_37_36`. The routine differs in two ways. A letter counts one too many, except
    that a letter's sum above 37 is first reduced by 37, which corrects it. And the result is the character before the right
    one in the alphabet, so that even a body of digits gets a wrong one. Only both together reproduce the published
    identifier that carries such a character.
    """
    total = np.arange(37)[:, None] + np.r_[:10, 11:37]
    letter = np.arange(36) >= 10
    return _check_characters(bodies, np.where(letter & (total > 37), total - 37, total) % 36, _BASE_36[::-1])


def digests(names: pa.LargeStringArray, database: "duckdb.DuckDBPyConnection") -> pa.StringArray:
    """Derive 20 characters 0-9A-Z from the SHA-256 of each name, as `standard.identifiers.serial` describes.

    DuckDB hashes a whole column; hashlib would have to be called for each row.
    """
    if not len(names):
        return pa.array([], pa.string())
    relation = database.from_arrow(pa.table({"name": names.cast(pa.large_binary())}))
    hashed = relation.project("unhex(sha256(name)) AS digest").to_arrow_table()["digest"].cast(pa.large_binary())
    words = rows_of(hashed.combine_chunks(), 32).view(">u8").astype(np.uint64)
    return texts(np.hstack([_base_36(words[:, position], 10) for position in (0, 1)]))


def column(values: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    """Convert any Arrow text column (chunked, dictionary, null) to one array; of large strings, so that no length overflows."""
    return in_one_chunk(values.cast(pa.large_string()))


def blocks(values: pa.Array) -> Iterator[pa.Array]:
    """Cut an array into slices of bounded length; an empty array is one empty slice."""
    return (values.slice(start, _BLOCK) for start in range(0, max(len(values), 1), _BLOCK))


def rows_of(values: pa.LargeStringArray, width: int) -> ByteMatrix:
    """View texts that are all `width` bytes long, without nulls, as a matrix of bytes; nothing is copied."""
    if not len(values):
        return np.empty((0, width), np.uint8)
    _, offsets, data = values.buffers()
    first = int(np.frombuffer(offsets, np.int64)[values.offset])
    return np.frombuffer(data, np.uint8, len(values) * width, first).reshape(len(values), width)


def texts(rows: ByteMatrix) -> pa.StringArray:
    """Convert each row of a matrix of ASCII bytes to a text."""
    length, width = rows.shape
    offsets = np.arange(0, (length + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(length, pa.py_buffer(offsets), pa.py_buffer(rows.tobytes()))


def scatter(values: pa.Array, mask: pa.BooleanArray) -> pa.Array:
    """Distribute the values, in order, over the rows where the mask is true; every other row is null."""
    return pc.replace_with_mask(pa.nulls(len(mask), values.type), mask.fill_null(False), values)


def joined(*parts: pa.Array, by: str) -> pa.LargeStringArray:
    """Join parts row by row; one null part makes the row null."""
    large = pa.large_string()
    return pc.binary_join_element_wise(*(part.cast(large) for part in parts), pa.scalar(by, large))


def _check_characters(
    bodies: pa.Array | pa.ChunkedArray, remainders: npt.NDArray[np.int_], checks: str
) -> pa.StringArray:
    """Process bodies from left to right with a state machine, all rows at once.

    Args:
        bodies: as in `mod_37_36`.
        remainders: the remainder modulo 36 for each of 37 states (down) and each value of a character (across).
        checks: the check characters of the final states 1 to 36.

    Returns:
        As in `mod_37_36`.
    """
    # State 0 is absorbing: a byte outside the alphabet leads there, and nothing leads out. A dot keeps the state.
    table = np.zeros((37, 256), np.uint16)
    table[:, ord(".")] = np.arange(37)
    table[1:, _alphabet(_BASE_36)] = (np.where(remainders == 0, 36, remainders) * 2 % 37)[1:]
    bodies = column(bodies)
    length = pc.binary_length(bodies)
    fit = pc.and_(pc.greater(length, 0), pc.less_equal(length, 128))
    step = (table << np.uint16(8)).ravel()  # states are shifted by 8 bits, so that state + byte is the index
    final = np.concatenate([_final_states(block, step) for block in blocks(bodies.filter(fit))])
    valid = final > 0
    return scatter(texts(_alphabet(checks)[final[valid] - 1][:, None]), pc.replace_with_mask(fit, fit, pa.array(valid)))


def _final_states(bodies: pa.LargeStringArray, step: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    width = pc.max(pc.binary_length(bodies)).as_py() or 0  # all bodies are padded with dots to the longest
    rows = rows_of(pc.ascii_lpad(bodies, width, padding="."), width)
    state = np.full(len(rows), 36 << 8, np.uint16)
    for column_bytes in np.ascontiguousarray(rows.T):
        state = step[state + column_bytes]
    return state >> np.uint16(8)


def _base_36(numbers: npt.NDArray[np.uint64], width: int) -> ByteMatrix:
    """Write each number as `width` digits 0-9A-Z, the most significant first; excess digits are dropped."""
    digits = np.empty((width, len(numbers)), np.uint8)
    for position in reversed(range(width)):
        numbers, digits[position] = np.divmod(numbers, np.uint64(36))
    return _alphabet(_BASE_36)[digits.T]


def _alphabet(characters: str) -> ByteMatrix:
    return np.frombuffer(characters.encode("ascii"), np.uint8)


def _values(alphabet: str) -> Numbers:
    """A table of the value of each byte: its index in the alphabet."""
    values = np.zeros(256, np.int32)
    values[_alphabet(alphabet)] = np.arange(len(alphabet))
    return values
