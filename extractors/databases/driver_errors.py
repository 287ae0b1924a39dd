"""Translates driver errors into sentences without passwords and user names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from standard.addresses import without_secrets
from standard.errors import ExchangeError, SourceRefused, SourceUnreachable
from standard.masking import mask_text
from standard.messages import Message

_T = TypeVar("_T")

# Patterns of drivers' messages, tried in this order.
_NOT_CONNECTED = (
    (
        r"can't open lib|no module named|can't load plugin|IM00[23]|data source name not found",
        Message("its driver is not installed here"),
    ),
    (
        r"authenticat|password|login failed|access denied|28000|28P01|ORA-01017",
        Message("the user name or the password is not accepted"),
    ),
    (
        r'database "[^"]*" does not exist|unknown database|3D000|ORA-125(05|14)|cannot open database',
        Message("it has no database of that name"),
    ),
    (r"time[d ]*out|HYT0", Message("it does not answer in time")),
    (
        r"refused|unreachable|resolve|not known|no route|08001|08S01|can't connect|could not connect",
        Message("nothing answers at its address"),
    ),
    (r"unable to open|connect failed \(14\)", Message("there is no such database file, or it may not be read")),
    (r"could not parse .*URL", Message("the connection is not a SQLAlchemy URL")),
    # The quoted text may be a part of a password.
    (
        r"invalid literal for int|Port could not be cast",
        Message("its port is not a number, as where a password has @ : / that are not written as URLs write them"),
    ),
)

# The limits that the exchange itself sets, as different drivers report them.
_LIMITS = (
    (r"lock timeout|lock wait timeout|55P03|ORA-00054|ORA-30006", Message("the table is locked by somebody else")),
    (
        r"statement timeout|max_statement_time|max_execution_time|57014|HYT00|query timeout|DPY-4024|ORA-03136",
        Message("a statement ran longer than extract.statement_limit allows"),
    ),
)

# Temporary failures: a lock, a lost connection, a restart. Anything else would fail again in the same way.
_TEMPORARY = re.compile(
    r"(?i)locked|busy|deadlock|time[d ]*out|lost connection|gone away|connection.*(closed|reset|refused|broken)|terminat|"
    r"shutting down|server closed|no connection to the server|communication link|broken pipe|could not receive|server has gone|SSL SYSCALL|EOF detected|disk i/o|\[(08|40)\w{3}\]|ORA-(03113|03114|12\d{3})"
)

_FORBIDDEN = re.compile(r"(?i)permission (was )?denied|42501|command denied|ORA-01031|insufficient privilege")
# PostgreSQL's error in place of an incomplete result, in the language of the server.
_HIDDEN = re.compile(r"(?i)row[- ]level security|行级安全|行安全")
NO_RIGHT = Message("no right to read it")

_LONGEST = 200  # characters of a driver's message that are shown


@dataclass(frozen=True)
class DriverErrors:
    """Translates the errors of one connection.

    Attributes:
        source: name of the source, which begins every sentence.
        location: URL or connection string, whose secrets no sentence may contain.
    """

    source: str
    location: str

    def connecting(self, action: Callable[[], _T]) -> _T:
        """Run the code that connects.

        Raises:
            SourceUnreachable: for any error.
        """
        return _attempt(action, self._not_connected)

    def querying(self, action: Callable[[], _T]) -> _T:
        """Run code that does nothing but query the database: any error is taken for the driver's.

        Raises:
            SourceUnreachable: when trying again may help.
            SourceRefused: when it would not.
        """
        return _attempt(action, self._not_answered)

    def _not_connected(self, error: Exception) -> ExchangeError:
        message = _driver_message(error)
        reasons = (reason for pattern, reason in _NOT_CONNECTED if re.search(pattern, message, re.IGNORECASE))
        reason = next(reasons, None) or self._short_line(message)
        return SourceUnreachable(
            "LX-301",
            "{source}: expected its database to answer, but {reason}; check its connection, then try again",
            source=self.source,
            reason=reason,
        )

    def _not_answered(self, error: Exception) -> ExchangeError:
        message = _driver_message(error)
        for pattern, reason in _LIMITS:
            if re.search(pattern, message, re.IGNORECASE):
                return SourceUnreachable(
                    "LX-301",
                    "{source}: expected its database to answer within the limits, but {reason}; try again later",
                    source=self.source,
                    reason=reason,
                )
        line = self._short_line(message.partition("Query was:")[0])
        if getattr(error, "connection_invalidated", False) or _TEMPORARY.search(line):
            return SourceUnreachable(
                "LX-301",
                "{source}: expected its database to go on answering, found: {told}; try again later",
                source=self.source,
                told=line,
            )
        if _HIDDEN.search(message):
            return rows_hidden(self.source)
        if _FORBIDDEN.search(line):
            return SourceRefused(
                "source_unreadable",
                "{source}: expected the right to read the table or query that is declared, found none; "
                "have the department grant SELECT on all of its columns to the user of the connection",
                expected=Message("the right to read it"),
                found=NO_RIGHT,
                source=self.source,
            )
        return SourceRefused(
            "source_unreadable",
            "{source}: expected its database to give what is declared, found: {found}; put the source or its declaration right",
            expected=Message("a table or query that can be read"),
            found=line,
            source=self.source,
        )

    def _short_line(self, message: str) -> str:
        """The message on one short line, without secrets and citizen numbers."""
        return mask_text(" ".join(without_secrets(message, self.location).split()))[:_LONGEST]


def rows_hidden(source: str) -> SourceRefused:
    """The refusal of a database that hides rows from the connection's user."""
    return SourceRefused(
        "rows_hidden",
        "{source}: expected to see every row of the table or query that is declared, found that its database may hide some from the user "
        "of the connection (row level security); have the department let that user see all of them, as by ALTER ROLE ... BYPASSRLS, "
        "or give a view of them that hides none",
        expected=Message("every row"),
        found=Message("row level security"),
        source=source,
    )


def _attempt(action: Callable[[], _T], translate: Callable[[Exception], ExchangeError]) -> _T:
    """Run an action, and translate what it raises.

    The new error is raised after the old one has been handled, so that the old one, which may quote the URL, does not become
    its context.
    """
    try:
        return action()
    except ExchangeError:
        raise
    except Exception as error:
        problem = translate(error)
    raise problem


def _driver_message(error: Exception) -> str:
    """The driver's own message; SQLAlchemy's would contain the statement and its values."""
    return str(getattr(error, "orig", None) or error)
