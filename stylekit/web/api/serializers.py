"""Jobs, styles and paintings as response bodies."""

from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

from stylekit import bodies, images
from stylekit.catalogue import Style
from stylekit.jobs import Job, Status
from stylekit.jobs.fair_queue import FairQueue
from stylekit.painting.task import Painted
from stylekit.web.security.identity import caller, parts

ALMOST = 0.99  # shown of a job that is not done: 1 only once the result can be fetched


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
    engines = {job.engine for job in jobs if not job.status.is_final}
    queues = {engine: parts().jobs.queues.of(engine) for engine in engines}
    return [one_job(job, names, queues.get(job.engine)) for job in jobs]


def one_job(job: Job, names: dict[str, str], queue: FairQueue | None) -> bodies.Job:
    """A row as it is, and what it does not say; `queue` is its engine's where it has not ended."""
    position = queue.positions.get(job.id) if queue else None
    is_done = job.status == Status.DONE
    failed = {"code": job.error_code, "message": job.error}
    beside = {
        "style": preset(job, names),
        "progress": 1 if is_done else min(ALMOST, bodies.finite(job.fraction) or 0),
        "eta_seconds": time_left(job, queue),
        "place_in_line": position.number if position else None,
        "error": failed if job.status == Status.FAILED else None,
        "mine": parts().access.may_act(job, caller()),
        "format": job.result_format,
        "urls": urls(job),
    }
    return bodies.Job.model_validate(vars(job) | beside)


def time_left(job: Job, queue: FairQueue | None) -> float | None:
    """Seconds until it ends, those of waiting included; None once it has."""
    left = (
        None if job.status.is_final or queue is None else bodies.finite(queue.seconds_left(job.id))
    )
    return None if left is None else round(left, 1)


def preset(job: Job, names: dict[str, str]) -> dict[str, str] | None:
    """The preset, also where the catalogue no longer has it; None for a picture of one's own."""
    if not job.style_id:
        return None
    return {"id": job.style_id, "name": names.get(job.style_id, job.style_id)}


def urls(job: Job) -> dict[str, str | None]:
    """Where to go from here; None for what there is not now, and for what is not shown."""
    here = address(job.id)
    is_done = job.status == Status.DONE
    has_photo = parts().access.may_see_photo(job, caller())
    has_preview = has_photo and job.status == Status.RUNNING and job.preview_version
    return {
        "page": f"/display?id={job.id}",
        "self": here,
        "events": f"{here}/events",
        "preview": f"{here}/preview?v={job.preview_version}" if has_preview else None,
        "result": f"{here}/result" if is_done else None,
        "content": f"{here}/content" if has_photo else None,
        "style": f"{here}/style" if has_photo or job.style_id else None,
        "grid": f"{here}/grid" if has_photo and is_done else None,
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
