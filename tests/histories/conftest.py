"""One stage a test process: the exchange is loaded once, its tables are emptied for every history."""

import pytest

from tests.histories.player import Player, Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """Department and platform in SQLite."""
    folder = tmp_path_factory.mktemp("histories")
    made = Stage(folder, f"sqlite:///{folder}/dep.db", f"sqlite:///{folder}/platform.db")
    yield made
    made.close()


@pytest.fixture
def play(stage):
    """Gives a player of a history of its own, its first source declared as is said."""

    def begin(way, **given):
        player = Player(stage, **given)
        player.declare(player.sources[0], way)
        return player

    return begin
