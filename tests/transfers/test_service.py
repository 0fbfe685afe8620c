"""Jobs as callers see them, with the real table, store and threads, and an engine that tints."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from stylekit.errors import (
    Busy,
    Gone,
    JobNotFound,
    NotReady,
    QueueUnavailable,
    StillPainting,
)
from stylekit.jobs import Status
from stylekit.transfers.access import Caller
from stylekit.transfers.service import delete_all
from tests.fakes import COLORS, job_order, order, pixels, stored, with_queue

ME, STRANGER = Caller(owner="me"), Caller(owner="someone else")


def test_a_job_is_painted_and_its_result_is_found_by_its_id(transfers, done):
    data, mime = transfers.results.result(done.id)
    assert (mime, pixels(data).shape) == ("image/png", (48, 64, 3))
    assert (done.fraction, done.width, done.height) == (1.0, 64, 48)
    assert done.engine_version == "tint-gatys-1"
    assert b"tint-gatys-1" in data


def test_a_job_paints_what_paint_paints(transfers):
    job = transfers.wait(transfers.submit(order()).id, 60)
    assert np.array_equal(
        pixels(transfers.results.result(job.id)[0]), pixels(transfers.paint(order()).data)
    )


def test_the_same_request_by_the_same_owner_is_answered_from_what_is_stored(transfers, done, gatys):
    again = transfers.submit(job_order())
    assert (again.id, again.status, again.version) == (done.id, Status.DONE, done.version)
    assert gatys.painted == 1


def test_two_submissions_at_the_same_time_are_painted_once(transfers, gatys):
    with ThreadPoolExecutor(4) as threads:
        jobs = list(threads.map(lambda _: transfers.submit(job_order()), range(4)))
    assert len({job.id for job in jobs}) == 1
    assert transfers.wait(jobs[0].id, 60).status == Status.DONE
    assert gatys.painted == 1


def test_a_running_job_can_be_cancelled(transfers, running):
    transfers.cancel(running.id, ME)
    assert transfers.wait(running.id, 60).status == Status.CANCELLED
    with pytest.raises(NotReady):
        transfers.results.result(running.id)


def test_a_queued_job_can_be_cancelled_and_is_never_painted(transfers, running, gatys, wait):
    queued = transfers.submit(job_order(style="indigo"))
    assert transfers.jobs.queues.of("gatys").positions[queued.id].number == 1
    assert transfers.cancel(queued.id, ME).status == Status.CANCELLED
    gatys.go_on.set()
    transfers.wait(running.id, 60)
    assert transfers.access.find(queued.id).status == Status.CANCELLED
    assert gatys.painted == 1


def test_a_cancelled_job_asked_for_again_is_painted(transfers, running, gatys):
    transfers.cancel(running.id, ME)
    transfers.wait(running.id, 60)
    gatys.go_on.set()
    assert transfers.submit(job_order()).id == running.id
    assert transfers.wait(running.id, 60).status == Status.DONE


def test_a_failed_job_says_why_and_can_be_tried_again(transfers, gatys):
    gatys.fail_with = ValueError("of no use to the caller")
    job = transfers.wait(transfers.submit(job_order()).id, 60)
    assert (job.status, job.error) == (Status.FAILED, "Something broke on our side.")
    gatys.fail_with = None
    again = transfers.run_again(job.id, ME)
    assert (again.id, again.error) == (job.id, "")
    assert transfers.wait(job.id, 60).status == Status.DONE


def test_run_again_with_other_options_is_another_job(transfers, done):
    assert transfers.run_again(done.id, ME).id == done.id
    other = transfers.run_again(done.id, ME, {"seed": 7})
    assert other.id != done.id
    assert other.options == {**done.options, "seed": 7}
    assert transfers.wait(other.id, 60).status == Status.DONE


def test_too_long_a_line_is_busy(transfers, running, settings):
    transfers.submission.max_queued = 1
    transfers.submit(job_order(style="indigo"))
    with pytest.raises(Busy):
        transfers.submit(job_order(style="celadon"))
    assert len(transfers.mine("me")) == 2


def test_a_stranger_may_do_nothing_and_is_told_nothing(transfers, done):
    for act in (
        lambda: transfers.cancel(done.id, STRANGER),
        lambda: transfers.delete(done.id, STRANGER),
        lambda: transfers.set_public(done.id, STRANGER, True),
        lambda: transfers.run_again(done.id, STRANGER),
        lambda: transfers.delete(done.id, Caller()),
        lambda: transfers.delete(done.id, Caller(secret="guessed")),
        lambda: transfers.access.find("0" * 32),
    ):
        with pytest.raises(JobNotFound):
            act()
    assert not transfers.access.may_act(done, STRANGER)
    assert transfers.access.find(done.id).status == Status.DONE


def test_whoever_holds_the_secret_may_act(transfers, done):
    holder = Caller(secret=transfers.access.secret_of(done))
    assert transfers.access.may_act(done, holder)
    transfers.delete(done.id, holder)
    with pytest.raises(Gone):
        transfers.access.find(done.id)


def test_nothing_is_in_the_feed_unless_its_owner_says_so(transfers, done):
    assert transfers.jobs.queries.feed() == []
    transfers.set_public(done.id, ME, True)
    assert [job.id for job in transfers.jobs.queries.feed()] == [done.id]
    transfers.set_public(done.id, ME, False)
    assert transfers.jobs.queries.feed() == []


def test_whoever_read_its_id_in_the_feed_finds_it_no_more_once_it_is_taken_back(transfers, done):
    transfers.set_public(done.id, ME, True)
    assert transfers.access.look(done.id, STRANGER).id == done.id
    transfers.set_public(done.id, ME, False)
    with pytest.raises(JobNotFound):
        transfers.access.look(done.id, STRANGER)
    assert transfers.access.look(done.id, ME).withdrawn
    assert transfers.access.look(done.id, Caller(secret=transfers.access.secret_of(done))).withdrawn


def test_the_feed_has_the_newest_first(transfers):
    ids = []
    for style in COLORS:
        job = transfers.submit(job_order(style=style, public=True))
        transfers.wait(job.id, 60)
        ids.insert(0, job.id)
    assert [job.id for job in transfers.jobs.queries.feed()] == ids
    first = transfers.jobs.queries.feed(limit=1)[0]
    assert [job.id for job in transfers.jobs.queries.feed(before=first.published_at)] == ids[1:]


def test_a_public_picture_painted_now_is_in_the_feed(transfers):
    assert transfers.paint(order(public=True)).data
    assert [job.engine for job in transfers.jobs.queries.feed()] == ["fast"]


def test_owners_list_their_own_pictures(transfers, done):
    transfers.submit(job_order(owner="someone else"))
    assert [job.id for job in transfers.mine("me")] == [done.id]


def test_a_deleted_picture_is_gone_with_its_files(parts, done):
    parts.transfers.delete(done.id, ME)
    assert stored(parts) == []
    assert parts.transfers.mine("me") == []
    for ask in (parts.access.find, parts.results.result, parts.results.content):
        with pytest.raises(Gone):
            ask(done.id)
    parts.transfers.delete(done.id, ME)


def test_a_picture_deleted_while_it_is_painted_leaves_nothing(parts, running, gatys, wait):
    parts.transfers.delete(running.id, ME)
    wait(lambda: parts.jobs.get(running.id).status.is_final)
    wait(lambda: gatys.at_once == 0)
    wait(lambda: stored(parts) == [])


def test_a_deleted_picture_asked_for_again_is_painted_anew(transfers, done, gatys):
    transfers.delete(done.id, ME)
    assert transfers.submit(job_order()).id == done.id
    assert transfers.wait(done.id, 60).status == Status.DONE
    assert gatys.painted == 2


def test_an_owner_deletes_everything_at_once(parts):
    transfers = parts.transfers
    jobs = [transfers.submit(job_order(style=style)) for style in COLORS]
    kept = transfers.submit(job_order(owner="someone else"))
    for job in [*jobs, kept]:
        transfers.wait(job.id, 60)
    assert delete_all(transfers, "me") == 3
    assert transfers.mine("me") == []
    assert {key.split("/")[1] for key in stored(parts)} == {kept.id}


class AwayQueue:
    """A queue whose broker is away; `meanwhile` is what others do until that is noticed."""

    def __init__(self, meanwhile=lambda: None):
        self.meanwhile = meanwhile

    def put(self, job_id, *, engine):
        self.meanwhile()
        raise QueueUnavailable("The queue is away.")


def test_nothing_half_made_stays_when_the_broker_is_away(parts):
    away = with_queue(parts, AwayQueue())
    with pytest.raises(QueueUnavailable):
        away.submit(job_order())
    assert stored(parts) == []
    assert away.mine("me") == []
    job = parts.transfers.submit(job_order())
    assert parts.transfers.wait(job.id, 60).status == Status.DONE


def test_a_job_accepted_while_the_same_request_of_another_process_fails_is_not_lost(parts):
    accepted = []
    away = with_queue(
        parts, AwayQueue(lambda: accepted.append(parts.transfers.submit(job_order())))
    )
    with pytest.raises(QueueUnavailable):
        away.submit(job_order())
    parts.jobs.now = lambda: time.time() + 60
    parts.maintenance.sweep()  # nobody sent a message for it
    assert parts.transfers.wait(accepted[0].id, 60).status == Status.DONE


def test_a_retry_that_cannot_be_sent_is_cancelled_and_may_be_tried_again(parts, gatys):
    gatys.fail_with = RuntimeError("once")
    job = parts.transfers.submit(job_order())
    assert parts.transfers.wait(job.id, 60).status == Status.FAILED
    gatys.fail_with = None
    with pytest.raises(QueueUnavailable):
        with_queue(parts, AwayQueue()).submit(job_order())
    assert parts.access.find(job.id).status == Status.CANCELLED
    again = parts.transfers.submit(job_order())
    assert parts.transfers.wait(again.id, 60).status == Status.DONE


def test_of_two_retries_at_once_the_second_is_kept_when_the_first_cannot_be_sent(parts, gatys):
    gatys.fail_with = RuntimeError("once")
    failed = parts.transfers.wait(parts.transfers.submit(job_order()).id, 60)
    gatys.fail_with = None
    late = with_queue(parts, parts.queue)
    accepted = []

    def late_retry():  # it looked before the first put the job in line
        accepted.append(late.submission.start_again(failed))

    first = with_queue(parts, AwayQueue(late_retry))
    with pytest.raises(QueueUnavailable):
        first.run_again(failed.id, ME)
    assert accepted[0].status == Status.QUEUED
    parts.jobs.now = lambda: time.time() + 60
    parts.maintenance.sweep()  # nobody sent a message for it
    assert parts.transfers.wait(failed.id, 60).status == Status.DONE


def test_a_failed_job_whose_pictures_are_gone_is_painted_when_they_are_sent_again(parts, gatys):
    gatys.fail_with = RuntimeError("once")
    job = parts.transfers.submit(job_order())
    assert parts.transfers.wait(job.id, 60).status == Status.FAILED
    gatys.fail_with = None
    for key in stored(parts):
        parts.files.delete(key)
    again = parts.transfers.submit(job_order())
    assert (again.id, parts.transfers.wait(again.id, 60).status) == (job.id, Status.DONE)


def test_with_a_broker_paint_waits_for_a_worker(parts, fast):
    there = with_queue(parts, parts.queue)
    assert there.paint(order()).data
    assert len(there.mine("me")) == 1


def test_a_worker_that_is_too_slow_is_busy_and_asking_again_gets_the_picture(parts, fast):
    there = with_queue(parts, parts.queue, wait_seconds=0.2)
    fast.go_on.clear()
    with pytest.raises(StillPainting) as late:
        there.paint(order())
    fast.go_on.set()
    assert there.wait(late.value.job_id, 60).status == Status.DONE
    assert there.paint(order()).data
    assert fast.painted == 1
