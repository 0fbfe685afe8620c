"""Encodes arrays as picture files, with the settings that painted them and nothing personal."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import piexif
from numpy.typing import NDArray
from PIL import ExifTags, Image, PngImagePlugin

from stylekit.errors import BadOption, echo
from stylekit.images.arrays import Picture, bands, fit
from stylekit.images.formats import OUTPUTS
from stylekit.images.limits import NO_LIMITS, Limits, refusing_damage
from stylekit.images.reading import known_format, read_description, read_samples, source_of
from stylekit.images.transparency import on_white

EXAMINED_SIDE = 128  # pixels of the small copy that tells whether a file can be read

JPEG_START = b"\xff\xd8\xff"

_TURN_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What turns an upright picture as it is stored, by EXIF orientation."""


def encode(
    picture: Picture,
    format: str,
    *,
    alpha: NDArray[np.float32] | None = None,
    orientation: int = 1,
    quality: int = 92,
    description: Mapping[str, Any] | None = None,
) -> bytes:
    """The picture as a file: png, jpeg or webp.

    With an `orientation` other than 1 the pixels are stored turned back and tagged, so that they
    are shown upright. `description` becomes the file's only other metadata. `alpha` is kept where
    the format has it, and stands beside the colours, not in them; a JPEG shows them on white.

    Raises:
        BadOption: for another format, or a picture longer than the format can hold.
    """
    format = _checked_format(format, picture)
    if format == "jpeg":
        picture, alpha = on_white(picture, alpha), None
    image = to_pillow(picture, alpha)
    if orientation != 1:
        image = image.transpose(_TURN_BACK[orientation])
    text = json.dumps(description, sort_keys=True) if description else ""
    out = io.BytesIO()
    _WRITERS[format](image, out, quality, orientation, text)
    return out.getvalue()


def as_it_lay(painted: bytes, photograph: bytes) -> bytes:
    """A painted PNG with its pixels turned back as a JPEG photograph's lie in its file, untagged.

    For a page that turns what it gets by the EXIF tag that it read in the photograph itself. Of any
    other photograph, the painting as it is.
    """
    turn = _TURN_BACK.get(_exif_orientation(photograph))
    if turn is None:
        return painted
    with Image.open(io.BytesIO(painted), formats=["PNG"]) as image:
        turned = image.transpose(turn)
    out = io.BytesIO()
    description = read_description(painted)
    text = json.dumps(description, sort_keys=True) if description else ""
    _WRITERS["png"](turned, out, 0, 1, text)
    return out.getvalue()


def _exif_orientation(data: bytes) -> int:
    """The EXIF tag of a JPEG; 1 where there is none, and for any other file."""
    if not data.startswith(JPEG_START):
        return 1
    with refusing_damage("JPEG"), Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def thumbnail(
    data: bytes,
    longest_side: int,
    format: str | None = "webp",
    *,
    limits: Limits = NO_LIMITS,
    quality: int = 82,
    description: Mapping[str, Any] | None = None,
) -> bytes:
    """A small upright copy of a picture file, in little memory.

    A large JPEG is never decoded in full. Without a `format` it is JPEG, or PNG where there is an
    alpha channel.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    format_in = known_format(data, limits)
    with refusing_damage(format_in):
        samples = read_samples(data, format_in, limits, 2 * longest_side).upright()
    source = source_of(samples, format_in)
    picture, alpha = source.picture, source.alpha
    small = fit(picture, longest_side=longest_side)
    if alpha is not None:
        alpha = fit(alpha[..., None], longest_side=longest_side)[..., 0]
    format = format or ("jpeg" if alpha is None else "png")
    return encode(small, format, alpha=alpha, quality=quality, description=description)


def examine(data: bytes, limits: Limits) -> tuple[str, ...]:
    """See whether a picture file can be read, in little memory; what its sender should know of it.

    Raises:
        NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    return read_samples(data, known_format(data, limits), limits, EXAMINED_SIDE).notes


def _checked_format(format: str, picture: Picture) -> str:
    name = format.lower().replace("jpg", "jpeg")
    if name not in OUTPUTS:
        raise BadOption(f"There is no format {echo(format)}; there are png, jpeg and webp.")
    longest, most = max(picture.shape[:2]), OUTPUTS[name].longest_side
    if longest > most:
        raise BadOption(f"The picture is {longest:,} pixels long; {name} holds {most:,}.")
    return name


def to_pillow(picture: Picture, alpha: NDArray[np.float32] | None = None) -> Image.Image:
    """The picture (h, w, 3) as an image of 8 bits, RGB or, with its alpha (h, w), RGBA."""
    height, width, channels = picture.shape
    pixels = np.empty((height, width, channels + (alpha is not None)), np.uint8)
    for band in bands(height, width):
        pixels[band, ..., :channels] = _bytes(picture[band])
        if alpha is not None:
            pixels[band, ..., channels] = _bytes(alpha[band])
    return Image.fromarray(pixels)


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _exif(orientation: int, text: str) -> bytes:
    """EXIF with these two tags at most; empty when there is nothing to say."""
    tags: dict[int, Any] = {}
    if orientation != 1:
        tags[piexif.ImageIFD.Orientation] = orientation
    if text:
        tags[piexif.ImageIFD.ImageDescription] = text.encode("ascii")
    return bytes(piexif.dump({"0th": tags})) if tags else b""


def _write_png(
    image: Image.Image, out: io.BytesIO, quality: int, orientation: int, text: str
) -> None:
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_text("Description", text)
    image.save(out, "PNG", pnginfo=info, exif=_exif(orientation, ""), compress_level=3)


def _write_jpeg(
    image: Image.Image, out: io.BytesIO, quality: int, orientation: int, text: str
) -> None:
    # Full colour resolution: strokes of pure colour lose their edges otherwise.
    image.save(out, "JPEG", quality=quality, subsampling=0, exif=_exif(orientation, text))


def _write_webp(
    image: Image.Image, out: io.BytesIO, quality: int, orientation: int, text: str
) -> None:
    image.save(out, "WEBP", quality=quality, method=2, exif=_exif(orientation, text))


_Writer = Callable[[Image.Image, io.BytesIO, int, int, str], None]
_WRITERS: dict[str, _Writer] = {"png": _write_png, "jpeg": _write_jpeg, "webp": _write_webp}
