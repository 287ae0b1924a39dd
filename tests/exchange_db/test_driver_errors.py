"""Errors of the platform's database are classified by whether the data caused them, and shown without personal values."""

import sqlite3

import psycopg
import pymysql
import pytest

from exchange_db.dialects import dialect_named
from exchange_db.driver_errors import mask_message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ('new row for relation "claim" violates check constraint "no_test"',
         'new row for relation "claim" violates check constraint "no_test"'),
        ("Duplicate entry '张三-VALID' for key 'one_status'", "Duplicate entry '***' for key 'one_status'"),
        (r"Incorrect string value: '\xF0\xA0\xAE\xB7' for column `x`.`claim`.`certificate_number` at row 1",
         "Incorrect string value: '***' for column `x`.`claim`.`certificate_number` at row 1"),
        ('character with byte sequence 0xf0 0xa0 0xae 0xb7 in encoding "UTF8" has no equivalent in encoding "EUC_CN"',
         'character with byte sequence ***in encoding "UTF8" has no equivalent in encoding "EUC_CN"'),
        ("nobody has 370402180001010011\nDETAIL: 张三", "nobody has **************0011"),
        ('无效的输入: "张三"', '无效的输入: "***"'),
        ("''", "''"),
    ],
)  # fmt: skip
def test_names_of_the_database_stay_and_quoted_values_are_hidden(message, shown):
    assert mask_message(message) == shown


def postgresql(state):
    return psycopg.errors.lookup(state)("said")


@pytest.mark.parametrize(
    ("error", "dialect", "of_data"),
    [
        (postgresql("22001"), "postgresql", True),
        (postgresql("23514"), "postgresql", True),
        (postgresql("P0001"), "postgresql", True),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), "postgresql", True),
        (postgresql("40P01"), "postgresql", False),
        (postgresql("53100"), "postgresql", False),
        (postgresql("55P03"), "postgresql", False),
        (postgresql("57P01"), "postgresql", False),
        (postgresql("42501"), "postgresql", False),
        (psycopg.OperationalError("connection lost"), "postgresql", False),
        (pymysql.err.DataError(1406, "Data too long"), "mysql", True),
        (pymysql.err.OperationalError(4025, "CONSTRAINT failed"), "mysql", True),
        (pymysql.err.OperationalError(30001, "a trigger's own"), "mysql", True),
        (pymysql.err.OperationalError(1205, "Lock wait timeout"), "mysql", False),
        (pymysql.err.OperationalError(1213, "Deadlock"), "mysql", False),
        (pymysql.err.OperationalError(2013, "Lost connection"), "mysql", False),
        (pymysql.err.InterfaceError(0, ""), "mysql", False),
        (sqlite3.IntegrityError("CHECK constraint failed"), "sqlite", True),
        (sqlite3.OperationalError("database is locked"), "sqlite", False),
        (UnicodeEncodeError("utf-8", "\udcb5", 0, 1, "surrogates not allowed"), "sqlite", True),
    ],
)  # fmt: skip
def test_errors_of_data_are_distinguished_from_errors_of_the_server(error, dialect, of_data):
    assert dialect_named(dialect).refuses_data(error) is of_data
