"""What a caller can ask for, with the real table, store and threads, and an engine that tints."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylekit import images
from stylekit.errors import (
    BadOption,
    BadPicture,
    Busy,
    Gone,
    JobNotFound,
    NotReady,
    QueueUnavailable,
    StyleNotFound,
)
from stylekit.jobs import Status
from stylekit.orders import Caller, Order
from stylekit.transfers import Transfers
from tests.fakes import COLORS, alpha, picture_bytes, pixels

ME, STRANGER = Caller(owner="me"), Caller(owner="someone else")


def order(**changes):
    """A photograph in the first preset's style."""
    return Order(**{"content": picture_bytes(), "style": "vermilion", "owner": "me", **changes})


def job_order(**changes):
    """The same, for the engine that paints jobs."""
    return order(**{"engine": "gatys", **changes})


@pytest.fixture
def done(transfers):
    """A finished job."""
    job = transfers.wait(transfers.submit(job_order()).id, 10)
    assert job.status == Status.DONE
    return job


@pytest.fixture
def running(transfers, gatys, wait):
    """A job that is held in the middle of being painted."""
    gatys.go_on.clear()
    job = transfers.submit(job_order())
    return wait(lambda: (now := transfers.find(job.id)).status == Status.RUNNING and now)


def stored(parts) -> list[str]:
    return sorted(parts.files.list("jobs/"))


# Painting now


def test_a_photograph_is_painted_in_the_style_of_a_preset(transfers):
    painted = transfers.paint(order())
    expected = pixels(picture_bytes())
    expected += 0.5 * (np.float32(COLORS["vermilion"]) - expected)
    assert np.abs(pixels(painted.data) - expected).max() < 0.01
    assert (painted.width, painted.height, painted.format) == (64, 48, "png")


def test_a_preset_is_found_by_its_number(transfers):
    assert transfers.paint(order(style=1)).data
    assert transfers.paint(order(style=1)).description["style"] == "vermilion"


def test_a_style_can_be_a_picture_of_ones_own(transfers):
    blue = picture_bytes(20, 30, color=(0, 0, 1))
    painted = pixels(transfers.paint(order(style=blue)).data)
    assert painted[..., 2].mean() > pixels(picture_bytes())[..., 2].mean() + 0.2


@pytest.mark.parametrize(
    ("came", "asked", "comes"),
    [
        ("png", None, "png"),
        ("jpeg", None, "jpeg"),
        ("webp", None, "webp"),
        ("gif", None, "png"),
        ("jpeg", "webp", "webp"),
        ("png", "jpg", "jpeg"),
    ],
)
def test_the_result_has_the_format_that_came_or_was_asked_for(transfers, came, asked, comes):
    painted = transfers.paint(order(content=picture_bytes(format=came), format=asked))
    assert painted.format == comes
    assert images.mime_type(painted.data) == f"image/{comes}"


def test_alpha_is_kept_where_the_format_has_it(transfers):
    photo = picture_bytes(alpha=True)
    assert np.array_equal(alpha(transfers.paint(order(content=photo)).data), alpha(photo))
    assert transfers.paint(order(content=photo, format="jpeg")).format == "jpeg"


def test_engine_version_and_settings_are_inside_the_file(transfers):
    painted = transfers.paint(order(options={"strength": 0.25}))
    assert painted.description["engine_version"] == "tint-fast-1"
    assert b"tint-fast-1" in painted.data
    assert b"0.25" in painted.data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_results_are_upright_whatever_the_camera_held(transfers, orientation):
    photo = picture_bytes(40, 60, "jpeg", orientation=orientation)
    painted = transfers.paint(order(content=photo, options={"strength": 0.0}))
    upright = (60, 40) if orientation >= 5 else (40, 60)
    assert pixels(painted.data).shape[:2] == upright
    assert (painted.height, painted.width) == upright


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"content": b"nothing to see"}, BadPicture),
        ({"content": picture_bytes()[:200]}, BadPicture),
        ({"style": b"nothing to see"}, BadPicture),
        ({"style": "no-such-style"}, StyleNotFound),
        ({"style": 99}, StyleNotFound),
        ({"engine": "crayon"}, BadOption),
        ({"options": {"strength": 7}}, BadOption),
        ({"options": {"sparkle": True}}, BadOption),
        ({"format": "bmp"}, BadOption),
        ({"engine": "gatys", "options": {"max_side": 2048}}, BadOption),
    ],
)
def test_what_cannot_be_painted_is_refused_with_nothing_kept(parts, changes, error):
    for ask in (parts.transfers.paint, parts.transfers.submit):
        with pytest.raises(error):
            ask(order(**changes))
    assert stored(parts) == []
    assert parts.transfers.mine("me") == []


def test_beyond_the_line_the_answer_is_busy_and_the_others_finish(transfers, fast, settings, wait):
    fast.go_on.clear()
    gate = transfers.easel.gates["fast"]
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
    gate = transfers.easel.gates["fast"]
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
    assert transfers.find(running.id).status == Status.RUNNING


# Jobs


def test_a_job_is_painted_and_its_result_is_found_by_its_id(transfers, done):
    data, mime = transfers.result(done.id)
    assert (mime, pixels(data).shape) == ("image/png", (48, 64, 3))
    assert (done.fraction, done.width, done.height) == (1.0, 64, 48)
    assert done.engine_version == "tint-gatys-1"
    assert b"tint-gatys-1" in data


def test_a_job_paints_what_paint_paints(transfers):
    job = transfers.wait(transfers.submit(order()).id, 10)
    assert np.array_equal(
        pixels(transfers.result(job.id)[0]), pixels(transfers.paint(order()).data)
    )


def test_the_same_request_by_the_same_owner_is_answered_from_what_is_stored(transfers, done, gatys):
    again = transfers.submit(job_order())
    assert (again.id, again.status, again.version) == (done.id, Status.DONE, done.version)
    assert gatys.painted == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "someone else"},
        {"content": picture_bytes(seed=1)},
        {"style": "indigo"},
        {"options": {"seed": 1}},
        {"engine": "fast"},
        {"format": "webp"},
        {"keep_orientation": True},
    ],
)
def test_any_other_request_is_another_job(transfers, done, changes):
    assert transfers.submit(job_order(**changes)).id != done.id


def test_a_number_can_be_written_in_two_ways(transfers, done):
    assert transfers.submit(job_order(options={"content_weight": 1})).id == done.id


def test_two_submissions_at_the_same_time_are_painted_once(transfers, gatys):
    with ThreadPoolExecutor(4) as doors:
        jobs = list(doors.map(lambda _: transfers.submit(job_order()), range(4)))
    assert len({job.id for job in jobs}) == 1
    assert transfers.wait(jobs[0].id, 10).status == Status.DONE
    assert gatys.painted == 1


def test_ids_cannot_be_guessed_without_the_secret(transfers, settings, done):
    assert len(done.id) == 32
    request = transfers.orders.read(job_order())
    other = replace(settings, secret="another secret").secret.encode()
    transfers.orders._secret = other
    assert transfers.orders.job_id(request, "tint-gatys-1") != done.id


def test_the_kept_photograph_has_no_place_but_its_orientation(transfers, tmp_path):
    photo = with_place(picture_bytes(40, 60, "jpeg"), tmp_path)
    for keep, tag in ((True, 6), (False, 1)):
        job = transfers.submit(job_order(content=photo, keep_orientation=keep))
        kept, _ = transfers.content(job.id)
        (tmp_path / "kept.jpg").write_bytes(kept)
        with Image.open(tmp_path / "kept.jpg") as image:
            exif = image.getexif()
            assert exif.get_ifd(0x8825) == {}
            assert exif.get(0x0112, 1) == tag
        assert transfers.wait(job.id, 10).status == Status.DONE
        (tmp_path / "result.jpg").write_bytes(transfers.result(job.id)[0])
        with Image.open(tmp_path / "result.jpg") as image:
            assert image.getexif().get(0x0112, 1) == tag
            assert image.size == ((60, 40) if keep else (40, 60))


def with_place(photo: bytes, folder: Path) -> bytes:
    """The photograph as a camera would write it: turned, with the place."""
    file = folder / "photo.jpg"
    file.write_bytes(photo)
    with Image.open(file) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        exif.get_ifd(0x8825)[1] = "N"
        image.load()
        image.save(file, exif=exif, quality=95)
    return file.read_bytes()


def test_content_style_and_a_sheet_of_three_can_be_fetched(transfers, done):
    assert np.array_equal(pixels(transfers.content(done.id)[0]), pixels(picture_bytes()))
    assert pixels(transfers.style(done.id)[0]).shape == (64, 64, 3)
    sheet, mime = transfers.grid(done.id)
    assert mime == "image/jpeg"
    assert pixels(sheet).shape[1] > 64 + 48 + 64


def test_a_result_is_converted_to_another_format_and_width(transfers):
    job = transfers.submit(job_order(content=picture_bytes(alpha=True)))
    transfers.wait(job.id, 10)
    data, mime = transfers.result(job.id, format="webp", width=32)
    assert (mime, pixels(data).shape) == ("image/webp", (24, 32, 3))
    assert b"tint-gatys-1" in data
    for wrong in ({"width": 0}, {"width": 65}, {"format": "exe"}):
        with pytest.raises(BadOption):
            transfers.result(job.id, **wrong)


def test_a_result_that_is_not_there_yet_is_not_ready(transfers, running, gatys):
    for ask in (transfers.result, transfers.grid):
        with pytest.raises(NotReady):
            ask(running.id)


def test_previews_can_be_seen_while_it_is_painted(transfers, running, wait):
    wait(lambda: transfers.find(running.id).preview_version)
    data, mime = transfers.preview(running.id)
    assert mime == "image/jpeg"
    assert max(pixels(data).shape) <= 640


# Cancelling and running again


def test_a_running_job_can_be_cancelled_within_a_second(transfers, running, parts):
    transfers.cancel(running.id, ME)
    assert transfers.wait(running.id, 1.0).status == Status.CANCELLED
    with pytest.raises(NotReady):
        transfers.result(running.id)


def test_a_queued_job_can_be_cancelled_and_is_never_painted(transfers, running, gatys, wait):
    queued = transfers.submit(job_order(style="indigo"))
    assert transfers.place_in_line(queued) == 1
    assert transfers.cancel(queued.id, ME).status == Status.CANCELLED
    gatys.go_on.set()
    transfers.wait(running.id, 10)
    assert transfers.find(queued.id).status == Status.CANCELLED
    assert gatys.painted == 1


def test_a_cancelled_job_asked_for_again_is_painted(transfers, running, gatys):
    transfers.cancel(running.id, ME)
    transfers.wait(running.id, 5)
    gatys.go_on.set()
    assert transfers.submit(job_order()).id == running.id
    assert transfers.wait(running.id, 10).status == Status.DONE


def test_a_failed_job_says_why_and_can_be_tried_again(transfers, gatys):
    gatys.fail_with = ValueError("of no use to the caller")
    job = transfers.wait(transfers.submit(job_order()).id, 10)
    assert (job.status, job.error) == (Status.FAILED, "Something broke on our side.")
    gatys.fail_with = None
    again = transfers.run_again(job.id, ME)
    assert (again.id, again.error) == (job.id, "")
    assert transfers.wait(job.id, 10).status == Status.DONE


def test_run_again_with_other_options_is_another_job(transfers, done):
    assert transfers.run_again(done.id, ME).id == done.id
    other = transfers.run_again(done.id, ME, {"seed": 7})
    assert other.id != done.id
    assert other.options == {**done.options, "seed": 7}
    assert transfers.wait(other.id, 10).status == Status.DONE


def test_too_long_a_line_is_busy(transfers, running, settings):
    transfers.settings = replace(settings, max_queued=1)
    transfers.submit(job_order(style="indigo"))
    with pytest.raises(Busy):
        transfers.submit(job_order(style="celadon"))
    assert len(transfers.mine("me")) == 2


# Owners, strangers, the feed


def test_a_stranger_may_do_nothing_and_is_told_nothing(transfers, done):
    for act in (
        lambda: transfers.cancel(done.id, STRANGER),
        lambda: transfers.delete(done.id, STRANGER),
        lambda: transfers.set_public(done.id, STRANGER, True),
        lambda: transfers.run_again(done.id, STRANGER),
        lambda: transfers.delete(done.id, Caller()),
        lambda: transfers.delete(done.id, Caller(secret="guessed")),
        lambda: transfers.find("0" * 32),
    ):
        with pytest.raises(JobNotFound):
            act()
    assert not transfers.may_act(done, STRANGER)
    assert transfers.find(done.id).status == Status.DONE


def test_whoever_holds_the_secret_may_act(transfers, done):
    holder = Caller(secret=transfers.secret_of(done))
    assert transfers.may_act(done, holder)
    transfers.delete(done.id, holder)
    with pytest.raises(Gone):
        transfers.find(done.id)


def test_nothing_is_in_the_feed_unless_its_owner_says_so(transfers, done):
    assert transfers.feed() == []
    transfers.set_public(done.id, ME, True)
    assert [job.id for job in transfers.feed()] == [done.id]
    transfers.set_public(done.id, ME, False)
    assert transfers.feed() == []


def test_the_feed_has_the_newest_first(transfers):
    ids = []
    for style in COLORS:
        job = transfers.submit(job_order(style=style, public=True))
        transfers.wait(job.id, 10)
        ids.insert(0, job.id)
    assert [job.id for job in transfers.feed()] == ids
    first = transfers.feed(limit=1)[0]
    assert [job.id for job in transfers.feed(before=first.published_at)] == ids[1:]


def test_a_public_picture_painted_now_is_in_the_feed(transfers):
    assert transfers.paint(order(public=True)).data
    assert [job.engine for job in transfers.feed()] == ["fast"]


def test_owners_list_their_own_pictures(transfers, done):
    transfers.submit(job_order(owner="someone else"))
    assert [job.id for job in transfers.mine("me")] == [done.id]


def test_a_deleted_picture_is_gone_with_its_files(parts, done):
    parts.transfers.delete(done.id, ME)
    assert stored(parts) == []
    assert parts.transfers.mine("me") == []
    for ask in (parts.transfers.find, parts.transfers.result, parts.transfers.content):
        with pytest.raises(Gone):
            ask(done.id)
    parts.transfers.delete(done.id, ME)


def test_a_picture_deleted_while_it_is_painted_leaves_nothing(parts, running, gatys, wait):
    parts.transfers.delete(running.id, ME)
    wait(lambda: parts.jobs.get(running.id).status == Status.CANCELLED)
    wait(lambda: gatys.at_once == 0)
    wait(lambda: stored(parts) == [])


def test_a_deleted_picture_asked_for_again_is_painted_anew(transfers, done, gatys):
    transfers.delete(done.id, ME)
    assert transfers.submit(job_order()).id == done.id
    assert transfers.wait(done.id, 10).status == Status.DONE
    assert gatys.painted == 2


def test_an_owner_deletes_everything_at_once(parts):
    transfers = parts.transfers
    jobs = [transfers.submit(job_order(style=style)) for style in COLORS]
    kept = transfers.submit(job_order(owner="someone else"))
    for job in [*jobs, kept]:
        transfers.wait(job.id, 10)
    assert transfers.delete_all("me") == 3
    assert transfers.mine("me") == []
    assert {key.split("/")[1] for key in stored(parts)} == {kept.id}


def test_pictures_expire_with_their_files_and_can_be_painted_again(parts, done):
    now = parts.jobs.now
    parts.jobs.now = lambda: now() + 8 * 86_400
    assert [job.id for job in parts.transfers.expire()] == [done.id]
    assert stored(parts) == []
    with pytest.raises(Gone, match="expired"):
        parts.transfers.find(done.id)
    parts.transfers.submit(job_order())
    assert parts.transfers.wait(done.id, 10).status == Status.DONE


def test_files_that_belong_to_nobody_are_removed_when_seen_twice(parts, done):
    parts.files.write("jobs/feed/content.png", picture_bytes(), content_type="image/png")
    parts.transfers.expire()
    assert "jobs/feed/content.png" in stored(parts)
    parts.transfers.expire()
    assert {key.split("/")[1] for key in stored(parts)} == {done.id}


# A broker that is away, a broker that is there


class AwayQueue:
    """A queue whose broker is away."""

    def put(self, job_id, *, engine):
        raise QueueUnavailable("The queue is away.")

    def close(self):
        pass


def with_queue(parts, queue, **changes) -> Transfers:
    return Transfers(
        jobs=parts.jobs, files=parts.files, queue=queue, events=parts.events,
        easel=parts.easel, orders=parts.transfers.orders,
        settings=replace(parts.settings, queue="amqp://somewhere", **changes),
    )  # fmt: skip


def test_nothing_half_made_stays_when_the_broker_is_away(parts):
    away = with_queue(parts, AwayQueue())
    with pytest.raises(QueueUnavailable):
        away.submit(job_order())
    assert stored(parts) == []
    assert away.mine("me") == []
    job = parts.transfers.submit(job_order())
    assert parts.transfers.wait(job.id, 10).status == Status.DONE


def test_with_a_broker_paint_waits_for_a_worker(parts, fast):
    there = with_queue(parts, parts.queue)
    painter = threading.current_thread().name
    assert there.paint(order()).data
    assert len(there.mine("me")) == 1
    assert painter == threading.current_thread().name


def test_a_worker_that_is_too_slow_is_busy_and_asking_again_gets_the_picture(parts, fast):
    there = with_queue(parts, parts.queue, wait_seconds=0.2)
    fast.go_on.clear()
    with pytest.raises(Busy):
        there.paint(order())
    fast.go_on.set()
    there.wait(there.mine("me")[0].id, 10)
    assert there.paint(order()).data
    assert fast.painted == 1
