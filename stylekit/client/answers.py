"""What a server answers beside the bodies of the API: options, and what can go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from stylekit import bodies


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

    def __init__(self, job: bodies.Job) -> None:
        """Say what the server says of the job."""
        super().__init__(job.error.message if job.error else f"The job is {job.status}.")
        self.job = job


@dataclass(frozen=True)
class Option:
    """One option of an engine, as this server takes it."""

    name: str
    default: Any
    help: str
    low: float | None  # None where it is no number
    high: float | None
    choices: tuple[Any, ...]  # empty where any value of the range will do


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
        said = bodies.Error.model_validate_json(answer.content).error
        return ServerError(answer.status_code, said.code, said.message, seconds)
    except ValueError:
        words = f"HTTP {answer.status_code} {answer.reason_phrase}"
        return ServerError(answer.status_code, "http", words, seconds)
