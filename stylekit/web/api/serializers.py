"""What a job, a style and a painting look like as JSON."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from stylekit import images
from stylekit.catalogue import Style
from stylekit.jobs import Job, Status
from stylekit.jobs.line import Line
from stylekit.painting.task import Painted
from stylekit.web.security.identity import caller, parts

ALMOST = 0.99  # shown of a job that is not done: 1 only once the result can be fetched


def job_json(job: Job, *, with_secret: bool = False) -> dict[str, Any]:
    """One job as the caller sees it; `with_secret` in the answer to its submission."""
    (shape,) = jobs_json([job])
    return shape | ({"secret": parts().access.secret_of(job)} if with_secret else {})


def jobs_json(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """Jobs as the caller sees them."""
    jobs = list(jobs)
    names = {style.id: style.name for style in parts().styles.all()}
    engines = {job.engine for job in jobs if not job.status.is_final}
    lines = {engine: parts().jobs.lines.of(engine) for engine in engines}
    return [one_job(job, names, lines.get(job.engine)) for job in jobs]


def one_job(job: Job, names: dict[str, str], line: Line | None) -> dict[str, Any]:
    """Every field of a job; `line` is that of its engine where it has not ended."""
    place = line.places.get(job.id) if line else None
    is_done = job.status == Status.DONE
    failed = {"code": job.error_code, "message": job.error}
    return {
        "id": job.id,
        "status": job.status.value,
        "engine": job.engine,
        "engine_version": job.engine_version,
        "style": style_of(job, names),
        "options": job.options,
        "progress": 1 if is_done else min(ALMOST, finite(job.fraction) or 0),
        "eta_seconds": time_left(job, line),
        "stage": job.stage,
        "place_in_line": place.number if place else None,
        "error": failed if job.status == Status.FAILED else None,
        "public": job.public,
        "withdrawn": job.withdrawn,
        "mine": parts().access.may_act(job, caller()),
        "format": job.result_format,
        "width": job.width,
        "height": job.height,
        "seconds": finite(job.seconds),
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
        "published_at": moment(job.published_at),
        "expires_at": moment(job.expires_at),
        "version": job.version,
        "urls": urls(job),
    }


def time_left(job: Job, line: Line | None) -> float | None:
    """Seconds until it ends, those in line included; None once it has."""
    left = None if job.status.is_final or line is None else finite(line.left(job.id))
    return None if left is None else round(left, 1)


def style_of(job: Job, names: dict[str, str]) -> dict[str, str] | None:
    """The preset, also where the catalogue no longer has it; None for a picture of one's own."""
    return (
        {"id": job.style_id, "name": names.get(job.style_id, job.style_id)}
        if job.style_id
        else None
    )


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


def style_json(style: Style) -> dict[str, Any]:
    """A preset."""
    return {
        "id": style.id,
        "number": style.number,
        "name": style.name,
        "description": style.description,
        "palette": list(style.palette),
        "picture": f"/api/v1/styles/{style.id}/picture",
    }


def painted_json(painted: Painted, notes: Iterable[str] = ()) -> dict[str, Any]:
    """A painting that was made at once, the picture itself included."""
    return {
        "image": images.data_url(painted.data),
        "width": painted.width,
        "height": painted.height,
        "format": painted.format,
        "seconds": round(painted.seconds, 3),
        "notes": [*notes],
    }


def moment(seconds: float | None) -> str | None:
    """A time as ISO 8601 in UTC; None for "not yet"."""
    if not seconds:
        return None
    return (
        datetime.fromtimestamp(seconds, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def finite(number: float | None) -> float | None:
    """The number; None for what JSON cannot say."""
    return number if number is not None and math.isfinite(number) else None
