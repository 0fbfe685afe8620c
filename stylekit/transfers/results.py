"""The pictures of a job: its result in any format and width, previews, a sheet of three."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from stylekit import images
from stylekit.engines.base import Picture
from stylekit.errors import BadOption, FileNotStored, NotReady, StorageUnavailable
from stylekit.images import Source
from stylekit.jobs import Job, Status
from stylekit.jobs.files import named_folder, preview_key, small_key
from stylekit.painting.admission import Admission
from stylekit.painting.task import PREVIEW_SIDE, STORED_LIMITS, Painted, checked_format, describe
from stylekit.storage import FileStore
from stylekit.transfers.access import Access

SHEET_HEIGHT = 768  # most pixels of one picture of a content | style | result sheet
MAX_CELL_WIDTH = 4  # times as wide as high, at most, where a picture is enlarged for the sheet
SMALL_QUALITY = 88
KEPT_SIDES = (160, 320, 480, 640)
"""Widths at which small copies are kept: made once, however often a page shows them."""


class Results:
    """For whoever may look at a job, which its id says: 128 bits cannot be guessed."""

    def __init__(self, *, access: Access, files: FileStore, reading: Admission) -> None:
        """Find jobs by `access`; read large pictures at the places of `reading`."""
        self.access, self.files, self.reading = access, files, reading

    def result(
        self, id: str, *, format: str | None = None, width: int | None = None
    ) -> tuple[bytes, str]:
        """The painted picture and its content type, as it was painted or converted.

        Raises:
            NotReady: while there is none, and when there will be none.
            BadOption: for a format or a width that cannot be.
            Busy: when too many pictures are being read.
        """
        job = self._done(id)
        own = str(job.result_format)
        wanted = own if format is None else checked_format(format)
        if width is not None:
            check_width(width, int(job.width or width))
        key = str(job.result_key)
        if wanted == own and width in (None, job.width):
            return self._read(key)
        data = self._once(
            small_key(job, stem(key), width or 0, wanted),
            width in KEPT_SIDES,
            lambda: self._convert(job, self.files.read(key), wanted, width),
        )
        return data, images.mime_type(data)

    def painted(self, job: Job) -> Painted:
        """A finished job as what `paint` returns."""
        data, _ = self.result(job.id)
        return Painted(
            data=data,
            format=str(job.result_format),
            width=int(job.width or 0),
            height=int(job.height or 0),
            seconds=float(job.seconds or 0),
            description=description(job),
        )

    def preview(self, id: str) -> tuple[bytes, str]:
        """The picture as it stands, at most 640 pixels long: a painted one, once it is done.

        Raises:
            NotReady: before the first one, and when there will be no picture.
        """
        job = self.access.find(id)
        for _ in range(2):  # the newest may replace the one that we are about to read
            if job.status == Status.RUNNING and job.preview_version:
                try:
                    return self._read(preview_key(job, job.preview_version))
                except FileNotStored:
                    job = self.access.find(id)
        if job.status == Status.DONE:  # it was asked for just as the last step was made
            return self.result(id, format="jpeg", width=width_within(job, PREVIEW_SIDE))
        raise NotReady("There is no preview of this picture now.")

    def content(self, id: str, longest_side: int | None = None) -> tuple[bytes, str]:
        """The photograph, without the metadata that it came with; or a small copy of it."""
        job = self.access.find(id)
        return self._small_or_whole(job, job.content_key, longest_side)

    def style(self, id: str, longest_side: int | None = None) -> tuple[bytes, str]:
        """The style picture, a preset's, too; or a small copy of it."""
        job = self.access.find(id)
        return self._small_or_whole(job, job.style_key, longest_side)

    def grid(self, id: str) -> tuple[bytes, str]:
        """One JPEG with content, style and result side by side.

        Raises:
            NotReady: while there is no result; Busy: when too many pictures are being read.
        """
        job = self._done(id)
        keys = (job.content_key, job.style_key, str(job.result_key))
        with self.reading.slot():
            height = min(SHEET_HEIGHT, int(job.height or SHEET_HEIGHT))
            sheet = images.grid([self._at_height(key, height) for key in keys], columns=3)
            data = images.encode(sheet, "jpeg", description=description(job))
        return data, images.mime_type(data)

    def result_link(self, id: str, *, seconds: int) -> str | None:
        """An address of the stored result that works for a while; None where we serve it."""
        return self.files.link(str(self._done(id).result_key), seconds=seconds)

    def _convert(self, job: Job, data: bytes, format: str, width: int | None) -> bytes:
        if width is not None and width <= PREVIEW_SIDE:
            longest = round(width * max(1.0, int(job.height or 1) / int(job.width or 1)))
            return images.thumbnail(
                data, longest, format, quality=SMALL_QUALITY, description=description(job)
            )
        return convert(data, format, width, description(job))

    def _small_or_whole(self, job: Job, key: str, longest_side: int | None) -> tuple[bytes, str]:
        if longest_side is None:
            return self._read(key)
        data = self._once(
            small_key(job, stem(key), longest_side, "webp"),
            longest_side in KEPT_SIDES,
            lambda: images.thumbnail(self.files.read(key), longest_side),
        )
        return data, images.mime_type(data)

    def _once(self, key: str, is_kept: bool, make: Callable[[], bytes]) -> bytes:
        """What is kept beside a job's files, or is made now, at a place for reading."""
        if is_kept:
            with suppress(FileNotStored):
                return self.files.read(key)
        with self.reading.slot(wait_forever=is_kept):
            data = make()
        if is_kept:
            with suppress(StorageUnavailable):  # a full disk makes it slower, not impossible
                self.files.write(key, data, content_type=images.mime_type(data))
                folder = key.rpartition("/")[0]
                if named_folder(self.access.jobs, folder.split("/")[1]) != folder:
                    self.files.delete(key)  # the job was deleted meanwhile
        return data

    def _at_height(self, key: str, height: int) -> Picture:
        """A kept picture at a height; of a strip that has to be enlarged, the middle."""
        picture = images.decode(self.files.read(key), STORED_LIMITS).on_white()
        rows, columns, _ = picture.shape
        if rows < height and columns > MAX_CELL_WIDTH * rows:
            left = (columns - MAX_CELL_WIDTH * rows) // 2
            picture = picture[:, left : left + MAX_CELL_WIDTH * rows]
        return at_height(picture, height)

    def _done(self, id: str) -> Job:
        job = self.access.find(id)
        if job.status == Status.DONE:
            return job
        if job.status.is_final:
            raise NotReady(f"There is no picture: the job {job.status}. {job.error}".strip())
        raise NotReady("The picture is not finished.")

    def _read(self, key: str) -> tuple[bytes, str]:
        data = self.files.read(key)
        return data, images.mime_type(data)


def stem(key: str) -> str:
    """The name of a file without folder and format."""
    return key.rpartition("/")[2].partition(".")[0]


def description(job: Job) -> dict[str, Any]:
    """What is embedded in every file that is made of a job's result."""
    return describe(
        job.engine, job.engine_version, job.options, job.style_id, float(job.seconds or 0)
    )


def width_within(job: Job, side: int) -> int:
    """The width at which the longer side of a finished picture is at most `side` pixels."""
    width, height = int(job.width or 1), int(job.height or 1)
    return max(1, min(width, width * side // max(width, height)))


def check_width(width: int, painted_width: int) -> None:
    """Raise BadOption unless the picture has this width or can be reduced to it."""
    if not 1 <= width <= painted_width:
        raise BadOption(f"width is {width}; it can be 1 to {painted_width}, as it was painted.")


def convert(data: bytes, format: str, width: int | None, description: dict[str, Any]) -> bytes:
    """The picture in another format or at another width, alpha and description kept."""
    source = images.decode(data, STORED_LIMITS)
    picture, alpha = resized(source, width)
    return images.encode(picture, format, alpha=alpha, description=description)


def resized(source: Source, width: int | None) -> tuple[Picture, Any]:
    """Picture (h, w, 3) and alpha (h, w) or None, at a width."""
    if width is None:
        return source.picture, source.alpha
    picture = at_width(source.picture, width)
    if source.alpha is None:
        return picture, None
    return picture, at_width(source.alpha[..., None], width)[..., 0]


def at_width(picture: Picture, width: int) -> Picture:
    """The picture scaled to a width."""
    rows, columns, _ = picture.shape
    return images.resize(picture, max(1, round(rows * width / columns)), width)


def at_height(picture: Picture, height: int) -> Picture:
    """The picture scaled to a height."""
    rows, columns, _ = picture.shape
    return images.resize(picture, height, max(1, round(columns * height / rows)))
