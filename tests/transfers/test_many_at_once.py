"""Many at once: pictures being read, callers that wait, lines that are full."""

import contextlib
import sqlite3
import threading

import pytest

from stylekit.errors import Busy, StillPainting, StylekitError
from stylekit.images import Limits
from stylekit.jobs import Status
from stylekit.transfers.access import Caller
from tests.fakes import job_order, order, picture_bytes, pixels, with_queue

ME = Caller(owner="me")


def test_only_so_many_pictures_are_read_at_a_time(parts, done):
    there = with_queue(parts, parts.queue, wait_seconds=0.1)
    with contextlib.ExitStack() as slots:
        for _ in range(there.reading.slots):
            slots.enter_context(there.reading.slot())
        for ask in (
            lambda: there.submit(job_order(style="indigo")),
            lambda: there.paint(order()),
            lambda: there.results.result(done.id, format="webp"),
            lambda: there.results.grid(done.id),
        ):
            with pytest.raises(Busy) as refusal:
                ask()
            assert refusal.value.retry_after_seconds >= 1
    assert len(there.mine("me")) == 1
    assert there.results.grid(done.id)


def test_one_address_leaves_a_place_for_reading_to_the_others(parts):
    there = parts.transfers
    there.reading.wait_seconds = 0.1
    with contextlib.ExitStack() as slots:
        for number in range(there.reading.slots - 1):
            slots.enter_context(there.reading.slot(("x", f"{number}")))
        for ask in (
            lambda: there.submit(job_order(address="x")),
            lambda: there.paint(order(address="x")),
            lambda: parts.uploads.keep("me", picture_bytes(), requester=("x", "me")),
            lambda: parts.uploads.reduced(picture_bytes(), 32, requester=("x", "me")),
        ):
            with pytest.raises(Busy):
                ask()
        assert there.paint(order(address="y")).data
        assert parts.uploads.keep("you", picture_bytes(), requester=("y", "you"))


def test_only_so_many_wait_for_a_worker_and_the_next_is_told_where_to_ask(parts, fast, wait):
    there = with_queue(parts, parts.queue, threads=10, max_streams=8)
    fast.go_on.clear()
    first = threading.Thread(target=there.paint, args=(order(),))
    first.start()
    wait(lambda: there.mine("me"))
    with pytest.raises(StillPainting) as late:
        there.paint(order(style="indigo"))
    fast.go_on.set()
    first.join()
    assert there.wait(late.value.job_id, 60).status == Status.DONE


def test_a_full_line_of_one_engine_leaves_the_other_open(transfers, running, settings):
    transfers.submission.max_queued = 1
    transfers.submit(job_order(style="indigo"))
    with pytest.raises(Busy):
        transfers.submit(job_order(style="celadon"))
    quick = transfers.submit(order())
    assert transfers.wait(quick.id, 60).status == Status.DONE


def test_what_was_accepted_once_can_be_painted_again_though_its_copy_is_larger(parts):
    photo = picture_bytes(200, 300, "webp")
    parts.transfers.requests.limits = Limits(max_bytes=len(photo), max_pixels=10**6)
    job = parts.transfers.submit(job_order(content=photo, format="jpeg"))
    assert len(parts.results.content(job.id)[0]) > len(photo)
    again = parts.transfers.run_again(job.id, ME, {"seed": 7})
    assert parts.transfers.wait(again.id, 60).status == Status.DONE


def test_a_picture_in_a_preset_that_is_no_more_can_be_painted_again(parts, done):
    catalogue = parts.settings.styles_url
    with open(f"{catalogue}/catalogue.json", "w") as file:
        file.write("[]")
    again = parts.transfers.run_again(done.id, ME, {"seed": 7})
    assert parts.transfers.wait(again.id, 60).status == Status.DONE
    assert again.style_id is None


def test_what_keeps_its_orientation_keeps_it_when_it_is_painted_again(parts):
    sideways = picture_bytes(40, 60, "jpeg", orientation=6)
    job = parts.transfers.submit(job_order(content=sideways, keep_orientation=True))
    parts.transfers.wait(job.id, 60)
    again = parts.transfers.run_again(job.id, ME, {"seed": 7})
    parts.transfers.wait(again.id, 60)
    shapes = [pixels(parts.results.result(each.id)[0]).shape for each in (job, again)]
    assert shapes == [(40, 60, 3)] * 2


def test_a_sheet_with_a_mere_strip_of_a_style_stays_small(transfers):
    strip = picture_bytes(16, 6000)
    job = transfers.submit(job_order(content=picture_bytes(600, 20), style=strip))
    transfers.wait(job.id, 60)
    height, width, _ = pixels(transfers.results.grid(job.id)[0]).shape
    assert (height, width) == (600 + 16, 20 + 2400 + 20 + 4 * 8)


def test_a_database_that_is_locked_does_not_hold_the_places_for_reading(transfers, settings, wait):
    there, changes = transfers, []
    there.reading.on_change = changes.append  # three of each: in line, inside, gone
    busy = [
        threading.Thread(target=refused, args=(there, f"{number}"))
        for number in range(there.reading.slots + 1)
    ]
    with sqlite3.connect(settings.data / "stylekit.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        for each in busy:
            each.start()
        wait(lambda: len(changes) >= 3 * len(busy) and there.reading.running == 0)
        there.paint(order())  # needs no table
        other.execute("ROLLBACK")
    other.close()
    for each in busy:
        each.join()


def refused(transfers, owner):
    """Submit, whatever comes of it."""
    with contextlib.suppress(StylekitError):
        transfers.submit(job_order(owner=owner))


def test_pictures_that_wait_take_no_more_memory_than_is_there_for_them(transfers, fast, wait):
    there = transfers
    there.memory.max_bytes = there.requests.read(order()).nbytes
    fast.go_on.clear()
    first = threading.Thread(target=there.paint, args=(order(),))
    first.start()
    wait(lambda: there.memory.bytes)
    with pytest.raises(Busy, match="MB of memory"):
        there.paint(order(style="indigo"))
    fast.go_on.set()
    first.join()
    there.paint(order(style="indigo"))
    assert there.memory.bytes == 0
