"""What a city adds to the standard's code tables: licence types, face fields, area codes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from standard.codes import LicenceType, catalogue, code_list, rows
from standard.errors import DeclarationError
from standard.field import Field, Kind

_FACE_COLUMNS = ("certificate_type_code", "short_name", "title", "kind", "length", "required", "personal")
_COLUMNS = {"licence_type.csv": ("code", "name"), "area.csv": ("code",), "face_field.csv": _FACE_COLUMNS[:4]}
_FACE_NAME = re.compile("KZ_[A-Za-z0-9_]+")
_FREE_LENGTH = 1000  # of a face field whose type the city has not described


class City:
    """The tables beside the declarations: `licence_type.csv`, `face_field.csv`, `area.csv`; each may be missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _rows(self, name: str) -> list[dict[str, str]]:
        path = self._folder / name
        if not path.exists():
            return []
        try:
            found = rows(path)
        except (UnicodeDecodeError, csv.Error):
            raise DeclarationError(
                f"{path}: expected a CSV file in UTF-8, found another encoding; save it as UTF-8"
            ) from None
        wanted = _COLUMNS[name]
        if found and not set(wanted) <= set(found[0]):
            raise DeclarationError(
                f"{path}: expected the columns {','.join(wanted)}, found {','.join(map(str, found[0]))}; correct the header"
            )
        return found

    @cached_property
    def licence_types(self) -> dict[str, LicenceType]:
        """The catalogue: the standard's rows and the city's `licence_type.csv` (`code,name,holder_category`)."""
        return catalogue(self._rows("licence_type.csv"))

    @cached_property
    def areas(self) -> frozenset[str]:
        """The area codes, twelve digits: the standard's and the city's `area.csv` (`code,name`)."""
        codes = [*code_list("area"), *(row["code"] for row in self._rows("area.csv"))]
        return frozenset(code.ljust(12, "0") for code in codes)

    @cached_property
    def _faces(self) -> dict[str, dict[str, Field]]:
        faces: dict[str, dict[str, Field]] = {}
        for line, row in enumerate(self._rows("face_field.csv"), 2):
            try:
                field = _face_field(row)
                faces.setdefault(row["certificate_type_code"], {})[field.name] = field
            except (KeyError, ValueError, TypeError):
                raise DeclarationError(
                    f"{self._folder / 'face_field.csv'}:{line}: expected {','.join(_FACE_COLUMNS)} with a kind of "
                    f"{' / '.join(Kind)} and a whole number as length, found {','.join(map(str, row.values()))}; correct it"
                ) from None
        return faces

    def face(self, type_code: str, columns: Iterable[str]) -> tuple[Field, ...]:
        """The face fields of a licence type.

        `face_field.csv` (`certificate_type_code,short_name,title,kind,length,required,personal`) describes them; for a
        type it does not mention, every `KZ_` name that a declaration maps is a text, and personal: it may be a name.
        """
        if type_code in self._faces:
            return tuple(self._faces[type_code].values())
        free = (name for name in columns if _FACE_NAME.fullmatch(name))
        return tuple(Field(name, name, name, Kind.TEXT, _FREE_LENGTH, personal=True) for name in free)


def _face_field(row: dict[str, str]) -> Field:
    name, length = row["short_name"], row.get("length")
    return Field(
        name=name,
        title=row["title"],
        short_name=name,
        kind=Kind(row["kind"]),
        length=int(length) if length else None,
        required=row.get("required") == "1",
        personal=row.get("personal") == "1",
    )
