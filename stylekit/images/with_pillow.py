"""Files that Pillow reads: WebP, GIF, BMP, JPEG XL and others."""

import io
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from stylekit.errors import PictureDamaged
from stylekit.images.limits import Limits, check_size, refusing_damage
from stylekit.images.samples import SRGB, Samples, Space, valid_orientation


def read(data: bytes, format: str, limits: Limits, longest_side: int | None = None) -> Samples:
    """A picture file whose decoder is one of Pillow's.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    image = opened(data, format, limits)
    with refusing_damage(format):
        image.load()
        if format == "GIF":
            return on_its_canvas(image)
        return samples_of(reduced(image, longest_side))


def opened(data: bytes, format: str, limits: Limits) -> Image.Image:
    """Read the head of a file, and refuse it by what that says; no pixels are read.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    if format == "JXL":  # its plug-in decodes while it opens
        with refusing_damage(format):
            check_size(*jxl_size(data), limits)
        import pillow_jxl  # noqa: F401  # registers itself
    if format == "WEBP" and (size := webp_size(data)):  # memory for all of it comes with opening
        check_size(*size, limits)
    _ignore_warnings()
    with refusing_damage(format):
        # One format, the one that the first bytes announce: no other parser sees the file.
        image = Image.open(io.BytesIO(data), formats=[format])
    check_size(*image.size, limits)
    return image


_NO_WARNINGS = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif|pillow_jxl)\."), 0)


def _ignore_warnings() -> None:
    """Pillow warns of what we check ourselves."""
    # A filter that stays: `warnings.catch_warnings` is not safe between threads.
    if not warnings.filters or warnings.filters[0] != _NO_WARNINGS:
        warnings.filterwarnings("ignore", module=_NO_WARNINGS[3].pattern)


def reduced(image: Image.Image, longest_side: int | None) -> Image.Image:
    """The image by whole numbers smaller, and not shorter than this where it is longer."""
    times = max(image.size) // longest_side if longest_side else 1
    if times < 2 or image.mode not in ("L", "RGB", "RGBA"):
        return image
    smaller = image.reduce(times)
    smaller.info = image.info
    smaller.format = image.format
    return smaller


def samples_of(image: Image.Image, *, orientation: int | None = None) -> Samples:
    """A loaded image as samples, with the profile and the orientation that it came with."""
    values, alpha = arrays_of(image)
    profile = image.info.get("icc_profile")
    is_upright = image.format == "JXL" and not getattr(image, "jpeg", False)
    if orientation is None:
        orientation = 1 if is_upright else exif_orientation(image.info.get("exif"))
    return Samples(
        values=values,
        alpha=alpha,
        space=Space(icc=profile) if profile else SRGB,
        orientation=orientation,
        is_upright=is_upright,
    )


def on_its_canvas(image: Image.Image) -> Samples:
    """A GIF's first frame, transparent where the frame does not reach."""
    left, top, right, bottom = getattr(image, "dispose_extent", None) or (0, 0, *image.size)
    samples = samples_of(image)
    if (left, top, right, bottom) == (0, 0, *image.size):
        return samples
    height, width = samples.values.shape[:2]
    alpha = np.zeros((height, width), np.uint8)
    alpha[top:bottom, left:right] = 255
    if samples.alpha is not None:
        alpha = np.minimum(alpha, samples.alpha)
    return Samples(values=samples.values, alpha=alpha, space=samples.space)


_PLAIN = {"1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA"}


def arrays_of(image: Image.Image) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A loaded image as values (h, w, 1 or 3 or 4) and alpha (h, w) or None."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)[..., None], None
    if image.mode in ("I", "F"):
        return np.clip(np.asarray(image, np.float32), 0, 1)[..., None], None
    if image.mode == "LAB":
        image = _lab_as_rgb(image)
    image = image.convert(_PLAIN.get(image.mode, image.mode))
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("L", "LA") else "RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    pixels = np.asarray(image)
    if image.mode in ("LA", "RGBA"):
        return pixels[..., :-1], opaque_is_none(pixels[..., -1])
    return (pixels if pixels.ndim == 3 else pixels[..., None]), None


def opaque_is_none(alpha: NDArray[Any]) -> NDArray[Any] | None:
    """An alpha channel that hides nothing is none."""
    full = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    return None if alpha.min(initial=full) >= full else alpha


def _lab_as_rgb(image: Image.Image) -> Image.Image:
    image.info.pop("icc_profile", None)
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if converted is None:
        raise PictureDamaged("The Lab picture cannot be converted.")
    return converted


def exif_orientation(exif: bytes | None) -> int:
    """The orientation in EXIF data, 1 to 8; 1 where it is missing or makes no sense.

    Orientation that only XMP states is not applied: no browser does.
    """
    if not exif:
        return 1
    try:
        tags = Image.Exif()
        tags.load(exif)
        return valid_orientation(tags.get(ExifTags.Base.Orientation))
    except Exception:  # corrupt metadata is no reason to refuse the pixels
        return 1


# The size of a WebP picture ----------------------------------------------------------------------


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the first chunk states them (RFC 9649); None where it is another."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little")

    if data[12:16] == b"VP8X":
        return number(24, 3) + 1, number(27, 3) + 1
    if data[12:16] == b"VP8L":
        return (number(21, 4) & 0x3FFF) + 1, (number(21, 4) >> 14 & 0x3FFF) + 1
    if data[12:16] == b"VP8 ":
        return number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF
    return None


# The size of a JPEG XL picture ------------------------------------------------------------------


def jxl_size(data: bytes) -> tuple[int, int]:
    """Width and height as its codestream states them (ISO/IEC 18181-1, D.2), not turned.

    Raises:
        ValueError: when there is no codestream.
    """
    stream = data if data[:2] == b"\xff\x0a" else _codestream(data)
    bits = int.from_bytes(stream[2:18], "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    def side(is_small: int) -> int:
        return 8 * (take(5) + 1) if is_small else take((9, 13, 18, 30)[take(2)]) + 1

    is_small = take(1)
    height = side(is_small)
    ratio = take(3)
    if ratio == 0:
        return side(is_small), height
    over, under = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    return height * over // under, height


def _codestream(data: bytes) -> bytes:
    """The beginning of the codestream in a JPEG XL container."""
    at = 0
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        if kind in (b"jxlc", b"jxlp"):
            skipped = at + head + (4 if kind == b"jxlp" else 0)
            if data[skipped : skipped + 2] == b"\xff\x0a":
                return data[skipped : skipped + 20]
        if length < head:
            break
        at += length
    raise ValueError("there is no JPEG XL codestream")
