"""Job tables of the tests' own, on every database, with a clock that they turn."""

import pytest

from stylekit.jobs import Job, JobStore, Status

LEASE = 30.0


class Clock:
    """Time that passes when told to."""

    def __init__(self):
        self.time = 1_000_000.0

    def __call__(self):
        return self.time

    def advance(self, seconds):
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


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


def a_job(id="a", **values):
    told = {"owner": "ann", "engine": "gatys", "content_key": "c.jpg", "style_key": "s.jpg"}
    return Job(id=id, **(told | values))


def create(jobs, job):
    return jobs.enter(job)[0]


def report(jobs, job, fraction=0.5):
    return jobs.claims.report(
        job.id,
        job.fence,
        fraction=fraction,
        eta_seconds=4.5,
        stage="192 px",
        preview_version=2,
        lease_seconds=LEASE,
    )


def finished(jobs, id, **values):
    create(jobs, a_job(id, **values))
    mine = jobs.claims.claim(id, lease_seconds=LEASE)
    return jobs.claims.finish(id, mine.fence, Status.DONE, result_key=f"{id}.png")
