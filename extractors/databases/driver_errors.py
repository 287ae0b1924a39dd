"""Why a database did not do what was asked: the driver's error in our words, without passwords and user names."""

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

# What drivers say in many ways, in the order in which it is looked for.
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
    # What stands there may be the rest of a password.
    (
        r"invalid literal for int|Port could not be cast",
        Message("its port is not a number, as where a password has @ : / that are not written as URLs write them"),
    ),
)

# What a night of its own limits says, in the words of many drivers.
_LIMITS = (
    (r"lock timeout|lock wait timeout|55P03|ORA-00054|ORA-30006", Message("the table is locked by somebody else")),
    (
        r"statement timeout|max_statement_time|max_execution_time|57014|HYT00|query timeout|DPY-4024|ORA-03136",
        Message("a statement ran longer than extract.statement_limit allows"),
    ),
)

# What passes: a lock, a lost connection, a restart. Anything else would fail again in the same way.
_PASSING = re.compile(
    r"(?i)locked|busy|deadlock|time[d ]*out|lost connection|gone away|connection.*(closed|reset|refused|broken)|terminat|"
    r"shutting down|server closed|no connection to the server|communication link|broken pipe|could not receive|server has gone|SSL SYSCALL|EOF detected|disk i/o|\[(08|40)\w{3}\]|ORA-(03113|03114|12\d{3})"
)

_FORBIDDEN = re.compile(r"(?i)permission (was )?denied|42501|command denied|ORA-01031|insufficient privilege")
# What PostgreSQL says instead of giving some of the rows, in the language of the server.
_HIDDEN = re.compile(r"(?i)row[- ]level security|行级安全|行安全")
NO_RIGHT = Message("no right to read it")

_LONGEST = 200  # characters of a driver's message that a person will read


@dataclass(frozen=True)
class Reasons:
    """Tells the errors of one connection.

    Attributes:
        source: name of the source, with which every sentence begins.
        location: URL or connection string, whose secrets no sentence may hold.
    """

    source: str
    location: str

    def connecting(self, action: Callable[[], _T]) -> _T:
        """Do what connects.

        Raises:
            SourceUnreachable: for whatever goes wrong.
        """
        return _attempt(action, self._not_connected)

    def asking(self, action: Callable[[], _T]) -> _T:
        """Do what asks a connected database, and nothing else: any error is taken for the driver's.

        Raises:
            SourceUnreachable: when trying again may help.
            SourceRefused: when it would not.
        """
        return _attempt(action, self._not_answered)

    def _not_connected(self, error: Exception) -> ExchangeError:
        told = _driver_words(error)
        plain = (words for pattern, words in _NOT_CONNECTED if re.search(pattern, told, re.IGNORECASE))
        reason = next(plain, None) or self._cleaned(told)
        return SourceUnreachable(
            "LX-301",
            "{source}: expected its database to answer, but {reason}; check its connection, then try again",
            source=self.source,
            reason=reason,
        )

    def _not_answered(self, error: Exception) -> ExchangeError:
        words = _driver_words(error)
        for pattern, plain in _LIMITS:
            if re.search(pattern, words, re.IGNORECASE):
                return SourceUnreachable(
                    "LX-301",
                    "{source}: expected its database to answer within the limits, but {reason}; try again later",
                    source=self.source,
                    reason=plain,
                )
        told = self._cleaned(words.partition("Query was:")[0])
        if getattr(error, "connection_invalidated", False) or _PASSING.search(told):
            return SourceUnreachable(
                "LX-301",
                "{source}: expected its database to go on answering, found: {told}; try again later",
                source=self.source,
                told=told,
            )
        if _HIDDEN.search(words):
            return rows_hidden(self.source)
        if _FORBIDDEN.search(told):
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
            found=told,
            source=self.source,
        )

    def _cleaned(self, told: str) -> str:
        """One short line without secrets and citizen numbers."""
        return mask_text(" ".join(without_secrets(told, self.location).split()))[:_LONGEST]


def rows_hidden(source: str) -> SourceRefused:
    """A database that would hide rows from who reads it."""
    return SourceRefused(
        "rows_hidden",
        "{source}: expected to see every row of the table or query that is declared, found that its database may hide some from the user "
        "of the connection (row level security); have the department let that user see all of them, as by ALTER ROLE ... BYPASSRLS, "
        "or give a view of them that hides none",
        expected=Message("every row"),
        found=Message("row level security"),
        source=source,
    )


def _attempt(action: Callable[[], _T], explained: Callable[[Exception], ExchangeError]) -> _T:
    """Do something, and say in our words what was raised.

    The new error is raised after the old one is dealt with, so that the old one, which may quote the URL, does not even
    become its context.
    """
    try:
        return action()
    except ExchangeError:
        raise
    except Exception as error:
        problem = explained(error)
    raise problem


def _driver_words(error: Exception) -> str:
    """SQLAlchemy's own text would hold the statement and its values; the driver's does not."""
    return str(getattr(error, "orig", None) or error)
