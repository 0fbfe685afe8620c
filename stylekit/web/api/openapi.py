"""The OpenAPI document, and a page that shows it."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from stylekit.web.api.openapi_parts import (
    BYTES,
    DOWNLOAD,
    JSON,
    PAGING,
    PICTURES,
    SECRET,
    SMALL,
    TEXT,
    accepted,
    answer,
    header,
    number,
    ok,
    operation,
    path,
    picture,
    query,
    ref,
    stream,
)
from stylekit.web.api.schemas import SCHEMAS

openapi = Blueprint("openapi", __name__)


@openapi.get("/api/v1/openapi.json")
def document() -> Response:
    """The description, as OpenAPI."""
    return jsonify(describe())


@openapi.get("/api/v1/docs")
def docs() -> str:
    """The description, for people; it needs nothing from elsewhere."""
    return render_template("api.html", api=describe())


def describe() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stylekit",
            "version": "1",
            "summary": "Repaint a photograph in the style of any picture.",
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths(),
        "components": {"schemas": SCHEMAS, "securitySchemes": SECURITY},
        "security": [{}, {"key": []}, {"cookie": []}],
    }


ABOUT = (
    "A painting by the fast engine is the answer itself; one by the gatys engine is a job that you "
    "follow. A job's id cannot be guessed: whoever knows it may look at the painting, and at the "
    "photo where the owner says so. Acting on it takes the owner's cookie, the API key that it was "
    "made with, or its secret in the header X-Job-Secret. "
    "Every error has the same shape and a code that does not change."
)
TAGS = {
    "paint": "Repaint a photograph.",
    "styles": "The presets.",
    "jobs": "Paintings that take their time: follow, fetch, cancel, publish, delete.",
    "feed": "What owners show to everybody.",
    "about": "This description.",
}
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key of the server."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "stylekit_owner",
        "description": "Set by the first order of a visitor; keeps the owner.",
    },
}


def paths() -> dict[str, Any]:
    """Every address with what it takes and answers."""
    return {
        "/transfer": {"post": transfer()},
        "/api/v1/transfers": {"post": transfers()},
        **upload_paths(),
        **style_paths(),
        "/api/v1/jobs": {
            "get": operation(
                "jobs", "List your jobs", ok(ref("Jobs"), cached=True), 400, parameters=PAGING
            ),
            "delete": operation(
                "jobs", "Delete all of your jobs and waiting photos", ok(ref("Deleted")), 403
            ),
        },
        **job_paths(),
        "/api/v1/feed": {
            "get": operation(
                "feed",
                "List public paintings",
                ok(ref("Jobs"), cached=True),
                400,
                parameters=PAGING,
            ),
        },
        "/api/v1/feed/events": {
            "get": operation("feed", "Follow the feed by server-sent events", stream()),
        },
        "/api/v1/openapi.json": {
            "get": operation("about", "This description", ok({"type": "object"})),
        },
        "/api/v1/docs": {
            "get": operation(
                "about", "This description as a page", answer(200, {"text/html": TEXT})
            ),
        },
    }


def style_paths() -> dict[str, Any]:
    """The presets."""
    fetch = operation("styles", "Fetch a preset's picture", picture(), 400, 404, parameters=[SMALL])
    return {
        "/api/v1/styles": {"get": operation("styles", "List the presets", ok(ref("Styles")))},
        "/api/v1/styles/{style_id}/picture": {
            "parameters": [path("style_id", "A preset's id, name or number.", {"type": "string"})],
            "get": fetch,
        },
    }


def upload_paths() -> dict[str, Any]:
    """A photo that is sent once and painted often."""
    parameters = [path("id", "The upload's id.", {"type": "string"})]
    send = operation(
        "paint",
        "Send a photo once, to paint it often",
        answer(201, {JSON: ref("Upload")}),
        400,
        403,
        413,
        422,
    )
    file = {"schema": {"type": "string", "format": "binary"}}
    form = {"schema": {"type": "object", "properties": {"content": BYTES}, "required": ["content"]}}
    send["requestBody"] = {
        "required": True,
        "content": {"application/octet-stream": file, "multipart/form-data": form},
    }
    tiles = answer(200, {"application/x-ndjson": TEXT})
    tiles["200"]["description"] = "A line of JSON for each preset, `style` and `picture`, in turn."
    return {
        "/api/v1/uploads": {"post": send},
        "/api/v1/uploads/{id}": {
            "parameters": parameters,
            "delete": operation("paint", "Delete an upload", answer(204), 403, 404),
        },
        "/api/v1/uploads/{id}/tiles": {
            "parameters": parameters,
            "get": operation("paint", "Fetch the photo in every style, small", tiles, 404, 503),
        },
    }


ID = {"parameters": [path("id", "The job's id.", {"type": "string"})]}
JOB_ADDRESS = "/api/v1/jobs/{id}"
FOUND = (404, 410)


def job_paths() -> dict[str, Any]:
    """One job, and what can be done with it."""
    one, acting = ok(ref("Job")), [SECRET]
    publish = operation(
        "jobs",
        "Show in the feed or take back, with the photo or without",
        one,
        400,
        403,
        413,
        *FOUND,
        body=ref("Publication"),
        parameters=acting,
    )
    delete = operation("jobs", "Delete a job", answer(204), 403, *FOUND, parameters=acting)
    cancel = operation("jobs", "Stop a job", one, 403, *FOUND, parameters=acting)
    finish = operation(
        "jobs", "End a job with the picture as it stands", one, 403, *FOUND, parameters=acting
    )
    follow = {**stream(), **answer(204)}
    return {
        JOB_ADDRESS: {
            **ID,
            "get": operation("jobs", "Look at a job", ok(ref("Job"), cached=True), *FOUND),
            "patch": publish,
            "delete": delete,
        },
        f"{JOB_ADDRESS}/cancel": {**ID, "post": cancel},
        f"{JOB_ADDRESS}/finish": {**ID, "post": finish},
        f"{JOB_ADDRESS}/again": {**ID, "post": again()},
        f"{JOB_ADDRESS}/events": {
            **ID,
            "get": operation("jobs", "Follow a job by server-sent events", follow, *FOUND),
        },
        **job_pictures(),
    }


def again() -> dict[str, Any]:
    """The same pictures once more."""
    return operation(
        "jobs",
        "Try again, or run again with other options",
        accepted(),
        400,
        403,
        409,
        413,
        *FOUND,
        body=ref("Again"),
        body_needed=False,
        parameters=[SECRET],
    )


def job_pictures() -> dict[str, Any]:
    """What can be fetched of a job."""
    conversions = [
        query("format", "Another format.", {"enum": ["png", "jpeg", "jpg", "webp"]}),
        query("width", "Reduced to this width.", number(1, 100_000)),
        DOWNLOAD,
    ]
    side_by_side = "Fetch photo, style and painting side by side"
    pictures = {
        "result": operation(
            "jobs", "Fetch the painting", picture(), 400, 409, *FOUND, parameters=conversions
        ),
        "preview": operation("jobs", "Fetch the picture as it stands", picture(), 409, *FOUND),
        "content": operation("jobs", "Fetch the photo", picture(), 400, *FOUND, parameters=[SMALL]),
        "style": operation("jobs", "Fetch the style", picture(), 400, *FOUND, parameters=[SMALL]),
        "grid": operation("jobs", side_by_side, picture(), 409, *FOUND, parameters=[DOWNLOAD]),
    }
    return {f"{JOB_ADDRESS}/{kind}": {**ID, "get": get} for kind, get in pictures.items()}


def transfer() -> dict[str, Any]:
    """What the page speaks."""
    bare = {"text/plain": {"type": "string", "description": "Base64 of a PNG."}}
    answers = {**answer(200, {**bare, JSON: ref("Painting")}), **accepted()}
    return operation(
        "paint",
        "Repaint a photograph as the page does",
        answers,
        400,
        403,
        404,
        413,
        422,
        body=ref("PageOrder"),
    )


def transfers() -> dict[str, Any]:
    """What programs speak."""
    shown = dict.fromkeys(PICTURES, BYTES)
    answers = {**answer(200, {JSON: ref("Painting"), **shown}), **accepted()}
    found = operation(
        "paint",
        "Repaint a photograph",
        answers,
        400,
        403,
        404,
        409,
        413,
        422,
        body=ref("Order"),
        parameters=[
            header(
                "Idempotency-Key",
                "Sent again under this key, it is the same request.",
                {"type": "string", "minLength": 1, "maxLength": 255},
            ),
        ],
    )
    found["requestBody"]["content"]["multipart/form-data"] = {"schema": ref("OrderForm")}
    return found
