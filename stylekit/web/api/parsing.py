"""Reads request bodies (JSON, forms, bare pictures) and makes orders of them."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ValidationError

from stylekit import bodies, images
from stylekit.errors import BadOption, BadPicture, BadRequest, JobNotFound
from stylekit.transfers.requests import Order
from stylekit.web.security.identity import address, owner, parts, requester

M = TypeVar("M", bound=BaseModel)

SHORTCUTS = ("strength", "preserve_colors")
"""Options that may stand beside `options` rather than in it."""

JOB_ID = re.compile(bodies.JOB_ID)
MAX_FIELDS = 50  # of a form
MAX_VALUES = 10_000  # of a JSON body
MAX_DEPTH = 100  # lists and objects in each other
FILES = (
    "image/",
    "video/",
    "application/octet-stream",
)  # what a Content-Type of a file begins with
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
JSON_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
A_PICTURE = "a picture as base64 text or as a data URL"


# A body as a model ----------------------------------------------------------------------------


def read(model: type[M], fields: Mapping[str, Any], *, from_text: bool = False) -> M:
    """The fields that were sent, checked; `from_text` where all of them came as text.

    Raises:
        BadRequest: naming the field and what it can be.
    """
    known = dict(fields)
    if from_text and isinstance(given := known.get("options"), str):
        known["options"] = json_object(given, "options")
    try:
        return model.model_validate(known, context=bodies.FROM_TEXT if from_text else None)
    except ValidationError as error:
        raise refusal(model, error) from None


def refusal(model: type[BaseModel], error: ValidationError) -> BadRequest:
    """The first thing that is wrong with a body, in our words."""
    faults = error.errors(include_url=False)
    fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    if not fault["loc"]:
        return BadRequest(str(fault["ctx"]["error"]))
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        verb = "are" if "," in known else "is"
        return BadRequest(f"There is no field {shortened(name)}; there {verb} {known}.")
    schema, is_missing = schema_of(model)["properties"][name], fault["type"] == "missing"
    if "picture" in (each.get("format") for each in (schema, *schema.get("anyOf", ()))):
        verb = "is missing:" if is_missing else "has to be"
        return BadRequest(f"{name} {verb} {A_PICTURE}.")
    what = what_it_can_be(schema)
    if is_missing:
        return BadRequest(f"{name} is missing; it {what}.")
    return BadOption(f"{name} is {shortened(fault['input'])}; it {what}.")


@lru_cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The model as JSON Schema."""
    return model.model_json_schema()


def what_it_can_be(schema: Mapping[str, Any]) -> str:
    """What a field can be, in words, from its schema."""
    kinds = {
        "boolean": "can be true or false",
        "integer": f"can be a whole number from {schema.get('minimum')}",
        "string": "has to be text",
    }
    if schema.get("format") == "stylekit-options":
        return "has to be an object"
    if "enum" in schema:
        return f"can be {' or '.join(schema['enum'])}"
    upper = f" to {schema['maximum']}" if "maximum" in schema else ""
    return kinds[schema.get("type", "string")] + upper


def json_body() -> dict[str, Any]:
    """The request's body, a JSON object whatever its Content-Type says.

    Raises:
        BadRequest: when it is anything else.
    """
    return json_object(request.get_data(), "The body")


def json_object(text: bytes | str, what: str) -> dict[str, Any]:
    """A JSON object; nulls in it are as good as missing.

    Raises:
        BadRequest: for anything else, and, before it is built, for one of very many values.
    """
    refuse_many_values(text, what)
    try:
        found = json.loads(text, parse_constant=refuse_constant)
    except ValueError as error:
        raise BadRequest(f"{what} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise BadRequest(f"{what} has to be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def refuse_many_values(text: bytes | str, what: str) -> None:
    """A picture is one text; a million objects take a hundred times the memory of their text.

    How deep they may lie in each other is not left to Python, whose limit libraries raise.
    """
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    count = sum(data.count(mark) for mark in (b"{", b"[", b","))
    if count > MAX_VALUES:
        raise BadRequest(f"{what} has {count:,} values; the most that we read is {MAX_VALUES:,}.")
    if count > MAX_DEPTH and depth(data) > MAX_DEPTH:
        raise BadRequest(f"{what} has more than {MAX_DEPTH} lists and objects in each other.")


def depth(data: bytes) -> int:
    """How many lists and objects of this JSON are open at once, at most."""
    brackets = JSON_TEXT.sub(b"", data).translate(None, NO_BRACKETS)
    return max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0)


def refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{name} is no JSON value")


# Orders ---------------------------------------------------------------------------------------


def page_body() -> bodies.PageOrder:
    """The body of `POST /transfer`: JSON, a form in the body, or the photograph alone."""
    if fields := bare_picture("image") or url_encoded():
        return read(bodies.PageOrder, fields, from_text=True)
    return read(bodies.PageOrder, json_body())


def api_body() -> bodies.Order:
    """The body of an order: a form with files, JSON, or the photograph alone."""
    if request.mimetype == "multipart/form-data":
        return read(bodies.Order, form_fields(), from_text=True)
    if fields := bare_picture("content"):
        return read(bodies.Order, fields, from_text=True)
    return read(bodies.Order, json_body())


def page_order(asked: bodies.PageOrder) -> Order:
    """What `POST /transfer` asks for."""
    if asked.custom_style:
        style: str | int | bytes = picture(asked.custom_style, "custom_style")
    else:
        style = asked.style or asked.painter or ""
    return Order(
        content=photo(asked.image, "image", asked),
        style=style,
        engine=asked.mode,
        **shared(asked),
    )


def api_order(asked: bodies.Order) -> Order:
    """What `POST /api/v1/transfers` asks for."""
    preset = asked.style_id
    return Order(
        content=photo(asked.content, "content", asked),
        style=picture(asked.style, "style") if preset is None else preset,
        engine=asked.engine,
        quality=asked.quality or None,
        **shared(asked),
    )


def shared(asked: bodies.Order | bodies.PageOrder) -> dict[str, Any]:
    """What both ways to order say alike, and who orders."""
    return {
        "options": options(asked),
        "owner": owner(),
        "address": address(),
        "public": asked.public,
        "format": asked.format or None,
        "keep_orientation": asked.keep_orientation,
    }


def options(asked: bodies.Order | bodies.PageOrder) -> dict[str, Any]:
    """The engine's settings, those beside `options` included."""
    beside = {name: getattr(asked, name) for name in SHORTCUTS if name in asked.model_fields_set}
    return {**(asked.options or {}), **beside}


def photo(given: bytes | str | None, name: str, asked: bodies.Order | bodies.PageOrder) -> bytes:
    """The photo, sent with the order or before it; with `longest_side` a smaller copy of it.

    Raises:
        UploadNotFound: when it was sent before and is not there any more.
    """
    if asked.upload is None:
        data = picture(given, name)
    else:
        data = parts().uploads.read(owner(), asked.upload)
    if asked.longest_side is None:
        return data
    with named(name):
        return parts().uploads.reduced(data, asked.longest_side, requester=requester())


def picture(value: bytes | str | None, name: str) -> bytes:
    """The bytes of a picture, which come as a file, as base64 or as a data URL."""
    if isinstance(value, bytes):
        return value
    if not value:
        raise BadRequest(f"{name} is missing: {A_PICTURE}.")
    with named(name):
        return images.decode_text(value)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Say which picture it is that is bad."""
    try:
        yield
    except BadPicture as error:
        raise type(error)(f"{name}: {error}") from None


# Bodies that are no JSON ----------------------------------------------------------------------


def bare_picture(name: str) -> dict[str, Any]:
    """A body that is a picture file, with the other fields in the query; empty for other bodies.

    Raises:
        NotAPicture: when its Content-Type calls it a file, and it is neither a picture nor JSON.
    """
    data = request.get_data()
    if images.is_picture(data):
        return filled(request.args) | {name: data}
    if request.mimetype.startswith(FILES) and data.lstrip()[:1] != b"{":
        with named(f"{name}, sent as {request.mimetype[:40]}"):
            raise images.no_picture(data)
    return {}


def url_encoded() -> dict[str, Any]:
    """The fields of a form in the body; empty for JSON, which many clients send under its name."""
    data = request.get_data()
    if request.mimetype != "application/x-www-form-urlencoded" or data.lstrip()[:1] == b"{":
        return {}
    return filled(dict(parse_qsl(data.decode("ascii", "replace"), max_num_fields=MAX_FIELDS)))


def form_fields() -> dict[str, Any]:
    """A form's fields and files; `style` as a field is a preset's id, as a file a picture."""
    fields: dict[str, Any] = filled(request.form)
    refuse_nameless_files(fields)
    if "style" in fields:
        fields.setdefault("style_id", fields.pop("style"))
    files = {name: file.read() for name, file in request.files.items() if file.filename}
    if "style" in files:
        fields.pop("style_id", None)  # a form has the list of presets beside the file
    return fields | files


def filled(fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form that somebody has filled in."""
    return {name: value for name, value in fields.items() if value != ""}


def refuse_nameless_files(fields: Mapping[str, str]) -> None:
    """A part without a file name is text, and a picture's bytes do not survive that."""
    for name, value in fields.items():
        if "\ufffd" in value:
            raise BadRequest(
                f"{name[:40]} came without a file name, so that its bytes were taken for text. "
                f"Send it as a file, as `curl -F {name[:40]}=@photo.jpg` does, or as base64 text."
            )


# One value ------------------------------------------------------------------------------------


def job_id(given: str) -> str:
    """A job's id; what cannot be one is not looked for.

    Raises:
        JobNotFound: then.
    """
    if not JOB_ID.fullmatch(given):
        raise JobNotFound("There is no such job.")
    return given


def shortened(value: Any) -> str:
    """A value as an error names it."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}…"


def query_number(name: str, *, low: int = 1, high: int) -> int | None:
    """A whole number of the query string; None where it is not there."""
    given = request.args.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadOption(f"{name} is {shortened(given)}; it can be a whole number.")
    if not low <= int(given) <= high:
        raise BadOption(f"{name} is {given}; it can be {low} to {high}.")
    return int(given)
