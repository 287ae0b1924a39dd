"""The resources of one process: clock, declarations, workspace and platform database."""

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
    """The current instant."""
    return datetime.now(UTC)


class Exchange:
    """The exchange as one process sees it; nothing is imported or opened before it is needed.

    Attributes:
        settings: where everything is.
        now: the clock.
        trial: whether the results are discarded, so that nothing may be written to the ledger.
        user: on whose behalf it runs; empty for the user of the operating system.
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
        """The platform's database; its tables are created if needed."""
        from exchange_db.database import ExchangeDatabase
        from pipeline.settings import current_actor

        database = ExchangeDatabase(self.settings.target, current_actor(self.user))
        database.prepare()
        return database

    def open_scratch(self) -> Self:
        """Open the scratch folder, so that only the exchange's user can read temporary files from here on.

        Raises:
            PlatformUnreachable: when the disk of the workspace cannot be written.
        """
        self.workspace.open_scratch()
        return self

    def with_workspace(self, workspace: Workspace) -> Self:
        """The same exchange with the workspace of one run; both share one platform connection, which is closed once."""
        _ = self.database
        bound = copy(self)
        bound.workspace = workspace
        return bound

    def as_trial(self, workspace: Workspace, database: ExchangeDatabase | None) -> Self:
        """The same exchange with a temporary workspace, and a temporary database where the platform is still empty."""
        bound = copy(self)
        bound.trial, bound.workspace = True, workspace
        if database is not None:
            bound.database = database
        return bound

    def close(self) -> None:
        """Close whatever was opened."""
        if "workspace" in self.__dict__:
            self.workspace.close_scratch()
        if "database" in self.__dict__:
            self.database.close()

    def page_url(self, *names: str) -> str:
        """URL of a report: below the configured reports URL, otherwise in the workspace."""
        base, path = self.settings.reports_url.rstrip("/"), self.workspace.report_path(*names)
        if base:
            return "/".join([base, *map(quote, names)])
        return Path(path).absolute().as_uri() if self.workspace.is_local else path

    def source(self, key: BatchKey) -> Source:
        """The source of a batch."""
        return self.register.source(key.source)

    def location(self, source: Source) -> str | None:
        """URL or folder of the connection that a source declares; None if it declares none."""
        connection = source.declaration.extract.connection
        return self.settings.connection(connection) if connection else None

    def witness(self, source: Source) -> str | None:
        """URL of the connection of a source's witness; None if it declares none."""
        witness = getattr(source.declaration.extract, "witness", None)
        return self.settings.connection(witness.connection) if witness else None

    def secret(self, source: Source) -> str | None:
        """The password of a source's files, which is declared by name; None if it declares none."""
        name = getattr(source.declaration.extract, "password", None)
        return self.settings.connection(name) if name else None
