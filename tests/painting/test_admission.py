"""How many paint at once, how many wait, and what the others are told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.errors import Busy
from stylekit.jobs import Status
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
    assert transfers.wait(fast_job.id, 5).status == Status.DONE
    assert transfers.access.find(running.id).status == Status.RUNNING
