"""Uploaded photos: sent once, painted often, private, deleted after a day."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from stylekit import images
from stylekit.engines.registry import FAST
from stylekit.errors import FileNotStored, StylekitError, UploadNotFound
from stylekit.images import Limits
from stylekit.images.isolated import IsolatedReader
from stylekit.painting.admission import Admission, Requester
from stylekit.painting.executor import Executor
from stylekit.storage import FileStore
from stylekit.transfers.requests import Request

FOLDER = "uploads"
ID_LENGTH = 32  # hexadecimal digits: 128 bits, which nobody guesses
TILE_PAINTED_SIDE, TILE_SIDE = 320, 200  # pixels that a tile is painted at, and shown at
TILE_QUALITY = 70


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A photo that was sent."""

    id: str
    bytes: int
    expires_at: float  # seconds since 1970
    notes: tuple[str, ...] = ()  # what its sender should know of it


class Uploads:
    """Photos in a file store, in a folder for each day and, in it, for each owner.

    An id is made of the owner and the content, so the same photo has the same id as long as it is
    there, and another visitor's id leads nowhere.
    """

    def __init__(
        self,
        *,
        files: FileStore,
        limits: Limits,
        secret: bytes,
        hours: float,
        reading: Admission,
        pictures: IsolatedReader,
    ) -> None:
        """Keep photos for at least so many hours, and at most for twice as many."""
        self.files, self.limits, self.reading, self.pictures = files, limits, reading, pictures
        self._secret, self._seconds = secret, max(1.0, hours * 3600)

    def keep(self, owner: str, data: bytes, *, requester: Requester = ()) -> Upload:
        """Keep a photo that can be read; one that is there already is not written again.

        It is read in a slot of `requester`, as in all that follow.

        Raises:
            NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall: with nothing kept.
            Busy: when too many pictures are being read; StorageUnavailable.
        """
        with self.reading.slot(requester):
            notes = self.pictures.examine(data, self.limits)
        id = self._sign(f"{owner}\n{hashlib.sha256(data).hexdigest()}")
        key = f"{self._folder(owner, self._day())}/{id}/photo"
        if not self.files.exists(key):
            self.files.write(key, data, content_type=images.mime_type(data))
        expires_at = (self._day() + 2) * self._seconds
        return Upload(id=id, bytes=len(data), expires_at=expires_at, notes=notes)

    def read(self, owner: str, id: str) -> bytes:
        """The photo as it came.

        Raises:
            UploadNotFound: when it has expired, or is another's.
        """
        for folder in self._folders(owner, id):
            with suppress(FileNotStored):
                return self.files.read(f"{folder}/photo")
        raise UploadNotFound("There is no such upload, or not any more; send the photo again.")

    def reduced(self, data: bytes, longest_side: int, *, requester: Requester = ()) -> bytes:
        """A copy of a picture that is this long at most: JPEG, or PNG with an alpha channel.

        Raises:
            NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall, Busy.
        """
        with self.reading.slot(requester):
            return self.pictures.thumbnail(data, longest_side, self.limits, format=None, quality=95)

    def remove(self, owner: str, id: str) -> None:
        """Delete the photo and what was painted of it.

        Raises:
            UploadNotFound: when there is none.
        """
        self.read(owner, id)
        for folder in self._folders(owner, id):
            self._empty(folder)

    def remove_all(self, owner: str) -> None:
        """Delete every photo of an owner, and what was painted of them."""
        for day in (self._day(), self._day() - 1):
            self._empty(self._folder(owner, day))

    def expire(self) -> None:
        """Delete what has been kept long enough."""
        for day in list(self.files.folders(f"{FOLDER}/")):
            if day.isdecimal() and int(day) < self._day() - 1:
                self._empty(f"{FOLDER}/{day}")

    # Tiles: the photo in every style, small -------------------------------------------------

    def tiles(
        self,
        owner: str,
        id: str,
        styles: Iterable[str],
        painter: "TilePainter",
        *,
        requester: Requester = (),
    ) -> Iterator[bytes]:
        """A line of JSON for each style as soon as it is painted: its id and a small picture.

        They are kept with the photo, and not painted twice.

        Raises:
            UploadNotFound: before the first line.
        """
        photo, styles = self.read(owner, id), list(styles)
        with self.reading.slot(requester):
            small = self.pictures.thumbnail(
                photo, TILE_PAINTED_SIDE, self.limits, format="jpeg", quality=95
            )
        version = hashlib.sha256("\n".join([painter.version, *styles]).encode()).hexdigest()[:16]
        key = f"{self._folder(owner, self._day())}/{id}/tiles-{version}"
        with suppress(FileNotStored):
            return iter([self.files.read(key)])
        is_there = partial(self._is_there, owner, id)
        return self._painted(key, small, styles, painter, is_there)

    def _is_there(self, owner: str, id: str) -> bool:
        return any(self.files.exists(f"{each}/photo") for each in self._folders(owner, id))

    def _painted(
        self,
        key: str,
        small: bytes,
        styles: list[str],
        painter: "TilePainter",
        is_there: Callable[[], bool],
    ) -> Iterator[bytes]:
        lines = []
        for style in styles:
            lines.append(tile_line(style, painter.paint(small, style)))
            yield lines[-1]
        with suppress(StylekitError):  # without it they are painted again, no more
            self.files.write(key, b"".join(lines), content_type="application/x-ndjson")
            if not is_there():  # it was removed meanwhile
                self.files.delete(key)

    # Places ---------------------------------------------------------------------------------

    def _day(self) -> int:
        return int(time.time() // self._seconds)

    def _folder(self, owner: str, day: int) -> str:
        return f"{FOLDER}/{day}/{self._sign(owner)}"

    def _folders(self, owner: str, id: str) -> list[str]:
        """Where it may lie: photos of yesterday live on."""
        if len(id) != ID_LENGTH or not id.isalnum() or not id.isascii():
            return []
        return [f"{self._folder(owner, day)}/{id}" for day in (self._day(), self._day() - 1)]

    def _empty(self, folder: str) -> None:
        for key in list(self.files.list(f"{folder}/")):
            self.files.delete(key)

    def _sign(self, text: str) -> str:
        message = f"upload\n{text}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:ID_LENGTH]


class TilePainter:
    """Paints one small picture in a preset's style, at a place of the fast engine."""

    def __init__(
        self, executor: Executor, read: Callable[[bytes, str], Request], streams: Admission
    ) -> None:
        """`read(photo, style id)` makes a request of the two; whoever is sent tiles has a slot."""
        self._executor, self._read, self.streams = executor, read, streams

    @property
    def version(self) -> str:
        """Changes whenever the tiles would."""
        return str(self._executor.engines.get(FAST.name).version)

    def paint(self, photo: bytes, style: str) -> bytes:
        """The tile as a small WebP; it waits for its place as long as it takes."""
        request = self._read(photo, style)
        with self._executor.slot(FAST.name, wait_forever=True):
            painted = self._executor.paint(request.task())
        return images.thumbnail(painted.data, TILE_SIDE, quality=TILE_QUALITY)


def tile_line(style: str, picture: bytes) -> bytes:
    """One tile as a line of JSON."""
    text = base64.b64encode(picture).decode()
    return (
        json.dumps({"style": style, "picture": f"data:image/webp;base64,{text}"}).encode() + b"\n"
    )
