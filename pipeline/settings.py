"""All settings of the exchange; the only module that reads them from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pwd import getpwuid
from socket import gethostname

import sources
from standard.actor import Actor
from standard.errors import UsageError
from standard.retention import Purgeable

# Name, meaning, default, for `docs/reference/settings.md`.
DOCUMENTED = (
    ("LICEX_SOURCES", "Folder of declarations, `<department>/<licence>.yaml`.", "the project's own `sources/`"),
    ("LICEX_WORKSPACE", "Folder or fsspec URL of the archive, the steps' files and the reports.", "`.run/workspace`"),
    ("LICEX_TARGET", "SQLAlchemy URL of the platform's exchange database.", "SQLite in `.run/platform.db`"),
    ("LICEX_CONN_<NAME>", "Where a declared connection leads: a SQLAlchemy URL, `odbc:` and a connection string, or a folder. "
     "An Airflow connection of that name serves too.", "none"),
    ("LICEX_REPORTS_GROUP", "Group of the system that may read the reports; all else is for the exchange's user alone.", "none"),
    ("LICEX_REPORTS_URL", "Address under which a web server serves the folder of the reports; links and notes in Airflow begin with it.", "none: paths"),
    ("LICEX_SCRATCH", "Folder for temporary files, which hold personal data.", "`.scratch` in the workspace"),
    ("LICEX_CITY", "Title of the city page.", "枣庄市电子证照交换"),
    ("LICEX_DEADLINE", "Cron line, Asia/Shanghai, at which the city page names who has not arrived.", "`0 8 * * *`"),
    ("LICEX_LANG", "Language of what commands and Airflow's logs and notes say: `zh` or `en`.", "that of the locale"),
    ("LICEX_LOG", "File to which every command appends its steps and errors; nothing personal and no secret goes there.", "none"),
    ("LICEX_KEEP_RAW", "Days for which raw archives are kept; at least 31.", "for ever"),
    ("LICEX_KEEP_LICENCES", "Days for which the archives of standardised rows are kept; at least 31.", "for ever"),
    ("LICEX_KEEP_FINDINGS", "Days for which closed findings are kept after they were last seen; at least as many as the other three.", "for ever"),
    ("LICEX_KEEP_REPORTS", "Days for which pages and lists are kept; at least 31, at most as many as findings.", "for ever"),
    ("LICEX_PURGE", "Cron line, Asia/Shanghai, at which the DAG `licence_exchange_retention` purges.", "none: only by hand"),
)  # fmt: skip

Resolver = Callable[[str], str | None]


@dataclass(frozen=True)
class Settings:
    """Where everything is.

    Attributes:
        sources: folder of declarations.
        workspace: fsspec URL of the archive.
        target: SQLAlchemy URL of the platform.
        city: title of the city page.
        deadline: cron line at which everything should have arrived.
        reports_group: name of the group that may read reports.
        reports_url: address under which a web server serves the reports; empty for their paths.
        scratch: folder for temporary files; empty for the workspace's own.
        keep: retention periods as configured; what is kept for ever is left out.
        purge: cron line at which the DAG purges; empty for never.
        connections: URLs by `LICEX_CONN_<NAME>`.
        resolve: looks up a connection that is not in the environment.
    """

    sources: Path
    workspace: str = field(repr=False)  # a URL may hold a password
    target: str = field(repr=False)
    city: str
    deadline: str
    connections: Mapping[str, str] = field(repr=False)
    reports_group: str = ""
    reports_url: str = ""
    scratch: str = ""
    keep: Mapping[Purgeable, str] = field(default_factory=dict)
    purge: str = ""
    resolve: Resolver = field(default=lambda _name: None, repr=False)

    @classmethod
    def from_environment(cls, resolve: Resolver = lambda _name: None) -> Settings:
        """Read the environment."""
        environ = os.environ
        return cls(
            sources=Path(environ.get("LICEX_SOURCES") or Path(sources.__file__).parent),
            workspace=environ.get("LICEX_WORKSPACE") or ".run/workspace",
            target=environ.get("LICEX_TARGET") or "sqlite:///.run/platform.db",
            city=environ.get("LICEX_CITY") or "枣庄市电子证照交换",
            deadline=environ.get("LICEX_DEADLINE") or "0 8 * * *",
            connections={name: value for name, value in environ.items() if name.startswith("LICEX_CONN_")},
            reports_group=environ.get("LICEX_REPORTS_GROUP") or "",
            reports_url=environ.get("LICEX_REPORTS_URL") or "",
            scratch=environ.get("LICEX_SCRATCH") or "",
            keep={what: environ[what.setting] for what in Purgeable if environ.get(what.setting)},
            purge=environ.get("LICEX_PURGE") or "",
            resolve=resolve,
        )

    def connection(self, name: str) -> str:
        """The URL or folder of a declared connection.

        Raises:
            UsageError: when it is set neither in the environment nor in Airflow.
        """
        variable = f"LICEX_CONN_{name.upper()}"
        location = self.connections.get(variable) or self.resolve(name)
        if not location:
            raise UsageError(
                "LX-105",
                "{connection}: expected the connection's URL in {variable} or in an Airflow connection named {connection}, found neither; set one of them",
                connection=name,
                variable=variable,
            )
        return location


def configured_log_file() -> str:
    """The configured log file of all commands; empty if there is none."""
    return os.environ.get("LICEX_LOG") or ""


def current_actor(user: str = "") -> Actor:
    """Who runs this process, on which host, and with which version of the program.

    Args:
        user: on whose behalf it runs; by default the user of the operating system, not `USER`, which anybody can set.
    """
    try:
        version = program_version()
    except UsageError:
        version = ""
    return Actor(user or _system_user(), gethostname(), version)


def _system_user() -> str:
    try:
        return getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a user without an account
        return str(os.getuid())


def program_version() -> str:
    """The version of the installed program.

    Raises:
        UsageError: if the package is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("licence-exchange")
    except PackageNotFoundError:
        raise UsageError(
            "LX-110",
            "licex: expected the package licence-exchange to be installed, found none that knows its version; install it with make",
        ) from None
