"""Where declarations are found, and every problem that keeps one of them from being used."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from sources.checks import Found, check
from sources.city import City
from sources.declaration import Declaration
from sources.terms import Declared
from sources.yaml_text import Document
from standard.codes import LicenceType
from standard.day import Day
from standard.errors import DeclarationError, safe_line
from standard.field import Field

if TYPE_CHECKING:
    import pyarrow as pa

    Tidy = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a declaration, and where it stands."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return safe_line(f"{self.path}:{self.line}: {self.message}")


@dataclass(frozen=True)
class Source:
    """A declaration that can be used, with its name (`<folder>.<file>`) and what the city knows of its licence type."""

    name: str
    path: Path
    declaration: Declaration
    licence_type: LicenceType
    face: tuple[Field, ...]
    city: City

    @property
    def folder(self) -> Path:
        """The department's folder."""
        return self.path.parent

    def only_archived(self, day: Day, now: datetime) -> bool:
        """Whether only the archive can say what the source held on a day: the past of a snapshot cannot be asked for."""
        extract = self.declaration.extract
        return not extract.incremental and not extract.dated and day < Day.at(now).plus(-1)

    @cached_property
    def tidy(self) -> Tidy | None:
        """The department's own `tidy(raw)`, or None where its folder has no `quirks.py`.

        It takes and gives the raw table of one row group: text columns and locators.

        Raises:
            DeclarationError: when the file cannot be loaded.
        """
        quirks = self.folder / "quirks.py"
        if not quirks.exists():
            return None
        spec = importlib.util.spec_from_file_location(f"quirks_{self.name.replace('.', '_')}", quirks)
        if spec is None or spec.loader is None:
            return None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise DeclarationError(
                f"{quirks}: expected a module that loads, found {type(error).__name__}: {error}; correct it"
            ) from None
        tidy: Tidy | None = getattr(module, "tidy", None)
        if not callable(tidy):
            raise DeclarationError(f"{quirks}: expected a function tidy(raw), found none; write one or remove the file")
        return tidy


class Register:
    """The declarations of one folder: `<folder>/<department>/<licence>.yaml`, and the city's own code tables beside them."""

    def __init__(self, folder: Path) -> None:
        """Look at a folder.

        Raises:
            DeclarationError: when there is no such folder.
        """
        if not folder.is_dir():
            raise DeclarationError(
                f"{folder}: expected a folder of declarations (LICEX_SOURCES), found none; name an existing folder"
            )
        self.folder = folder
        self.city = City(folder)

    @cached_property
    def paths(self) -> dict[str, Path]:
        """The declaration files by the names of their sources."""
        files = sorted([*self.folder.glob("*/*.yaml"), *self.folder.glob("*/*.yml")])
        return {f"{path.parent.name}.{path.stem}": path for path in files}

    def source(self, name: str) -> Source:
        """One source, ready to be used.

        Raises:
            DeclarationError: for a name nobody declared, or a declaration with problems; the message lists all of them.
        """
        if name not in self.paths:
            near = get_close_matches(name, self.paths, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"declared are: {', '.join(self.paths) or 'none'}"
            raise DeclarationError(
                f"{name}: expected the name of a source declared in {self.folder}, found none; {hint}"
            )
        found, problems = self.read(name)
        if found is None:
            raise DeclarationError(*map(str, problems))
        return found

    def problems(self, name: str) -> list[Problem]:
        """Everything wrong with one declaration, in the order of its lines; empty when it can be used."""
        source, problems = self.read(name)
        if source is not None:
            try:
                _ = source.tidy
            except DeclarationError as error:
                return [Problem(source.folder / "quirks.py", 1, str(error))]
        return problems

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def read(self, name: str) -> tuple[Source | None, list[Problem]]:
        """One source, or everything that is wrong with its declaration."""
        path = self.paths[name]
        try:
            document = Document(path.read_text(encoding="utf-8"))
        except (yaml.MarkedYAMLError, UnicodeDecodeError) as error:
            return None, [_not_yaml(path, error)]
        except (yaml.YAMLError, OSError, ValueError, TypeError) as error:
            return None, [Problem(path, 1, f"expected YAML in UTF-8, found: {error}")]
        try:
            declaration = Declaration.model_validate(document.value)
        except ValidationError as error:
            found = [
                Found(tuple(item["loc"]), _sentence(item["type"], item["msg"], item["loc"])) for item in error.errors()
            ]
            return None, _placed(path, document, found)
        found = list(check(declaration, self.city))
        if found:
            return None, _placed(path, document, found)
        licence_type = self.city.licence_types[declaration.certificate_type_code]
        return Source(
            name, path, declaration, licence_type, self.city.face(licence_type.code, declaration.columns), self.city
        ), []


def _placed(path: Path, document: Document, found: list[Found]) -> list[Problem]:
    problems = [Problem(path, document.line(item.path), item.message) for item in found]
    return sorted(problems, key=lambda problem: problem.line)


def _not_yaml(path: Path, error: yaml.MarkedYAMLError | UnicodeDecodeError) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        return Problem(path, 1, "expected a file in UTF-8, found bytes that are not; save it as UTF-8")
    mark = error.problem_mark or error.context_mark
    return Problem(path, mark.line + 1 if mark else 1, f"expected YAML, found: {error.problem}")


def _sentence(kind: str, message: str, loc: tuple[str | int, ...]) -> str:
    """Say a pydantic error the way this project says errors: which key, what was expected."""
    # pydantic names the kind of extract in its paths; the YAML has no such level.
    kinds = {"database", "workbook", "text"} if loc[:1] == ("extract",) else set()
    key = ".".join(str(part) for part in loc if part not in kinds) or "the declaration"
    if kind == "extra_forbidden":
        near = get_close_matches(str(loc[-1]), _known_keys(), 1, 0.6)
        return f"unknown key {key}; " + (
            f"did you mean {near[0]}?" if near else "remove it, or see docs/adding-a-department.md"
        )
    if kind == "missing":
        return f"expected the key {key}, found none; add it"
    return f"{key}: {message.removeprefix('Value error, ')}"


def _known_keys() -> list[str]:
    def keys(model: type) -> Iterator[str]:
        yield from (field.alias or name for name, field in model.model_fields.items())  # type: ignore[attr-defined]  # a pydantic model

    def below(model: type[Declared]) -> Iterator[type[Declared]]:
        for child in model.__subclasses__():
            yield child
            yield from below(child)

    return sorted({key for model in below(Declared) for key in keys(model)})
