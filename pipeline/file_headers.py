"""Holds the headers of files against their declarations before the first night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.exchange import Exchange
from pipeline.flow import Told
from standard.day import Day
from standard.errors import ExchangeError

if TYPE_CHECKING:
    from extractors.files.file_check import FileFacts


def file_headers(exchange: Exchange, names: Iterable[str], at: datetime, told: Told) -> dict[str, FileFacts | str]:
    """Hold the headers of sources of files against their declarations; nothing is kept.

    Returns:
        By the name of each source of files what was found of the files of yesterday, or of those that serve all days; or the
        sentence that says why there is nothing.
    """
    from extractors import Request
    from extractors.files.file_check import look

    found: dict[str, FileFacts | str] = {}
    for name in names:
        source = exchange.register.source(name)
        extract = source.declaration.extract
        if extract.kind == "database":
            continue
        told(name)
        try:
            secret = exchange.secret(source)
            request = Request(source, Day.at(at).plus(-1), exchange.location(source), at, secret=secret)
            found[name] = look(request, extract)
        except ExchangeError as error:
            found[name] = str(error)
    return found
