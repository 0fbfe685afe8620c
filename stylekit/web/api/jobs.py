"""Endpoints of jobs, their pictures, and the feed."""

import math
from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from stylekit import bodies
from stylekit.errors import BadOption, JobNotFound
from stylekit.jobs import Job
from stylekit.transfers.service import delete_all
from stylekit.web.api.image_responses import MAX_THUMBNAIL_WIDTH, picture_reply
from stylekit.web.api.parsing import JOB_ID, json_body, query_number, read, shortened
from stylekit.web.api.serializers import as_json, job_json, jobs_of, submitted_reply
from stylekit.web.security.identity import caller, known_owner, parts

jobs = Blueprint("jobs", __name__)

PAGE, MAX_PER_PAGE = 24, 100
MAX_WIDTH = 100_000
PRIVATE = "private, no-cache"  # kept by the asker alone, who asks every time whether it changed


@jobs.url_value_preprocessor
def refuse_odd_ids(endpoint: str | None, values: dict[str, str] | None) -> None:
    """What cannot be an id is not looked for.

    Raises:
        JobNotFound: then.
    """
    id = (values or {}).get("id")
    if id is not None and not JOB_ID.fullmatch(id):
        raise JobNotFound("There is no such job.")


@jobs.before_request
def refuse_strangers() -> None:
    """What was taken back from the feed is its owner's alone.

    Raises:
        JobNotFound: for everybody else.
    """
    id = (request.view_args or {}).get("id")
    if id is not None:
        parts().access.refuse_strangers(id, caller())


# Lists ----------------------------------------------------------------------------------------


@jobs.get("/api/v1/jobs")
def mine() -> Response:
    """The caller's jobs, newest first."""
    limit, before = page()
    owner = known_owner()
    found = parts().transfers.mine(owner, limit=limit + 1, before=before) if owner else []
    return a_page(found, limit, lambda job: job.created_at)


@jobs.delete("/api/v1/jobs")
def delete_mine() -> Response:
    """Delete all of the caller's jobs, and the photos that wait to be painted."""
    owner = known_owner()
    if owner:
        parts().uploads.remove_all(owner)
    count = delete_all(parts().transfers, owner) if owner else 0
    return jsonify(as_json(bodies.Deleted(deleted=count)))


@jobs.get("/api/v1/feed")
def feed() -> Response:
    """Public pictures, newest first."""
    limit, before = page()
    found = parts().jobs.queries.feed(limit=limit + 1, before=before)
    return a_page(found, limit, lambda job: job.published_at or 0.0)


def page() -> tuple[int, float | None]:
    """How many are wanted, and from when on backwards."""
    return query_number("limit", high=MAX_PER_PAGE) or PAGE, query_moment("before")


def query_moment(name: str) -> float | None:
    """A time of the query string, as an earlier page's `next` has it."""
    given = request.args.get(name)
    if given is None:
        return None
    try:
        moment = float(given)
    except ValueError:
        moment = math.nan
    if not 0 <= moment < 1e12:
        raise BadOption(f"{name} is {shortened(given)}; it can be what an earlier page's next has.")
    return moment


def a_page(found: list[Job], limit: int, moment: Callable[[Job], float]) -> Response:
    """A page of jobs, and the address of the next where there is one."""
    shown = found[:limit]
    more = f"{request.path}?limit={limit}&before={moment(shown[-1])!r}" if found[limit:] else None
    return looked_up(jsonify(as_json(bodies.Jobs(jobs=jobs_of(shown), next=more))))


# One job --------------------------------------------------------------------------------------


@jobs.get("/api/v1/jobs/<id>")
def one(id: str) -> Response:
    """The job as it stands; 304 to whoever has seen that."""
    return looked_up(jsonify(job_json(parts().access.find(id))))


@jobs.patch("/api/v1/jobs/<id>")
def publish(id: str) -> Response:
    """Show the painting in the feed, or take it back; and the photo beside it."""
    asked = read(bodies.Publication, json_body())
    job = parts().access.own(id, caller())
    if asked.photo_shared is not None:  # first: nobody is to see what is taken back at once
        job = parts().transfers.set_photo_shared(id, caller(), asked.photo_shared)
    if asked.public is not None:
        job = parts().transfers.set_public(id, caller(), asked.public)
    return jsonify(job_json(job))


@jobs.delete("/api/v1/jobs/<id>")
def delete(id: str) -> ResponseReturnValue:
    """Delete the job and its pictures for good."""
    parts().transfers.delete(id, caller())
    return "", 204


@jobs.post("/api/v1/jobs/<id>/cancel")
def cancel(id: str) -> Response:
    """Stop the job."""
    return jsonify(job_json(parts().transfers.cancel(id, caller())))


@jobs.post("/api/v1/jobs/<id>/finish")
def finish(id: str) -> Response:
    """End the job with the picture as it stands."""
    return jsonify(job_json(parts().transfers.finish(id, caller())))


@jobs.post("/api/v1/jobs/<id>/again")
def again(id: str) -> Response:
    """Try a failed job again, or run the same pictures with other options."""
    asked = read(bodies.Again, json_body() if request.get_data() else {})
    return submitted_reply(parts().transfers.run_again(id, caller(), asked.options or {}))


def looked_up(response: Response) -> Response:
    """The answer with its ETag; 304 for whoever has it already."""
    response.headers["Cache-Control"] = PRIVATE
    response.headers.add("Vary", "Cookie, Authorization, X-Job-Secret")
    response.add_etag()
    response.make_conditional(request)
    return response


# Pictures of a job ----------------------------------------------------------------------------


@jobs.get("/api/v1/jobs/<id>/result")
def result(id: str) -> Response:
    """The painting as stored, or in another format or at another width."""
    data, mime_type = parts().results.result(
        id, format=request.args.get("format"), width=query_number("width", high=MAX_WIDTH)
    )
    return picture_reply(data, mime_type, name=file_name(id))


@jobs.get("/api/v1/jobs/<id>/preview")
def preview(id: str) -> Response:
    """The picture as it stands while it is painted; at first it is much like the photo."""
    if not parts().access.find(id).status.is_final:
        parts().access.refuse_to_show_photo(id, caller())
    return picture_reply(*parts().results.preview(id), name=file_name(id, "-preview"))


@jobs.get("/api/v1/jobs/<id>/content")
def content(id: str) -> Response:
    """The photograph; with `?width=` a small one."""
    parts().access.refuse_to_show_photo(id, caller())
    longest_side = query_number("width", high=MAX_THUMBNAIL_WIDTH)
    return picture_reply(*parts().results.content(id, longest_side), name="photo")


@jobs.get("/api/v1/jobs/<id>/style")
def style(id: str) -> Response:
    """The style picture; with `?width=` a small one."""
    if parts().access.find(id).style_id is None:
        parts().access.refuse_to_show_photo(id, caller())
    longest_side = query_number("width", high=MAX_THUMBNAIL_WIDTH)
    return picture_reply(*parts().results.style(id, longest_side), name="style")


@jobs.get("/api/v1/jobs/<id>/grid")
def grid(id: str) -> Response:
    """Content, style and result side by side."""
    parts().access.refuse_to_show_photo(id, caller())
    return picture_reply(*parts().results.grid(id), name=file_name(id, "-grid"))


def file_name(id: str, what: str = "") -> str:
    """Under which a browser saves it: `photo-woodblock-wave`."""
    return f"photo-{parts().access.find(id).style_id or 'own-style'}{what}"
