"""The log of commands: lines on standard error with `-v`, and in a log file if one is configured.

Lines contain no personal values and no secrets: only commands, steps, sources, days, counts, and error sentences, which have none
either. Messages of libraries are not logged, since they may quote a department's values.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback

from standard.errors import UsageError, safe_line
from standard.messages import localize
from standard.private_file import open_private

_LOG = logging.getLogger("licex")
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(message)s"


def start_logging(*, verbose: bool, path: str) -> None:
    """Start logging the steps of this command.

    Args:
        verbose: whether to log to standard error.
        path: of the log file, which is created for this user alone and appended to; empty for none.

    Raises:
        UsageError: when the file cannot be written.
    """
    stop_logging()
    _LOG.propagate = False
    _LOG.setLevel(logging.INFO)
    if verbose:
        _add(logging.StreamHandler(sys.stderr))
    if path:
        _add(_file(path))


def stop_logging() -> None:
    """Close all handlers."""
    for handler in [*_LOG.handlers]:
        _LOG.removeHandler(handler)
        handler.close()


def is_logging() -> bool:
    """Whether lines are logged anywhere."""
    return bool(_LOG.handlers)


def is_verbose() -> bool:
    """Whether lines go to standard error, where progress must then not be drawn."""
    return any(type(handler) is logging.StreamHandler for handler in _LOG.handlers)


def log_step(text: str) -> None:
    """Log a step, or its progress."""
    if is_logging():
        _LOG.info(safe_line(localize(text)))


def log_error(sentence: str) -> None:
    """Log an error sentence with its code."""
    if is_logging():
        for line in localize(sentence).split("\n"):
            _LOG.error(safe_line(line))


def log_defect(error: BaseException) -> None:
    """Log where an unexpected error was raised, without its message, which may quote anything."""
    if is_logging():
        lines = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        for line in "".join(lines).splitlines():
            _LOG.critical(safe_line(line))


def _add(handler: logging.Handler) -> None:
    formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    _LOG.addHandler(handler)


def _file(path: str) -> logging.Handler:
    try:
        file = open(path, "a", encoding="utf-8", opener=open_private)  # noqa: SIM115 - its handler closes it
    except OSError as error:
        raise UsageError(
            "LX-104",
            "{path}: expected a log file that can be written, found {found}; name another with --log-file or LICEX_LOG",
            path=path,
            found=type(error).__name__,
        ) from None
    return _ClosingHandler(file)


class _ClosingHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """Writes to a file, and closes it with the handler."""

    def close(self) -> None:
        """Close the handler and its file."""
        super().close()
        self.stream.close()
