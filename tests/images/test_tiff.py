"""TIFF files of every kind that scientists and cameras write come out right, or are refused."""

import io
import itertools

import numpy as np
import pytest
import tifffile
from PIL import Image

from stylekit.errors import BadPicture, PictureDamaged, PictureTooLarge
from stylekit.images import Limits, decode
from tests.images.scenes import LIMITS, file_of, four_corners, is_upright

HEIGHT, WIDTH = 24, 32
DOWN, RIGHT = np.mgrid[0:HEIGHT, 0:WIDTH]
GREY = ((DOWN * WIDTH + RIGHT) / (HEIGHT * WIDTH - 1))[..., None]  # 0 to 1, each value once
COLOR = np.dstack([GREY[..., 0], RIGHT / (WIDTH - 1), 1 - DOWN / (HEIGHT - 1)])
ALPHA = np.where(DOWN < HEIGHT // 2, 1.0, 0.5)[..., None]

KINDS = ["uint8", "uint16", "uint32", "int8", "int16", "float16", "float32", "float64"]
COMPRESSIONS = [None, "lzw", "deflate", "packbits", "zstd", "lzma"]


def stored(values: np.ndarray, kind: str) -> np.ndarray:
    """Values from 0 to 1 as a program of scientists stores them."""
    kind = np.dtype(kind)
    if kind.kind == "f":
        return values.astype(kind)
    return np.rint(values * np.iinfo(kind).max).astype(kind)


def tiff(pixels: np.ndarray, *, planar: bool = False, **options: object) -> bytes:
    """Pixels (h, w, samples) as a file, one after the other or plane by plane."""
    out = io.BytesIO()
    if planar:
        options["planarconfig"] = "separate"
        pixels = np.moveaxis(pixels, -1, 0)
    elif pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    else:
        options["planarconfig"] = "contig"
    tifffile.imwrite(out, pixels, metadata=None, **options)
    return out.getvalue()


def steps(kind: str) -> float:
    """How exact a kind is."""
    return {"uint8": 1 / 255, "int8": 1 / 127, "float16": 1 / 1024}.get(kind, 1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_grey_of_every_depth_and_packing_is_right(kind, compression):
    for photometric in ("minisblack", "miniswhite"):
        values = 1 - GREY if photometric == "miniswhite" else GREY
        if photometric == "miniswhite" and np.dtype(kind).kind != "u":
            continue
        data = tiff(stored(values, kind), photometric=photometric, compression=compression)
        source = decode(data, LIMITS)
        assert source.format == "TIFF"
        assert np.abs(source.picture - GREY).max() < steps(kind), photometric


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("planar", [False, True])
def test_colour_of_every_depth_and_packing_is_right(kind, compression, planar):
    data = tiff(stored(COLOR, kind), planar=planar, photometric="rgb", compression=compression)
    source = decode(data, LIMITS)
    assert source.alpha is None
    assert np.abs(source.picture - COLOR).max() < steps(kind)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    ("planar", "alpha", "photometric"),
    [*itertools.product([False, True], ["unassalpha", "assocalpha"], ["rgb", "minisblack"])],
)
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_alpha_stands_beside_the_colours(kind, planar, alpha, photometric, compression):
    colors = COLOR if photometric == "rgb" else GREY
    laid_down = colors * ALPHA if alpha == "assocalpha" else colors
    pixels = stored(np.dstack([laid_down, ALPHA]), kind)
    data = tiff(
        pixels,
        planar=planar,
        photometric=photometric,
        compression=compression,
        extrasamples=[alpha],
    )
    source = decode(data, LIMITS)
    assert np.abs(source.alpha - ALPHA[..., 0]).max() < 0.005
    assert np.abs(source.picture - colors).max() < 0.01


def test_a_sample_that_is_no_alpha_is_left_out():
    pixels = stored(np.dstack([COLOR, 0 * ALPHA]), "uint8")
    source = decode(tiff(pixels, photometric="rgb", extrasamples=["unspecified"]), LIMITS)
    assert source.alpha is None
    assert np.abs(source.picture - COLOR).max() < 0.005


@pytest.mark.parametrize("planar", [False, True])
def test_inks_become_colours(planar):
    inks = np.dstack([1 - COLOR, 0 * GREY])
    source = decode(tiff(stored(inks, "uint8"), planar=planar, photometric="separated"), LIMITS)
    assert np.abs(source.picture - COLOR).max() < 0.005


def test_a_palette_is_looked_up():
    palette = np.stack([np.arange(256), 255 - np.arange(256), np.full(256, 64)]).astype(np.uint16)
    indices = stored(GREY, "uint8")
    data = tiff(indices, photometric="palette", colormap=palette * 257)
    wanted = palette.T[indices[..., 0]] / 255
    assert np.abs(decode(data, LIMITS).picture - wanted).max() < 0.005


def test_one_bit_is_black_and_white():
    dots = GREY > 0.5
    for photometric in ("minisblack", "miniswhite"):
        shown = decode(tiff(dots, photometric=photometric), LIMITS).picture
        assert np.array_equal(shown[..., :1] > 0.5, dots ^ (photometric == "miniswhite"))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_luminance_and_chrominance_become_colours(compression):
    image = Image.fromarray(four_corners()).convert("YCbCr")
    assert is_upright(decode(file_of(image, "TIFF", compression=compression), LIMITS).picture)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (lambda grey: grey, lambda grey: grey),
        (lambda grey: np.where(grey == 1, 1000.0, grey), lambda grey: grey),  # one highlight
        (lambda grey: np.rint(grey * 255), lambda grey: np.rint(grey * 255) / 255),
        (lambda grey: grey * 250 + 3.3, lambda grey: (grey * 250 + 3.3) / 255),
        (lambda grey: grey * 60_000, lambda grey: grey * 60_000 / 65_535),
        (lambda grey: np.where(grey < 0.5, np.nan, grey), lambda grey: grey * (grey >= 0.5)),
        (lambda grey: grey * 2 - 1, lambda grey: np.clip(grey * 2 - 1, 0, 1)),
    ],
    ids=["0–1", "highlight", "whole 0–255", "0–255", "0–65,535", "holes", "negative"],
)
def test_floats_are_shown_in_the_range_that_they_fit(values, wanted):
    data = tiff(values(GREY).astype(np.float32), photometric="minisblack")
    assert np.abs(decode(data, LIMITS).picture - wanted(GREY)).max() < 0.005


# Pages -----------------------------------------------------------------------------------------


def pages(*each: tuple[np.ndarray, dict[str, object]]) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for pixels, options in each:
            file.write(pixels, metadata=None, photometric="rgb", **options)
    return out.getvalue()


SMALL = np.zeros((20, 20, 3), np.uint8)


@pytest.mark.parametrize(
    "file",
    [
        pages((SMALL, {"subfiletype": 1}), (four_corners(), {})),
        pages((SMALL, {"subfiletype": 1, "subifds": 1}), (four_corners(), {"subfiletype": 0})),
        pages((four_corners(), {}), (SMALL, {"subfiletype": 1})),
        pages((four_corners(), {"subfiletype": 2}), (SMALL, {"subfiletype": 2})),
    ],
    ids=["thumbnail first", "thumbnail above", "thumbnail last", "two pages"],
)
def test_the_first_page_that_is_no_thumbnail_is_read(file):
    source = decode(file, LIMITS)
    assert source.picture.shape == (48, 64, 3)
    assert is_upright(source.picture)


# Refused ---------------------------------------------------------------------------------------


def test_what_cannot_be_shown_right_is_refused_in_words():
    waves = (GREY + 1j * GREY).astype(np.complex64)
    many = np.repeat(stored(GREY, "uint8"), 12, axis=-1)
    for data in (tiff(waves, photometric="minisblack"), tiff(many, photometric="minisblack")):
        with pytest.raises(PictureDamaged, match="rare kind that we do not read: MINISBLACK"):
            decode(data, LIMITS)


def test_a_strip_that_unpacks_to_more_than_the_picture_is_no_bomb():
    data = bytearray(
        tiff(
            np.zeros((4000, 1000, 1), np.uint8),
            compression="deflate",
            photometric="minisblack",
            rowsperstrip=4000,
        )
    )
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        length = file.pages[0].tags["ImageLength"]
        data[length.valueoffset : length.valueoffset + 2] = (100).to_bytes(2, "little")
    try:
        assert decode(bytes(data), LIMITS).picture.shape == (100, 1000, 3)
    except BadPicture:
        pass


def test_a_page_is_refused_by_its_size_before_it_is_unpacked():
    data = tiff(np.zeros((2001, 2000, 1), np.uint8), compression="deflate")
    with pytest.raises(PictureTooLarge, match="2000 × 2001, 4,002,000 pixels"):
        decode(data, LIMITS)
    with pytest.raises(PictureTooLarge):
        decode(data, Limits(max_bytes=10, max_pixels=10**7))
