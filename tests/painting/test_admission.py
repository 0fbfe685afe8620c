"""Admission: how many paint at once, how many wait, and who is refused."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.errors import Busy
from stylekit.jobs import Status
from stylekit.painting.admission import Admission
from tests.fakes import order


def test_beyond_the_queue_the_answer_is_busy_and_the_others_finish(transfers, fast, settings, wait):
    fast.go_on.clear()
    admission = transfers.executor.admissions["fast"]
    with ThreadPoolExecutor(settings.painting_threads) as threads:
        accepted = [
            threads.submit(transfers.paint, order(owner=f"{n}"))
            for n in range(settings.painting_threads)
        ]
        wait(lambda: admission.waiting == settings.waiting_painters)
        with pytest.raises(Busy) as refusal:
            transfers.paint(order())
        fast.go_on.set()
        assert all(each.result().data for each in accepted)
    assert refusal.value.retry_after_seconds >= 1
    assert fast.most_at_once == settings.painters


def test_a_slot_that_does_not_become_free_in_time_is_busy(transfers, fast, wait):
    fast.go_on.clear()
    admission = transfers.executor.admissions["fast"]
    admission.wait_seconds = 0.05
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(transfers.paint, order())
        wait(lambda: admission.running == 1)
        with pytest.raises(Busy):
            transfers.paint(order())
        assert admission.waiting == 0
        fast.go_on.set()
        assert waiting.result().data


def test_a_fast_painting_does_not_wait_for_a_slow_job(transfers, running):
    assert transfers.paint(order()).data
    fast_job = transfers.submit(order())
    assert transfers.wait(fast_job.id, 60).status == Status.DONE
    assert transfers.access.find(running.id).status == Status.RUNNING


class Callers:
    """Threads that wait for a slot, and the order in which they got one."""

    def __init__(self, admission):
        self.admission, self.started, self.threads = admission, [], ThreadPoolExecutor(16)
        self.go_on = threading.Semaphore(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """All get a slot, one after the other."""
        for _ in range(16):
            self.go_on.release()
        self.threads.shutdown()

    def come(self, *names, wait):
        for name in names:
            count = self.admission.running + self.admission.waiting + 1
            self.threads.submit(self.hold_slot, tuple(name.split("/")))
            wait(lambda count=count: self.admission.running + self.admission.waiting == count)

    def hold_slot(self, requester):
        with self.admission.slot(requester):
            self.started.append("/".join(requester))
            assert self.go_on.acquire(timeout=60)


def test_callers_take_turns_however_many_requests_one_of_them_sent_first(wait):
    with Callers(Admission(slots=1, max_waiting=16, wait_seconds=60)) as callers:
        callers.come("x/flood", "x/flood", "x/flood", "x/other", "y/me", "y/me", wait=wait)
    assert callers.started == ["x/flood", "y/me", "x/other", "y/me", "x/flood", "x/flood"]


def test_whoever_floods_the_queue_leaves_room_for_somebody_else(wait):
    admission = Admission(slots=1, max_waiting=4, wait_seconds=60)
    with Callers(admission) as callers:
        callers.come("x/flood", "x/flood", "x/flood", wait=wait)
        with pytest.raises(Busy):
            admission.refuse_if_full(("x", "flood"))
        admission.refuse_if_full(("x", "another"))
        admission.refuse_if_full(("y", "me"))


def test_retry_after_is_when_the_queue_has_room_again(wait):
    admission = Admission(slots=1, max_waiting=1, wait_seconds=60)
    admission._seconds = 30.0  # as paintings took lately
    with Callers(admission) as callers:
        callers.come("x/a", "y/b", wait=wait)
        with pytest.raises(Busy) as refusal:
            admission.refuse_if_full(("z", "c"))
    assert refusal.value.retry_after_seconds <= 30  # not 60, when all would be painted


def test_whoever_gave_up_waiting_leaves_the_queue(wait):
    admission = Admission(slots=1, max_waiting=4, wait_seconds=0.01)
    with Callers(admission) as callers:
        callers.come("x/a", wait=wait)
        with pytest.raises(Busy), admission.slot(("y", "b")):
            pass
        assert (admission.running, admission.waiting) == (1, 0)
    assert (admission.running, admission.waiting) == (0, 0)


def test_one_address_never_has_every_slot(wait):
    admission = Admission(slots=3, max_waiting=16, wait_seconds=60, max_each=2)
    with Callers(admission) as callers:
        callers.come("x/a", "x/b", "x/c", wait=wait)
        assert (admission.running, admission.waiting) == (2, 1)
        callers.come("y/me", wait=wait)
        assert (admission.running, admission.waiting) == (3, 1)
    assert sorted(callers.started) == ["x/a", "x/b", "x/c", "y/me"]
