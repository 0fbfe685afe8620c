"""Limits that are checked before decoding, and the notes on damaged files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from stylekit.errors import PictureDamaged, PictureTooLarge, PictureTooSmall, StylekitError
from stylekit.images.formats import FORMATS


def ignore_size(pixels: int) -> None:
    """For whoever need not know."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is refused before it is decoded."""

    max_bytes: int
    max_pixels: int
    min_side: int = 16
    on_size: Callable[[int], None] = ignore_size
    """Hears how many pixels a picture has that is about to be decoded."""


NO_LIMITS = Limits(max_bytes=2**40, max_pixels=2**40, min_side=1)
"""For what was checked before."""

LOCAL_LIMITS = Limits(max_bytes=2**40, max_pixels=178_956_970)
"""For files on one's own machine: as many pixels as Pillow opens without calling it an attack."""


def check_bytes(data: bytes, limits: Limits) -> None:
    """Refuse a file by its length.

    Raises:
        PictureTooLarge.
    """
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            f"The picture has {len(data):,} bytes; the most we accept is {limits.max_bytes:,}. "
            "Saved as JPEG it may be smaller."
        )


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture by the size that its head states.

    Raises:
        PictureTooLarge, PictureTooSmall.
    """
    if width * height > limits.max_pixels:
        side = int(max(width, height) * (limits.max_pixels / (width * height)) ** 0.5)
        raise PictureTooLarge(
            f"The picture is {width} × {height}, {width * height:,} pixels; the most we accept is "
            f"{limits.max_pixels:,}. Scale it down to {side:,} pixels on its longer side."
        )
    if min(width, height) < limits.min_side:
        raise PictureTooSmall(
            f"The picture is {width} × {height} pixels; the shorter side needs at least "
            f"{limits.min_side}."
        )
    limits.on_size(width * height)


@contextmanager
def refusing_damage(format: str) -> Iterator[None]:
    """Whatever a decoder trips over means that the file is damaged.

    Raises:
        PictureDamaged, PictureTooLarge; MemoryError, and what the block raises of our own.
    """
    try:
        yield
    except (StylekitError, MemoryError):  # the file may be whole: it is we who have too little
        raise
    except Image.DecompressionBombError:
        raise PictureTooLarge(
            f"The picture has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels."
        ) from None
    except Exception as error:  # decoders raise a dozen classes, and new ones with each version
        raise PictureDamaged(
            f"The {words(format)} picture cannot be read: it is cut off, damaged or of a rare kind."
        ) from error


LEAST_SHARE = 0.5
"""Of a picture's rows; where less is there, it is refused."""


def check_share(format: str, rows: int, height: int) -> tuple[str, ...]:
    """What to tell about a picture that was cut off after so many rows.

    Raises:
        PictureDamaged: when less than the greater part is there.
    """
    percent = max(0, min(99, 100 * rows // height))
    if rows <= LEAST_SHARE * height:
        raise PictureDamaged(
            f"The {words(format)} picture is cut off or damaged: only {percent} % of it is there."
        )
    return (
        f"The picture is cut off or damaged: {percent} % of it is there, the rest is filled in.",
    )


def words(format: str) -> str:
    """A format as people call it."""
    return FORMATS[format].words if format in FORMATS else format
