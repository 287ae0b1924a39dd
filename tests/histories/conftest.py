"""One sandbox per test process: the exchange is loaded once, its tables are emptied for each history."""

import pytest

from tests.histories.player import Player
from tests.histories.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """Department and platform in SQLite."""
    folder = tmp_path_factory.mktemp("histories")
    sandbox = Sandbox(folder, f"sqlite:///{folder}/dep.db", f"sqlite:///{folder}/platform.db")
    yield sandbox
    sandbox.close()


@pytest.fixture
def play(sandbox):
    """Begins a history whose first source is read in the given mode; returns its player."""

    def begin(mode, **options):
        player = Player(sandbox, **options)
        player.declare(player.sources[0], mode)
        return player

    return begin
