"""What a command did, for whoever looks for a fault: lines on standard error with `-v`, and in a log file where one is named.

A line has no personal value and no secret: it names commands, steps, sources, days and counts, and quotes only the sentences
of errors, which are made without them. What a library says is not logged, since it may quote a department's values.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback

from standard.errors import UsageError, safe_line
from standard.messages import shown
from standard.private_file import private

_LOG = logging.getLogger("licex")
_FORM = "%(asctime)s %(process)d %(levelname)s %(message)s"


def start_logging(*, verbose: bool, path: str) -> None:
    """Begin to log the steps of this command.

    Args:
        verbose: whether to standard error.
        path: of the log file, which is appended to and made for this user alone; empty for none.

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
    """Close what was opened."""
    for handler in [*_LOG.handlers]:
        _LOG.removeHandler(handler)
        handler.close()


def is_logging() -> bool:
    """Whether anybody reads the lines."""
    return bool(_LOG.handlers)


def is_verbose() -> bool:
    """Whether the lines go to standard error, where nothing else may draw then."""
    return any(type(handler) is logging.StreamHandler for handler in _LOG.handlers)


def log_step(text: str) -> None:
    """Log a step, or how far one is."""
    if is_logging():
        _LOG.info(safe_line(shown(text)))


def log_error(sentence: str) -> None:
    """Log why a command could not go on, in the words of the error and with its code."""
    if is_logging():
        for line in shown(sentence).split("\n"):
            _LOG.error(safe_line(line))


def log_defect(error: BaseException) -> None:
    """Log where an error that nobody foresaw was raised; its message may quote anything, and is left out."""
    if is_logging():
        lines = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        for line in "".join(lines).splitlines():
            _LOG.critical(safe_line(line))


def _add(handler: logging.Handler) -> None:
    form = logging.Formatter(_FORM, "%Y-%m-%dT%H:%M:%SZ")
    form.converter = time.gmtime
    handler.setFormatter(form)
    _LOG.addHandler(handler)


def _file(path: str) -> logging.Handler:
    try:
        file = open(path, "a", encoding="utf-8", opener=private)  # noqa: SIM115 - its handler closes it
    except OSError as error:
        raise UsageError(
            "LX-104",
            "{path}: expected a log file that can be written, found {found}; name another with --log-file or LICEX_LOG",
            path=path,
            found=type(error).__name__,
        ) from None
    return _Closing(file)


class _Closing(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """Writes to a file and closes it."""

    def close(self) -> None:
        """Close the file with the handler."""
        super().close()
        self.stream.close()
