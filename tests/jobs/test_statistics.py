"""How many jobs stand where, and how those went that ended lately, on every database."""

from stylekit.jobs import Status
from stylekit.jobs.statistics import Ended
from tests.jobs.job_table import LEASE, a_job, create


def unfinished(jobs, clock):
    return {
        (each.engine, each.status): (each.jobs, clock.time - each.first_queued_at)
        for each in jobs.statistics.unfinished(clock.time)
    }


def test_the_line_is_counted_by_engine_and_a_silent_worker_does_not_count_as_running(jobs, clock):
    for id, engine in (("a", "gatys"), ("b", "fast"), ("c", "gatys"), ("d", "gatys")):
        create(jobs, a_job(id, engine=engine))
        clock.advance(1)
    jobs.claims.claim("a", lease_seconds=LEASE)
    assert unfinished(jobs, clock) == {
        ("gatys", "running"): (1, 4),
        ("gatys", "queued"): (2, 2),
        ("fast", "queued"): (1, 3),
    }
    clock.advance(LEASE)
    assert ("gatys", "silent") not in unfinished(jobs, clock)
    clock.advance(1)
    assert unfinished(jobs, clock)["gatys", "silent"] == (1, 35)


def paint(jobs, clock, id, status, **result):
    create(jobs, a_job(id))
    clock.advance(2)
    mine = jobs.claims.claim(id, lease_seconds=LEASE)
    clock.advance(5)
    jobs.claims.finish(id, mine.fence, status, **result)


def test_what_ended_is_counted_by_its_end_with_the_seconds_of_each_stage(jobs, clock):
    paint(jobs, clock, "a", Status.DONE, seconds=4.0)
    paint(jobs, clock, "b", Status.DONE, seconds=3.0)
    paint(jobs, clock, "c", Status.FAILED, error="It broke.", error_code="internal")
    create(jobs, a_job("d"))
    jobs.request_cancel("d")
    nothing = {"engine": "gatys", "painting": 0.0, "files": 0.0}
    ended = sorted(jobs.statistics.ended(clock.time - 300), key=lambda each: each.status)
    assert ended == [
        Ended(**nothing, status=Status.CANCELLED, error_code="", jobs=1, waiting=0.0),
        Ended(
            engine="gatys",
            status=Status.DONE,
            error_code="",
            jobs=2,
            waiting=4.0,
            painting=7.0,
            files=3.0,
        ),
        Ended(**nothing, status=Status.FAILED, error_code="internal", jobs=1, waiting=2.0),
    ]


def test_what_ended_before_does_not_count(jobs, clock):
    paint(jobs, clock, "a", Status.DONE, seconds=4.0)
    assert jobs.statistics.ended(clock.time)
    assert not jobs.statistics.ended(clock.time + 1)
