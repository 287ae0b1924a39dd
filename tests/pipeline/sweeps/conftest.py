"""Departments that are swept, with their source and platform in one kind of database."""

import pytest

from tests.pipeline.sweeps.department import Department


@pytest.fixture
def department(tmp_path, monkeypatch):
    return Department(tmp_path, monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(request, tmp_path, monkeypatch):
    """The same with source and platform of one kind."""
    if request.param == "sqlite":
        return Department(tmp_path, monkeypatch)
    url = request.getfixturevalue(f"{request.param}_url")
    return Department(tmp_path, monkeypatch, url, url)
