"""Every table and column is described in the documentation, and nothing that is not there."""

from exchange_db import described
from exchange_db.described import described_tables


def names(text):
    return [line.partition(": ")[0] for line in text.strip().splitlines()]


def test_every_table_and_view_is_described_once():
    assert sorted(names(described._TABLES)) == sorted(table.name for table in described_tables())


def test_every_description_is_of_a_column():
    columns = {(table.name, column.name) for table in described_tables() for column in table.columns}
    for said in names(described._COLUMNS):
        table, _, column = said.rpartition(".")
        assert any(name == column and of.startswith(table) for of, name in columns), said


def test_a_view_says_of_a_column_what_its_table_says():
    tables = {table.name: {column.name: column for column in table.columns} for table in described_tables()}
    for view, table in (("licence", "claim"), ("finding", "finding_state"), ("finding_seen", "finding_sight")):
        for name in tables[view].keys() & tables[table].keys():
            assert tables[view][name].meaning == tables[table][name].meaning
            assert tables[view][name].null == tables[table][name].null
    assert tables["licence"]["moved_from"].null
    assert not tables["finding"]["platform_holds"].null
