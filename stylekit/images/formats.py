"""What kind of picture some bytes are, and pictures as text."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from stylekit.errors import BadPicture

MIME_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
"""Every format that is read, by its name in `Source.format`."""

_SIGNATURES = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("WEBP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_ANY_BRANDS = {b"mif1", b"msf1"}  # the container alone; the codec is among the compatible brands
_AVIF_BRANDS = {b"avif", b"avis"}


def format_of(data: bytes) -> str | None:
    """The format that the first bytes announce, one of `MIME_TYPES`; None for anything else."""
    if data[4:8] == b"ftyp":
        return _format_of_container(data)
    return next((name for name, signature in _SIGNATURES if signature.match(data)), None)


def _format_of_container(data: bytes) -> str | None:
    """HEIF or AVIF by the brands of an ISO media file; a video has others."""
    length = min(int.from_bytes(data[:4]), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, length, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & (_HEIF_BRANDS | _ANY_BRANDS) else None


def mime_type(data: bytes) -> str:
    """The media type of a picture file, or application/octet-stream."""
    return MIME_TYPES.get(format_of(data) or "", "application/octet-stream")


def extension(format: str) -> str:
    """The usual ending of a file's name, without the dot: jpg for JPEG, else the name itself."""
    return {"jpeg": "jpg", "heif": "heic"}.get(format.lower(), format.lower())


def data_url(data: bytes) -> str:
    """The picture as text that a page can show."""
    return f"data:{mime_type(data)};base64,{base64.b64encode(data).decode('ascii')}"


def decode_text(text: str) -> bytes:
    """The bytes of a data URL or of base64: standard or urlsafe, padded or not, with line breaks.

    Raises:
        BadPicture: when it is neither.
    """
    text = text.strip()
    if text[:5].lower() == "data:":
        head, comma, body = text.partition(",")
        if not comma:
            raise BadPicture("The data URL has no comma, so it holds no picture.")
        if not head.lower().endswith(";base64"):
            return unquote_to_bytes(body)
        text = body.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    return _decode_base64(text)


def _decode_base64(text: str) -> bytes:
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    if not letters:
        raise BadPicture("The picture is empty.")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        start = letters[:24] + ("…" if len(letters) > 24 else "")
        raise BadPicture(f"The picture is not base64: it begins with {start!r}.") from None
