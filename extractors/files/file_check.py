"""What the files of a source are like, beside its declaration: tried before the first night."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractors.declared_columns import columns_amiss, columns_beside
from extractors.files.extract import read_files
from extractors.request import Request
from sources.file_extract import FileExtract
from standard.errors import SourceRefused
from standard.messages import joined


@dataclass(frozen=True)
class FileFacts:
    """The files of a day, and what their header shows of the declaration.

    Attributes:
        origin: files, sheet, encoding, as the manifest would have them.
        columns: all that are there.
        problem: why a night would be refused, a sentence a line; empty where it would not.
        undeclared: a sentence on columns that nobody declared, or that the declaration lets go; empty where there are none.
    """

    origin: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    problem: str = ""
    undeclared: list[str] = field(default_factory=list)


def look(request: Request, extract: FileExtract) -> FileFacts:
    """Find the files of a day and hold their header against the declaration; their rows are not judged.

    Raises:
        DeclarationError: for a path or an encoding that cannot be used.
        SourceUnreachable: when no file is there, or it cannot be read.
    """
    name, declaration = request.source.name, request.source.declaration
    try:
        with read_files(request, extract) as reading:
            return FileFacts(
                reading.origin,
                reading.columns,
                joined("\n", columns_amiss(name, declaration, reading.columns)),
                list(columns_beside(declaration, reading.columns)),
            )
    except SourceRefused as refusal:
        return FileFacts(problem=refusal.message)
