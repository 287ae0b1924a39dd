"""Which version the tables of a database are of, and how they are brought up to the program's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from exchange_db.dialects import dialect_of
from exchange_db.views import create_views, drop_views

_FOLDER = Path(__file__).parent / "migrations"
_SCRIPTS = ScriptDirectory(str(_FOLDER))
_FIRST = "0001"  # the tables of before versions were kept
HEAD = _SCRIPTS.get_current_head() or ""


@dataclass(frozen=True)
class State:
    """How a database stands to the program.

    Attributes:
        revision: of its tables; empty where none is kept.
        pending: the revisions it lacks, as `<id> <what it does>`, in order.
        empty: whether it has none of our tables.
        unknown: whether its tables are newer than the program.
    """

    revision: str
    pending: list[str]
    empty: bool = False
    unknown: bool = False


def state_of(connection: Connection) -> State:
    """How the database stands to the program."""
    revision = MigrationContext.configure(connection).get_current_revision() or ""
    known = [script.revision for script in _SCRIPTS.walk_revisions()]
    if revision and revision not in known:
        return State(revision, [], unknown=True)
    unversioned = not revision and inspect(connection).has_table("exchange_batch")
    since = _FIRST if unversioned else revision
    scripts = reversed(list(_SCRIPTS.iterate_revisions(HEAD, since or "base")))
    pending = [f"{script.revision} {script.doc}" for script in scripts if script.revision != since]
    return State(revision, pending, empty=not revision and not unversioned)


def migrate(connection: Connection) -> None:
    """Run what is pending, and draw the views anew; where a database can, all of it or nothing."""
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
