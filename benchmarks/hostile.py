"""Files and requests made to break a server: seeded, so that what broke one can be sent again."""

import base64
import io
import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
BYTES = (0, 1, 127, 128, 255)
HALF_ADDRESSES = ("http://[", "//[", "http://[::1", "data:,", "data:image/png;base64,", "\ud800")
ADDRESSES = (
    ("POST", "/transfer", "image", "style"),
    ("POST", "/transfer", "image", "custom_style"),
    ("POST", "/api/v1/transfers", "content", "style_id"),
    ("POST", "/api/v1/transfers", "content", "style"),
    ("POST", "/api/v1/uploads", "content", "style"),
    ("PUT", "/image/1", "content", "style"),
    ("POST", "/requestStyleTransfer", "contentData", "styleName"),
    ("POST", "/getStyleTransferStatus", "id", "x"),
    ("POST", "/socket.io/?EIO=4&transport=polling&sid=x", "image", "style"),
    ("POST", "/socket.io/?EIO=3&transport=polling", "image", "style"),
    ("GET", "/api/v1/jobs/x/result?width=1", "x", "y"),
    ("GET", "/display?id=x", "x", "y"),
)
HEADERS = ("Origin", "Idempotency-Key", "Authorization", "X-Job-Secret", "Accept", "Cookie",
           "Range", "If-None-Match", "Content-Type", "X-Request-ID", "Host")  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request as it is sent."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def valid(format: str) -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((48, 32)).convert("RGB").save(file, format)
    return file.getvalue()


def progressive(scans: int, side: int) -> bytes:
    """A JPEG of few bytes that goes over its pixels so often."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "JPEG", progressive=True)
    data = file.getvalue()
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * scans + data[-2:]


def costly() -> bytes:
    """A file that passes every look before decoding, and takes longer than is spent on it."""
    return progressive(200, 5000)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The same with bytes changed, cut off, moved or repeated."""
    way = dice.randrange(4)
    a, b, c = sorted(dice.randrange(len(data) + 1) for _ in range(3))
    if way == 0:
        return data[:c]
    if way == 1:
        return data[:a] + data[b:c] * dice.choice((0, 2, 50)) + data[a:]
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 20))):
        at = dice.randrange(len(changed))
        changed[at] = dice.choice((*BYTES, dice.randrange(256)))
        if way == 3:
            changed[at : at + 4] = struct.pack(
                dice.choice("<>") + "I", dice.choice((0, 2**31, 2**32 - 1))
            )
    return bytes(changed)


def files(seed: int) -> Iterator[bytes]:
    """Pictures that are not quite right, without end."""
    dice, sound = random.Random(seed), [valid(format) for format in FORMATS]
    yield progressive(4000, 64)
    while True:
        yield mutated(dice.choice(sound), dice)


def requests(seed: int) -> Iterator[Request]:
    """Requests that are not quite right, without end."""
    dice, pictures = random.Random(seed), files(seed)
    for photo in pictures:
        method, path, content, style = dice.choice(ADDRESSES)
        text = base64.b64encode(photo).decode()
        said = dice.choice(
            (*HALF_ADDRESSES, "vermilion", text, "x" * 5000, 3, None, [], {"py/b64": text})
        )
        body = json.dumps(
            {content: dice.choice((text, {"py/b64": text}, [text], 1)), style: said}
        ).encode()
        if dice.random() < 0.3:
            body = mutated(body, dice)
        if dice.random() < 0.2:
            body = photo
        odd = (
            *HALF_ADDRESSES[:4],
            "x" * 300,
            "application/json",
            "multipart/form-data; boundary=x",
            "*/*",
        )
        names = dice.sample(HEADERS, dice.randrange(3))
        headers = {name: dice.choice(odd) for name in names}
        yield Request(method, path, body if method != "GET" else b"", headers)
