"""What goes out: one shape for errors, one for jobs, pictures with their type."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from stylekit import errors
from stylekit.jobs import Job, Status
from stylekit.web import visitors
from stylekit.wiring import Parts

log = logging.getLogger(__name__)

STATUS: dict[type[errors.StylekitError], int] = {
    errors.TooLarge: 413,
    errors.BadPicture: 422,
    errors.BadRequest: 400,
    errors.NotFound: 404,
    errors.NotReady: 409,
    errors.Conflict: 409,
    errors.Cancelled: 409,
    errors.Gone: 410,
    errors.NotAllowed: 403,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}
"""The HTTP status of each class of error; the first that fits, from the nearest class up."""

OUR_FAULT = "Something broke on our side."
PROGRAMS = ("/api/", "/transfer", "/static/")
PRIVATE = "private, no-cache"


def parts() -> Parts:
    """What this application was built from."""
    found: Parts = current_app.extensions["stylekit"]
    return found


# Errors -------------------------------------------------------------------------------------


def install(app: Flask) -> None:
    """One handler for each kind of error."""
    app.register_error_handler(errors.StylekitError, of_ours)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_nobody)


def of_ours(error: errors.StylekitError) -> ResponseReturnValue:
    """Our own words, with the status of the error's class."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status >= 500:
        log.warning("%s %s: %s", g.get("request_id"), request.path, error)
    response = failure(status, error.code, str(error))
    if isinstance(error, errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def of_http(error: HTTPException) -> ResponseReturnValue:
    """What Flask found out, in our shape."""
    status = error.code or 500
    if status < 400:
        return error
    limit = parts().settings.max_request_bytes
    words = f"The request is too large; the most we accept is {limit:,} bytes."
    response = failure(
        status,
        "request_too_large" if status == 413 else error.name.lower().replace(" ", "_"),
        words if status == 413 else error.description or error.name,
    )
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")
    )
    return response


def of_nobody(error: Exception) -> ResponseReturnValue:
    """Anything else is logged under the request's id; the caller learns the id only."""
    log.error("%s %s", g.get("request_id"), request.path, exc_info=error)
    return failure(500, "internal", OUR_FAULT)


def failure(status: int, code: str, message: str) -> Response:
    """An error: JSON for programs, a page for people."""
    id = g.get("request_id", "")
    if wants_page():
        page = render_template("error.html", status=status, message=message, error_id=id)
        return Response(page, status)
    return as_json({"error": {"code": code, "message": message, "id": id}}, status)


def wants_page() -> bool:
    """Whether a person looks at the answer."""
    if request.path.startswith(PROGRAMS):
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html"


# Answers ------------------------------------------------------------------------------------


def as_json(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(body), status, content_type="application/json")


def as_picture(data: bytes, mime: str, *, name: str = "") -> Response:
    """A picture, kept in the asker's own cache only; with `name`, offered as a download."""
    response = Response(data, content_type=mime)
    response.headers["Cache-Control"] = PRIVATE
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.add_etag()
    response.make_conditional(request)
    return response


def conditional(body: Any, tag: str) -> Response:
    """JSON with an ETag; 304 to whoever has it already."""
    response = as_json(body)
    response.headers["Cache-Control"] = PRIVATE
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def job_json(job: Job) -> dict[str, Any]:
    """A job as every door tells of it."""
    transfers = parts().transfers
    status = "expired" if job.expired else str(job.status)
    is_done = status == Status.DONE
    return {
        "id": job.id,
        "status": status,
        "engine": job.engine,
        "engine_version": job.engine_version,
        "style": style_json(job.style_id),
        "options": job.options,
        # Nothing shows 100 % before its result can be fetched.
        "progress": 1.0 if is_done else min(job.fraction, 0.99),
        "eta_seconds": job.eta_seconds,
        "stage": job.stage,
        "place_in_line": transfers.place_in_line(job),
        "error": {"code": job.error_code, "message": job.error} if job.error else None,
        "public": job.public,
        "mine": transfers.may_act(job, visitors.caller()),
        "width": job.width,
        "height": job.height,
        "seconds": job.seconds,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
        "expires_at": moment(job.expires_at),
        "version": job.version,
        "urls": urls(job, is_done),
    }


def urls(job: Job, is_done: bool) -> dict[str, str | None]:
    """Where everything about a job is."""
    preview = url_for("api.preview", id=job.id, v=job.preview_version)
    has_preview = job.preview_version > 0 and not job.status.is_final
    return {
        "page": url_for("pages.display", id=job.id),
        "self": url_for("api.job", id=job.id),
        "events": url_for("live.job_events", id=job.id),
        "preview": preview if has_preview else None,
        "result": url_for("api.result", id=job.id) if is_done else None,
        "content": url_for("api.content", id=job.id),
        "style": url_for("api.style", id=job.id),
        "grid": url_for("api.grid", id=job.id) if is_done else None,
    }


def style_json(style_id: str | None) -> dict[str, str] | None:
    """A preset by id and name; None for a picture of the owner's own."""
    if style_id is None:
        return None
    try:
        name = parts().styles.get(style_id).name
    except errors.StylekitError:  # a preset that the catalogue no longer has
        name = style_id
    return {"id": style_id, "name": name}


def moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC; None for what has not happened."""
    if not seconds:
        return None
    return (
        datetime.fromtimestamp(seconds, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
