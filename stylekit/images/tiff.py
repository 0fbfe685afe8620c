"""TIFF files of every bit depth, planar or not, as tifffile and imagecodecs read them."""

import io
import logging
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stylekit.errors import PictureDamaged, PictureTooCostly, PictureTooLarge
from stylekit.images import jpeg, raw
from stylekit.images.limits import Limits, check_size, refusing_damage
from stylekit.images.samples import (
    SRGB,
    Samples,
    Space,
    full_scale,
    unmultiplied,
    valid_orientation,
)
from stylekit.images.with_pillow import opaque_is_none, opened, samples_of

MAX_PAGES = 64  # that are looked at
MAX_SAMPLES = 8  # of a pixel
MAX_TAGS, MAX_OFFSETS = 512, 200_000  # of a directory
BIG_TIFF, SHORT = 43, 3
IMAGE_LENGTH, OFFSETS = 257, {273, 279, 324, 325}  # tags: rows; strips, tiles and their lengths
REDUCED_OR_MASK = 1 | 4  # bits of NewSubfileType: a thumbnail, a mask
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, INKS, YCBCR = range(7)
LAB = {8, 9, 10}
SENSOR = {32803, 34892}  # what a camera's chip saw: CFA, LinearRaw
COLORS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, INKS: 4, YCBCR: 3}
"""Samples of a pixel without alpha, by photometric interpretation."""

JPEG, OLD_JPEG = 7, 6
COMPRESSIONS = {1, 2, 3, 4, 5, JPEG, 8, 32773, 32946, 34925, 50000}
"""None, CCITT, LZW, JPEG, deflate, PackBits, LZMA, Zstandard.

The others hold whole pictures with a size of their own, which nothing checks before it is decoded.
"""

ASSOCIATED, UNASSOCIATED = 1, 2  # of ExtraSamples: colours multiplied by alpha, or not
USUAL_RANGES = (255.0, 65535.0)  # of numbers that were stored as floats
BRIGHT_SHARE, MAX_HIGHLIGHT = 0.995, 4.0


def read(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """A TIFF file's first picture that is no thumbnail; a camera's raw file is developed.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall, NotAPicture.
    """
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    refuse_costly(data)
    with refusing_damage("TIFF"), tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = list(_pages(file))
        if any("DNGVersion" in page.tags or int(page.photometric) in SENSOR for page in pages):
            return raw.read(data, limits)
        page = next((page for page in pages if not int(page.subfiletype) & REDUCED_OR_MASK), None)
        page = page or max(pages, key=lambda each: each.imagewidth * each.imagelength)
        check_size(page.imagewidth, page.imagelength, limits)
        if _is_for_pillow(page):
            return _by_pillow(data, limits)
        return _samples(page, limits)


def refuse_costly(data: bytes) -> None:
    """Refuse directories that list more strips or tiles than any picture needs.

    Raises:
        PictureTooCostly.
    """
    for number, tags in enumerate(_directories(data)):
        rows = max(tags.get(IMAGE_LENGTH, (0, 0))[1], 1)
        for tag in OFFSETS & tags.keys():
            if tags[tag][0] > min(MAX_OFFSETS, max(rows, 64) * MAX_SAMPLES):
                raise PictureTooCostly(
                    f"The TIFF picture lists {tags[tag][0]:,} strips or tiles for {rows:,} rows."
                )
        if number >= MAX_PAGES:
            return


def _directories(data: bytes) -> Iterator[dict[int, tuple[int, int]]]:
    """Count and first value of each tag, directory by directory."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    wide = number(2, 2) == BIG_TIFF
    size, entry, many = (8, 20, 8) if wide else (4, 12, 2)
    at, seen = number(8 if wide else 4, size), set[int]()
    while 0 < at < len(data) and at not in seen:
        seen.add(at)
        entries = range(at + many, at + many + min(number(at, many), MAX_TAGS) * entry, entry)
        yield {
            number(each, 2): (
                number(each + 4, size),
                number(each + 4 + size, 2 if number(each + 2, 2) == SHORT else 4),
            )
            for each in entries
        }
        at = number(at + many + number(at, many) * entry, size)


def _pages(file: Any) -> Iterator[Any]:
    """The pages in their order, each before what hangs on it."""
    for number, page in enumerate(file.pages):
        if number >= MAX_PAGES:
            return
        yield page
        yield from list(page.pages or ())[:MAX_PAGES]


def _is_for_pillow(page: Any) -> bool:
    """Lab, and YCbCr that JPEG has not turned into RGB already: 8 bits each."""
    photometric = int(page.photometric)
    is_packed = photometric == YCBCR and int(page.compression) != JPEG
    if (is_packed or photometric in LAB) and (page.index != 0 or page.bitspersample != 8):
        raise _refused(page)
    return is_packed or photometric in LAB


def _by_pillow(data: bytes, limits: Limits) -> Samples:
    image = opened(data, "TIFF", limits)
    orientation = valid_orientation(image.getexif().get(0x0112))
    image.load()  # turns it upright
    samples = samples_of(image, orientation=orientation)
    return Samples(
        values=samples.values,
        alpha=samples.alpha,
        space=samples.space,
        orientation=orientation,
        is_upright=True,
    )


def _samples(page: Any, limits: Limits) -> Samples:
    photometric = int(page.photometric)
    _refuse_odd(page, limits)
    stored = _pixel_by_pixel(page)  # (h, w, samples)
    colors = COLORS[photometric]
    values, alpha = stored[..., :colors], _alpha_of(page, stored, colors)
    if photometric == PALETTE:
        values = _by_palette(page, values)
    else:
        values = unsigned(values, page.bitspersample)
    if alpha is not None:
        alpha = unsigned(alpha, page.bitspersample)
        if page.extrasamples and int(page.extrasamples[0]) == ASSOCIATED:
            values = unmultiplied(values, alpha)
        alpha = opaque_is_none(alpha)
    if photometric == WHITE_IS_ZERO:
        values = 1 - values if values.dtype == np.float32 else np.iinfo(values.dtype).max - values
    profile = page.tags.valueof("InterColorProfile")
    return Samples(
        values=values,
        alpha=alpha,
        space=Space(icc=bytes(profile)) if profile else SRGB,
        orientation=valid_orientation(int(page.tags.valueof("Orientation", 1))),
    )


def _refuse_odd(page: Any, limits: Limits) -> None:
    """Refuse what cannot be shown right, in words, before it is decoded."""
    is_known = int(page.photometric) in COLORS and int(page.compression) in COMPRESSIONS
    count = int(page.samplesperpixel)
    if not is_known or page.dtype is None or np.dtype(page.dtype).kind not in "buif":
        raise _refused(page)
    if count > MAX_SAMPLES or count < COLORS[int(page.photometric)] or page.imagedepth != 1:
        raise _refused(page)
    needed = page.imagewidth * page.imagelength * count * np.dtype(page.dtype).itemsize
    if needed > limits.max_pixels * MAX_SAMPLES * 2:
        raise PictureTooLarge(f"The picture needs {needed:,} bytes of memory, which is too much.")
    if int(page.compression) == JPEG:
        _check_tiles(page)


def _check_tiles(page: Any) -> None:
    """Refuse a JPEG in a file whose own size is not that of its strip or tile."""
    most = max(page.imagewidth, page.tilewidth), max(page.rowsperstrip, page.tilelength)
    file = page.parent.filehandle
    for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.seek(offset)
        size = jpeg.size_of(file.read(min(length, 2**16)))
        if size is not None and (size[0] > most[0] or size[1] > most[1]):
            raise _refused(page)


def _refused(page: Any) -> PictureDamaged:
    name, bits = str(getattr(page.photometric, "name", page.photometric)), page.bitspersample
    packing = str(getattr(page.compression, "name", page.compression))
    return PictureDamaged(
        f"The TIFF picture is of a rare kind that we do not read: {name}, {page.samplesperpixel} "
        f"samples of {bits} bits, compression {packing}. Save it as RGB of 8 or 16 bits."
    )


def _pixel_by_pixel(page: Any) -> NDArray[Any]:
    """The page's samples, (h, w, samples), stored planar or not."""
    stored: NDArray[Any] = page.asarray(maxworkers=1)
    shape = (page.imagelength, page.imagewidth)
    if stored.ndim == 2:
        return stored.reshape(*shape, 1)
    if stored.shape[:2] != shape:
        stored = np.moveaxis(stored.reshape(-1, *shape), 0, -1)
    return np.ascontiguousarray(stored)


def _alpha_of(page: Any, stored: NDArray[Any], colors: int) -> NDArray[Any] | None:
    """The alpha channel: what ExtraSamples says, or the one sample more than there are colours."""
    if stored.shape[2] <= colors:
        return None
    kinds = [int(kind) for kind in page.extrasamples or ()]
    if kinds and kinds[0] not in (ASSOCIATED, UNASSOCIATED):
        return None
    if not kinds and stored.shape[2] != colors + 1:
        return None
    return stored[..., colors]


def _by_palette(page: Any, indices: NDArray[Any]) -> NDArray[Any]:
    palette = np.asarray(page.colormap).T  # (colours, 3) of 16 bits
    if palette.max(initial=0) < 256:  # some programs write 8
        palette = palette * 257
    chosen: NDArray[Any] = palette[np.minimum(indices[..., 0], len(palette) - 1)]
    return chosen.astype(np.uint16)


def unsigned(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Samples of any kind as uint8, uint16 or float32 from black to white.

    Whole numbers use their whole range; of signed ones, what is below zero is black. Floats are 0
    to 1, with brighter highlights white, or 0 to 255, or 0 to 65,535: the range that they fit.
    """
    if values.dtype.kind == "f":
        return _from_floats(values)
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "i":
        return _stretched(np.maximum(values, 0), bits - 1)
    return values if values.dtype.itemsize * 8 == bits <= 16 else _stretched(values, bits)


def _stretched(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Whole numbers of so many bits as 8 or 16."""
    target = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    scale = full_scale(target) / (2**bits - 1)
    stretched = np.empty(values.shape, target)
    for row, stored in enumerate(values):  # uint32 needs float64, which needs much memory
        stretched[row] = np.rint(stored * np.float64(scale))
    return stretched


def _from_floats(values: NDArray[Any]) -> NDArray[np.float32]:
    values = np.nan_to_num(values.astype(np.float32), copy=False, nan=0, posinf=0, neginf=0)
    scaled: NDArray[np.float32] = np.clip(values / np.float32(_white_of(values)), 0, 1)
    return scaled


def _white_of(values: NDArray[np.float32]) -> float:
    """The number that means white."""
    largest = float(values.max(initial=0))
    if largest <= 1:
        return 1.0
    seen = values.reshape(-1)[:: max(1, values.size // 1_000_000)]
    are_whole = bool((seen == np.rint(seen)).all())
    bright = largest if are_whole else float(np.quantile(seen, BRIGHT_SHARE))
    if not are_whole and bright <= MAX_HIGHLIGHT:
        return 1.0
    return next((full for full in USUAL_RANGES if bright <= full), bright)
