"""Many jobs, and the table itself: the line, owners, the feed, expiry, databases that go away."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from stylekit.errors import BadSettings, JobNotFound, StorageUnavailable
from stylekit.jobs import JobStore, Status
from stylekit.jobs.database import Database, upgrade
from stylekit.jobs.queries import IDS_AT_A_TIME
from stylekit.jobs.table import JOBS
from tests.jobs.job_table import LEASE, a_job, create, finished, place_in_line, report


def test_the_place_in_line_counts_those_before_of_the_same_engine(jobs, clock):
    for id, engine in (("a", "gatys"), ("b", "fast"), ("c", "gatys"), ("d", "gatys")):
        create(jobs, a_job(id, engine=engine))
        clock.advance(1)
    assert [place_in_line(jobs, id) for id in "abcd"] == [1, 1, 2, 3]
    jobs.claims.claim("a", lease_seconds=LEASE)
    assert [place_in_line(jobs, id) for id in "abcd"] == [None, 1, 1, 2]
    assert jobs.queries.count(Status.QUEUED) == 3
    assert jobs.queries.count(Status.QUEUED, engine="fast") == 1


def test_of_many_ids_the_folders_of_those_that_live_are_told(jobs, clock):
    for id in "abc":
        create(jobs, a_job(id))
    jobs.delete("b")
    many = [str(number) for number in range(2 * IDS_AT_A_TIME)]
    found = jobs.queries.folders([*many, "a", "b", "c"])
    assert found == {id: jobs.get(id).folder for id in "ac"}
    assert jobs.queries.folders([]) == {}


def test_results_expire_into_tombstones_that_are_forgotten_later(jobs, clock):
    finished(jobs, "a", public=True)
    create(jobs, a_job("b"))
    clock.advance(101)
    (expired,) = jobs.maintenance.expire()
    assert (expired.id, expired.expired, expired.public) == ("a", True, False)
    assert jobs.maintenance.expire() == []
    assert jobs.get("b").status is Status.QUEUED
    clock.advance(31 * 86_400)
    jobs.maintenance.expire()
    with pytest.raises(JobNotFound):
        jobs.get("a")


def test_deleting_leaves_a_tombstone_and_stops_the_worker(jobs):
    finished(jobs, "a", public=True)
    create(jobs, a_job("b"))
    mine = jobs.claims.claim("b", lease_seconds=LEASE)
    create(jobs, a_job("c"))
    assert [jobs.delete(id).deleted for id in "abc"] == [True, True, True]
    assert report(jobs, mine).cancel_requested
    assert jobs.get("c").status is Status.CANCELLED
    assert jobs.queries.of_owner("ann") == []
    assert jobs.queries.feed() == []


def test_an_owner_sees_their_own_jobs_newest_first_page_by_page(jobs, clock):
    for number in range(5):
        create(jobs, a_job(f"{number}", owner="bob" if number == 2 else "ann"))
        clock.advance(1)
    first = jobs.queries.of_owner("ann", limit=2)
    rest = jobs.queries.of_owner("ann", before=first[-1].created_at)
    assert [job.id for job in first + rest] == ["4", "3", "1", "0"]


def test_the_feed_shows_only_what_is_public_and_done(jobs, clock):
    finished(jobs, "private")
    finished(jobs, "first", public=True)
    create(jobs, a_job("running", public=True))
    assert [job.id for job in jobs.queries.feed()] == ["first"]
    clock.advance(1)
    jobs.sharing.set_public("private", True)
    assert [job.id for job in jobs.queries.feed()] == ["private", "first"]
    assert [job.id for job in jobs.queries.feed(before=clock.time)] == ["first"]
    jobs.sharing.set_public("private", False)
    assert [job.id for job in jobs.queries.feed()] == ["first"]


def test_what_was_in_the_feed_and_is_taken_back_is_withdrawn_until_it_is_shown_again(jobs):
    finished(jobs, "a", public=True)
    assert not jobs.get("a").withdrawn
    assert jobs.sharing.set_public("a", False).withdrawn
    assert jobs.sharing.set_public("a", False).withdrawn  # again
    assert not jobs.sharing.set_public("a", True).withdrawn


def test_what_never_was_in_the_feed_is_not_withdrawn(jobs):
    create(jobs, a_job("waits", public=True))
    assert not jobs.sharing.set_public("waits", False).withdrawn


def test_every_change_gives_the_row_a_new_version(jobs):
    versions = [create(jobs, a_job()).version]
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    versions += [
        mine.version,
        report(jobs, mine).version,
        jobs.sharing.set_public("a", True).version,
    ]
    versions += [jobs.claims.finish("a", mine.fence, Status.DONE).version]
    assert versions == sorted(set(versions))
    assert jobs.sharing.set_public("a", True).version == versions[-1]


def test_queued_jobs_without_a_recent_message_are_found_once_and_as_many_as_are_missing(
    jobs, clock
):
    for id in ("a", "b"):
        create(jobs, a_job(id))
        clock.advance(50)
    create(jobs, a_job("c"))
    clock.advance(20)
    create(jobs, a_job("elsewhere", engine="fast"))

    def mark_resent(most):
        found = jobs.maintenance.mark_resent("gatys", most=most, older_than_seconds=60)
        return [job.id for job in found]

    assert [mark_resent(1), mark_resent(5), mark_resent(5)] == [["a"], ["b"], []]


def test_processes_that_start_at_once_upgrade_the_table_once(url):
    start = threading.Barrier(4)

    def open_and_create(number):
        store = JobStore(url)
        start.wait()
        create(store, a_job(f"{number}"))
        return store

    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_and_create, range(4)))
    assert stores[0].queries.count(Status.QUEUED) == 4
    for store in stores:
        store.close()


def test_tables_of_one_process_that_are_upgraded_at_once_do_not_disturb_each_other(tmp_path):
    def open_and_create(number):
        store = JobStore(f"sqlite:///{tmp_path}/{number}.db")
        create(store, a_job(f"{number}"))
        store.close()
        return store.queries.count(Status.QUEUED)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_and_create, range(8))) == [1] * 8


def test_a_new_file_in_which_another_process_writes_is_waited_for(tmp_path):
    other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE writes (number INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    store = JobStore(f"sqlite:///{tmp_path}/jobs.db")
    create(store, a_job("a"))
    assert store.get("a").id == "a"
    store.close()
    other.close()


def table_of(version, url, rows, *, without):
    """A table as a version made it, which did not have those columns."""
    database = Database(url)
    upgrade(database.engine, to=version)
    with database.engine.begin() as connection:
        for row in rows:
            values = {name: value for name, value in asdict(row).items() if name not in without}
            connection.execute(JOBS.insert().values(values))
    database.close()


def test_rows_of_the_table_before_jobs_could_be_withdrawn_are_kept(url):
    later = {"withdrawn", "finish_requested", "address", "cost", "served_at", "photo_shared"}
    table_of("0001", url, [a_job("earlier")], without=later)
    store = JobStore(url)
    assert not store.get("earlier").withdrawn
    store.close()


def test_what_was_in_the_feed_before_photos_could_be_hidden_keeps_its_photo(url):
    rows = [a_job("shown", public=True), a_job("private")]
    table_of("0004", url, rows, without={"photo_shared"})
    store = JobStore(url)
    assert [store.get(id).photo_shared for id in ("shown", "private")] == [True, False]
    assert not create(store, a_job("new", public=True)).photo_shared
    store.close()


@pytest.mark.servers
def test_a_database_that_goes_away_and_comes_back_is_survived(postgresql, wait):
    store = JobStore(postgresql.new_database())
    create(store, a_job())
    postgresql.kill()
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            create(store, a_job("b"))
    postgresql.start()
    assert store.claims.claim("a", lease_seconds=LEASE).status is Status.RUNNING
    assert create(store, a_job("b")).version == 1
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
