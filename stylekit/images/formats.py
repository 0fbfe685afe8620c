"""The list of formats that are read and written, and pictures as base64 text."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from stylekit.errors import BadPicture, NotAPicture


@dataclass(frozen=True)
class Format:
    """One kind of picture file that is read."""

    name: str  # as in `Source.format`
    words: str  # as people call it
    mime_type: str
    suffixes: tuple[str, ...]  # the usual one first
    kept_as: str  # what a result is written as unless another format is asked for


FORMATS = {
    each.name: each
    for each in (
        Format("JPEG", "JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "jpeg"),
        Format("PNG", "PNG", "image/png", (".png", ".apng"), "png"),
        Format("WEBP", "WebP", "image/webp", (".webp",), "webp"),
        Format("GIF", "GIF", "image/gif", (".gif",), "png"),
        Format("HEIF", "HEIC", "image/heic", (".heic", ".heif", ".hif"), "jpeg"),
        Format("AVIF", "AVIF", "image/avif", (".avif",), "jpeg"),
        Format("JXL", "JPEG XL", "image/jxl", (".jxl",), "jpeg"),
        Format("TIFF", "TIFF", "image/tiff", (".tif", ".tiff"), "png"),
        Format("BMP", "BMP", "image/bmp", (".bmp", ".dib"), "png"),
        Format(
            "RAW",
            "camera raw",
            "image/x-dcraw",
            (".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
            "jpeg",
        ),
    )
}
"""Every format that is read, by its name; the server, the command line and the page use it."""

SUFFIXES = frozenset(suffix for each in FORMATS.values() for suffix in each.suffixes)
"""The endings of picture files' names, in lower case."""


@dataclass(frozen=True)
class Output:
    """One kind of picture file that is written."""

    name: str  # as callers ask for it
    mime_type: str
    suffixes: tuple[str, ...]  # the usual one first
    longest_side: int  # pixels that the format can hold


OUTPUTS = {
    each.name: each
    for each in (
        Output("png", "image/png", (".png",), 2**31 - 1),
        Output("jpeg", "image/jpeg", (".jpg", ".jpeg"), 65_500),
        Output("webp", "image/webp", (".webp",), 16_383),
    )
}
"""Every format that is written, by its name; the server, the command line and the page use it."""

OUTPUT_SUFFIXES = {suffix: each.name for each in OUTPUTS.values() for suffix in each.suffixes}
"""The format that the ending of a file's name asks for."""

MIME_TYPES = {each.name: each.mime_type for each in FORMATS.values()}

_SIGNATURES = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("WEBP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("RAW", re.compile(rb"FUJIFILMCCD-RAW|II(?:RO|RS|U\0)|MMOR|II\*\0.{4}CR\x02", re.DOTALL)),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)),
    ("JXL", re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n")),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_ANY_BRANDS = {b"mif1", b"msf1"}  # the container alone; the codec is among the compatible brands
_AVIF_BRANDS = {b"avif", b"avis"}
_RAW_BRANDS = {b"crx "}

_REFUSED = (
    (
        "an SVG drawing",
        re.compile(
            rb"\s*(<\?xml.{,500}?|<!--.{,2000}?)?<(!DOCTYPE )?svg", re.DOTALL | re.IGNORECASE
        ),
    ),
    ("an icon (ICO)", re.compile(rb"\0\0[\1\2]\0[^\0]\0")),
    ("a PDF", re.compile(rb"%PDF-")),
    ("a Photoshop document", re.compile(rb"8BPS")),
    ("a video", re.compile(rb"\x1a\x45\xdf\xa3|RIFF....AVI ", re.DOTALL)),
    ("a web page", re.compile(rb"\s*<(!DOCTYPE html|html)", re.IGNORECASE)),
)
"""What people choose by mistake, by its first bytes."""


def format_of(data: bytes) -> str | None:
    """The format that the first bytes announce, one of `FORMATS`; None for anything else."""
    if data[4:8] == b"ftyp":
        return _format_of_container(data)
    return next((name for name, signature in _SIGNATURES if signature.match(data)), None)


def _format_of_container(data: bytes) -> str | None:
    """HEIF, AVIF or camera raw by the brands of an ISO media file; a video has others."""
    length = min(int.from_bytes(data[:4]), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, length, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _RAW_BRANDS:
        return "RAW"
    return "HEIF" if brands & (_HEIF_BRANDS | _ANY_BRANDS) else None


def is_picture(data: bytes) -> bool:
    """Whether the first bytes are those of a format that is read."""
    return format_of(data) is not None


def no_picture(data: bytes) -> NotAPicture:
    """The error for bytes of no format that is read: what they are, and what can be sent."""
    readable = names_of_formats()
    if not data:
        return NotAPicture(f"The file is empty; we read {readable}.")
    what = _refused_kind(data)
    said = f"The file is {what}, which we do not read" if what else "The file is no picture"
    return NotAPicture(f"{said}; we read {readable}.")


def _refused_kind(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return "a video"
    head = data[:4096]
    return next((words for words, signature in _REFUSED if signature.match(head)), None)


def mime_type(data: bytes) -> str:
    """The media type of a picture file, or application/octet-stream."""
    return MIME_TYPES.get(format_of(data) or "", "application/octet-stream")


def names_of_formats() -> str:
    """Every format that is read, as a sentence says it."""
    *others, last = (each.words for each in FORMATS.values())
    return f"{', '.join(others)} and {last}"


def accepted_by_file_inputs() -> str:
    """The `accept` attribute of a page's file inputs: every media type and every ending."""
    types = [
        each.mime_type for each in FORMATS.values() if not each.mime_type.startswith("image/x")
    ]
    return ",".join([*types, *sorted(SUFFIXES)])


# Pictures as text ------------------------------------------------------------------------------


def data_url(data: bytes) -> str:
    """The picture as text that a page can show."""
    return f"data:{mime_type(data)};base64,{base64.b64encode(data).decode('ascii')}"


def decode_text(text: str) -> bytes:
    """The bytes of a data URL or of base64.

    Standard or urlsafe, padded or not, with line breaks, or with the spaces that a form makes of
    plus signs.

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


def _lost_plus_signs(text: str) -> bool:
    """Whether the spaces in base64 text were plus signs before a form was decoded."""
    spaces = text.count(" ")
    if not spaces or "+" in text:
        return False
    letters = len("".join(text.split()))
    if spaces % 4 and 0 in (letters % 4, (letters + spaces) % 4):  # padded, so one of both is right
        return (letters + spaces) % 4 == 0
    return len({len(line) for line in text.split()[:-1]}) > 1  # lines are of equal length


def _decode_base64(text: str) -> bytes:
    text = text.replace(" ", "+") if _lost_plus_signs(text) else text
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    if not letters:
        raise BadPicture("The picture is empty.")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        start = letters[:24] + ("…" if len(letters) > 24 else "")
        raise BadPicture(
            f"The picture is not base64: it begins with {start!r}. Send the file itself in a form "
            "(multipart/form-data), or its bytes as base64 text."
        ) from None
