"""A job: its states and its fields."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict


class Status(StrEnum):
    """Where a job stands; the last three are final and reached once."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row of the table. Times are seconds since 1970, UTC; 0 or None is "not yet"."""

    id: str
    owner: str
    engine: str
    engine_version: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    style_id: str | None = None  # a preset; None for the owner's own picture
    content_key: str
    style_key: str
    address: str = ""  # where the order came from, as nobody can read it; empty: not known
    cost: float = 0.0  # megapixels × steps

    public: bool = False  # in the feed, once it is done
    photo_shared: bool = False  # others see the photo, too, and not the painting alone
    withdrawn: bool = False  # was in the feed, where strangers saw its id: only the owner may look

    status: Status = Status.QUEUED
    version: int = 0  # grows with every change: ETag and event id
    attempts: int = 0  # times that it was started
    fence: int = 0  # grows with every claim; only its holder may write
    cancel_requested: bool = False
    finish_requested: bool = False  # the picture is good as it stands: end with it
    fraction: float = 0.0
    eta_seconds: float | None = None
    stage: str = ""
    preview_version: int = 0

    error: str = ""
    error_code: str = ""
    result_key: str | None = None
    result_format: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None  # painting time
    deleted: bool = False  # a tombstone, its files are gone
    expired: bool = False  # a tombstone, its files are gone

    created_at: float = 0.0
    queued_at: float = 0.0  # by which the queue is ordered
    put_at: float = 0.0  # when a message was last sent for it
    started_at: float | None = None
    served_at: float | None = None  # when it was last begun, even if it waits again
    finished_at: float | None = None
    expires_at: float = 0.0
    published_at: float | None = None
    lease_until: float | None = None

    @property
    def folder(self) -> str:
        """Where its files are kept.

        A deleted job that is ordered again gets another one, so that it loses nothing to those
        who still tidy up after the first.
        """
        return self.content_key.rpartition("/")[0]


class Result(TypedDict, total=False):
    """What a worker may tell when a job ends."""

    result_key: str
    result_format: str
    width: int
    height: int
    seconds: float
    engine_version: str
    error: str
    error_code: str
