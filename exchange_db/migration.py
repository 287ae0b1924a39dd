"""Determines the version of a database's tables, and upgrades them to the program's version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from exchange_db.dialects import dialect_of

_FOLDER = Path(__file__).parent / "migrations"
# The revisions are linear, and each file is named r<id>_<what it does>.py. So their ids are known without Alembic, whose import
# takes as long as a short command.
_KNOWN = sorted(path.stem[1:].partition("_")[0] for path in (_FOLDER / "versions").glob("r*.py"))
_FIRST, HEAD = _KNOWN[0], _KNOWN[-1]  # the first has the tables from before versions were recorded
_VERSION = table("alembic_version", column("version_num"))


@dataclass(frozen=True)
class State:
    """The state of a database's tables compared with the program.

    Attributes:
        revision: of its tables; empty if none is recorded.
        pending: the revisions it lacks, as `<id> <what it does>`, in order.
        empty: whether it has none of our tables.
        unknown: whether its tables are newer than the program.
    """

    revision: str
    pending: list[str]
    empty: bool = False
    unknown: bool = False


def state_of(connection: Connection) -> State:
    """Compare the tables of a database with the program."""
    inspector = inspect(connection)
    revision = (connection.scalar(select(_VERSION)) if inspector.has_table(_VERSION.name) else None) or ""
    if revision and revision not in _KNOWN:
        return State(revision, [], unknown=True)
    unversioned = not revision and inspector.has_table("exchange_batch")
    since = _FIRST if unversioned else revision
    return State(revision, _pending(since), empty=not revision and not unversioned)


def _pending(since: str) -> list[str]:
    """The revisions after a given one, or all of them if it is empty."""
    if since == HEAD:
        return []
    from alembic.script import ScriptDirectory

    scripts = reversed(list(ScriptDirectory(str(_FOLDER)).iterate_revisions(HEAD, since or "base")))
    return [f"{script.revision} {script.doc}" for script in scripts if script.revision != since]


def migrate(connection: Connection) -> None:
    """Run the pending revisions and recreate the views; atomic if the database can roll back DDL."""
    from alembic import command
    from alembic.config import Config

    from exchange_db.views import create_views, drop_views

    state = state_of(connection)
    dialect_of(connection).make_transactional(connection)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    drop_views(connection)
    if not state.revision and not state.empty:
        command.stamp(config, _FIRST)
    command.upgrade(config, "head")
    create_views(connection)
