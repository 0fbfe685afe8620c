"""One job in the table: claims, leases, fences, ends; the same suite on every database."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.errors import JobNotFound, LeaseLost
from stylekit.jobs import Status
from tests.jobs.job_table import LEASE, a_job, create, finished, place_in_line, report


def test_what_is_created_is_found_unchanged(jobs, clock):
    created = create(jobs, a_job(options={"seed": 3, "style_layers": [1.0, 0.5]}, style_id="wave"))
    assert jobs.get("a") == created
    assert created.status is Status.QUEUED
    assert created.created_at == clock.time
    assert created.options == {"seed": 3, "style_layers": [1.0, 0.5]}


def test_creating_the_same_id_again_returns_the_first_row(jobs):
    first = create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    assert create(jobs, a_job(owner="bob")) == mine
    assert mine.owner == first.owner


def test_a_deleted_job_that_is_asked_for_again_starts_anew(jobs):
    finished(jobs, "a", public=True)
    gone = jobs.delete("a")
    again = create(jobs, a_job(owner="bob"))
    assert (again.status, again.owner, again.deleted) == (Status.QUEUED, "bob", False)
    assert again.result_key is None
    assert again.fence > gone.fence
    assert again.version > gone.version


def test_an_unknown_id_is_not_found(jobs):
    with pytest.raises(JobNotFound, match="nobody"):
        jobs.get("nobody")


def test_a_claimed_job_cannot_be_claimed_again(jobs):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    assert (mine.status, mine.attempts, mine.fence) == (Status.RUNNING, 1, 1)
    assert jobs.claims.claim("a", lease_seconds=LEASE) is None


def test_of_many_that_claim_at_once_exactly_one_wins(jobs):
    for number in range(20):
        create(jobs, a_job(f"job-{number}"))
    start = threading.Barrier(8)

    def drain(_):
        start.wait()
        taken = []
        while waiting := jobs.queries.waiting(limit=1):
            if jobs.claims.claim(waiting[0].id, lease_seconds=LEASE):
                taken.append(waiting[0].id)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(id for each in pool.map(drain, range(8)) for id in each)
    assert taken == Counter(f"job-{number}" for number in range(20))


def test_a_report_is_kept_renews_the_lease_and_never_says_all(jobs, clock):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    clock.advance(LEASE - 1)
    told = report(jobs, mine, fraction=1.0)
    assert (told.eta_seconds, told.stage, told.preview_version) == (4.5, "192 px", 2)
    assert told.fraction < 1
    clock.advance(LEASE - 1)
    assert jobs.maintenance.sweep() == []


def test_a_job_that_waits_is_taken_back_unless_something_happened_to_it(jobs):
    first, is_first = jobs.enter(a_job())
    assert is_first
    _, is_first = jobs.enter(a_job())
    assert not is_first
    assert jobs.keep("a")
    assert jobs.cancel_if_unchanged(first, deleted=True) is None
    again = jobs.get("a")
    assert jobs.cancel_if_unchanged(again, deleted=True).deleted
    assert jobs.keep("a") is None
    _, is_first = jobs.enter(a_job())
    assert is_first


def test_a_worker_that_lost_its_lease_can_write_nothing(jobs, clock):
    create(jobs, a_job())
    asleep = jobs.claims.claim("a", lease_seconds=LEASE)
    clock.advance(LEASE + 1)
    awake = jobs.claims.claim("a", lease_seconds=LEASE)
    assert awake.fence > asleep.fence
    with pytest.raises(LeaseLost):
        report(jobs, asleep)
    with pytest.raises(LeaseLost):
        jobs.claims.finish("a", asleep.fence, Status.DONE, result_key="late.png")
    assert (
        jobs.claims.finish("a", awake.fence, Status.DONE, result_key="a.png").result_key == "a.png"
    )


def test_a_job_ends_exactly_once(jobs):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    done = jobs.claims.finish("a", mine.fence, Status.DONE, width=4, height=3, seconds=1.5)
    assert (done.status, done.fraction, done.width) == (Status.DONE, 1.0, 4)
    for status in (Status.DONE, Status.FAILED, Status.CANCELLED):
        with pytest.raises(LeaseLost):
            jobs.claims.finish("a", mine.fence, status)
    assert jobs.get("a") == done
    assert jobs.claims.claim("a", lease_seconds=LEASE) is None


def test_a_failed_job_says_why(jobs):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    failed = jobs.claims.finish(
        "a", mine.fence, Status.FAILED, error="No memory.", error_code="failed"
    )
    assert (failed.status, failed.error) == (Status.FAILED, "No memory.")


def test_a_silent_worker_loses_the_job_and_after_the_last_attempt_it_fails(jobs, clock):
    create(jobs, a_job())
    for attempt in (1, 2, 3):
        assert jobs.claims.claim("a", lease_seconds=LEASE).attempts == attempt
        clock.advance(LEASE + 1)
        (swept,) = jobs.maintenance.sweep()
        assert jobs.maintenance.sweep() == []
        expected = Status.FAILED if attempt == 3 else Status.QUEUED
        assert swept.status is expected
    assert "3 times" in swept.error
    assert swept.error_code == "worker_lost"
    assert jobs.claims.claim("a", lease_seconds=LEASE) is None


def test_a_job_that_is_handed_back_has_lost_no_attempt(jobs):
    create(jobs, a_job())
    create(jobs, a_job("b"))
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    back = jobs.claims.release("a", mine.fence)
    assert (back.status, back.attempts) == (Status.QUEUED, 0)
    assert place_in_line(jobs, "a") == 1


def test_a_queued_job_is_cancelled_at_once(jobs):
    create(jobs, a_job())
    assert jobs.request_cancel("a").status is Status.CANCELLED
    assert jobs.claims.claim("a", lease_seconds=LEASE) is None


def test_the_worker_of_a_running_job_is_told_to_stop(jobs):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    assert jobs.request_cancel("a").status is Status.RUNNING
    assert report(jobs, mine).cancel_requested
    assert jobs.claims.finish("a", mine.fence, Status.CANCELLED).status is Status.CANCELLED


def test_a_cancelled_job_whose_worker_died_ends_cancelled(jobs, clock):
    create(jobs, a_job())
    jobs.claims.claim("a", lease_seconds=LEASE)
    jobs.request_cancel("a")
    clock.advance(LEASE + 1)
    assert jobs.claims.claim("a", lease_seconds=LEASE) is None
    assert [job.status for job in jobs.maintenance.sweep()] == [Status.CANCELLED]


def test_asking_what_has_ended_to_end_changes_nothing(jobs):
    done = finished(jobs, "a")
    assert jobs.request_cancel("a") == done
    assert jobs.request_finish("a") == done


def test_the_worker_is_told_that_the_picture_is_good_as_it_stands(jobs):
    create(jobs, a_job())
    assert jobs.request_finish("a").finish_requested
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    assert report(jobs, mine).finish_requested
    jobs.claims.finish("a", mine.fence, Status.DONE, result_key="a/result")
    assert not jobs.requeue("a").finish_requested


def test_a_failed_job_can_be_tried_again_from_the_end_of_the_line(jobs, clock):
    create(jobs, a_job())
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    jobs.claims.finish("a", mine.fence, Status.FAILED, error="No memory.")
    create(jobs, a_job("b"))
    clock.advance(1)
    again = jobs.requeue("a")
    assert (again.status, again.error, again.attempts) == (Status.QUEUED, "", 0)
    assert [place_in_line(jobs, id) for id in ("a", "b")] == [2, 1]
    assert jobs.requeue("a") is None
    assert jobs.get("a") == again


def test_a_job_that_no_worker_keeps_fails_when_its_attempts_are_used_up(jobs):
    create(jobs, a_job())
    create(jobs, a_job("b"))
    jobs.claims.claim("b", lease_seconds=LEASE)
    nobody = {"error": "No worker could take it.", "error_code": "worker_lost"}
    counted = [jobs.maintenance.count_lost_attempt("a", **nobody) for _ in range(3)]
    assert [(job.status, job.attempts) for job in counted] == [
        ("queued", 1),
        ("queued", 2),
        ("failed", 3),
    ]
    assert jobs.maintenance.count_lost_attempt("a", **nobody) is None
    assert jobs.maintenance.count_lost_attempt("b", **nobody) is None
