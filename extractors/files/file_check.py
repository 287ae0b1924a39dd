"""Checks the files of a source against its declaration, before the first night."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractors.declared_columns import column_problems, undeclared_columns
from extractors.files.extract import read_files
from extractors.request import Request
from sources.file_extract import FileExtract
from standard.errors import SourceRefused
from standard.messages import joined


@dataclass(frozen=True)
class FileFacts:
    """The files of a day, and their header compared with the declaration.

    Attributes:
        origin: files, sheet and encoding as in the manifest.
        columns: all columns of the files.
        problem: why a night would be refused, a sentence a line; empty where it would not.
        undeclared: sentences on columns that are not declared, or that the declaration allows to disappear.
    """

    origin: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    problem: str = ""
    undeclared: list[str] = field(default_factory=list)


def check_files(request: Request, extract: FileExtract) -> FileFacts:
    """Find the files of a day, and compare their header with the declaration; rows are not judged.

    Raises:
        DeclarationError: for a path or an encoding that cannot be used.
        SourceUnreachable: when there is no file, or it cannot be read.
    """
    name, declaration = request.source.name, request.source.declaration
    try:
        with read_files(request, extract) as reading:
            return FileFacts(
                reading.origin,
                reading.columns,
                joined("\n", column_problems(name, declaration, reading.columns)),
                list(undeclared_columns(declaration, reading.columns)),
            )
    except SourceRefused as refusal:
        return FileFacts(problem=refusal.message)
