"""The job table: claims, leases, fences, ends; the same suite on every database."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.errors import BadSettings, JobNotFound, LeaseLost, StorageUnavailable
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


def report(jobs, job, fraction=0.5):
    return jobs.report(
        job.id,
        job.fence,
        fraction=fraction,
        eta_seconds=4.5,
        stage="192 px",
        preview_version=2,
        lease_seconds=LEASE,
    )


def finished(jobs, id, **values):
    jobs.create(a_job(id, **values))
    mine = jobs.claim(id, lease_seconds=LEASE)
    return jobs.finish(id, mine.fence, Status.DONE, result_key=f"{id}.png")


def test_what_is_created_is_found_unchanged(jobs, clock):
    created = jobs.create(a_job(options={"seed": 3, "style_layers": [1.0, 0.5]}, style_id="wave"))
    assert jobs.get("a") == created
    assert created.status is Status.QUEUED
    assert created.created_at == clock.time
    assert created.options == {"seed": 3, "style_layers": [1.0, 0.5]}


def test_creating_the_same_id_again_returns_the_first_row(jobs):
    first = jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    assert jobs.create(a_job(owner="bob")) == mine
    assert mine.owner == first.owner


def test_a_deleted_job_that_is_asked_for_again_starts_anew(jobs):
    finished(jobs, "a", public=True)
    gone = jobs.delete("a")
    again = jobs.create(a_job(owner="bob"))
    assert (again.status, again.owner, again.deleted) == (Status.QUEUED, "bob", False)
    assert again.result_key is None
    assert again.fence > gone.fence
    assert again.version > gone.version


def test_an_unknown_id_is_not_found(jobs):
    with pytest.raises(JobNotFound, match="nobody"):
        jobs.get("nobody")


def test_a_claimed_job_cannot_be_claimed_again(jobs):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    assert (mine.status, mine.attempts, mine.fence) == (Status.RUNNING, 1, 1)
    assert jobs.claim("a", lease_seconds=LEASE) is None


def test_of_many_that_claim_at_once_exactly_one_wins(jobs):
    for number in range(20):
        jobs.create(a_job(f"job-{number}"))
    start = threading.Barrier(8)

    def drain(_):
        start.wait()
        taken = []
        while job := jobs.claim_next(lease_seconds=LEASE):
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(id for each in pool.map(drain, range(8)) for id in each)
    assert taken == Counter(f"job-{number}" for number in range(20))


def test_a_report_is_kept_renews_the_lease_and_never_says_all(jobs, clock):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    clock.advance(LEASE - 1)
    told = report(jobs, mine, fraction=1.0)
    assert (told.eta_seconds, told.stage, told.preview_version) == (4.5, "192 px", 2)
    assert told.fraction < 1
    clock.advance(LEASE - 1)
    assert jobs.sweep() == []


def test_renewing_keeps_the_job_while_there_is_nothing_to_tell(jobs, clock):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    clock.advance(LEASE - 1)
    jobs.renew("a", mine.fence, lease_seconds=LEASE)
    clock.advance(LEASE - 1)
    assert jobs.sweep() == []


def test_a_worker_that_lost_its_lease_can_write_nothing(jobs, clock):
    jobs.create(a_job())
    asleep = jobs.claim("a", lease_seconds=LEASE)
    clock.advance(LEASE + 1)
    awake = jobs.claim("a", lease_seconds=LEASE)
    assert awake.fence > asleep.fence
    with pytest.raises(LeaseLost):
        report(jobs, asleep)
    with pytest.raises(LeaseLost):
        jobs.finish("a", asleep.fence, Status.DONE, result_key="late.png")
    assert jobs.finish("a", awake.fence, Status.DONE, result_key="a.png").result_key == "a.png"


def test_a_job_ends_exactly_once(jobs):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    done = jobs.finish("a", mine.fence, Status.DONE, width=4, height=3, seconds=1.5)
    assert (done.status, done.fraction, done.width) == (Status.DONE, 1.0, 4)
    for status in (Status.DONE, Status.FAILED, Status.CANCELLED):
        with pytest.raises(LeaseLost):
            jobs.finish("a", mine.fence, status)
    assert jobs.get("a") == done
    assert jobs.claim("a", lease_seconds=LEASE) is None


def test_a_failed_job_says_why(jobs):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    failed = jobs.finish("a", mine.fence, Status.FAILED, error="No memory.", error_code="failed")
    assert (failed.status, failed.error) == (Status.FAILED, "No memory.")


def test_a_silent_worker_loses_the_job_and_after_the_last_attempt_it_fails(jobs, clock):
    jobs.create(a_job())
    for attempt in (1, 2, 3):
        assert jobs.claim("a", lease_seconds=LEASE).attempts == attempt
        clock.advance(LEASE + 1)
        (swept,) = jobs.sweep()
        assert jobs.sweep() == []
        expected = Status.FAILED if attempt == 3 else Status.QUEUED
        assert swept.status is expected
    assert "3 times" in swept.error
    assert swept.error_code == "worker_lost"
    assert jobs.claim("a", lease_seconds=LEASE) is None


def test_a_job_that_is_handed_back_has_lost_no_attempt(jobs):
    jobs.create(a_job())
    jobs.create(a_job("b"))
    mine = jobs.claim("a", lease_seconds=LEASE)
    back = jobs.release("a", mine.fence)
    assert (back.status, back.attempts) == (Status.QUEUED, 0)
    assert jobs.place_in_line("a") == 1


def test_a_queued_job_is_cancelled_at_once(jobs):
    jobs.create(a_job())
    assert jobs.request_cancel("a").status is Status.CANCELLED
    assert jobs.claim("a", lease_seconds=LEASE) is None


def test_the_worker_of_a_running_job_is_told_to_stop(jobs):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    assert jobs.request_cancel("a").status is Status.RUNNING
    assert report(jobs, mine).cancel_requested
    assert jobs.finish("a", mine.fence, Status.CANCELLED).status is Status.CANCELLED


def test_a_cancelled_job_whose_worker_died_ends_cancelled(jobs, clock):
    jobs.create(a_job())
    jobs.claim("a", lease_seconds=LEASE)
    jobs.request_cancel("a")
    clock.advance(LEASE + 1)
    assert jobs.claim("a", lease_seconds=LEASE) is None
    assert [job.status for job in jobs.sweep()] == [Status.CANCELLED]


def test_cancelling_what_has_ended_changes_nothing(jobs):
    done = finished(jobs, "a")
    assert jobs.request_cancel("a") == done


def test_a_failed_job_can_be_tried_again_from_the_end_of_the_line(jobs, clock):
    jobs.create(a_job())
    mine = jobs.claim("a", lease_seconds=LEASE)
    jobs.finish("a", mine.fence, Status.FAILED, error="No memory.")
    jobs.create(a_job("b"))
    clock.advance(1)
    again = jobs.requeue("a")
    assert (again.status, again.error, again.attempts) == (Status.QUEUED, "", 0)
    assert [jobs.place_in_line(id) for id in ("a", "b")] == [2, 1]
    assert jobs.requeue("a") == again


def test_only_a_job_that_nobody_paints_can_be_given_up(jobs):
    jobs.create(a_job())
    jobs.create(a_job("b"))
    jobs.claim("b", lease_seconds=LEASE)
    assert jobs.give_up("a", error="No worker could take it.", error_code="x").status == "failed"
    assert jobs.give_up("b", error="No worker could take it.", error_code="x") is None


def test_the_place_in_line_counts_those_before_of_the_same_engine(jobs, clock):
    for id, engine in (("a", "gatys"), ("b", "fast"), ("c", "gatys"), ("d", "gatys")):
        jobs.create(a_job(id, engine=engine))
        clock.advance(1)
    assert [jobs.place_in_line(id) for id in "abcd"] == [1, 1, 2, 3]
    jobs.claim_next(lease_seconds=LEASE, engine="gatys")
    assert [jobs.place_in_line(id) for id in "abcd"] == [0, 1, 1, 2]
    assert jobs.count(Status.QUEUED) == 3
    assert jobs.count(Status.QUEUED, engine="fast") == 1
    assert jobs.seconds_waiting(clock.time) == 3


def test_results_expire_into_tombstones_that_are_forgotten_later(jobs, clock):
    finished(jobs, "a", public=True)
    jobs.create(a_job("b"))
    clock.advance(101)
    (expired,) = jobs.expire()
    assert (expired.id, expired.expired, expired.public) == ("a", True, False)
    assert jobs.expire() == []
    assert jobs.get("b").status is Status.QUEUED
    clock.advance(31 * 86_400)
    jobs.expire()
    with pytest.raises(JobNotFound):
        jobs.get("a")


def test_deleting_leaves_a_tombstone_and_stops_the_worker(jobs):
    finished(jobs, "a", public=True)
    jobs.create(a_job("b"))
    mine = jobs.claim("b", lease_seconds=LEASE)
    jobs.create(a_job("c"))
    assert [jobs.delete(id).deleted for id in "abc"] == [True, True, True]
    assert report(jobs, mine).cancel_requested
    assert jobs.get("c").status is Status.CANCELLED
    assert jobs.of_owner("ann") == []
    assert jobs.feed() == []


def test_an_owner_sees_their_own_jobs_newest_first_page_by_page(jobs, clock):
    for number in range(5):
        jobs.create(a_job(f"{number}", owner="bob" if number == 2 else "ann"))
        clock.advance(1)
    first = jobs.of_owner("ann", limit=2)
    rest = jobs.of_owner("ann", before=first[-1].created_at)
    assert [job.id for job in first + rest] == ["4", "3", "1", "0"]


def test_the_feed_shows_only_what_is_public_and_done(jobs, clock):
    finished(jobs, "private")
    finished(jobs, "first", public=True)
    jobs.create(a_job("running", public=True))
    assert [job.id for job in jobs.feed()] == ["first"]
    clock.advance(1)
    jobs.set_public("private", True)
    assert [job.id for job in jobs.feed()] == ["private", "first"]
    assert [job.id for job in jobs.feed(before=clock.time)] == ["first"]
    jobs.set_public("private", False)
    assert [job.id for job in jobs.feed()] == ["first"]


def test_every_change_gives_the_row_a_new_version(jobs):
    versions = [jobs.create(a_job()).version]
    mine = jobs.claim("a", lease_seconds=LEASE)
    versions += [mine.version, report(jobs, mine).version, jobs.set_public("a", True).version]
    versions += [jobs.finish("a", mine.fence, Status.DONE).version]
    assert versions == sorted(set(versions))
    assert jobs.set_public("a", True).version == versions[-1]


def test_queued_jobs_without_a_recent_message_are_found_once(jobs, clock):
    jobs.create(a_job("a"))
    clock.advance(50)
    jobs.create(a_job("b"))
    clock.advance(20)
    assert [job.id for job in jobs.lost(older_than_seconds=60)] == ["a"]
    assert jobs.lost(older_than_seconds=60) == []


def test_processes_that_start_at_once_upgrade_the_table_once(url):
    start = threading.Barrier(4)

    def open_and_create(number):
        store = JobStore(url)
        start.wait()
        store.create(a_job(f"{number}"))
        return store

    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_and_create, range(4)))
    assert stores[0].count(Status.QUEUED) == 4
    for store in stores:
        store.close()


@pytest.mark.servers
def test_a_database_that_goes_away_and_comes_back_is_survived(postgresql, wait):
    store = JobStore(postgresql.new_database())
    store.create(a_job())
    postgresql.kill()
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            store.create(a_job("b"))
    postgresql.start()
    assert store.claim("a", lease_seconds=LEASE).status is Status.RUNNING
    assert store.create(a_job("b")).version == 1
    store.close()


def test_a_database_that_is_away_is_told_in_words():
    store = JobStore("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StorageUnavailable, match="cannot be reached"):
        store.get("a")


def test_a_table_that_cannot_be_opened_is_told_in_words(tmp_path):
    (tmp_path / "jobs.db").mkdir()
    with pytest.raises(StorageUnavailable):
        JobStore(f"sqlite:///{tmp_path}/jobs.db").get("a")


@pytest.mark.parametrize("url", ["", "mysql://localhost/jobs", "no url"])
def test_only_sqlite_and_postgresql_urls_are_accepted(url):
    with pytest.raises(BadSettings, match="STYLEKIT_DATABASE"):
        JobStore(url)
