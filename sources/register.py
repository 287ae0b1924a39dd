"""Finds declarations, and every problem that prevents their use."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sources.checks import KeyProblem, check
from sources.city import City
from sources.declaration import Declaration
from sources.folder import declaration_files
from sources.problem import Problem
from sources.structure import read_form
from sources.yaml_text import Document
from standard.codes import LicenceType
from standard.day import Day
from standard.errors import DeclarationError
from standard.field import Field
from standard.messages import Message
from standard.nearest import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

    Tidy = Callable[[pa.Table], pa.Table]


# The characters of a source's name, which becomes that of a DAG and of folders.
_NAME = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Source:
    """A valid declaration, with its name (`<folder>.<file>`) and the city's knowledge of its licence type."""

    name: str
    path: Path
    declaration: Declaration
    licence_type: LicenceType
    face: tuple[Field, ...]
    city: City

    @property
    def digest(self) -> str:
        """Digest of the declaration's text and of the department's quirks."""
        quirks = self.folder / "quirks.py"
        texts = [path.read_bytes() for path in (self.path, quirks) if path.exists()]
        return hashlib.sha256(b"\0".join(texts)).hexdigest()[:32]

    @property
    def folder(self) -> Path:
        """The department's folder."""
        return self.path.parent

    def for_columns(self, columns: Collection[str]) -> Source:
        """Resolve the declaration for a reading with these columns."""
        declaration = self.declaration.for_columns(columns)
        return self if declaration is self.declaration else replace(self, declaration=declaration)

    def only_archived(self, day: Day, now: datetime) -> bool:
        """Whether only the archive can serve a day: the past of a snapshot cannot be read again."""
        extract = self.declaration.extract
        return not extract.incremental and not extract.dated and day < Day.at(now).plus(-1)

    @cached_property
    def tidy(self) -> Tidy | None:
        """The department's own `tidy(raw)`, or None where its folder has no `quirks.py`.

        It maps the raw table of one row group: text columns and locators.

        Raises:
            DeclarationError: when the file cannot be loaded.
        """
        return _load_tidy(self.folder / "quirks.py", self.name)


class Register:
    """The declarations of one folder: `<folder>/<department>/<licence>.yaml`, and the city's own code tables beside them."""

    def __init__(self, folder: Path) -> None:
        """Open a folder.

        Raises:
            DeclarationError: when there is no such folder.
        """
        if not folder.is_dir():
            raise DeclarationError(
                "LX-205",
                "{folder}: expected a folder of declarations (LICEX_SOURCES), found none; name an existing folder",
                folder=folder,
            )
        self.folder = folder
        self.city = City(folder)

    @cached_property
    def paths(self) -> dict[str, Path]:
        """The declaration files by source name."""
        return declaration_files(self.folder)

    def source(self, name: str) -> Source:
        """Read one source.

        Raises:
            DeclarationError: for an undeclared name, or a declaration with problems; the message lists all of them.
        """
        if name not in self.paths:
            declared = Message("declared are: {names}", names=", ".join(self.paths) or Message("none"))
            raise DeclarationError(
                "LX-205",
                "{name}: expected the name of a source declared in {folder}, found none; {hint}",
                name=name,
                folder=self.folder,
                hint=did_you_mean(name, self.paths, declared),
            )
        source, problems = self.read(name)
        if source is None:
            raise DeclarationError.of(problem.sentence for problem in problems)
        return source

    def problems(self, name: str) -> list[Problem]:
        """List all problems of one declaration and the city's tables, in the order of lines; empty if it can be used."""
        _, problems = self.read(name)
        quirks = self.paths[name].parent / "quirks.py"
        try:
            _load_tidy(quirks, name)
        except DeclarationError as error:
            problems = [*problems, Problem(quirks, 1, error.message)]
        return problems

    def misplaced(self) -> list[Problem]:
        """List declarations that are not read: not in the folder of a department right below this one."""
        paths = [path for ending in ("yaml", "yml") for path in self.folder.rglob(f"*.{ending}")]
        below = {path: path.relative_to(self.folder).parts for path in sorted(paths)}
        message = Message(
            "expected a declaration at <department>/<licence>.yaml, found it elsewhere; move it, since nobody reads it here"
        )
        return [
            _unusable(path, message)
            for path, parts in below.items()
            if len(parts) != 2 and not any(part.startswith(".") for part in parts) and _looks_like_declaration(path)
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def read(self, name: str) -> tuple[Source | None, list[Problem]]:
        """Read one source, or list all problems of its declaration."""
        path = self.paths[name]
        if problem := _naming_problem(path):
            return None, [problem]
        try:
            document = Document(path.read_text(encoding="utf-8"))
        except (yaml.MarkedYAMLError, UnicodeDecodeError) as error:
            return None, [_not_yaml(path, error)]
        except (yaml.YAMLError, OSError, ValueError, TypeError) as error:
            return None, [_unusable(path, Message("expected YAML in UTF-8, found: {error}", error=error))]
        form = read_form(document.value)
        key_problems = list(form.problems)
        if form.declaration is not None:
            key_problems += [each for each in check(form.declaration, self.city) if form.concerns(each)]
        problems = [*_with_lines(path, document, key_problems), *self.city.problems]
        if problems or form.declaration is None:
            return None, problems
        declaration = form.declaration
        licence_type = self.city.licence_types[declaration.certificate_type_code]
        return Source(
            name, path, declaration, licence_type, self.city.face(licence_type.code, declaration.columns), self.city
        ), []


def _naming_problem(path: Path) -> Problem | None:
    """Check that the names of folder and file can be those of a source."""
    if not all(map(_NAME.fullmatch, (path.parent.name, path.stem))):
        found = f"{path.parent.name}/{path.name}"
        return _unusable(
            path,
            Message(
                "expected names of folder and file of letters, digits, _ and -, found {found}; rename it", found=found
            ),
        )
    if path.suffix == ".yml" and (other := path.with_suffix(".yaml")).exists():
        return _unusable(
            path,
            Message(
                "expected one declaration of {source}, found {other} beside it; keep one of the two",
                source=f"{path.parent.name}.{path.stem}",
                other=other.name,
            ),
        )
    return None


def _looks_like_declaration(path: Path) -> bool:
    """Whether a file has the keys of every declaration, so that it is not an unrelated YAML file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return all(re.search(f"^{key}:", text, re.MULTILINE) for key in ("extract", "columns"))


def _with_lines(path: Path, document: Document, key_problems: list[KeyProblem]) -> list[Problem]:
    problems = [Problem(path, line, message.coded("LX-202")) for line, message in document.repeated]
    problems += [Problem(path, document.line(each.path), each.message) for each in key_problems]
    return sorted(problems, key=lambda problem: problem.line)


def _not_yaml(path: Path, error: yaml.MarkedYAMLError | UnicodeDecodeError) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        return _unusable(path, Message("expected a file in UTF-8, found bytes that are not; save it as UTF-8"))
    mark = error.problem_mark or error.context_mark
    message = Message("expected YAML, found: {problem}", problem=error.problem)
    return _unusable(path, message, line=mark.line + 1 if mark else 1)


def _unusable(path: Path, message: Message, *, line: int = 1) -> Problem:
    """The problem of a file that is no declaration at all: it is unreadable, or misplaced or misnamed."""
    return Problem(path, line, message.coded("LX-201"))


def _load_tidy(quirks: Path, name: str) -> Tidy | None:
    if not quirks.exists():
        return None
    spec = importlib.util.spec_from_file_location(f"quirks_{name.replace('.', '_')}", quirks)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DeclarationError(
            "LX-206",
            "{quirks}: expected a module that loads, found {kind}: {error}; correct it",
            quirks=quirks,
            kind=type(error).__name__,
            error=error,
        ) from None
    tidy: Tidy | None = getattr(module, "tidy", None)
    if not callable(tidy):
        raise DeclarationError(
            "LX-206", "{quirks}: expected a function tidy(raw), found none; write one or remove the file", quirks=quirks
        )
    return tidy
