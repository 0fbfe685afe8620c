"""Jobs, styles and paintings as the API's answers: what the rows do not say is worked out here."""

from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

from stylekit import bodies, images
from stylekit.catalogue import Style
from stylekit.jobs import Job, Status
from stylekit.painting.task import Painted
from stylekit.web.security.identity import caller, parts

ALMOST = 0.99  # shown of a job that is not done: 1 only once the result can be fetched
ENOUGH_TO_TELL = 0.05  # the first steps also build the graph: what they promise is far too long


def as_json(body: BaseModel) -> dict[str, Any]:
    """The body as JSON has it, without fields that it was not given."""
    return body.model_dump(mode="json", exclude_unset=True)


def job_json(job: Job, *, with_secret: bool = False) -> dict[str, Any]:
    """One job as the caller sees it; `with_secret` in the answer to its submission."""
    (answer,) = jobs_of([job])
    secret = {"secret": parts().access.secret_of(job)} if with_secret else {}
    return as_json(answer) | secret


def submitted_reply(job: Job) -> Response:
    """The job of an order, and where it is."""
    response = jsonify(job=job_json(job, with_secret=True))
    response.status_code = 202
    response.headers["Location"] = address(job.id)
    response.headers["Cache-Control"] = "no-store"
    return response


def jobs_of(jobs: Iterable[Job]) -> list[bodies.Job]:
    """Jobs as the caller sees them."""
    jobs = list(jobs)
    names = {style.id: style.name for style in parts().styles.all()}
    places = parts().jobs.queries.places_in_line(jobs)
    return [one_job(job, names, places.get(job.id)) for job in jobs]


def one_job(job: Job, names: dict[str, str], place_in_line: int | None) -> bodies.Job:
    """A row as it is, and what it does not say."""
    is_done = job.status == Status.DONE
    failed = {"code": job.error_code, "message": job.error}
    beside = {
        "style": preset(job, names),
        "progress": 1 if is_done else min(ALMOST, bodies.finite(job.fraction) or 0),
        "eta_seconds": time_left(job),
        "place_in_line": place_in_line,
        "error": failed if job.status == Status.FAILED else None,
        "mine": parts().access.may_act(job, caller()),
        "format": job.result_format,
        "urls": urls(job),
    }
    return bodies.Job.model_validate(vars(job) | beside)


def time_left(job: Job) -> float | None:
    """Seconds; None once it has ended, and while too little is done to tell."""
    if job.status.is_final or job.fraction < ENOUGH_TO_TELL:
        return None
    return job.eta_seconds


def preset(job: Job, names: dict[str, str]) -> dict[str, str] | None:
    """The preset, also where the catalogue no longer has it; None for a picture of one's own."""
    if not job.style_id:
        return None
    return {"id": job.style_id, "name": names.get(job.style_id, job.style_id)}


def urls(job: Job) -> dict[str, str | None]:
    """Where to go from here; None for what there is not now."""
    here = address(job.id)
    is_done = job.status == Status.DONE
    has_preview = job.status == Status.RUNNING and job.preview_version
    return {
        "page": f"/display?id={job.id}",
        "self": here,
        "events": f"{here}/events",
        "preview": f"{here}/preview?v={job.preview_version}" if has_preview else None,
        "result": f"{here}/result" if is_done else None,
        "content": f"{here}/content",
        "style": f"{here}/style",
        "grid": f"{here}/grid" if is_done else None,
    }


def address(job_id: str) -> str:
    """Where a job is found."""
    return f"/api/v1/jobs/{job_id}"


def style_of(style: Style) -> bodies.Style:
    """A preset."""
    picture = f"/api/v1/styles/{style.id}/picture"
    return bodies.Style.model_validate(vars(style) | {"picture": picture})


def painting_of(painted: Painted, notes: Iterable[str] = ()) -> bodies.Painting:
    """A painting that was made at once, the picture itself included."""
    beside = {
        "image": images.data_url(painted.data),
        "seconds": round(painted.seconds, 3),
        "notes": [*notes],
    }
    return bodies.Painting.model_validate(vars(painted) | beside)
