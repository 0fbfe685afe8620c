"""What can be asked of a server: each question once, for both clients."""

import base64
import os
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeAlias, TypeVar

import httpx

from stylekit import bodies
from stylekit.bodies import Job, Style, Upload
from stylekit.client.answers import Option, read_option

Image: TypeAlias = bytes | str | os.PathLike[str] | BinaryIO
"""A picture: the bytes of a file, a path to one, or a file opened for reading bytes."""

T = TypeVar("T")
PICTURE = "image/*"


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    body: Mapping[str, Any] | None = None
    data: bytes | None = None  # a body that is no JSON
    query: Mapping[str, Any] = field(default_factory=dict)
    accept: str = "application/json"
    secret: str = ""

    def request(self, to: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The same as HTTP. A request that changes something can be sent twice and counts once."""
        headers = {"Accept": self.accept}
        if self.secret:
            headers["X-Job-Secret"] = self.secret
        if self.body is not None:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        given = {name: value for name, value in self.query.items() if value}
        return to.build_request(
            self.method,
            self.path,
            json=self.body,
            content=self.data,
            params=given or None,
            headers=headers,
        )


# Painting -------------------------------------------------------------------------------------


def styles() -> Call[list[Style]]:
    """The catalogue, in its order."""
    return Call(
        method="GET",
        path="/api/v1/styles",
        read=lambda answer: bodies.Styles.model_validate_json(answer.content).styles,
    )


def options(engine: str = "fast") -> Call[dict[str, Option]]:
    """The options of an engine by name, with their defaults and ranges on this server."""
    schema = f"{engine.capitalize()}Options"

    def read(answer: httpx.Response) -> dict[str, Option]:
        known = answer.json()["components"]["schemas"][schema]["properties"]
        return {name: read_option(name, each) for name, each in known.items()}

    return Call(method="GET", path="/api/v1/openapi.json", read=read)


def upload(content: Image) -> Call[Upload]:
    """Send a photo once, to paint it often; the server keeps it for a day or so."""
    return Call(
        method="POST",
        path="/api/v1/uploads",
        data=bytes_of(content),
        read=lambda answer: Upload.model_validate_json(answer.content),
    )


def forget(upload: Upload) -> Call[None]:
    """Delete a photo that was sent, before its time is up."""
    path = f"/api/v1/uploads/{urllib.parse.quote(upload.id, safe='')}"
    return Call(method="DELETE", path=path, read=lambda answer: None)


def paint(
    content: Image | Upload, style: Image, *, format: str = "", **options: Any
) -> Call[bytes]:
    """Repaint now with the fast engine; returns the picture file's bytes.

    `content` is a path, bytes, a file, or what `upload` returned; `style` is a preset's id, a
    path, bytes or a file; `options` are the engine's, such as `strength`. `format` is png, jpeg
    or webp; empty, the photo's own.
    """
    order = order_of(content, style, engine="fast", format=format, options=options)
    return Call(
        method="POST", path="/api/v1/transfers", body=order, accept=PICTURE, read=whole_body
    )


def submit(
    content: Image | Upload,
    style: Image,
    *,
    engine: str = "gatys",
    public: bool = False,
    format: str = "",
    **options: Any,
) -> Call[Job]:
    """Order a painting; returns the job at once."""
    given = {"engine": engine, "public": public, "format": format, "options": options}
    order = order_of(content, style, as_job=True, **given)
    return Call(
        method="POST",
        path="/api/v1/transfers",
        body=order,
        read=submitted,
    )


# Jobs -----------------------------------------------------------------------------------------


def job(id: str) -> Call[Job]:
    """A job as it stands."""
    return Call(method="GET", path=path_of(id), read=one_job)


def page(path: str) -> Call[tuple[list[Job], str]]:
    """One page of a list of jobs, and the address of the next ('' after the last)."""

    def read(answer: httpx.Response) -> tuple[list[Job], str]:
        said = bodies.Jobs.model_validate_json(answer.content)
        return said.jobs, said.next or ""

    return Call(method="GET", path=path, read=read)


def cancel(job: Job | str) -> Call[Job]:
    """Ask a job to stop; it does within a second or so."""
    return acting("POST", job, "/cancel", one_job, {})


def finish(job: Job | str) -> Call[Job]:
    """End a job with the picture as it stands; `wait` for it as for any other."""
    return acting("POST", job, "/finish", one_job, {})


def publish(job: Job | str, public: bool = True) -> Call[Job]:
    """Show the painting in the feed, or (`public=False`) take it back."""
    return acting("PATCH", job, "", one_job, {"public": public})


def share_photo(job: Job | str, shared: bool = True) -> Call[Job]:
    """Let others see the photo beside the painting, or (`shared=False`) the painting alone."""
    return acting("PATCH", job, "", one_job, {"photo_shared": shared})


def run_again(job: Job | str, **options: Any) -> Call[Job]:
    """Try a failed or cancelled job again; with options, the same pictures as another job."""
    body = {"options": options} if options else {}
    return acting("POST", job, "/again", submitted, body)


def delete(job: Job | str) -> Call[None]:
    """Delete a job with its pictures."""
    return acting("DELETE", job, "", lambda answer: None, None)


def delete_all() -> Call[int]:
    """Delete all jobs of the caller; returns how many there were."""
    return Call(
        method="DELETE",
        path="/api/v1/jobs",
        read=lambda answer: bodies.Deleted.model_validate_json(answer.content).deleted,
    )


# Pictures of a job ----------------------------------------------------------------------------


def result(job: Job | str, *, format: str = "", width: int | None = None) -> Call[bytes]:
    """The finished picture, as stored or converted to `format` (png, jpeg, webp) at `width`."""
    return picture(job, "/result", format=format, width=width)


def preview(job: Job | str) -> Call[bytes]:
    """The picture as it stands while it is painted, at most 640 pixels long."""
    return picture(job, "/preview")


def grid(job: Job | str) -> Call[bytes]:
    """Photograph, style and painting side by side."""
    return picture(job, "/grid")


# What they are made of ------------------------------------------------------------------------


def acting(
    method: str,
    job: Job | str,
    action: str,
    read: Callable[[httpx.Response], T],
    body: Mapping[str, Any] | None,
) -> Call[T]:
    """A call that only the job's owner, or the holder of its secret, may make."""
    secret = "" if isinstance(job, str) else job.secret or ""
    return Call(method=method, path=path_of(job) + action, read=read, body=body, secret=secret)


def picture(job: Job | str, which: str, **query: Any) -> Call[bytes]:
    """One of the pictures of a job."""
    return Call(
        method="GET", path=path_of(job) + which, query=query, accept=PICTURE, read=whole_body
    )


def one_job(answer: httpx.Response) -> Job:
    """The job that an answer is."""
    return Job.model_validate_json(answer.content)


def submitted(answer: httpx.Response) -> Job:
    """The job of an order."""
    return bodies.Submitted.model_validate_json(answer.content).job


def whole_body(answer: httpx.Response) -> bytes:
    """The bytes that an answer is."""
    return answer.content


def path_of(job: Job | str) -> str:
    """Where a job is found."""
    id = job if isinstance(job, str) else job.id
    return f"/api/v1/jobs/{urllib.parse.quote(id, safe='')}"


def order_of(content: Image | Upload, style: Image, **rest: Any) -> dict[str, Any]:
    """The body of an order; a file of that name goes before a preset."""
    if isinstance(style, str) and not Path(style).is_file():
        chosen = {"style_id": style}
    else:
        chosen = {"style": to_text(style)}
    given = {name: value for name, value in rest.items() if value != ""}
    photo = {"upload": content.id} if isinstance(content, Upload) else {"content": to_text(content)}
    order = bodies.Order.model_validate({**photo, **chosen, **given})
    return order.model_dump(mode="json", exclude_unset=True)


def to_text(picture: Image) -> str:
    """The bytes of a picture as base64."""
    return base64.b64encode(bytes_of(picture)).decode()


def bytes_of(picture: Image) -> bytes:
    """The bytes of a picture, however it is given."""
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | os.PathLike):
        return Path(picture).read_bytes()
    return picture.read()
