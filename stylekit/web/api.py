"""JSON for programs: /transfer, /api/v1/…"""

import base64
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from stylekit import images
from stylekit.easel import Painted
from stylekit.errors import BadRequest
from stylekit.jobs import Job
from stylekit.web import asked, visitors
from stylekit.web.replies import (
    as_json,
    as_picture,
    conditional,
    job_json,
    parts,
    style_json,
)

api = Blueprint("api", __name__)

A_DAY = "public, max-age=86400"


# Painting -----------------------------------------------------------------------------------


@api.post("/transfer")
def transfer() -> ResponseReturnValue:
    """Paint for the page: the bare base64 of a PNG, or JSON for whoever accepts it."""
    order, as_job = asked.page_order()
    if as_job:
        return created(parts().transfers.submit(order))
    painted = parts().transfers.paint(order)
    if asked.wants_json():
        return as_json(painted_json(painted))
    return Response(base64.b64encode(painted.data), content_type="text/plain; charset=utf-8")


@api.post("/api/v1/transfers")
def transfers() -> ResponseReturnValue:
    """Paint now with the fast engine, or take the order as a job."""
    order, as_job = asked.api_order()
    if as_job:
        return created(parts().transfers.submit(order))
    painted = parts().transfers.paint(order)
    if request.form.get("answer") == "picture" or wants_picture():
        return as_picture(painted.data, images.mime_type(painted.data))
    return as_json(painted_json(painted))


def wants_picture() -> bool:
    """Whether the asker names a picture rather than JSON."""
    best = request.accept_mimetypes.best_match(["application/json", "image/*", "image/png"])
    return bool(best and best.startswith("image/"))


def created(job: Job) -> Response:
    """202: the job, and once only the secret that lets its holder act on it from elsewhere."""
    secret = parts().transfers.secret_of(job)
    response = as_json({"job": {**job_json(job), "secret": secret}}, 202)
    response.headers["Location"] = url_for("api.job", id=job.id)
    return response


def painted_json(painted: Painted) -> dict[str, Any]:
    """A finished picture as JSON."""
    return {
        "image": images.data_url(painted.data),
        "format": painted.format,
        "width": painted.width,
        "height": painted.height,
        "seconds": painted.seconds,
    }


# Styles -------------------------------------------------------------------------------------


@api.get("/api/v1/styles")
def styles() -> ResponseReturnValue:
    """The catalogue, in its order."""
    found = [
        {
            "id": style.id,
            "number": style.number,
            "name": style.name,
            "description": style.description,
            "palette": list(style.palette),
            "picture": url_for("api.style_picture", style_id=style.id),
        }
        for style in parts().styles.all()
    ]
    return as_json({"styles": found})


@api.get("/api/v1/styles/<style_id>/picture")
def style_picture(style_id: str) -> ResponseReturnValue:
    """A preset's picture."""
    catalogue = parts().styles
    data = catalogue.read(catalogue.get(style_id))
    response = as_picture(data, images.mime_type(data))
    response.headers["Cache-Control"] = A_DAY
    return response


# Jobs ---------------------------------------------------------------------------------------


@api.get("/api/v1/jobs")
def jobs() -> ResponseReturnValue:
    """The caller's jobs, newest first."""
    owner = visitors.caller().owner
    limit, before = asked.page()
    found = parts().transfers.mine(owner, limit=limit, before=before) if owner else []
    return job_list(found, limit, "api.jobs", lambda job: job.created_at)


@api.delete("/api/v1/jobs")
def delete_jobs() -> ResponseReturnValue:
    """Delete all that is the caller's."""
    owner = visitors.caller().owner
    return as_json({"deleted": parts().transfers.delete_all(owner) if owner else 0})


@api.get("/api/v1/jobs/<id>")
def job(id: str) -> ResponseReturnValue:
    """One job as it stands; cheap to ask again with its ETag."""
    found = parts().transfers.find(id)
    body = job_json(found)
    return conditional(body, f"{found.version}-{body['place_in_line'] or 0}-{int(body['mine'])}")


@api.patch("/api/v1/jobs/<id>")
def publish(id: str) -> ResponseReturnValue:
    """`{"public": true}` shows it in the feed, false takes it back."""
    said = asked.body()
    if "public" not in said:
        raise BadRequest("public is missing.")
    public = asked.flag(said, "public")
    return as_json(job_json(parts().transfers.set_public(id, visitors.caller(), public)))


@api.delete("/api/v1/jobs/<id>")
def delete_job(id: str) -> ResponseReturnValue:
    """Delete the job and its pictures."""
    parts().transfers.delete(id, visitors.caller())
    return Response(status=204)


@api.post("/api/v1/jobs/<id>/cancel")
def cancel(id: str) -> ResponseReturnValue:
    """Stop a job."""
    return as_json(job_json(parts().transfers.cancel(id, visitors.caller())))


@api.post("/api/v1/jobs/<id>/again")
def again(id: str) -> ResponseReturnValue:
    """Try again, or run the same pictures with other options."""
    options = asked.options(asked.body()) if request.get_data() else {}
    return created(parts().transfers.run_again(id, visitors.caller(), options))


# Pictures of a job --------------------------------------------------------------------------


@api.get("/api/v1/jobs/<id>/preview")
def preview(id: str) -> ResponseReturnValue:
    """The picture as it stands."""
    return as_picture(*parts().transfers.preview(id))


@api.get("/api/v1/jobs/<id>/result")
def result(id: str) -> ResponseReturnValue:
    """The painting as stored, or as `format` at `width`; `download=1` offers it as a file."""
    width = request.args.get("width")
    if width is not None and not (width.isascii() and width.isdigit() and len(width) < 7):
        raise BadRequest(f"width is {width!r}; it must be a whole number of pixels.")
    data, mime = parts().transfers.result(
        id, format=request.args.get("format") or None, width=int(width) if width else None
    )
    return as_picture(data, mime, name=download_name(id, "", mime))


@api.get("/api/v1/jobs/<id>/content")
def content(id: str) -> ResponseReturnValue:
    """The photograph."""
    return as_picture(*parts().transfers.content(id))


@api.get("/api/v1/jobs/<id>/style")
def style(id: str) -> ResponseReturnValue:
    """The style picture."""
    return as_picture(*parts().transfers.style(id))


@api.get("/api/v1/jobs/<id>/grid")
def grid(id: str) -> ResponseReturnValue:
    """Content, style and result side by side."""
    data, mime = parts().transfers.grid(id)
    return as_picture(data, mime, name=download_name(id, "-grid", mime))


def download_name(id: str, what: str, mime: str) -> str:
    """`photo-woodblock-wave.jpg` where the address asks for a download, else ''."""
    if not request.args.get("download"):
        return ""
    named = style_json(parts().transfers.find(id).style_id) or {"id": "own-style"}
    return f"photo-{named['id']}{what}.{images.extension(mime.rpartition('/')[2])}"


# The feed -----------------------------------------------------------------------------------


@api.get("/api/v1/feed")
def feed() -> ResponseReturnValue:
    """Public pictures, newest first."""
    limit, before = asked.page()
    found = parts().transfers.feed(limit=limit, before=before)
    return job_list(found, limit, "api.feed", lambda job: job.published_at or 0.0)


def job_list(
    found: list[Job], limit: int, endpoint: str, moment: Callable[[Job], float]
) -> Response:
    """A page of jobs with the address of the next one."""
    more = len(found) == limit
    next_page = url_for(endpoint, limit=limit, before=repr(moment(found[-1]))) if more else None
    tag = "-".join(f"{job.id[:8]}{job.version}" for job in found) or "empty"
    return conditional({"jobs": [job_json(job) for job in found], "next": next_page}, tag)
