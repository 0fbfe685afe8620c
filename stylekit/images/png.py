"""PNG files: pixels are read, broken or huge side chunks are skipped."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylekit.errors import PictureDamaged
from stylekit.images.color import MAX_PROFILE, PRIMARIES
from stylekit.images.hdr import USUAL_PEAK
from stylekit.images.limits import NO_LIMITS, Limits, check_share, check_size, refusing_damage
from stylekit.images.samples import SRGB, Samples, Space
from stylekit.images.transparency import rows_filled
from stylekit.images.with_pillow import (
    exif_orientation,
    opaque_is_none,
    opened,
    reduced,
    samples_of,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type."""

KEPT = (
    b"IHDR",
    b"PLTE",
    b"acTL",
    b"tRNS",
    b"iCCP",
    b"sRGB",
    b"gAMA",
    b"cHRM",
    b"cICP",
    b"cLLI",
    b"mDCV",
    b"eXIf",
)
USUAL_GAMMA, GAMMA_LEEWAY = 0.45455, 0.05


@dataclass(frozen=True)
class Head:
    """What IHDR says."""

    width: int
    height: int
    bits: int
    color: int
    interlaced: int

    @property
    def stride(self) -> int:
        """Bytes of a row, its filter's number included."""
        return 1 + (self.width * CHANNELS[self.color] * self.bits + 7) // 8

    def chunk(self) -> bytes:
        """IHDR again."""
        return struct.pack(
            ">IIBBBBB", self.width, self.height, self.bits, self.color, 0, 0, self.interlaced
        )


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A file's head, palette, side chunks and packed pixels."""

    head: Head
    palette: bytes
    side: dict[bytes, bytes]
    packed: bytes
    at: tuple[int, int, int, int] | None  # left, top, width, height of a frame within the canvas

    def file(self, packed: bytes | None = None) -> bytes:
        """A file of the pixels alone."""
        head = self.head
        if self.at is not None:
            head = replace(head, width=self.at[2], height=self.at[3])
        chunks = [(b"IHDR", head.chunk())]
        chunks += [(b"PLTE", self.palette)] if self.palette else []
        chunks += [(b"tRNS", self.side[b"tRNS"])] if b"tRNS" in self.side else []
        chunks += [(b"IDAT", self.packed if packed is None else packed), (b"IEND", b"")]
        return SIGNATURE + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )


def read(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """A PNG file, or the greater part of one that is cut off.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    with refusing_damage("PNG"):
        parts = parsed(data)
    check_size(parts.head.width, parts.head.height, limits)
    with refusing_damage("PNG"):
        try:
            samples = _pixels(parts, parts.packed, longest_side)
        except Exception:
            samples = _salvaged(parts)
        space = space_of(parts.side)
        orientation = exif_orientation(parts.side.get(b"eXIf"))
        samples = replace(samples, space=space, orientation=orientation)
        return samples if parts.at is None else _on_canvas(samples, parts)


def parsed(data: bytes) -> Parts:
    """The chunks that matter, whatever their checksums; those of an animation's first frame.

    Raises:
        ValueError: when there is no head.
    """
    side: dict[bytes, bytes] = {}
    frames: dict[bytes, list[bytes]] = {b"IDAT": [], b"fdAT": []}
    places: list[bytes] = []  # of an animation's frames
    for kind, body in _chunks(data):
        if kind == b"fcTL":
            places.append(body)
        elif kind == b"IDAT" or (kind == b"fdAT" and len(places) == 1):
            frames[kind].append(body)
        elif kind in KEPT:
            side.setdefault(kind, body)
    return _parts(side, frames, places)


def _parts(
    side: dict[bytes, bytes], frames: dict[bytes, list[bytes]], places: list[bytes]
) -> Parts:
    width, height, bits, color, _, _, interlaced = struct.unpack(">IIBBBBB", side[b"IHDR"][:13])
    head = Head(width, height, bits, color, interlaced)
    if color not in CHANNELS:
        raise ValueError(f"there is no colour type {color}")
    palette = side.get(b"PLTE", b"")
    parts = Parts(
        head=head,
        palette=palette[: len(palette) // 3 * 3],
        side=side,
        packed=b"".join(frames[b"IDAT"]),
        at=None,
    )
    if b"acTL" not in side or not frames[b"fdAT"] or not places or len(places[0]) < 20:
        return parts
    width, height, left, top = struct.unpack(">IIII", places[0][4:20])
    at = (left, top, width, height)
    _check_place(at, head)
    return replace(parts, packed=b"".join(body[4:] for body in frames[b"fdAT"]), at=at)


def _check_place(at: tuple[int, int, int, int], head: Head) -> None:
    left, top, width, height = at
    if not (width and height and left + width <= head.width and top + height <= head.height):
        raise ValueError("the first frame does not fit on the canvas")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each chunk, the last one perhaps cut."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + 8 + length]
        if kind == b"IEND":
            return
        at += 12 + length


def _pixels(parts: Parts, packed: bytes, longest_side: int | None = None) -> Samples:
    """Decoded: 16 bits as they are, anything else by Pillow."""
    file = parts.file(packed)
    if parts.head.bits == 16:
        import imagecodecs

        return _split(imagecodecs.png_decode(file))
    image = opened(file, "PNG", NO_LIMITS)
    image.load()
    return samples_of(reduced(image, longest_side))


def _split(pixels: NDArray[Any]) -> Samples:
    """Values and alpha of decoded pixels (h, w) or (h, w, 1 to 4)."""
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    if pixels.shape[2] in (2, 4):
        return Samples(values=pixels[..., :-1], alpha=opaque_is_none(pixels[..., -1]))
    return Samples(values=pixels)


def _salvaged(parts: Parts) -> Samples:
    """The rows that can be unpacked, of a file that is cut off or damaged."""
    height = parts.head.height if parts.at is None else parts.at[3]
    head = parts.head if parts.at is None else replace(parts.head, width=parts.at[2])
    if head.interlaced:
        raise PictureDamaged("The PNG picture is cut off or damaged, and it is interlaced.")
    unpacked = _unpacked(parts.packed, head.stride * height)
    rows = len(unpacked) // head.stride
    notes = check_share("PNG", rows, height) if rows < height else ()
    whole = unpacked[: rows * head.stride].ljust(head.stride * height, b"\0")
    samples = _pixels(parts, zlib.compress(whole, 1))
    if not notes:
        return samples
    return replace(samples, values=rows_filled(samples.values, rows), notes=notes)


def _unpacked(packed: bytes, size: int) -> bytes:
    """As many bytes as can be unpacked, at most `size`."""
    unpacker, made = zlib.decompressobj(), bytearray()
    step = 4096  # what is right before an error is not lost
    for at in range(0, len(packed), step):
        try:
            made += unpacker.decompress(packed[at : at + step], size - len(made) or 1)
            while unpacker.unconsumed_tail and len(made) < size:
                made += unpacker.decompress(unpacker.unconsumed_tail, size - len(made))
        except zlib.error:
            break
        if len(made) >= size:
            break
    return bytes(made[:size])


def _on_canvas(samples: Samples, parts: Parts) -> Samples:
    """An animation's first frame where it is on the canvas; what is around it is transparent."""
    assert parts.at is not None
    left, top, width, height = parts.at
    size = (parts.head.height, parts.head.width)
    if (height, width) == size:
        return samples
    values = np.zeros((*size, samples.values.shape[2]), samples.values.dtype)
    alpha = np.zeros(size, samples.values.dtype)
    place = np.s_[top : top + height, left : left + width]
    values[place] = samples.values
    alpha[place] = np.iinfo(alpha.dtype).max if samples.alpha is None else samples.alpha
    return replace(samples, values=values, alpha=alpha)


def space_of(side: dict[bytes, bytes]) -> Space:
    """The colours that the file means: cICP before iCCP before sRGB before gAMA with cHRM."""
    if len(side.get(b"cICP", b"")) == 4:
        primaries, transfer = side[b"cICP"][:2]
        return Space(primaries=primaries, transfer=transfer, peak_nits=_peak(side))
    if profile := _profile(side.get(b"iCCP", b"")):
        return Space(icc=profile)
    if b"sRGB" in side or len(side.get(b"gAMA", b"")) != 4:
        return SRGB
    stored = int.from_bytes(side[b"gAMA"]) / 100_000
    if stored <= 0:
        return SRGB
    chromaticities = _chromaticities(side.get(b"cHRM", b""))
    if chromaticities is None and abs(stored / USUAL_GAMMA - 1) < GAMMA_LEEWAY:
        return SRGB
    return Space(primaries=chromaticities or PRIMARIES[1], gamma=1 / stored)


def _chromaticities(chunk: bytes) -> tuple[float, ...] | None:
    """x, y of white, red, green and blue; None where they make no sense."""
    if len(chunk) != 32:
        return None
    values = tuple(each / 100_000 for each in struct.unpack(">8I", chunk))
    is_sane = all(0 < y <= 1 for y in values[1::2]) and all(0 <= x <= 1 for x in values[::2])
    columns = np.array([values[2:4], values[4:6], values[6:8]])
    area = np.linalg.det(np.column_stack([columns, np.ones(3)])) if is_sane else 0
    return values if abs(area) > 1e-4 else None


def _profile(chunk: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk, unpacked within bounds."""
    _, _, rest = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(rest[1:], MAX_PROFILE) or None
    except zlib.error:
        return None


def _peak(side: dict[bytes, bytes]) -> float:
    """The brightest light in cd/m², of the content or of the screen that it was made on."""
    stated = 0.0
    if len(side.get(b"cLLI", b"")) == 8:
        stated = int.from_bytes(side[b"cLLI"][:4]) / 10_000
    if not stated and len(side.get(b"mDCV", b"")) == 24:
        stated = int.from_bytes(side[b"mDCV"][16:20]) / 10_000
    return stated or USUAL_PEAK
