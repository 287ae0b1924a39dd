"""How a workbook with a password is opened, where the declaration says which."""

from __future__ import annotations

import tempfile
from io import BufferedReader
from pathlib import Path

import msoffcrypto
from msoffcrypto.exceptions import InvalidKeyError

from extractors.files.refusal import other_password
from extractors.files.workbooks.workbook_refusals import damaged

# Either has to be there, as the name of a stream or as the beginning of one, for a file to be locked.
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_CHUNK = 2**20


def seen_in_container(binary: BufferedReader) -> tuple[bool, bool]:
    """Whether an old Office container holds a locked new workbook, and whether it holds macros; left at its beginning."""
    locked = macros = False
    tail = b""
    while chunk := binary.read(_CHUNK):
        both = tail + chunk
        locked, macros = locked or _PACKAGE in both, macros or _MACROS in both
        tail = chunk[-len(_PACKAGE) :]
    binary.seek(0)
    return locked, macros


def is_locked(binary: BufferedReader) -> bool:
    """Whether an old Office container, or the workbook in it, has a password; left at its beginning."""
    try:
        locked = bool(msoffcrypto.OfficeFile(binary).is_encrypted())
    except Exception:  # whatever the library meets in a container that is not whole, which is said elsewhere
        locked = False
    binary.seek(0)
    return locked


def unlocked(binary: BufferedReader, secret: str, folder: Path) -> Path:
    """Write the same workbook without its password to a folder.

    Raises:
        Refusal: when the password does not open it, or nothing here can.
    """
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".unlocked", delete=False) as plain:
        try:
            office = msoffcrypto.OfficeFile(binary)
            office.load_key(password=secret)
            office.decrypt(plain)
        except InvalidKeyError:
            raise other_password() from None
        except Exception:  # whatever the library meets in a container that is not whole
            raise damaged() from None
    return Path(plain.name)
