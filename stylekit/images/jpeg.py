"""JPEG files: whole, cut off or damaged."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylekit.errors import PictureDamaged, PictureTooCostly
from stylekit.images.limits import Limits, check_share, refusing_damage
from stylekit.images.samples import Samples
from stylekit.images.transparency import rows_filled
from stylekit.images.with_pillow import opened, reduced, samples_of

EOI, SOS = b"\xff\xd9", 0xDA
BASELINE = {0xC0, 0xC1}
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # any marker but a restart
MAX_SCANS, MAX_SEGMENTS = 256, 5000  # programs write a dozen, and one for each 64 kB of metadata
HELD_BACK = 20  # rows that a decoder may keep to itself: one row of the tallest blocks and more


def read(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """A JPEG file, or the greater part of one that is cut off.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    refuse_costly(data)
    image = opened(data, "JPEG", limits)
    with refusing_damage("JPEG"):
        if longest_side is not None:
            image.draft(image.mode, (longest_side, longest_side))
        try:
            image.load()
        except OSError:
            return _cut_off(data, limits)
        samples = samples_of(reduced(image, longest_side))
        if not ends_flat(samples.values):
            return samples
        return _checked(data, samples) if longest_side is None else read(data, limits)


def refuse_costly(data: bytes) -> None:
    """Refuse what takes a decoder hours: each scan goes over the whole picture again.

    Raises:
        PictureTooCostly.
    """
    scans = data.count(b"\xff\xda")  # coded data has no such bytes, a thumbnail has its own few
    if scans > MAX_SCANS:
        raise PictureTooCostly(
            f"The JPEG picture has {scans:,} scans; the most that we read is {MAX_SCANS}."
        )
    if any(number >= MAX_SEGMENTS for number, _ in enumerate(_segments(data))):
        raise PictureTooCostly(
            f"The JPEG picture has more than {MAX_SEGMENTS:,} segments before its pixels."
        )


def ends_flat(values: NDArray[Any]) -> bool:
    """Whether the last rows have one colour, as decoders leave what they had no data for."""
    bottom = values[-HELD_BACK:]
    return bool((bottom == bottom[-1, -1]).all())


def _checked(data: bytes, samples: Samples) -> Samples:
    """The samples, or what of them is there where the data ends before the picture does."""
    end = _end_of_first_scan(data)
    return samples if end is None or end.has_more else _filled(samples, data[: end.at])


def _cut_off(data: bytes, limits: Limits) -> Samples:
    """What is there of a file without its end."""
    end = _end_of_first_scan(data)
    if end is None:
        raise PictureDamaged("The JPEG picture is cut off: nothing of it is there.")
    image = opened(data + EOI, "JPEG", limits)
    image.load()
    samples = samples_of(image)
    if end.has_more:
        return _coarse(samples, is_whole=end.at < len(data))
    return _filled(samples, data[: end.at])


def _filled(samples: Samples, data: bytes) -> Samples:
    """The samples with the rows filled in that `data`, up to the end of the scan, has not."""
    height = samples.values.shape[0]
    rows = _rows_decoded(data, height)
    if rows >= height - HELD_BACK:
        return samples
    notes = check_share("JPEG", rows, height)
    return replace(samples, values=rows_filled(samples.values, rows), notes=notes)


def _coarse(samples: Samples, *, is_whole: bool) -> Samples:
    """A picture in many scans, of which later ones are missing: all of it, with less detail."""
    if not is_whole:
        raise PictureDamaged("The JPEG picture is cut off: not even a coarse copy of it is there.")
    return replace(
        samples, notes=("The file is cut off: some of the finest detail may be missing.",)
    )


@dataclass(frozen=True)
class _End:
    """Where the first scan of a file ends, and whether others follow it."""

    at: int
    has_more: bool


def _end_of_first_scan(data: bytes) -> _End | None:
    """None when there is no scan, or nothing of it."""
    frame, components = 0, 1
    for kind, start, end in _segments(data):
        if kind in FRAMES:
            frame, components = kind, int.from_bytes(data[start + 5 : start + 6])
        if kind == SOS:
            found = _END_OF_SCAN.search(data, end)
            after = found.start() if found else len(data)
            has_more = frame not in BASELINE or int.from_bytes(data[start : start + 1]) < components
            return _End(after, has_more=has_more) if after > end else None
    return None


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of the first frame; None where none is found."""
    for kind, start, _ in _segments(data):
        if kind in FRAMES:
            height, width = data[start + 1 : start + 3], data[start + 3 : start + 5]
            return int.from_bytes(width), int.from_bytes(height)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the head of the first scan."""
    at, kind = 2, 0
    while at + 4 <= len(data) and data[at] == 0xFF and kind != SOS:
        kind = data[at + 1]
        if kind in (0xFF, 0x01) or 0xD0 <= kind <= 0xD8:  # no length follows
            at += 1 if kind == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        yield kind, at + 4, end
        at = end


def _rows_decoded(data: bytes, height: int) -> int:
    """How many rows a decoder makes of data that stops where the scan does."""
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    name, extents, offset, arguments = image.tile[0]
    shape = (height, image.width, len(image.getbands()))
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)  # no picture has such a row
    canvas = Image.frombytes(image.mode, image.size, noise.tobytes())
    decoder = Image._getdecoder(image.mode, name, arguments, image.decoderconfig)
    decoder.setimage(canvas.im, extents)
    decoder.decode(data[offset:])
    untouched = (np.asarray(canvas).reshape(shape) == noise).all(axis=(1, 2))
    return int(np.argmax(untouched)) if untouched.any() else height
