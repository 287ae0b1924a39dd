"""The present; entry points ask for it and hand it down."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)
