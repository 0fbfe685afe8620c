"""Job tables of the tests' own, on every database, with a clock that they turn."""

import pytest

from stylekit.jobs import JobStore


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def jobs(url, clock):
    store = JobStore(url, max_attempts=3, keep_seconds=100, now=clock)
    yield store
    store.close()
