"""What every step needs: the declarations, the archive and the platform, found by the settings."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pipeline.settings import Settings

if TYPE_CHECKING:
    from exchange_db.database import ExchangeDatabase
    from sources.register import Register, Source
    from standard.batch import BatchKey
    from workspace.workspace import Workspace


class Exchange:
    """Where everything is; nothing is imported or opened before it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

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

        database = ExchangeDatabase(self.settings.target)
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

    def close(self) -> None:
        """Give back what was opened."""
        if "workspace" in self.__dict__:
            self.workspace.close_scratch()
        if "database" in self.__dict__:
            self.database.close()

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
