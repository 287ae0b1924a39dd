"""What an error of the platform's database says: whether it refuses the data it was given, and why, without a person's values."""

from __future__ import annotations

import re
from typing import Any

from standard.finding import mask_text, storable_text

# PostgreSQL's classes of errors that have nothing to do with the data: connection, transaction, rights, syntax, memory and
# disk, locks, an operator, the system, the server itself. Every other is an error of data; a trigger may raise any code.
_NOT_OF_DATA = frozenset(
    ("08", "0A", "25", "26", "28", "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "HV", "XX")
)  # fmt: skip
_OF_A_POLICY = "ExecWithCheckOptions"  # where the server refuses a row by row level security, with a code of rights

# The same for MariaDB and MySQL: rights, connections, disk and memory, locks, read only, shutdown, an operator.
_NOT_OF_ROWS = frozenset(
    {1021, 1023, 1026, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1046, 1047, 1049, 1053, 1054, 1064, 1077}
    | {1078, 1079, 1114, 1129, 1130, 1142, 1143, 1146, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180}
    | {1184, 1203, 1205, 1206, 1213, 1223, 1226, 1227, 1290, 1317, 1370, 1613, 1614, 1637, 1792, 1836, 1907, 1927, 1969}
    | {3024, 3572, 4031}
)  # fmt: skip
_OF_THE_CLIENT = range(2000, 3000)

_QUOTED = re.compile(r"""(?<![A-Za-z0-9])'([^']*)'|"([^"]*)"|“([^”]*)”|«([^»]*)»""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$%-]*")  # of a table, a column or a constraint, as programs call them
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2}|0x[0-9a-f]{2}(?: |$))+")
_HIDDEN = "***"


def refuses_data(error: Exception, dialect: str) -> bool:
    """Whether the server answered, and did not take the data: trying the same again does not help.

    Args:
        error: SQLAlchemy's, or the driver's own.
        dialect: name of the SQLAlchemy dialect.
    """
    original: Any = getattr(error, "orig", None) or error
    if isinstance(original, UnicodeError):  # a driver could not even send it
        return True
    if dialect == "postgresql":
        state = getattr(original, "sqlstate", None)
        if state is None:
            import psycopg

            return isinstance(original, psycopg.DataError)
        return state[:2] not in _NOT_OF_DATA or original.diag.source_function == _OF_A_POLICY
    if dialect == "mysql":
        number = original.args[0] if original.args else None
        return isinstance(number, int) and number > 0 and number not in _NOT_OF_ROWS and number not in _OF_THE_CLIENT
    return type(original).__name__ in {"DataError", "IntegrityError"}


def masked_cause(error: Exception) -> str:
    """Why the server refuses data: the names of its tables, columns and constraints stay, every other text in quotes goes."""
    original: Any = getattr(error, "orig", None) or error
    words = original.args[1] if len(original.args) > 1 and isinstance(original.args[0], int) else original
    return masked_words(str(words))


def masked_words(words: str) -> str:
    """The first line of what a server says, likewise masked."""
    first = words.strip().split("\n")[0]
    return storable_text(mask_text(_BYTES.sub(_HIDDEN, _QUOTED.sub(_hidden, first))))[:200]


def _hidden(found: re.Match[str]) -> str:
    text = next(group for group in found.groups() if group is not None)
    return found.group() if _NAME.fullmatch(text) else found.group().replace(text, _HIDDEN) if text else found.group()
