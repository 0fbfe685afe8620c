"""What a server answers: jobs, styles, options, and what can go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

FINAL = {"done", "failed", "cancelled", "expired"}


class ClientError(Exception):
    """Root of what a call can raise."""


class ServerError(ClientError):
    """The server refused, and said why: `code` is stable, `status` is HTTP's."""

    def __init__(
        self, status: int, code: str, message: str, retry_after: float | None = None
    ) -> None:
        """Keep what the server said; `retry_after` is in seconds."""
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


class NotReachable(ClientError):
    """No server answers at that address."""


class JobFailed(ClientError):
    """The job ended without a picture: failed, cancelled or expired. `job` is its last state."""

    def __init__(self, job: "Job") -> None:
        """Say what the server says of the job."""
        super().__init__(job.error or f"The job is {job.status}.")
        self.job = job


@dataclass(frozen=True)
class Style:
    """A preset of the server's catalogue."""

    id: str
    name: str
    description: str
    palette: tuple[str, ...]  # its main colours, #rrggbb


@dataclass(frozen=True)
class Option:
    """One option of an engine, as this server takes it."""

    name: str
    default: Any
    help: str
    low: float | None  # None where it is no number
    high: float | None
    choices: tuple[Any, ...]  # empty where any value of the range will do


@dataclass(frozen=True)
class Upload:
    """A photo that was sent once and can be painted often: give it in place of the photo."""

    id: str
    bytes: int
    expires_at: str  # ISO 8601, in UTC
    notes: tuple[str, ...]  # what its sender should know of it: that it was cut off, for one


@dataclass(frozen=True)
class Job:
    """A painting that the server makes in its own time, as it stood when asked."""

    id: str
    status: str  # queued, running, done, failed, cancelled or expired
    progress: float  # 0 to 1; 1 only when the result can be fetched
    eta_seconds: float | None
    stage: str
    error: str
    page: str  # address of the job's page, for people
    secret: str  # lets its holder act on the job; only in the answer to its submission
    raw: Mapping[str, Any]  # all that the server said
    engine: str = ""
    style: str = ""  # id of the preset; empty for a style picture of one's own
    options: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


def read_job(raw: Mapping[str, Any]) -> Job:
    """A job from the server's JSON."""
    return Job(
        id=raw["id"],
        status=raw["status"],
        progress=raw["progress"],
        eta_seconds=raw.get("eta_seconds"),
        stage=raw.get("stage") or "",
        error=(raw.get("error") or {}).get("message", ""),
        page=raw.get("urls", {}).get("page", ""),
        secret=raw.get("secret") or "",
        raw=raw,
        engine=raw.get("engine") or "",
        style=(raw.get("style") or {}).get("id", ""),
        options=raw.get("options") or {},
        public=bool(raw.get("public")),
    )


def read_style(raw: Mapping[str, Any]) -> Style:
    """A preset from the server's JSON."""
    return Style(raw["id"], raw["name"], raw["description"], tuple(raw["palette"]))


def read_upload(raw: Mapping[str, Any]) -> Upload:
    """An upload from the server's JSON."""
    return Upload(raw["id"], raw["bytes"], str(raw["expires_at"]), tuple(raw.get("notes") or ()))


def read_option(name: str, schema: Mapping[str, Any]) -> Option:
    """An option from its JSON Schema in the server's description."""
    numbers = schema.get("items", schema)  # of a list, the range of each
    return Option(
        name=name,
        default=schema.get("default"),
        help=schema.get("description", ""),
        low=numbers.get("minimum"),
        high=numbers.get("maximum"),
        choices=tuple(schema.get("enum", ())),
    )


def read_error(answer: httpx.Response) -> ServerError:
    """The error that an answer tells of, whether or not its body is ours."""
    retry_after = answer.headers.get("Retry-After") or ""
    seconds = float(retry_after) if retry_after.isdigit() else None
    try:
        said = answer.json()["error"]
        return ServerError(answer.status_code, said["code"], said["message"], seconds)
    except (ValueError, KeyError, TypeError):
        words = f"HTTP {answer.status_code} {answer.reason_phrase}"
        return ServerError(answer.status_code, "http", words, seconds)
