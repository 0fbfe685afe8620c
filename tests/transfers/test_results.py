"""What can be fetched of a job, before and after it is done."""

import numpy as np
import pytest

from stylekit.errors import BadOption, NotReady
from stylekit.transfers.access import Caller
from tests.fakes import job_order, picture_bytes, pixels


def test_content_style_and_a_sheet_of_three_can_be_fetched(transfers, done):
    assert np.array_equal(pixels(transfers.results.content(done.id)[0]), pixels(picture_bytes()))
    assert pixels(transfers.results.style(done.id)[0]).shape == (64, 64, 3)
    sheet, mime = transfers.results.grid(done.id)
    assert mime == "image/jpeg"
    assert pixels(sheet).shape[1] > 64 + 48 + 64


def test_a_result_is_converted_to_another_format_and_width(transfers):
    job = transfers.submit(job_order(content=picture_bytes(alpha=True)))
    transfers.wait(job.id, 60)
    data, mime = transfers.results.result(job.id, format="webp", width=32)
    assert (mime, pixels(data).shape) == ("image/webp", (24, 32, 3))
    assert b"tint-gatys-1" in data
    for wrong in ({"width": 0}, {"width": 65}, {"format": "exe"}):
        with pytest.raises(BadOption):
            transfers.results.result(job.id, **wrong)


def test_a_result_that_is_not_there_yet_is_not_ready(transfers, running, gatys):
    for ask in (transfers.results.result, transfers.results.grid):
        with pytest.raises(NotReady):
            ask(running.id)


def test_previews_can_be_seen_while_it_is_painted(transfers, running, wait):
    wait(lambda: transfers.access.find(running.id).preview_version)
    data, mime = transfers.results.preview(running.id)
    assert mime == "image/jpeg"
    assert max(pixels(data).shape) <= 640


def test_the_preview_of_what_was_just_finished_is_the_painting_but_smaller(transfers):
    job = transfers.wait(transfers.submit(job_order(content=picture_bytes(1300, 200))).id, 60)
    data, mime = transfers.results.preview(job.id)
    assert (mime, pixels(data).shape) == ("image/jpeg", (637, 98, 3))


def test_there_is_no_preview_of_what_waits_or_was_cancelled(transfers, running):
    waiting = transfers.submit(job_order(options={"seed": 8}))
    with pytest.raises(NotReady):
        transfers.results.preview(waiting.id)
    transfers.cancel(waiting.id, Caller(owner="me"))
    with pytest.raises(NotReady):
        transfers.results.preview(waiting.id)


def test_small_copies_are_made_once_and_kept_beside_the_result(parts, done):
    first = [
        parts.results.content(done.id, 160),
        parts.results.style(done.id, 160),
        parts.results.content(done.id, 100),
    ]
    kept = [key for key in parts.files.list(f"{done.folder}/") if "/small-" in key]
    assert len(kept) == 2  # of one width that pages ask for, not of any
    parts.files.delete(done.content_key)
    assert parts.results.content(done.id, 160) == first[0]
    parts.transfers.delete(done.id, Caller(owner="me"))
    assert list(parts.files.list("jobs/")) == []


def test_a_small_copy_of_a_picture_that_is_deleted_meanwhile_is_not_kept(parts, done):
    write = parts.files.write

    def delete_first(key, data, *, content_type):
        parts.transfers.delete(done.id, Caller(owner="me"))
        write(key, data, content_type=content_type)

    parts.results.files.write = delete_first
    assert parts.results.content(done.id, 160)
    assert list(parts.files.list("jobs/")) == []
