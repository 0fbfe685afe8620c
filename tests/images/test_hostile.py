"""Whatever is sent as a picture is read or refused in words, quickly; nothing else happens."""

import random
import struct
import time
import zlib

import pytest
from PIL import Image

from stylekit.errors import BadPicture, PictureTooLarge, TooLarge
from stylekit.images import Limits, decode, read_description, thumbnail
from tests.images.scenes import LIMITS, file_of, photo

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "JXL", "BMP", "TIFF")
CUTS, MUTANTS = 25, 40  # of each format
MAX_SECONDS = 2.0  # of the processor


def valid(format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a cat"
    small = photo().resize((48, 32))
    return file_of(small, format, **({} if format in ("GIF", "BMP") else {"exif": exif.tobytes()}))


PACKED = zlib.compress(bytes(60_000_000), 1)
VALID = {format: valid(format) for format in FORMATS}


def is_read(data: bytes) -> bool:
    """Whether it was read; it may only be refused as a bad or a large picture, and in time."""
    began = time.process_time()
    refusal, picture = "", None
    try:
        picture = decode(data, LIMITS).picture
    except (BadPicture, TooLarge) as error:
        refusal = str(error)
    assert time.process_time() - began < MAX_SECONDS
    if picture is None:
        assert 20 < len(refusal) < 200
        return False
    assert picture.shape[0] * picture.shape[1] <= LIMITS.max_pixels
    assert 0 <= picture.min() <= picture.max() <= 1
    return True


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_off_anywhere_is_refused_unless_the_greater_part_is_there(format):
    data = VALID[format]
    cuts = {*range(1, 30), *(len(data) * k // CUTS for k in range(1, CUTS))}
    read = [at for at in sorted(cuts) if is_read(data[:at])]
    assert read == [] or format in ("JPEG", "PNG", "JXL")
    assert all(at > len(data) / 2 or format == "JXL" for at in read)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_with_wrong_bytes_anywhere_is_read_or_refused(format):
    dice = random.Random(format)
    for _ in range(MUTANTS):
        data = bytearray(VALID[format])
        for _ in range(dice.choice((1, 3, 20))):
            data[dice.randrange(len(data))] = dice.choice(
                (0, 1, 127, 128, 255, dice.randrange(256))
            )
        is_read(bytes(data))


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_with_a_piece_moved_removed_or_repeated_is_read_or_refused(format):
    dice = random.Random(f"{format} in pieces")
    for _ in range(MUTANTS // 2):
        data = VALID[format]
        a, b, c = sorted(dice.randrange(len(data)) for _ in range(3))
        is_read(
            dice.choice(
                (data[:a] + data[b:], data[:b] + data[a:], data[:a] + data[b:c] + data[a:b])
            )
        )


@pytest.mark.parametrize("first", FORMATS)
def test_a_head_of_one_format_and_a_body_of_another_is_read_or_refused(first):
    for second in FORMATS:
        is_read(VALID[first][:32] + VALID[second])
        is_read(VALID[first][:32] + VALID[second][32:])
        assert is_read(VALID[first] + VALID[second]) or first in ("HEIF", "AVIF", "WEBP")


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    made = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def png_of(width: int, height: int, *extra: tuple[bytes, bytes]) -> bytes:
    """A grey picture, one bit a pixel, whose file is tiny however large it is."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(((width + 7) // 8 + 1) * height, 2**20)))
    return png((b"IHDR", head), *extra, (b"IDAT", rows), (b"IEND", b""))


@pytest.mark.parametrize(
    ("width", "height"),
    [(2001, 2000), (10_000, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1)],
)
def test_a_small_file_of_a_huge_picture_is_refused_by_its_pixels(width, height):
    data = png_of(width, height)
    assert len(data) < 100_000
    began = time.process_time()
    for read in (lambda: decode(data, LIMITS), lambda: thumbnail(data, 64, limits=LIMITS)):
        with pytest.raises(PictureTooLarge, match="pixels; the most we accept is 4,000,000"):
            read()
    assert time.process_time() - began < MAX_SECONDS


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF", "WEBP", "JPEG", "JXL", "AVIF", "HEIF"])
def test_a_head_that_promises_a_huge_picture_is_refused(format):
    huge = {
        "GIF": (6, struct.pack("<HH", 65535, 65535)),
        "BMP": (18, struct.pack("<ii", 60_000, 60_000)),
        "JPEG": (VALID["JPEG"].index(b"\xff\xc0") + 5, struct.pack(">HH", 65535, 65535)),
    }
    if format in huge:
        at, size = huge[format]
        data = VALID[format][:at] + size + VALID[format][at + len(size) :]
    else:
        data = file_of(Image.new("RGB", (401, 400)), format)
    with pytest.raises(PictureTooLarge, match="pixels"):
        decode(data, Limits(max_bytes=10**6, max_pixels=160_000))


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP", b"tEXt", b"eXIf"])
def test_a_bomb_in_the_metadata_does_not_go_off(kind):
    body = {
        b"zTXt": b"Comment\0\0" + PACKED,
        b"iTXt": b"Comment\0\1\0\0\0" + PACKED,
        b"iCCP": b"profile\0\0" + PACKED,
        b"tEXt": b"Description\0" + b"{" * 900_000,
        b"eXIf": b"MM\0*" + b"\xff" * 900_000,
    }[kind]
    data = png_of(64, 64, (kind, body))
    began = time.process_time()
    is_read(data)
    try:
        assert read_description(data) is None
    except BadPicture:
        pass
    assert time.process_time() - began < MAX_SECONDS


TYPES_AND_COUNTS = [(2, 2**32 - 1), (3, 0), (4, 2), (12, 9), (13, 1), (99, 1)]


@pytest.mark.parametrize("tag", [0x0112, 0x010E, 0x8769, 0x8825, 0x0100, 0x0111, 0xEA60])
def test_exif_entries_of_wrong_types_and_lengths_do_not_stand_in_the_way(tag):
    small = photo().resize((32, 32))
    for kind, count in TYPES_AND_COUNTS:
        entry = struct.pack(">HHII", tag, kind, count, 8)  # points at itself, too
        exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 8)
        for format in ("JPEG", "PNG", "WEBP"):
            assert is_read(file_of(small, format, exif=exif))


def test_a_tiff_whose_directories_go_round_in_a_circle_is_read_once():
    data = bytearray(VALID["TIFF"])
    start = struct.unpack("<I", data[4:8])[0]
    entries = struct.unpack("<H", data[start : start + 2])[0]
    data[start + 2 + 12 * entries :][:4] = struct.pack("<I", start)
    assert is_read(bytes(data))


def test_a_limit_of_bytes_is_kept_before_anything_is_looked_at():
    with pytest.raises(PictureTooLarge, match="bytes"):
        decode(bytes(1001), Limits(max_bytes=1000, max_pixels=10**9))


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_is_refused_by_its_size_before_its_decoder_takes_memory(lossless, mode):
    data = file_of(Image.new(mode, (401, 400)), "WEBP", lossless=lossless)
    with pytest.raises(PictureTooLarge, match="401 × 400"):
        decode(data, Limits(max_bytes=10**6, max_pixels=160_000))
