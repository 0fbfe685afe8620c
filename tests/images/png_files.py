"""PNG files made chunk by chunk, with any side chunk that one wants."""

import struct
import zlib

import numpy as np

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""By the number of channels."""

WIDE_GAMUT = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
"""A cHRM chunk: the primaries of Display P3."""


def chunk(kind: bytes, body: bytes, *, crc: int | None = None) -> bytes:
    """One chunk, with a checksum that may be wrong."""
    right = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc or right)


def png(
    pixels: np.ndarray,
    *side: bytes,
    end: bytes = b"",
    pieces: int = 1,
    palette: np.ndarray | None = None,
) -> bytes:
    """Pixels (h, w, channels) of 8 or 16 bits as a file, with side chunks before the pixels."""
    height, width, channels = pixels.shape
    color = 3 if palette is not None else COLOR_TYPES[channels]
    head = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, color, 0, 0, 0)
    packed = packed_rows(pixels)
    step = -(-len(packed) // pieces)
    data = [chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step)]
    table = [chunk(b"PLTE", palette.astype(np.uint8).tobytes())] if palette is not None else []
    parts = [chunk(b"IHDR", head), *side, *table, *data, end, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def packed_rows(pixels: np.ndarray) -> bytes:
    """Unfiltered rows, deflated."""
    height = pixels.shape[0]
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    return zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())


def cicp(primaries: int, transfer: int) -> bytes:
    """A cICP chunk: codes of ITU-T H.273, RGB, full range."""
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def gamma(power: float) -> bytes:
    """A gAMA chunk."""
    return chunk(b"gAMA", struct.pack(">I", round(100_000 * power)))


def brightest(nits: float) -> bytes:
    """A cLLI chunk: the brightest light of the content."""
    return chunk(b"cLLI", struct.pack(">II", round(nits * 10_000), 1_000_000))


def frame_control(number: int, width: int, height: int, left: int = 0, top: int = 0) -> bytes:
    """An fcTL chunk."""
    body = struct.pack(">IIIIIHHBB", number, width, height, left, top, 1, 10, 0, 0)
    return chunk(b"fcTL", body)


def animation(frames: int) -> bytes:
    """An acTL chunk."""
    return chunk(b"acTL", struct.pack(">II", frames, 0))
