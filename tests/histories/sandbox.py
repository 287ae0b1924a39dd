"""The exchange and the department's database in which histories are played."""

import shutil
from pathlib import Path

import sqlalchemy

from exchange_db.tables import METADATA
from pipeline.exchange import Exchange
from pipeline.settings import Settings


class Sandbox:
    """An exchange and one department's database; both are emptied for each history.

    Attributes:
        folder: has `sources` and `workspace`.
        exchange: has the department as its only connection.
        log: what was declared, executed and run, in order.
    """

    def __init__(self, folder, source, platform):
        self.folder = Path(folder)
        (self.folder / "sources/dep").mkdir(parents=True, exist_ok=True)
        settings = Settings(
            sources=self.folder / "sources",
            workspace=str(self.folder / "workspace"),
            target=platform,
            city="",
            deadline="0 8 * * *",
            connections={"LICEX_CONN_DEP": source},
        )
        self.exchange = Exchange(settings)
        self._engine = sqlalchemy.create_engine(source, isolation_level="AUTOCOMMIT")
        self.dialect = self._engine.dialect.name
        self._connection = self._engine.connect()
        self.log = []

    def empty(self):
        """Remove what the previous history has left."""
        for path in (self.folder / "workspace").glob("[!.]*"):  # the scratch folder belongs to the process
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with self.exchange.database.transaction() as connection:
            for table in METADATA.tables.values():
                if table.name != "exchange_lock":
                    connection.execute(table.delete())
        for prefix in "ab":
            for table in "tl":
                self.execute(f"DROP TABLE IF EXISTS {table}_{prefix}")
        self.log.clear()

    def quoted(self, name):
        return f'"{name}"' if self.dialect == "postgresql" else name

    def execute(self, statement):
        """Execute a statement in the department's database."""
        self.log.append(f"{statement};")
        self._connection.exec_driver_sql(statement)

    def query(self, statement):
        """Query the exchange's database."""
        with self.exchange.database.transaction(reading=True) as connection:
            return connection.exec_driver_sql(statement).all()

    def close(self):
        self._connection.close()
        self._engine.dispose()
        self.exchange.close()
