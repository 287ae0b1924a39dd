"""Decrypts workbooks with a declared password."""

from __future__ import annotations

import tempfile
from io import BufferedReader
from pathlib import Path

import msoffcrypto
from msoffcrypto.exceptions import InvalidKeyError

from extractors.files.refusal import other_password
from extractors.files.workbooks.workbook_refusals import damaged

# The name of a stream: one of these occurs in the container of an encrypted file, or of one with macros.
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_CHUNK = 2**20


def scan_container(binary: BufferedReader) -> tuple[bool, bool]:
    """Whether an OLE container has an encrypted package, and whether it has macros; the file is rewound."""
    locked = macros = False
    tail = b""
    while chunk := binary.read(_CHUNK):
        both = tail + chunk
        locked, macros = locked or _PACKAGE in both, macros or _MACROS in both
        tail = chunk[-len(_PACKAGE) :]
    binary.seek(0)
    return locked, macros


def is_locked(binary: BufferedReader) -> bool:
    """Whether an OLE container, or the workbook in it, has a password; the file is rewound."""
    try:
        locked = bool(msoffcrypto.OfficeFile(binary).is_encrypted())
    except Exception:  # any error in a damaged container, which is refused elsewhere
        locked = False
    binary.seek(0)
    return locked


def decrypt(binary: BufferedReader, secret: str, folder: Path) -> Path:
    """Write a decrypted copy to a folder.

    Raises:
        Refusal: when the password does not open it, or the file cannot be decrypted.
    """
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".unlocked", delete=False) as plain:
        try:
            office = msoffcrypto.OfficeFile(binary)
            office.load_key(password=secret)
            office.decrypt(plain)
        except InvalidKeyError:
            raise other_password() from None
        except Exception:  # any error in a damaged container
            raise damaged() from None
    return Path(plain.name)
