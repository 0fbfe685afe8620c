"""Talks to a running server. Imports nothing else of ours."""

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Image: TypeAlias = bytes | str | Path
"""A picture: the bytes of a file, or a path to one."""

FINAL = {"done", "failed", "cancelled", "expired"}
SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 2.0  # seconds between two questions about a job


class ClientError(Exception):
    """Root of what a call can raise."""


class ServerError(ClientError):
    """The server refused, and said why: `code` is stable, `status` is HTTP's."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None) -> None:
        """Keep what the server said."""
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
    palette: tuple[str, ...]


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

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


OnJob: TypeAlias = Callable[[Job], None]


class Client:
    """A server by its address, as one visitor or, with `api_key`, as the key's owner.

    Every method raises `ServerError` for a refusal and `NotReachable` when nobody answers. The
    server knows a visitor by a cookie, which lives as long as this object.
    """

    def __init__(
        self, server: str = "http://127.0.0.1:8080", *, api_key: str = "", timeout: float = 60.0
    ) -> None:
        """Remember where the server is; `timeout` is in seconds, for each request."""
        self.server = server.rstrip("/")
        self.api_key = api_key
        self.timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def styles(self) -> list[Style]:
        """The catalogue, in its order."""
        answer = self._json("GET", "/api/v1/styles")
        return [
            Style(each["id"], each["name"], each["description"], tuple(each["palette"]))
            for each in answer["styles"]
        ]

    def paint(self, content: Image, style: Image, *, format: str = "", **options: Any) -> bytes:
        """Repaint now with the fast engine; returns the picture file's bytes.

        `style` is a preset's id, a path or bytes; `options` are the engine's, such as `strength`.
        """
        order = self._order(content, style, engine="fast", format=format, options=options)
        return self._call("POST", "/api/v1/transfers", order, accept="image/*")[0]

    def submit(
        self,
        content: Image,
        style: Image,
        *,
        engine: str = "gatys",
        public: bool = False,
        **options: Any,
    ) -> Job:
        """Order a painting; returns the job at once."""
        order = self._order(content, style, engine=engine, public=public, options=options)
        return read_job(self._json("POST", "/api/v1/transfers", order | {"as_job": True})["job"])

    def job(self, id: str) -> Job:
        """A job as it stands."""
        return read_job(self._json("GET", f"/api/v1/jobs/{quote(id)}"))

    def jobs(self) -> Iterator[Job]:
        """The caller's jobs, newest first."""
        path = "/api/v1/jobs"
        while path:
            page = self._json("GET", path)
            yield from map(read_job, page["jobs"])
            path = page.get("next") or ""

    def wait(
        self, job: Job | str, on_job: OnJob | None = None, *, seconds: float | None = None
    ) -> Job:
        """Ask until the job is done; `on_job` hears every state on the way.

        Raises:
            JobFailed: when it ends in any other way.
            TimeoutError: when it has not ended after `seconds`.
        """
        id = job if isinstance(job, str) else job.id
        deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        pause = SHORTEST_PAUSE
        while not (now := self._patiently(self.job, id, deadline)).is_final:
            if on_job:
                on_job(now)
            if time.monotonic() + pause > deadline:
                raise TimeoutError(f"Job {id} is still {now.status} after {seconds:g} s.")
            time.sleep(pause)
            pause = min(pause * 1.3, LONGEST_PAUSE)
        if on_job:
            on_job(now)
        if now.status != "done":
            raise JobFailed(now)
        return now

    def result(self, job: Job | str, *, format: str = "", width: int | None = None) -> bytes:
        """The finished picture, as stored or converted to `format` (png, jpeg, webp) at `width`."""
        query = {"format": format, "width": width}
        given = urllib.parse.urlencode({name: value for name, value in query.items() if value})
        id = job if isinstance(job, str) else job.id
        return self._call("GET", f"/api/v1/jobs/{quote(id)}/result?{given}", accept="image/*")[0]

    def cancel(self, job: Job | str) -> Job:
        """Ask a job to stop; it does within a second or so."""
        return read_job(self._json("POST", f"{self._path(job)}/cancel", {}, self._secret(job)))

    def delete(self, job: Job | str) -> None:
        """Delete a job with its pictures."""
        self._call("DELETE", self._path(job), headers=self._secret(job))

    # What goes over the wire ----------------------------------------------------------------

    def _path(self, job: Job | str) -> str:
        return f"/api/v1/jobs/{quote(job if isinstance(job, str) else job.id)}"

    def _secret(self, job: Job | str) -> dict[str, str]:
        secret = "" if isinstance(job, str) else job.secret
        return {"X-Job-Secret": secret} if secret else {}

    def _order(self, content: Image, style: Image, **rest: Any) -> dict[str, Any]:
        if isinstance(style, str) and not Path(style).is_file():
            chosen = {"style_id": style}
        else:
            chosen = {"style": to_text(style)}
        given = {name: value for name, value in rest.items() if value != ""}
        return {"content": to_text(content), **chosen, **given}

    def _patiently(self, ask: Callable[[str], Job], id: str, deadline: float) -> Job:
        """Ask again where the server is away for a moment or busy, until the deadline."""
        while True:
            try:
                return ask(id)
            except (NotReachable, ServerError) as error:
                passing = isinstance(error, NotReachable) or error.status in (429, 502, 503, 504)
                if not passing or time.monotonic() + LONGEST_PAUSE > deadline:
                    raise
                time.sleep(LONGEST_PAUSE)

    def _json(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        data, _ = self._call(method, path, body, headers=headers)
        return json.loads(data)

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, str]:
        """One request; returns the body and its type."""
        address = path if path.startswith("http") else self.server + path
        request = urllib.request.Request(address, method=method, headers={"Accept": accept})
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if self.api_key:
            request.add_header("Authorization", f"Bearer {self.api_key}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Idempotency-Key", uuid.uuid4().hex)
        try:
            with self._opener.open(request, timeout=self.timeout) as answer:
                return answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            raise read_error(error) from None
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise NotReachable(f"{self.server} does not answer ({error}).") from None


def quote(id: str) -> str:
    """An id as a part of a path."""
    return urllib.parse.quote(id, safe="")


def to_text(picture: Image) -> str:
    """The bytes of a picture as base64."""
    data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    return base64.b64encode(data).decode()


def read_job(raw: Mapping[str, Any]) -> Job:
    """A job from the server's JSON."""
    error = raw.get("error") or {}
    return Job(
        id=raw["id"],
        status=raw["status"],
        progress=raw["progress"],
        eta_seconds=raw.get("eta_seconds"),
        stage=raw.get("stage") or "",
        error=error.get("message", ""),
        page=raw.get("urls", {}).get("page", ""),
        secret=raw.get("secret") or "",
        raw=raw,
    )


def read_error(answer: urllib.error.HTTPError) -> ServerError:
    """The error that a server's answer tells of, whether or not its body is ours."""
    retry_after = answer.headers.get("Retry-After") or ""
    seconds = float(retry_after) if retry_after.isdigit() else None
    try:
        said = json.loads(answer.read())["error"]
        return ServerError(answer.code, said["code"], said["message"], seconds)
    except (ValueError, KeyError, TypeError):
        return ServerError(answer.code, "http", f"HTTP {answer.code} {answer.reason}", seconds)
