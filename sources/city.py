"""A city's additions to the standard's code tables: licence types, face fields, area codes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from sources.city_tables import FACE_NAME, Row, read_table
from sources.problem import Problem
from standard.codes import LicenceType, catalogue, code_list
from standard.field import Field, Kind

_FREE_LENGTH = 1000  # of a face field whose type the city has not described


class City:
    """The tables beside the declarations: `licence_type.csv`, `face_field.csv`, `area.csv`; each may be missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def problems(self) -> list[Problem]:
        """All problems of the tables; no source can be used while there are any."""
        return [problem for _, problems in (self._types, self._areas, self._fields) for problem in problems]

    @cached_property
    def _types(self) -> tuple[list[Row], list[Problem]]:
        return read_table(self._folder / "licence_type.csv")

    @cached_property
    def _areas(self) -> tuple[list[Row], list[Problem]]:
        return read_table(self._folder / "area.csv")

    @cached_property
    def _fields(self) -> tuple[list[Row], list[Problem]]:
        return read_table(self._folder / "face_field.csv", self.licence_types)

    @cached_property
    def licence_types(self) -> dict[str, LicenceType]:
        """The catalogue: the standard's rows and the city's `licence_type.csv` (`code,name,holder_category`)."""
        return catalogue(row.values for row in self._types[0])

    @cached_property
    def areas(self) -> frozenset[str]:
        """The area codes, twelve digits: the standard's and the city's `area.csv` (`code,name`)."""
        codes = [*code_list("area"), *(row.values["code"] for row in self._areas[0])]
        return frozenset(code.ljust(12, "0") for code in codes)

    @cached_property
    def _faces(self) -> dict[str, dict[str, Field]]:
        faces: dict[str, dict[str, Field]] = {}
        for row in self._fields[0]:
            field = _face_field(row.values)
            faces.setdefault(row.values["certificate_type_code"], {})[field.name] = field
        return faces

    def face(self, type_code: str, columns: Iterable[str]) -> tuple[Field, ...]:
        """The face fields of a licence type.

        `face_field.csv` (`certificate_type_code,short_name,title,kind,length,required,personal`) describes them; for a type that is
        missing there, every mapped `KZ_` name is a text, and personal, as it may be a name.
        """
        if type_code in self._faces:
            return tuple(self._faces[type_code].values())
        free = (name for name in columns if FACE_NAME.fullmatch(name))
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
        personal=row.get("personal", "1") == "1",  # without that column every field is personal
    )
