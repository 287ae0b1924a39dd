"""Gives every step what it needs: the clock, and by the settings the declarations, the archive and the platform."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from pipeline.settings import Settings

if TYPE_CHECKING:
    from exchange_db.database import ExchangeDatabase
    from sources.register import Register, Source
    from standard.batch import BatchKey
    from workspace.workspace import Workspace

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


class Exchange:
    """The exchange as one process sees it; nothing is imported or opened before it is needed.

    Attributes:
        settings: where everything is.
        now: gives the present.
        trial: whether what is done is thrown away, so that the ledger must not know of it.
        user: who runs it, where that is not the user of the operating system.
    """

    def __init__(self, settings: Settings, now: Clock | None = None, user: str = "") -> None:
        self.settings, self.now, self.trial, self.user = settings, now or utc_now, False, user

    @cached_property
    def workspace(self) -> Workspace:
        """The archive and the reports."""
        from workspace.workspace import Workspace

        settings = self.settings
        return Workspace(settings.workspace, group=settings.reports_group, scratch=settings.scratch)

    @cached_property
    def register(self) -> Register:
        """The declarations."""
        from sources.register import Register

        return Register(self.settings.sources)

    @cached_property
    def database(self) -> ExchangeDatabase:
        """The platform's database, with its tables there."""
        from exchange_db.database import ExchangeDatabase
        from pipeline.settings import acting

        database = ExchangeDatabase(self.settings.target, acting(self.user))
        database.prepare()
        return database

    def work(self) -> Self:
        """Begin to read, judge or write: from here on temporary files lie where only the exchange's user may read them.

        Raises:
            PlatformUnreachable: when the disk of the workspace cannot be written.
        """
        self.workspace.open_scratch()
        return self

    def within(self, workspace: Workspace) -> Self:
        """The same exchange with the workspace of one run; both have one platform, which is closed once."""
        _ = self.database
        bound = copy(self)
        bound.workspace = workspace
        return bound

    def as_trial(self, workspace: Workspace, database: ExchangeDatabase | None) -> Self:
        """The same exchange with a workspace that is thrown away, and a platform that is where there is none yet."""
        bound = copy(self)
        bound.trial, bound.workspace = True, workspace
        if database is not None:
            bound.database = database
        return bound

    def close(self) -> None:
        """Give back what was opened."""
        if "workspace" in self.__dict__:
            self.workspace.close_scratch()
        if "database" in self.__dict__:
            self.database.close()

    def page_url(self, *names: str) -> str:
        """Where people open a report: below the declared address of the reports, else in the workspace."""
        base, path = self.settings.reports_url.rstrip("/"), self.workspace.report_path(*names)
        if base:
            return "/".join([base, *map(quote, names)])
        return Path(path).absolute().as_uri() if self.workspace.is_local else path

    def source(self, key: BatchKey) -> Source:
        """The source of a batch."""
        return self.register.source(key.source)

    def location(self, source: Source) -> str | None:
        """What the connection that a source declares stands for; None where it declares none."""
        connection = source.declaration.extract.connection
        return self.settings.connection(connection) if connection else None

    def witness(self, source: Source) -> str | None:
        """What the connection of the witness that a source declares stands for; None where it declares none."""
        witness = getattr(source.declaration.extract, "witness", None)
        return self.settings.connection(witness.connection) if witness else None

    def secret(self, source: Source) -> str | None:
        """The password that a source of files declares by name; None where it declares none."""
        name = getattr(source.declaration.extract, "password", None)
        return self.settings.connection(name) if name else None
