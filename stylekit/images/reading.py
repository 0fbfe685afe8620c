"""Decodes picture files to upright sRGB arrays."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from stylekit.errors import BadPicture, NotAPicture, PictureTooLarge
from stylekit.images import heif, jpeg, png, raw, tiff, with_pillow
from stylekit.images.arrays import Picture
from stylekit.images.color import is_plain, to_srgb
from stylekit.images.formats import OUTPUTS, format_of, no_picture
from stylekit.images.limits import (
    LOCAL_LIMITS,
    NO_LIMITS,
    Limits,
    check_bytes,
    check_size,
    refusing_damage,
)
from stylekit.images.samples import SRGB, Samples, to_unit
from stylekit.images.transparency import Plane, extend_visible, on_white


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture file that was read, and what of it must survive."""

    picture: Picture  # upright, sRGB, straight: what is hidden has the colours around it
    alpha: Plane | None  # (h, w), upright; None where every pixel is opaque
    format: str  # a name in `formats.FORMATS`
    orientation: int  # the EXIF tag as it came, 1 to 8; already applied to `picture`
    notes: tuple[str, ...] = ()  # what whoever sent the file should know

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.picture.shape[0], self.picture.shape[1]

    def on_white(self) -> Picture:
        """The picture as it looks on white paper."""
        return on_white(self.picture, self.alpha)

    def as_style(self) -> Picture:
        """The picture to take a style from: on white paper.

        Raises:
            BadPicture: when every pixel is fully transparent: white paper is no style.
            PictureTooLarge: when it is longer than what styles are kept as.
        """
        check_style(self.picture.shape, self.alpha)
        return self.on_white()


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A picture file that was read, in as few bytes as hold it exactly; `source` unfolds it.

    That is for whoever waits with it: 3 bytes a pixel of most photographs, where a Source has 12.
    """

    values: NDArray[Any]  # (h, w, 1 or 3) uint8, or (h, w, 3) float32; upright, sRGB
    alpha: Plane | None
    format: str
    orientation: int
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.values.nbytes + (0 if self.alpha is None else self.alpha.nbytes)

    def source(self) -> Source:
        """As an engine needs it."""
        picture = self.values
        if picture.dtype == np.uint8:
            picture = to_srgb(picture, SRGB)
        return Source(
            picture=picture,
            alpha=self.alpha,
            format=self.format,
            orientation=self.orientation,
            notes=self.notes,
        )


def check_style(shape: tuple[int, ...], alpha: NDArray[Any] | None) -> None:
    """Refuse what is no style, or too long for the file that styles are kept in.

    Raises:
        BadPicture, PictureTooLarge.
    """
    if alpha is not None and not alpha.any():
        raise BadPicture("The style is fully transparent: there is nothing to see in it.")
    most = OUTPUTS["jpeg"].longest_side
    if max(shape[:2]) > most:
        raise PictureTooLarge(
            f"The style is {max(shape[:2]):,} pixels long; the longest we accept is {most:,}."
        )


def decode(data: bytes, limits: Limits) -> Source:
    """Read a picture file: its first frame, upright, in sRGB.

    Plain data in and arrays out: nothing is kept between calls, and no file is opened.

    Raises:
        NotAPicture: no format that we read.
        PictureDamaged: truncated or corrupt.
        PictureTooLarge: more bytes or pixels than the limits.
        PictureTooSmall: a side shorter than the limit.
    """
    format = known_format(data, limits)
    return source_of(read_samples(data, format, limits).upright(), format)


def read_pixels(data: bytes, limits: Limits) -> Pixels:
    """Read a picture file, as `decode` does, and keep it small.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    format = known_format(data, limits)
    samples = read_samples(data, format, limits).upright()
    is_exact = samples.values.dtype == np.uint8 and samples.values.shape[2] in (1, 3)
    if is_exact and samples.alpha is None and is_plain(samples.space):
        return Pixels(
            values=samples.values,
            alpha=None,
            format=format,
            orientation=samples.orientation,
            notes=samples.notes,
        )
    source = source_of(samples, format)
    return Pixels(
        values=source.picture,
        alpha=source.alpha,
        format=format,
        orientation=source.orientation,
        notes=source.notes,
    )


def from_pillow(image: Image.Image) -> Source:
    """An image of Pillow's: its first frame, upright, in sRGB, as `decode` would read its file.

    Raises:
        PictureDamaged: when it was opened but its pixels cannot be read.
        PictureTooSmall: when it has no pixels.
    """
    format = image.format or "PIL"
    check_size(*image.size, LOCAL_LIMITS)
    with refusing_damage(format):
        image.load()
        samples = with_pillow.samples_of(image).upright()
    return source_of(samples, format)


def source_of(samples: Samples, format: str) -> Source:
    """Stored samples, turned upright already, as what an engine paints."""
    with refusing_damage(format):
        alpha = None if samples.alpha is None else to_unit(samples.alpha)
        picture = to_srgb(samples.values, samples.space)
        orientation, notes = samples.orientation, samples.notes
        del samples  # before more memory is needed
        if alpha is not None:
            extend_visible(picture, alpha)
    return Source(
        picture=picture,
        alpha=alpha,
        format=format,
        orientation=orientation,
        notes=notes,
    )


def read_samples(
    data: bytes, format: str, limits: Limits, longest_side: int | None = None
) -> Samples:
    """Stored samples of a file; with `longest_side` smaller ones, but not smaller than that.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    with refusing_damage(format):
        samples = _READERS[format](data, limits, longest_side)
        return samples if longest_side is None else samples.reduced(longest_side)


def known_format(data: bytes, limits: Limits) -> str:
    """The format of a file that is not too long.

    Raises:
        NotAPicture: when it is none that we read.
        PictureTooLarge: when it has more bytes than the limits.
    """
    check_bytes(data, limits)
    format = format_of(data)
    if format is None:
        raise no_picture(data)
    return format


def _by_pillow(format: str) -> "_Reader":
    def read(data: bytes, limits: Limits, longest_side: int | None) -> Samples:
        return with_pillow.read(data, format, limits, longest_side)

    return read


_Reader = Callable[[bytes, Limits, int | None], Samples]
_READERS: dict[str, _Reader] = {
    "JPEG": jpeg.read,
    "PNG": png.read,
    "HEIF": heif.read_heif,
    "AVIF": heif.read_avif,
    "TIFF": tiff.read,
    "RAW": raw.read,
    **{format: _by_pillow(format) for format in ("WEBP", "GIF", "BMP", "JXL")},
}


def read_description(data: bytes) -> dict[str, Any] | None:
    """What `encode` embedded in a file; None where there is nothing of that kind.

    Raises:
        NotAPicture, PictureDamaged.
    """
    format = known_format(data, NO_LIMITS)
    if format not in ("PNG", "JPEG", "WEBP"):
        raise NotAPicture("Descriptions are in PNG, JPEG and WebP files.")
    image = with_pillow.opened(data, format, NO_LIMITS)
    try:
        if image.format == "PNG":
            text = getattr(image, "text", {}).get("Description", "")
        else:
            text = image.getexif().get(ExifTags.Base.ImageDescription, "")
        description = json.loads(text)
    except Exception:  # someone else's metadata may be anything
        return None
    return description if isinstance(description, dict) else None
