"""Departments that are swept, with their source and platform in one kind of database."""

import pytest

from tests.pipeline.department import SWEEP, Department


@pytest.fixture
def department(tmp_path, monkeypatch):
    return Department(tmp_path, monkeypatch, sweep=SWEEP, lost=0.5)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(request, tmp_path, monkeypatch):
    """The same with source and platform in each kind of database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    return Department(tmp_path, monkeypatch, url, url, sweep=SWEEP, lost=0.5)
