"""Pixels decide: broken side data is left out, and the greater part of a cut file is read."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from stylekit.errors import PictureDamaged
from stylekit.images import decode
from tests.images.png_files import chunk, packed_rows, png
from tests.images.scenes import LIMITS, file_of, photo, shipped

PIXELS = np.asarray(photo())


def text_of(size: int) -> bytes:
    return zlib.compress(b"x" * size)


SIDE_CHUNKS = {
    "text with a wrong checksum": chunk(b"tEXt", b"Comment\0hello", crc=1),
    "time with a wrong checksum": chunk(b"tIME", bytes(7), crc=1),
    "short pHYs": chunk(b"pHYs", bytes(5)),
    "XMP of 2 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + text_of(2_000_000)),
    "plain XMP of 2 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * 2_000_000),
    "zTXt of an unknown method": chunk(b"zTXt", b"Comment\0\x07" + text_of(10)),
    "profile of 3 MB": chunk(b"iCCP", b"profile\0\0" + text_of(3_000_000)),
    "profile that is no profile": chunk(b"iCCP", b"profile\0\0" + b"no zlib"),
    "profile without a name": chunk(b"iCCP", b"profile"),
    "empty gAMA": chunk(b"gAMA", b""),
    "gAMA of zero": chunk(b"gAMA", bytes(4)),
    "cHRM of zeros": chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", bytes(32)),
    "short cICP": chunk(b"cICP", b"\1"),
    "unknown codes": chunk(b"cICP", bytes([200, 200, 0, 1])),
    "unknown chunk": chunk(b"abCd", bytes(100)),
    "broken EXIF": chunk(b"eXIf", b"MM\0*" + b"\xff" * 100),
    "animation of no frames": chunk(b"acTL", bytes(8)),
}


@pytest.mark.parametrize("kind", SIDE_CHUNKS)
def test_a_side_chunk_does_not_stand_in_the_way(kind):
    source = decode(png(PIXELS, SIDE_CHUNKS[kind]), LIMITS)
    assert np.abs(source.picture * 255 - PIXELS).max() < 1
    assert source.notes == ()


def test_a_png_without_its_end_is_whole():
    data = png(PIXELS)
    for end in (-12, -13, -16):  # IEND, and some of the checksums before it
        assert decode(data[:end], LIMITS).notes == ()
    assert np.abs(decode(data[:-16], LIMITS).picture * 255 - PIXELS).max() < 1


def test_pixels_with_a_wrong_checksum_are_read_where_they_unpack():
    packed = chunk(b"IDAT", packed_rows(PIXELS))
    data = png(PIXELS)
    at = data.index(packed) + len(packed) - 1
    assert decode(data[:at] + b"\0" + data[at + 1 :], LIMITS).notes == ()


def jpeg(**options: object) -> bytes:
    return file_of(photo("coffee").resize((320, 240)), "JPEG", quality=90, **options)


JPEGS = {
    "4:2:0": jpeg(),
    "4:4:4": jpeg(subsampling=0),
    "grey": file_of(photo("coffee").resize((320, 240)).convert("L"), "JPEG", quality=90),
    "restarts": jpeg(restart_marker_rows=2),
}


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_jpeg_without_its_last_bytes_is_whole(kind, missing):
    whole = decode(JPEGS[kind], LIMITS)
    source = decode(JPEGS[kind][:-missing], LIMITS)
    assert source.notes == ()
    assert np.abs(source.picture - whole.picture)[:220].max() == 0
    assert np.abs(source.picture - whole.picture).mean() < 1e-3


def cut_by(data: bytes, share: float, kind: str) -> bytes:
    """Ends at a share of the file, or says there that it ends."""
    at = int(len(data) * share)
    return data[:at] if kind == "cut" else data[:at] + b"\xff\xd9" + data[at + 2 :]


@pytest.mark.parametrize(
    ("format", "kind"), [("PNG", "cut"), *((f, k) for f in JPEGS for k in ("cut", "ended early"))]
)
def test_of_a_cut_picture_the_greater_part_is_read_and_the_rest_filled_in(format, kind):
    data = file_of(photo("coffee").resize((320, 240)), "PNG") if format == "PNG" else JPEGS[format]
    whole = decode(data, LIMITS).picture
    source = decode(cut_by(data, 0.8, kind), LIMITS)
    assert source.picture.shape == whole.shape
    (note,) = source.notes
    assert "cut off or damaged" in note
    share = int(note.split(" %")[0].split()[-1])
    assert 55 <= share <= 95
    rows = 240 * share // 100
    assert np.abs(source.picture - whole)[: rows - 1].max() < 1e-6
    filled = source.picture[rows + 2 :]
    assert np.abs(filled - source.picture[rows - 16 : rows].mean(axis=(0, 1))).mean() < 0.25


@pytest.mark.parametrize("format", [*JPEGS, "PNG"])
def test_of_a_cut_picture_less_than_the_greater_part_is_refused(format):
    data = file_of(photo(), "PNG") if format == "PNG" else JPEGS[format]
    with pytest.raises(PictureDamaged, match=r"only \d+ % of it is there"):
        decode(cut_by(data, 0.4, "cut"), LIMITS)


def test_a_corrupt_jpeg_that_decoders_show_grey_is_refused():
    """A marker in the middle of the data ends it, and nobody says so."""
    data = JPEGS["4:2:0"]
    at = len(data) // 3
    damaged = data[:at] + b"\xff\xe1\0\x02" + data[at:]
    assert np.ptp(np.asarray(Image.open(io.BytesIO(damaged)))[-40:]) == 0
    with pytest.raises(PictureDamaged):
        decode(damaged, LIMITS)


def test_a_jpeg_that_really_ends_in_one_colour_is_whole():
    pixels = np.asarray(photo("coffee").resize((320, 240))).copy()
    pixels[100:] = 255
    for options in ({}, {"progressive": True}, {"subsampling": 0}):
        source = decode(file_of(Image.fromarray(pixels), "JPEG", **options), LIMITS)
        assert source.notes == ()
        assert source.picture[-1].min() > 0.98


def test_of_a_cut_progressive_jpeg_a_coarse_copy_is_read():
    data = jpeg(progressive=True)
    source = decode(data[: len(data) // 2], LIMITS)
    assert "finest detail" in source.notes[0]
    assert np.abs(source.picture - decode(data, LIMITS).picture).mean() < 0.05
    with pytest.raises(PictureDamaged, match="not even a coarse copy"):
        decode(data[: data.index(b"\xff\xda") + 60], LIMITS)


def test_a_photograph_of_a_panorama_is_read_by_its_rows():
    """Phones that stitch forget the end; the pixels are all there."""
    data = file_of(Image.open(io.BytesIO(shipped("rocket.jpg"))), "JPEG")[:-2]
    assert decode(data, LIMITS).notes == ()


def in_three_scans(pixels: np.ndarray) -> bytes:
    """A baseline JPEG whose components come one after the other: three grey files made one."""
    planes = np.moveaxis(np.asarray(Image.fromarray(pixels).convert("YCbCr")), -1, 0)
    files = [file_of(Image.fromarray(plane), "JPEG", quality=95) for plane in planes]
    frame, scan = files[0].index(b"\xff\xc0"), files[0].index(b"\xff\xda")
    after = frame + 2 + int.from_bytes(files[0][frame + 2 : frame + 4])
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    size = files[0][frame + 4 : frame + 9]  # of samples, then height and width
    head = b"\xff\xc0" + (17).to_bytes(2) + size + b"\3" + components
    data = [file[file.index(b"\xff\xda") + 10 : -2] for file in files]
    scans = b"".join(
        b"\xff\xda\0\x08\1" + bytes([number, 0]) + b"\0\x3f\0" + each
        for number, each in zip((1, 2, 3), data, strict=True)
    )
    return files[0][:frame] + head + files[0][after:scan] + scans + b"\xff\xd9"


def test_a_jpeg_whose_components_follow_one_another_is_whole():
    pixels = np.asarray(photo("coffee").resize((320, 240))).copy()
    pixels[100:] = 255  # as if the data had ended
    source = decode(in_three_scans(pixels), LIMITS)
    assert source.notes == ()
    assert np.abs(source.picture * 255 - pixels).mean() < 3
