"""Strangers' pictures are read in processes of their own, which limits end, and not the server."""

import io
import os
import signal
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylekit.errors import (
    NotAPicture,
    PictureDamaged,
    PictureTooCostly,
    PictureTooLarge,
    Unavailable,
)
from stylekit.images import Limits, decode, thumbnail
from stylekit.images.isolated import IsolatedReader
from tests.images.scenes import LIMITS, file_of, photo


def processes_below(pid):
    """Every process that this one began, and those that they began."""
    found = []
    for each in os.listdir("/proc"):
        try:
            parent = int(Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[1])
        except (ValueError, OSError):
            continue
        if parent == pid:
            found += [int(each), *processes_below(int(each))]
    return found


def readers(reader):
    """The processes that read, without the warm one."""
    return processes_below(reader._process.pid)


@pytest.fixture
def reader():
    made = IsolatedReader()
    yield made
    made.close()


@pytest.fixture
def forgetful():
    """One that keeps no process for the next picture."""
    made = IsolatedReader(idle=0)
    yield made
    made.close()


@pytest.fixture
def hasty():
    """One that spends a second on a picture."""
    made = IsolatedReader(most_seconds=1)
    yield made
    made.close()


def progressive(scans: int, side: int = 64) -> bytes:
    """A JPEG that goes over its pixels so often."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * scans + b"\xff\xd9"


def with_segments(count: int) -> bytes:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0"
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    data = file_of(photo(), "JPEG")
    return data[:2] + segment * count + data[2:]


def tiff_of_strips(
    count: int,
    *,
    rows: int = 64,
    width: int = 64,
    strip: int = 1,
    bits: int = 8,
    samples: int = 1,
    kind: int = 1,
) -> bytes:
    """A TIFF whose directory lists so many strips."""
    color = 2 if samples > 1 else 1
    values = (
        (256, width),
        (257, rows),
        (258, bits),
        (259, 1),
        (262, color),
        (273, 0),
        (277, samples),
        (278, strip),
        (279, 0),
        (339, kind),
    )
    end = 8 + 2 + 12 * len(values) + 4
    entries, lists = b"", b""
    for tag, value in values:
        if tag in (273, 279) and count > 1:
            entries += struct.pack("<HHII", tag, 4, count, end + len(lists))
            lists += struct.pack("<I", 8 if tag == 273 else 64) * count
        else:
            entries += struct.pack("<HHIHH", tag, 3, 1, value or 8, 0)
    return b"II*\0" + struct.pack("<IH", 8, len(values)) + entries + bytes(4) + lists


def striped(side: int, format: str, **options) -> bytes:
    """A large picture that is soon made."""
    rows = np.arange(side, dtype=np.uint8)[:, None, None] * np.ones((1, side, 3), np.uint8)
    return file_of(Image.fromarray(rows), format, **options)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "JXL", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_what_is_read_is_what_decode_reads(pictures, format, mode):
    image = photo().convert("RGB" if mode == "RGBA" and format in ("JPEG", "GIF") else mode)
    data = file_of(image, format)
    here, there = decode(data, LIMITS), pictures.read(data, LIMITS).source()
    assert np.array_equal(here.picture, there.picture)
    assert (here.alpha is None) == (there.alpha is None)
    assert here.alpha is None or np.array_equal(here.alpha, there.alpha)
    assert (here.format, here.orientation, here.notes) == (
        there.format,
        there.orientation,
        there.notes,
    )
    assert pictures.examine(data, LIMITS) == here.notes
    small = pictures.thumbnail(data, 32, LIMITS, format="png")
    assert small == thumbnail(data, 32, "png", limits=LIMITS)


def test_a_photograph_waits_in_three_bytes_a_pixel(pictures):
    found = pictures.read(file_of(photo(), "JPEG"), LIMITS)
    assert found.nbytes == 3 * photo().width * photo().height


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"no picture", NotAPicture),
        (file_of(photo(), "WEBP")[:200], PictureDamaged),
        (striped(2100, "PNG"), PictureTooLarge),
        (progressive(scans=300), PictureTooCostly),
        (with_segments(6000), PictureTooCostly),
        (tiff_of_strips(2000), PictureTooCostly),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_refusals_say_the_same_in_both(pictures, data, error):
    with pytest.raises(error) as here:
        decode(data, LIMITS)
    with pytest.raises(error) as there:
        pictures.read(data, LIMITS)
    assert str(here.value) == str(there.value)


def test_usual_files_are_not_costly():
    decode(progressive(scans=20), LIMITS)
    decode(with_segments(300), LIMITS)
    decode(tiff_of_strips(64), LIMITS)


def test_a_process_reads_several_pictures_and_none_after_a_bad_one(reader):
    good, bad = file_of(photo(), "PNG"), file_of(photo(), "WEBP")[:200]
    reader.read(good, LIMITS)
    first = readers(reader)
    for _ in range(3):
        reader.read(good, LIMITS)
    assert readers(reader) == first
    with pytest.raises(PictureDamaged):
        reader.read(bad, LIMITS)
    reader.read(good, LIMITS)
    assert not set(readers(reader)) & set(first)


def in_the_middle(reader, data, act):
    """What comes of reading a picture while `act` is done to the process that reads it."""
    outcome = []
    reader.read(file_of(photo(), "PNG"), LIMITS)  # the warm process is there
    while readers(reader):
        time.sleep(0.001)

    def read():
        try:
            outcome.append(reader.read(data, Limits(max_bytes=10**8, max_pixels=10**8)))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while thread.is_alive() and not (found := readers(reader)):
        time.sleep(0.001)
    for pid in found:
        act(pid)
    thread.join()
    return outcome[0]


@pytest.fixture(scope="module")
def costly():
    """A file that is no larger than a photograph, and takes a minute."""
    return progressive(scans=240, side=6000)


@pytest.mark.parametrize("crash", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_decoder_that_crashes_is_a_picture_that_cannot_be_read(forgetful, costly, crash):
    found = in_the_middle(forgetful, costly, lambda pid: os.kill(pid, crash))
    assert isinstance(found, PictureDamaged)
    assert str(found) == "The JPEG picture cannot be read: its decoder broke on it."
    forgetful.read(file_of(photo(), "PNG"), LIMITS)


def test_what_a_library_prints_without_end_reaches_no_log(forgetful, costly, caplog, capfd):
    def print_without_end(pid):
        while not os.readlink(f"/proc/{pid}/fd/2").startswith("pipe:"):
            time.sleep(0.001)  # it was just forked
        said = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
        printed.append(os.write(said, b"x" * 10_000_000))
        os.close(said)
        os.kill(pid, signal.SIGSEGV)

    printed = []
    assert isinstance(in_the_middle(forgetful, costly, print_without_end), PictureDamaged)
    assert 0 < printed[0] <= 2**16
    assert 0 < caplog.text.count("x") < 1000
    assert "xx" not in capfd.readouterr().err


def test_a_process_that_the_system_ends_is_no_fault_of_the_picture(forgetful, costly):
    found = in_the_middle(forgetful, costly, lambda pid: os.kill(pid, signal.SIGKILL))
    assert isinstance(found, Unavailable)
    forgetful.read(file_of(photo(), "PNG"), LIMITS)


def test_a_picture_gets_so_many_seconds_of_the_processor(hasty, costly):
    words = r"1 seconds of processor time|3 seconds, the most"  # by the clock, on a busy machine
    with pytest.raises(PictureTooCostly, match=words):
        hasty.read(costly, Limits(max_bytes=10**8, max_pixels=10**8))


def test_a_picture_gets_so_many_seconds_of_the_clock(forgetful, costly):
    found = in_the_middle(forgetful, costly, lambda pid: os.kill(pid, signal.SIGALRM))
    assert isinstance(found, PictureTooCostly)
    assert "seconds, the most that we wait for one of its size" in str(found)


def test_a_picture_gets_so_much_memory(reader):
    greedy = tiff_of_strips(1, rows=3000, width=3000, bits=64, samples=8, kind=3, strip=3000)
    with pytest.raises(PictureTooCostly, match=r"more than \d+ MB of memory"):
        reader.read(greedy, Limits(max_bytes=10**8, max_pixels=10**8))


def test_the_warm_process_is_started_again(reader, wait):
    good = file_of(photo(), "PNG")
    reader.read(good, LIMITS)
    begun = [*readers(reader), reader._process.pid]
    for pid in begun:
        os.kill(pid, signal.SIGKILL)
    reader._process.wait()
    wait(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in begun))
    reader.read(good, LIMITS)


def test_nothing_is_left_when_it_ends(reader, wait):
    reader.read(file_of(photo(), "PNG"), LIMITS)
    begun = [*readers(reader), reader._process.pid]
    reader.close()
    wait(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in begun))
