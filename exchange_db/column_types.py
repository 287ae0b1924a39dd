"""The column types in each database: texts compare by their bytes everywhere, and hold every script."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Unicode, UnicodeText
from sqlalchemy.dialects import mssql, mysql, postgresql
from sqlalchemy.types import TypeEngine

from standard.day import INSTANT_LENGTH

# Stamps are compared as texts, so no database may apply the collation of a language.
_MYSQL = {"charset": "utf8mb4", "collation": "utf8mb4_bin"}
_SQL_SERVER = "Latin1_General_100_BIN2"


def text(length: int) -> TypeEngine[Any]:
    """A text with a maximum number of characters."""
    return (
        Unicode(length)
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, **_MYSQL), "mysql")
        .with_variant(mssql.NVARCHAR(length, collation=_SQL_SERVER), "mssql")
    )


def long_text() -> TypeEngine[Any]:
    """A text without a maximum length."""
    return (
        UnicodeText()
        .with_variant(postgresql.TEXT(collation="C"), "postgresql")
        .with_variant(mysql.MEDIUMTEXT(**_MYSQL), "mysql")
        .with_variant(mssql.NVARCHAR(None, collation=_SQL_SERVER), "mssql")
    )


def digest() -> TypeEngine[Any]:
    """A digest, in the form of `transforms.digests`."""
    return text(32)


def instant() -> TypeEngine[Any]:
    """An instant, in the form of `standard.day`."""
    return text(INSTANT_LENGTH)
