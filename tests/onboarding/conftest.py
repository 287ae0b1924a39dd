"""Invented registers, column by column, and what is proposed for them."""

from datetime import date
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

import sources
from demo.people import companies, people
from onboarding.origin import Origin, SuggestOptions
from onboarding.profile import profile
from onboarding.suggest import suggest
from sources.city import City

ROWS = 60
CITY = City(Path(sources.__file__).parent)


@pytest.fixture(scope="session")
def persons():
    return people(ROWS, Random("persons of a register"))


@pytest.fixture(scope="session")
def bodies():
    return companies(ROWS, Random("companies of a register"), "供水")


@pytest.fixture
def proposed():
    """Propose a declaration for columns by title; each is a list of values, or one value for all rows."""

    def propose(columns, *, kind="text", name="register_20260301.csv", city=CITY, **stated):
        filled = {title: values if isinstance(values, list) else [values] * ROWS for title, values in columns.items()}
        rows = len(next(iter(filled.values())))
        batch = pa.record_batch([pa.array(values, pa.string()) for values in filled.values()], names=list(filled))
        origin = Origin(kind, name, "register", rows, list(filled))
        options = SuggestOptions(city, date(2026, 1, 1), "water.abstraction", **stated)
        return suggest(options, origin, profile(list(filled), [batch]))

    return propose
