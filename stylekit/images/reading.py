"""Picture files become upright sRGB arrays, or an error that says what is wrong with them."""

import io
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from stylekit.errors import NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall
from stylekit.images.arrays import Picture, bands
from stylekit.images.formats import format_of

Plane = NDArray[np.float32]
"""float32, (height, width), [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is refused before it is decoded."""

    max_bytes: int
    max_pixels: int
    min_side: int = 16


LOCAL_LIMITS = Limits(max_bytes=2**40, max_pixels=178_956_970)
"""For files on one's own machine: what Pillow reads at most."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture file that was read, and what of it must survive."""

    picture: Picture  # upright, sRGB, as it looks on white paper where it has an alpha channel
    alpha: Plane | None  # (h, w), upright; None where every pixel is opaque
    format: str  # JPEG, PNG, WEBP, GIF, HEIF, AVIF, BMP or TIFF
    orientation: int  # the EXIF tag as it came, 1 to 8; already applied to `picture`


def decode(data: bytes, limits: Limits) -> Source:
    """Read a picture file: its first frame, upright, in sRGB.

    Raises:
        NotAPicture: no format that we read.
        PictureDamaged: truncated or corrupt.
        PictureTooLarge: more bytes or pixels than the limits.
        PictureTooSmall: a side shorter than the limit.
    """
    image = open_within(data, limits)
    with refusing_damage(str(image.format)):
        orientation = _orientation_before_loading(image)
        image.load()
        orientation = orientation or orientation_of(image)
        pixels, alpha = to_floats(upright(image))
    return Source(
        picture=pixels, alpha=alpha, format=format_of(data) or "", orientation=orientation
    )


def has_alpha(data: bytes) -> bool:
    """Whether the head of a picture file says that parts of it may be transparent.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge.
    """
    return bool(open_image(data).has_transparency_data)


def open_within(data: bytes, limits: Limits) -> Image.Image:
    """Read the head of a file, and refuse it by what that says; no pixels are read.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            f"The picture has {len(data):,} bytes; the most we accept is {limits.max_bytes:,}."
        )
    try:
        image = open_image(data)
    except PictureTooLarge:  # beyond Pillow's own limit, which does not say how many there are
        raise PictureTooLarge(
            f"The picture has too many pixels; the most we accept is {limits.max_pixels:,}."
        ) from None
    check_size(*image.size, limits)
    return image


def open_image(data: bytes) -> Image.Image:
    """Read the head of a file: format, size, metadata; no pixels.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge.
    """
    format = format_of(data)
    if format is None:
        raise NotAPicture(
            ("The file is no picture that we can read" if data else "The file is empty")
            + "; we read JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP and TIFF."
        )
    _prepare_pillow(format)
    with refusing_damage(format):
        # One format, the one that the first bytes announce: no other parser sees the file.
        return Image.open(io.BytesIO(data), formats=[format])


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture by the size that its head states.

    Raises:
        PictureTooLarge, PictureTooSmall.
    """
    if width * height > limits.max_pixels:
        raise PictureTooLarge(
            f"The picture has {width * height:,} pixels; the most we accept is "
            f"{limits.max_pixels:,}."
        )
    if min(width, height) < limits.min_side:
        raise PictureTooSmall(
            f"The picture is {width} × {height} pixels; the shorter side needs at least "
            f"{limits.min_side}."
        )


@contextmanager
def refusing_damage(format: str) -> Iterator[None]:
    """Whatever a decoder trips over means that the file is damaged.

    Raises:
        PictureDamaged, PictureTooLarge.
    """
    try:
        yield
    except Image.DecompressionBombError:
        raise PictureTooLarge(
            f"The picture has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels."
        ) from None
    except Exception as error:  # decoders raise a dozen classes, and new ones with each version
        raise PictureDamaged(
            f"The {format} picture cannot be read: it is cut off, damaged or of a rare kind."
        ) from error


def _prepare_pillow(format: str) -> None:
    """Pillow warns of what we check ourselves, and learns to read HEIF."""
    # A filter that stays: `warnings.catch_warnings` is not safe between threads.
    if not warnings.filters or warnings.filters[0] != _NO_WARNINGS:
        warnings.filterwarnings("ignore", module=_NO_WARNINGS[3].pattern)
    if format == "HEIF" and format not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener()


_NO_WARNINGS = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\."), 0)


def _orientation_before_loading(image: Image.Image) -> int | None:
    """The tag of formats that their decoder turns upright while loading; None for the others."""
    if image.format == "HEIF":
        return valid_orientation(image.info.get("original_orientation"))
    if image.format == "TIFF":
        return orientation_of(image)
    return None


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation of an image, 1 to 8; 1 where the tag is missing or makes no sense."""
    try:
        return valid_orientation(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # corrupt metadata is no reason to refuse the pixels
        return 1


def valid_orientation(tag: Any) -> int:
    """The tag if it is one of 1 to 8, else 1."""
    return int(tag) if isinstance(tag, int) and 1 <= tag <= 8 else 1


TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns stored pixels upright, by EXIF orientation."""


def upright(image: Image.Image) -> Image.Image:
    """A loaded image, turned as its EXIF orientation says."""
    turn = TRANSPOSE.get(orientation_of(image))
    return image if turn is None else image.transpose(turn)


def to_floats(image: Image.Image) -> tuple[Picture, Plane | None]:
    """A loaded image as pixels (h, w, 3) in sRGB, on white, and alpha (h, w) or None."""
    if image.mode.startswith(("I", "F")):
        gray = _unit_range(np.asarray(image).astype(np.float32))
        return np.repeat(gray[..., None], 3, axis=-1), None
    picture = _floats(np.asarray(_to_srgb(image)))
    if not image.has_transparency_data:
        return picture, None
    alpha = image.convert("RGBA").getchannel("A")
    if alpha.getextrema() == (255, 255):
        return picture, None
    coverage = _floats(np.asarray(alpha))
    _put_on_white(picture, coverage)
    return picture, coverage


def _unit_range(values: Plane) -> Plane:
    """Grey of 16 or 32 bits, integer or float, as [0, 1]: by the smallest usual range it fits."""
    values = np.nan_to_num(values, copy=False, nan=0, posinf=0, neginf=0)
    top = float(values.max(initial=0))
    full = next((full for full in (1.0, 65535.0) if top <= full), top)
    gray: Plane = np.clip(values / np.float32(full), 0, 1)
    return gray


def _floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes as [0, 1]."""
    return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)


def _put_on_white(picture: Picture, alpha: Plane) -> None:
    """Show the picture on white paper, in place."""
    for band in bands(*alpha.shape):
        cover = alpha[band][..., None]
        picture[band] = picture[band] * cover + (1 - cover)


_PLAIN_MODES = {"1": "L", "LA": "L", "La": "LA", "RGBa": "RGBA"}


def _to_srgb(image: Image.Image) -> Image.Image:
    """The image as RGB without alpha, by its colour profile where it has one that can be used."""
    profile = image.info.get("icc_profile")
    if image.mode == "LAB":
        return _by_profile(image, ImageCms.createProfile("LAB"))
    while image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert(_PLAIN_MODES.get(image.mode, "RGB"))
    if profile:
        # Corrupt, or of another kind than the pixels: they are shown as if it were not there.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            image = _by_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    return image.convert("RGB")


_SRGB = {"sRGB", "sRGB built-in", "GIMP built-in sRGB"}  # not "sRGB linear" and its like


def _by_profile(image: Image.Image, profile: Any) -> Image.Image:
    name = ImageCms.getProfileDescription(profile).strip()
    if image.mode == "RGB" and (name in _SRGB or name.startswith("sRGB IEC61966")):
        return image
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    return converted or image


def read_description(data: bytes) -> dict[str, Any] | None:
    """What `encode` embedded in a file; None where there is nothing of that kind.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge.
    """
    image = open_image(data)
    try:
        if image.format == "PNG":
            text = getattr(image, "text", {}).get("Description", "")
        else:
            text = image.getexif().get(ExifTags.Base.ImageDescription, "")
        description = json.loads(text)
    except Exception:  # someone else's metadata may be anything
        return None
    return description if isinstance(description, dict) else None
