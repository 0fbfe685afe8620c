"""What comes in: bodies as JSON or forms, read into orders."""

import json
from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from stylekit import images
from stylekit.engines.base import FastOptions
from stylekit.errors import BadRequest
from stylekit.orders import Order
from stylekit.web import visitors

MOST_PER_PAGE = 100


def body() -> dict[str, Any]:
    """The request's body as JSON, whatever its Content-Type says.

    Raises:
        BadRequest: when it is not a JSON object.
    """
    try:
        found = json.loads(request.get_data(cache=True))
    except ValueError:
        raise BadRequest("The body must be JSON.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body must be a JSON object.")
    return found


def text(values: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A string of the body.

    Raises:
        BadRequest: when it is missing and has no default, or is no string.
    """
    value = values.get(name, default)
    if value is None:
        raise BadRequest(f"{name} is missing.")
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be text.")
    return value


def flag(values: Mapping[str, Any], name: str) -> bool:
    """A true or false of the body; false where it is missing."""
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} is {value!r}; it can be true or false.")
    return value


def options(values: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's options of a body: an object."""
    found = values.get("options") or {}
    if not isinstance(found, dict):
        raise BadRequest("options must be a JSON object.")
    return found


def page_order() -> tuple[Order, bool]:
    """The order of POST /transfer, and whether it is wanted as a job.

    `{"image": picture, "painter": 1..24, "custom_style": 0 or picture}`, pictures in base64 or as
    data URLs; also `style` (a preset's id), `strength`, `preserve_colors`, `mode`, `public` and
    `options`.
    """
    said = body()
    mode = text(said, "mode", "fast")
    order = Order(
        content=images.decode_text(text(said, "image")),
        style=page_style(said),
        owner=visitors.owner(),
        engine=mode,
        options=page_options(said, mode),
        public=flag(said, "public"),
        # The bare answer is PNG, as it always was; whoever asks for JSON gets the photo's format.
        format=None if wants_json() else "png",
    )
    return order, mode != "fast"


def page_style(said: Mapping[str, Any]) -> str | int | bytes:
    """The style of POST /transfer: one's own picture, a preset's id, or its number."""
    custom = said.get("custom_style", 0)
    if custom not in (0, "0", "", None, False):
        return images.decode_text(text(said, "custom_style"))
    if said.get("style"):
        return text(said, "style")
    number = said.get("painter")
    if isinstance(number, str) and number.isdigit():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise BadRequest(f"painter is {number!r}; it must be a number of the catalogue.")
    return number


def page_options(said: Mapping[str, Any], engine: str) -> dict[str, Any]:
    """The engine's options, which may stand beside the pictures or in `options`."""
    found = options(said)
    for name in FastOptions.__dataclass_fields__:
        # The strength of the page's slider means nothing to the gatys engine.
        if name in said and (engine == "fast" or name == "preserve_colors"):
            found = {**found, name: said[name]}
    return found


def wants_json() -> bool:
    """Whether the asker names JSON (a jQuery call for anything, `*/*`, does not)."""
    return "application/json" in request.headers.get("Accept", "")


def api_order() -> tuple[Order, bool]:
    """The order of POST /api/v1/transfers, JSON or a form, and whether it is wanted as a job."""
    said = form() if request.mimetype == "multipart/form-data" else body()
    engine = text(said, "engine", "fast")
    order = Order(
        content=picture(said, "content"),
        style=api_style(said),
        owner=visitors.owner(),
        engine=engine,
        options=options(said),
        public=flag(said, "public"),
        format=text(said, "format", "") or None,
    )
    return order, engine != "fast" or flag(said, "as_job")


def form() -> dict[str, Any]:
    """A multipart form as if it were JSON: files stay files, `options` is parsed."""
    said: dict[str, Any] = dict(request.form)
    for name in ("public", "as_job"):
        if name in said:
            said[name] = {"true": True, "1": True, "on": True}.get(said[name].lower(), False)
    if "options" in said:
        try:
            said["options"] = json.loads(said["options"] or "{}")
        except ValueError:
            raise BadRequest("options must be JSON.") from None
    return {**said, **{name: file for name, file in request.files.items() if file.filename}}


def picture(said: Mapping[str, Any], name: str) -> bytes:
    """The bytes of an uploaded file, of base64 or of a data URL."""
    value = said.get(name)
    return value.read() if isinstance(value, FileStorage) else images.decode_text(text(said, name))


def api_style(said: Mapping[str, Any]) -> str | int | bytes:
    """A picture in `style`, or a preset's id in `style_id`; a form may put the id in `style`."""
    if "style_id" in said:
        return text(said, "style_id")
    if request.mimetype == "multipart/form-data" and isinstance(said.get("style"), str):
        return text(said, "style")
    if "style" not in said:
        raise BadRequest("A style is missing: style_id for a preset, or style for a picture.")
    return picture(said, "style")


def page() -> tuple[int, float | None]:
    """`limit` and `before` of a list's address.

    Raises:
        BadRequest: for numbers that cannot be.
    """
    limit, before = request.args.get("limit", "24"), request.args.get("before")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MOST_PER_PAGE:
        raise BadRequest(f"limit is {limit!r}; it can be 1 to {MOST_PER_PAGE}.")
    return int(limit), None if before is None else seconds(before)


def seconds(before: str) -> float:
    """A moment as the last page's `next` had it."""
    try:
        value = float(before)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise BadRequest(f"before is {before!r}; take it from the last page's next.")
    return value
