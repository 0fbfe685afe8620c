"""Pictures become files that everyone shows right, and that tell nothing personal."""

import io

import numpy as np
import piexif
import pytest
from PIL import Image, ImageOps

from stylekit.errors import BadOption, BadPicture
from stylekit.images import decode, encode, read_description, resize, thumbnail
from tests.images.scenes import (
    LIMITS,
    ORIENTATION_TAG,
    file_of,
    four_corners,
    is_upright,
    oriented_file,
    photo,
)

FORMATS = ("png", "jpeg", "webp")
CORNERS = (four_corners() / 255).astype(np.float32)
DESCRIPTION = {"engine": "gatys", "options": {"seed": 7}, "style": "naïve 浮世絵", "seconds": 1.5}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_can_be_read_again(format):
    picture = np.asarray(photo(), np.float32) / 255
    source = decode(encode(picture, format), LIMITS)
    assert source.format == format.upper()
    assert np.abs(source.picture - picture).mean() < (0.001 if format == "png" else 0.02)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_tag_survives_and_the_picture_is_shown_upright(format, orientation):
    data = encode(CORNERS, format, orientation=orientation)
    image = opened(data)
    assert image.getexif().get(ORIENTATION_TAG, 1) == orientation
    assert image.size == ((64, 48) if orientation < 5 else (48, 64))
    shown = np.asarray(ImageOps.exif_transpose(image).convert("RGB"), np.float32) / 255
    assert is_upright(shown)
    assert is_upright(decode(data, LIMITS).picture)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_description_can_be_read_from_the_file(format, orientation):
    data = encode(CORNERS, format, orientation=orientation, description=DESCRIPTION)
    assert read_description(data) == DESCRIPTION


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_without_a_description_has_no_metadata(format):
    data = encode(CORNERS, format)
    assert read_description(data) is None
    assert len(opened(data).getexif()) == 0
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(opened(data).info)


def test_nothing_personal_passes_from_what_is_read_to_what_is_written():
    tags = {
        "0th": {piexif.ImageIFD.Make: b"Secret", piexif.ImageIFD.Orientation: 6},
        "GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N", piexif.GPSIFD.GPSLatitude: ((48, 1),) * 3},
    }
    source = decode(file_of(photo(), "JPEG", exif=piexif.dump(tags), comment=b"Secret"), LIMITS)
    for format in FORMATS:
        data = encode(source.picture, format, orientation=source.orientation, description={"a": 1})
        exif = opened(data).getexif()
        assert b"Secret" not in data
        assert not exif.get_ifd(0x8825)
        assert set(exif) <= {ORIENTATION_TAG, 0x010E}


@pytest.mark.parametrize(
    "text", ["[1, 2]", "a holiday by the sea", "{", "null", "[" * 50_000, "é" * 10]
)
def test_a_description_of_someone_else_is_none(text):
    exif = Image.Exif()
    exif[0x010E] = text
    assert read_description(file_of(photo(), "JPEG", exif=exif)) is None


def test_no_description_is_read_from_what_is_no_picture():
    with pytest.raises(BadPicture):
        read_description(b"no picture")


@pytest.mark.parametrize("format", ["png", "webp"])
def test_alpha_is_written_beside_the_colours(format):
    alpha = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(48, axis=0)
    data = encode(CORNERS, format, alpha=alpha, quality=100)
    assert opened(data).mode == "RGBA"
    source = decode(data, LIMITS)
    assert np.abs(source.alpha - alpha).max() < 0.01
    assert np.abs(source.picture - CORNERS)[alpha > 0.1].mean() < 0.02


def test_jpeg_has_no_alpha_and_shows_the_picture_on_white():
    alpha = np.full((48, 64), 0.5, np.float32)
    source = decode(encode(CORNERS, "jpeg", alpha=alpha), LIMITS)
    assert source.alpha is None
    assert np.abs(source.picture - (CORNERS + 1) / 2).mean() < 0.02


def test_values_outside_the_range_become_black_and_white_not_something_else():
    picture = np.array([-0.5, 0, 1, 1.7], np.float32).repeat(16 * 16 * 3).reshape(64, 16, 3)
    written = decode(encode(picture, "png"), LIMITS).picture
    assert np.array_equal(written, np.clip(picture, 0, 1))


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(BadOption, match="'tga'; there are png, jpeg and webp"):
        encode(CORNERS, "tga")
    assert encode(CORNERS, "JPG")[:3] == b"\xff\xd8\xff"


def test_a_picture_longer_than_the_format_can_hold_is_refused_in_words():
    long = np.zeros((1, 16_384, 3), np.float32)
    with pytest.raises(BadOption, match="16,384 pixels long; webp holds 16,383"):
        encode(long, "webp")
    assert encode(long[:, 1:], "webp")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "HEIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_thumbnail_is_small_and_upright(format, orientation):
    data = thumbnail(oriented_file(format, orientation), 32)
    source = decode(data, LIMITS)
    assert source.format == "WEBP"
    assert source.picture.shape == (24, 32, 3)
    assert is_upright(source.picture)


def test_a_thumbnail_keeps_its_alpha_and_is_never_larger_than_the_picture():
    pixels = np.dstack([four_corners(), np.full((48, 64), 255, np.uint8)])
    pixels[:24, :32, 3] = 0
    source = decode(thumbnail(file_of(Image.fromarray(pixels), "PNG"), 32, "png"), LIMITS)
    assert source.alpha.shape == (24, 32)
    assert source.alpha[4, 4] == 0
    assert decode(thumbnail(file_of(photo(), "PNG"), 4000), LIMITS).picture.shape[1] == 128


def test_a_thumbnail_of_a_large_photograph_looks_like_it():
    large = resize(np.asarray(photo(), np.float32) / 255, 1021, 1537)
    small = decode(thumbnail(encode(large, "jpeg"), 96), LIMITS).picture
    height, width, _ = small.shape
    assert max(height, width) == 96
    assert np.abs(small - resize(large, height, width)).mean() < 0.02
