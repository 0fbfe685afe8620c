"""Camera raw files are developed, or refused in words; their thumbnails are never painted."""

import io
import sys

import numpy as np
import pytest
import tifffile

from stylekit.errors import NotAPicture, PictureDamaged, PictureTooLarge
from stylekit.images import Limits, decode, mime_type
from tests.images.scenes import LIMITS

HEIGHT, WIDTH = 120, 160
DOWN, RIGHT = np.mgrid[0:HEIGHT, 0:WIDTH]
LIGHT = np.dstack([RIGHT / WIDTH, DOWN / HEIGHT, np.full((HEIGHT, WIDTH), 0.4)])
THUMBNAIL = np.zeros((24, 32, 3), np.uint8)
XYZ_FROM_SRGB = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
WHITE = 60_000
BYTE, ASCII, SHORT, LONG, RATIONAL, SIGNED_RATIONAL = 1, 2, 3, 4, 5, 10


def bayer(light: np.ndarray) -> np.ndarray:
    """What a chip with red and blue filters in the corners, green between, measures."""
    levels = np.rint(light * WHITE).astype(np.uint16)
    seen = levels[..., 1].copy()
    seen[0::2, 0::2], seen[1::2, 1::2] = levels[0::2, 0::2, 0], levels[1::2, 1::2, 2]
    return seen


def ratios(values: np.ndarray) -> tuple[int, ...]:
    return tuple(part for each in values.ravel() for part in (round(float(each) * 10_000), 10_000))


def dng(*, model: str = "Model One") -> bytes:
    """A DNG file of version 1.4: a thumbnail first, the chip's picture below it."""
    name = (ASCII, len(model) + 1, model)
    camera = [
        (271, ASCII, 6, "Maker"),
        (272, *name),
        (50708, *name),
        (50706, BYTE, 4, b"\1\4\0\0"),
        (50707, BYTE, 4, b"\1\1\0\0"),
        (50778, SHORT, 1, 21),
        (50721, SIGNED_RATIONAL, 9, ratios(np.linalg.inv(XYZ_FROM_SRGB))),
        (50728, RATIONAL, 3, ratios(np.ones(3))),
    ]
    chip = [
        (33421, SHORT, 2, (2, 2)),
        (33422, BYTE, 4, b"\0\1\1\2"),
        (50710, BYTE, 3, b"\0\1\2"),
        (50711, SHORT, 1, 1),
        (50714, SHORT, 1, 0),
        (50717, SHORT, 1, WHITE),
    ]
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(
            THUMBNAIL,
            photometric="rgb",
            subfiletype=1,
            subifds=1,
            metadata=None,
            extratags=[(*tag, True) for tag in camera],
        )
        file.write(
            bayer(LIGHT),
            photometric=32803,
            subfiletype=0,
            metadata=None,
            extratags=[(*tag, True) for tag in chip],
        )
    return out.getvalue()


def test_a_raw_file_is_developed():
    source = decode(dng(), LIMITS)
    assert source.picture.shape == (HEIGHT, WIDTH, 3)
    for channel in range(3):  # brighter where there was more light of that colour
        seen, light = source.picture[..., channel].ravel(), LIGHT[..., channel].ravel()
        assert channel == 2 or np.corrcoef(seen, light)[0, 1] > 0.9


def test_a_raw_file_is_refused_by_its_size_before_it_is_developed():
    with pytest.raises(PictureTooLarge, match="160 × 120"):
        decode(dng(), Limits(max_bytes=10**7, max_pixels=10_000))


@pytest.fixture
def without_rawpy(monkeypatch):
    """As where the extra was not installed."""
    monkeypatch.setitem(sys.modules, "rawpy", None)


@pytest.mark.parametrize(
    "data",
    [
        dng(),
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(100),
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(100),
        b"FUJIFILMCCD-RAW 0201" + bytes(100),
        b"IIRO" + bytes(100),
        b"IIU\0" + bytes(100),
    ],
    ids=["DNG", "CR2", "CR3", "RAF", "ORF", "RW2"],
)
def test_without_the_extra_a_raw_file_is_refused_in_words(data, without_rawpy):
    with pytest.raises(NotAPicture, match=r"camera raw file.*save it as JPEG, or install rawpy"):
        decode(data, LIMITS)


def test_what_only_looks_like_a_raw_file_is_damaged():
    data = b"FUJIFILMCCD-RAW 0201" + bytes(1000)
    assert mime_type(data) == "image/x-dcraw"
    with pytest.raises(PictureDamaged, match="camera raw picture cannot be read"):
        decode(data, LIMITS)
