"""Orders are read and checked before anything is kept, and the same order has the same name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylekit import images
from stylekit.errors import BadOption, BadPicture, StyleNotFound
from stylekit.jobs import Status
from stylekit.transfers.ids import JobIds
from tests.fakes import COLORS, alpha, job_order, order, picture_bytes, pixels, stored


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


def test_ids_cannot_be_guessed_without_the_secret(transfers, done):
    assert len(done.id) == 32
    request = transfers.requests.read(job_order())
    other = b"another secret"
    assert JobIds(other).of(request, "tint-gatys-1") != done.id


def test_the_kept_photograph_has_no_place_but_its_orientation(transfers, tmp_path):
    photo = with_place(picture_bytes(40, 60, "jpeg"), tmp_path)
    for keep, tag in ((True, 6), (False, 1)):
        job = transfers.submit(job_order(content=photo, keep_orientation=keep))
        kept, _ = transfers.results.content(job.id)
        (tmp_path / "kept.jpg").write_bytes(kept)
        with Image.open(tmp_path / "kept.jpg") as image:
            exif = image.getexif()
            assert exif.get_ifd(0x8825) == {}
            assert exif.get(0x0112, 1) == tag
        assert transfers.wait(job.id, 60).status == Status.DONE
        (tmp_path / "result.jpg").write_bytes(transfers.results.result(job.id)[0])
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
