"""How many paint at once, how many wait, and what the others are told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.errors import Busy
from stylekit.jobs import Status
from stylekit.painting.admission import Admission
from tests.fakes import order


def test_beyond_the_line_the_answer_is_busy_and_the_others_finish(transfers, fast, settings, wait):
    fast.go_on.clear()
    gate = transfers.executor.gates["fast"]
    with ThreadPoolExecutor(8) as doors:
        accepted = [
            doors.submit(transfers.paint, order(owner=f"{n}"))
            for n in range(settings.painters + settings.waiting_painters)
        ]
        wait(lambda: gate.in_line == settings.waiting_painters)
        with pytest.raises(Busy) as refusal:
            transfers.paint(order())
        fast.go_on.set()
        assert all(each.result().data for each in accepted)
    assert refusal.value.retry_after_seconds >= 1
    assert fast.most_at_once == settings.painters


def test_a_place_that_does_not_become_free_in_time_is_busy(transfers, fast, wait):
    fast.go_on.clear()
    gate = transfers.executor.gates["fast"]
    gate.wait_seconds = 0.05
    with ThreadPoolExecutor(1) as door:
        held = door.submit(transfers.paint, order())
        wait(lambda: gate.inside == 1)
        with pytest.raises(Busy):
            transfers.paint(order())
        assert gate.in_line == 0
        fast.go_on.set()
        assert held.result().data


def test_a_fast_painting_does_not_wait_for_a_slow_job(transfers, running):
    assert transfers.paint(order()).data
    fast_job = transfers.submit(order())
    assert transfers.wait(fast_job.id, 60).status == Status.DONE
    assert transfers.access.find(running.id).status == Status.RUNNING


class Callers:
    """Threads that wait at a gate, and the order in which they were let in."""

    def __init__(self, gate):
        self.gate, self.entered, self.doors = gate, [], ThreadPoolExecutor(16)
        self.go_on = threading.Semaphore(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """All go through, one after the other."""
        for _ in range(16):
            self.go_on.release()
        self.doors.shutdown()

    def come(self, *names, wait):
        for name in names:
            count = self.gate.inside + self.gate.in_line + 1
            self.doors.submit(self.pass_through, tuple(name.split("/")))
            wait(lambda count=count: self.gate.inside + self.gate.in_line == count)

    def pass_through(self, who):
        with self.gate.place(who):
            self.entered.append("/".join(who))
            assert self.go_on.acquire(timeout=60)


def test_callers_take_turns_however_many_requests_one_of_them_sent_first(wait):
    with Callers(Admission(places=1, waiting=16, wait_seconds=60)) as callers:
        callers.come("x/flood", "x/flood", "x/flood", "x/other", "y/me", "y/me", wait=wait)
    assert callers.entered == ["x/flood", "y/me", "x/other", "y/me", "x/flood", "x/flood"]


def test_whoever_floods_the_line_leaves_room_for_somebody_else(wait):
    gate = Admission(places=1, waiting=4, wait_seconds=60)
    with Callers(gate) as callers:
        callers.come("x/flood", "x/flood", "x/flood", wait=wait)
        with pytest.raises(Busy):
            gate.refuse_if_full(("x", "flood"))
        gate.refuse_if_full(("x", "another"))
        gate.refuse_if_full(("y", "me"))


def test_what_is_told_is_when_the_next_place_in_line_becomes_free(wait):
    gate = Admission(places=1, waiting=1, wait_seconds=60)
    gate._seconds = 30.0  # as paintings took lately
    with Callers(gate) as callers:
        callers.come("x/a", "y/b", wait=wait)
        with pytest.raises(Busy) as refusal:
            gate.refuse_if_full(("z", "c"))
    assert refusal.value.retry_after_seconds <= 30  # not 60, when all would be painted


def test_whoever_gave_up_waiting_leaves_the_line(wait):
    gate = Admission(places=1, waiting=4, wait_seconds=0.01)
    with Callers(gate) as callers:
        callers.come("x/a", wait=wait)
        with pytest.raises(Busy), gate.place(("y", "b")):
            pass
        assert (gate.inside, gate.in_line) == (1, 0)
    assert (gate.inside, gate.in_line) == (0, 0)


def test_one_address_never_has_every_place(wait):
    gate = Admission(places=3, waiting=16, wait_seconds=60, most_each=2)
    with Callers(gate) as callers:
        callers.come("x/a", "x/b", "x/c", wait=wait)
        assert (gate.inside, gate.in_line) == (2, 1)
        callers.come("y/me", wait=wait)
        assert (gate.inside, gate.in_line) == (3, 1)
    assert sorted(callers.entered) == ["x/a", "x/b", "x/c", "y/me"]
