"""What bytes are, and pictures as text."""

import base64

import pytest
from PIL import Image

from stylekit.errors import BadPicture, NotAPicture
from stylekit.images import (
    FORMATS,
    SUFFIXES,
    accepted_by_file_inputs,
    data_url,
    decode,
    decode_text,
    mime_type,
)
from tests.images.scenes import LIMITS, file_of, four_corners

DATA = bytes(range(256)) * 3  # 768 bytes, every letter of both alphabets
STANDARD = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    ("format", "type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("HEIF", "image/heic"),
        ("JXL", "image/jxl"),
        ("AVIF", "image/avif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_the_media_type_is_what_the_bytes_say(format, type):
    data = file_of(Image.fromarray(four_corners()), format)
    assert mime_type(data) == type
    assert data_url(data).startswith(f"data:{type};base64,")
    assert decode_text(data_url(data)) == data


@pytest.mark.parametrize("data", [b"", b"text", b"\0\0\0\x18ftypisom\0\0\0\0isom", b"BMW cars"])
def test_what_is_no_picture_has_no_picture_s_media_type(data):
    assert mime_type(data) == "application/octet-stream"


@pytest.mark.parametrize("length", [766, 767, 768])
def test_base64_is_read_however_it_is_written(length):
    data = DATA[:length]
    standard = base64.b64encode(data).decode()
    lines = "\r\n".join(standard[at : at + 76] for at in range(0, len(standard), 76))
    for text in (
        standard,
        standard.rstrip("="),
        base64.urlsafe_b64encode(data).decode(),
        base64.urlsafe_b64encode(data).decode().rstrip("="),
        lines,
        f"  {standard}\n",
        f"data:image/png;base64,{standard}",
        f"DATA:image/jpeg;name=a.jpg;BASE64,{lines}",
        f"data:;base64,{standard.rstrip('=')}",
        f"data:image/png;base64,{standard.replace('+', '%2B').replace('=', '%3D')}",
    ):
        assert decode_text(text) == data


def test_a_data_url_may_be_percent_encoded_instead():
    assert decode_text("data:image/gif,GIF89a%00%FF") == b"GIF89a\0\xff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "data:",
        "data:image/png;base64",
        "data:image/png;base64,",
        "not base64!",
        "a",
        "abcde",
        "žluťoučký",
        "AAAA\0AAAA",
        "{}",
        "AA=A",
        "====",
        STANDARD + "*",
    ],
)
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(BadPicture):
        decode_text(text)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 60])
def test_plus_signs_that_a_form_made_spaces_are_plus_signs(count):
    data = DATA[:100] + b"\xfb" * count + DATA[:200]
    text = base64.b64encode(data).decode()
    assert "+" in text
    assert decode_text(text.replace("+", " ")) == data
    assert decode_text(f"data:image/png;base64,{text.replace('+', ' ')}") == data


def test_lines_may_be_joined_by_spaces():
    lines = [STANDARD[at : at + 76] for at in range(0, len(STANDARD), 76)]
    assert decode_text(" ".join(lines)) == DATA


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- made -->\n<svg width='1'/>", "an SVG drawing"),
        (b"\0\0\1\0\1\0\x20\x20\0\0" + bytes(100), "an icon"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video"),
        (b"<!DOCTYPE html><html>", "a web page"),
    ],
)
def test_what_people_send_by_mistake_is_called_by_its_name(data, words):
    with pytest.raises(NotAPicture, match=f"{words}.*, which we do not read; we read JPEG, PNG"):
        decode(data, LIMITS)


def test_every_format_is_in_the_list_of_what_a_page_accepts():
    accepted = accepted_by_file_inputs().split(",")
    assert {"image/jpeg", "image/avif", "image/jxl", ".hif", ".heic", ".tif", ".dng"} <= {*accepted}
    assert not {"image/*", "image/svg+xml", ".svg", ".ico"} & {*accepted}
    assert {each.suffixes[0] for each in FORMATS.values()} <= SUFFIXES
