"""Python clients of a running server: Client and AsyncClient."""

import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import update_wrapper
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import anyio
import httpx

from stylekit.bodies import Job, Style, Upload
from stylekit.client import calls
from stylekit.client.answers import (
    ClientError,
    JobFailed,
    NotReachable,
    Option,
    ServerError,
    read_error,
)
from stylekit.client.calls import Call, Image

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "Image",
    "Job",
    "JobFailed",
    "NotReachable",
    "Option",
    "ServerError",
    "Style",
    "Upload",
]

P = ParamSpec("P")
T = TypeVar("T")
OnJob: TypeAlias = Callable[[Job], None]

HERE = "http://127.0.0.1:8080"
MIN_PAUSE, MAX_PAUSE = 0.3, 2.0  # seconds between two questions about a job
PASSING = (429, 502, 503, 504)  # statuses of a server that is busy or away for a moment


def sent(make: Callable[P, Call[T]]) -> "Callable[Concatenate[Client, P], T]":
    """A method that makes the call and sends it."""

    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._send(make(*args, **kwargs))

    return update_wrapper(method, make)


def awaited(make: Callable[P, Call[T]]) -> "Callable[Concatenate[AsyncClient, P], Awaitable[T]]":
    """The same for the asynchronous client."""

    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._send(make(*args, **kwargs))

    return update_wrapper(method, make)


class Client:
    """A server by its address, as one visitor or, with `api_key`, as the key's owner.

    Every method raises `ServerError` for a refusal and `NotReachable` when nobody answers. The
    server knows a visitor by a cookie, which lives as long as this object. Threads may share it;
    `with` or `close()` let go of its connections.
    """

    def __init__(self, server: str = HERE, *, api_key: str = "", timeout: float = 60.0) -> None:
        """Remember where the server is; `timeout` is in seconds, for each request."""
        self.server, self.api_key, self.timeout = server.rstrip("/"), api_key, timeout
        self._http = httpx.Client(**connection(self.server, api_key, timeout))
        weakref.finalize(self, self._http.close)  # for those who only let go of it

    styles = sent(calls.styles)
    options = sent(calls.options)
    upload = sent(calls.upload)
    forget = sent(calls.forget)
    paint = sent(calls.paint)
    submit = sent(calls.submit)
    job = sent(calls.job)
    cancel = sent(calls.cancel)
    finish = sent(calls.finish)
    publish = sent(calls.publish)
    share_photo = sent(calls.share_photo)
    run_again = sent(calls.run_again)
    delete = sent(calls.delete)
    delete_all = sent(calls.delete_all)
    result = sent(calls.result)
    preview = sent(calls.preview)
    grid = sent(calls.grid)

    def jobs(self) -> Iterator[Job]:
        """The caller's jobs, newest first."""
        return self._pages("/api/v1/jobs")

    def feed(self) -> Iterator[Job]:
        """Public paintings, newest first."""
        return self._pages("/api/v1/feed")

    def wait(
        self, job: Job | str, on_job: OnJob | None = None, *, seconds: float | None = None
    ) -> Job:
        """Ask until the job is done; `on_job` hears every state on the way.

        Raises:
            JobFailed: when it ends in any other way.
            TimeoutError: when it has not ended after `seconds`.
        """
        waiting = Waiting(job, on_job, seconds)
        while waiting.done is None:
            try:
                pause = waiting.after(self.job(waiting.id))
            except (NotReachable, ServerError) as error:
                pause = waiting.after_error(error)
            time.sleep(pause)
        return waiting.done

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Let go of the connections."""
        self.close()

    def _send(self, call: Call[T]) -> T:
        try:
            answer = self._http.send(call.request(self._http))
        except httpx.TransportError as error:
            raise not_reachable(self.server, error) from None
        return read(call, answer)

    def _pages(self, path: str) -> Iterator[Job]:
        while path:
            found, path = self._send(calls.page(path))
            yield from found


class AsyncClient:
    """The same for programs that await: `async with AsyncClient(server) as client: …`."""

    def __init__(self, server: str = HERE, *, api_key: str = "", timeout: float = 60.0) -> None:
        """Remember where the server is; `timeout` is in seconds, for each request."""
        self.server, self.api_key, self.timeout = server.rstrip("/"), api_key, timeout
        self._http = httpx.AsyncClient(**connection(self.server, api_key, timeout))

    styles = awaited(calls.styles)
    options = awaited(calls.options)
    upload = awaited(calls.upload)
    forget = awaited(calls.forget)
    paint = awaited(calls.paint)
    submit = awaited(calls.submit)
    job = awaited(calls.job)
    cancel = awaited(calls.cancel)
    finish = awaited(calls.finish)
    publish = awaited(calls.publish)
    share_photo = awaited(calls.share_photo)
    run_again = awaited(calls.run_again)
    delete = awaited(calls.delete)
    delete_all = awaited(calls.delete_all)
    result = awaited(calls.result)
    preview = awaited(calls.preview)
    grid = awaited(calls.grid)

    def jobs(self) -> AsyncIterator[Job]:
        """The caller's jobs, newest first."""
        return self._pages("/api/v1/jobs")

    def feed(self) -> AsyncIterator[Job]:
        """Public paintings, newest first."""
        return self._pages("/api/v1/feed")

    async def wait(
        self, job: Job | str, on_job: OnJob | None = None, *, seconds: float | None = None
    ) -> Job:
        """Ask until the job is done, as `Client.wait` does."""
        waiting = Waiting(job, on_job, seconds)
        while waiting.done is None:
            try:
                pause = waiting.after(await self.job(waiting.id))
            except (NotReachable, ServerError) as error:
                pause = waiting.after_error(error)
            await anyio.sleep(pause)
        return waiting.done

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Let go of the connections."""
        await self.aclose()

    async def _send(self, call: Call[T]) -> T:
        try:
            answer = await self._http.send(call.request(self._http))
        except httpx.TransportError as error:
            raise not_reachable(self.server, error) from None
        return read(call, answer)

    async def _pages(self, path: str) -> AsyncIterator[Job]:
        while path:
            found, path = await self._send(calls.page(path))
            for each in found:
                yield each


class Waiting:
    """How long to wait before asking for a job again, and whether it has ended."""

    def __init__(self, job: Job | str, on_job: OnJob | None, seconds: float | None) -> None:
        """Wait for a job, at most so many seconds."""
        self.id = job if isinstance(job, str) else job.id
        self.on_job = on_job or (lambda job: None)
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        self.pause = MIN_PAUSE
        self.done: Job | None = None

    def after(self, job: Job) -> float:
        """Seconds until the next question, once the job was seen so.

        Raises:
            JobFailed, TimeoutError.
        """
        self.on_job(job)
        if job.status == "done":
            self.done = job
            return 0.0
        if job.is_final:
            raise JobFailed(job)
        if time.monotonic() + self.pause > self.deadline:
            raise TimeoutError(f"Job {self.id} is still {job.status} after {self.seconds:g} s.")
        self.pause = min(self.pause * 1.3, MAX_PAUSE)
        return self.pause

    def after_error(self, error: NotReachable | ServerError) -> float:
        """Seconds until the next question, where the server is away for a moment or busy.

        Raises:
            ServerError, NotReachable: where waiting would not help, or the time is up.
        """
        passing = isinstance(error, NotReachable) or error.status in PASSING
        if not passing or time.monotonic() + MAX_PAUSE > self.deadline:
            raise error
        return MAX_PAUSE


def connection(server: str, api_key: str, timeout: float) -> dict[str, Any]:
    """How both clients reach a server."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {
        "base_url": server,
        "headers": headers,
        "timeout": timeout,
        "follow_redirects": True,
    }


def read(call: Call[T], answer: httpx.Response) -> T:
    """What the answer says.

    Raises:
        ServerError: when it is a refusal, or not what a Stylekit server says.
    """
    if answer.is_error:
        raise read_error(answer)
    try:
        return call.read(answer)
    except (ValueError, KeyError, TypeError):
        raise ServerError(
            answer.status_code, "http", f"{answer.url} is no Stylekit server."
        ) from None


def not_reachable(server: str, error: httpx.TransportError) -> NotReachable:
    """Nobody answers, in words."""
    return NotReachable(f"{server} does not answer ({error or type(error).__name__}).")
