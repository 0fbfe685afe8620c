"""What comes in: JSON, forms and base64 text become orders."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from flask import request

from stylekit import images
from stylekit.engines.registry import FAST
from stylekit.errors import BadOption, BadPicture, BadRequest, JobNotFound
from stylekit.transfers.requests import Order
from stylekit.web.security.identity import address, owner, parts

SHORTCUTS = ("strength", "preserve_colors")
"""Options that may stand beside `options` rather than in it."""

ORDER_FIELDS = (
    "content",
    "upload",
    "longest_side",
    "style",
    "style_id",
    "engine",
    "options",
    *SHORTCUTS,
    "public",
    "format",
    "keep_orientation",
    "as_job",
    "answer",
)
JOB_ID = re.compile(r"[0-9a-f]{32}")
SHORTEST, LONGEST = 64, 4096  # of `longest_side`, in pixels
MOST_FIELDS = 50  # of a form
TRUE_WORDS, FALSE_WORDS = ("true", "1", "on", "yes"), ("false", "0", "off", "no", "")


def json_body() -> dict[str, Any]:
    """The request's body, a JSON object whatever its Content-Type says.

    Raises:
        BadRequest: when it is anything else.
    """
    return json_object(request.get_data(), "The body")


def json_object(text: bytes | str, what: str) -> dict[str, Any]:
    """A JSON object; nulls in it are as good as missing."""
    try:
        found = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise BadRequest(f"{what} has to be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{name} is no JSON value")


# Orders ---------------------------------------------------------------------------------------


def page_order(body: Mapping[str, Any]) -> Order:
    """What `POST /transfer` asks for: image, painter or style or custom_style, and settings.

    Raises:
        BadRequest: naming the field and what it can be.
    """
    return Order(
        content=photo(body, "image"),
        style=page_style(body),
        engine=text(body, "mode", FAST.name),
        options=options(body),
        owner=owner(),
        address=address(),
        public=flag(body, "public"),
        format=text(body, "format", "") or None,
        keep_orientation=flag(body, "keep_orientation"),
    )


def page_style(body: Mapping[str, Any]) -> str | int | bytes:
    """A picture of one's own before a preset by id before one by number."""
    if body.get("custom_style") not in (None, 0, "", "0", False):
        return picture(body, "custom_style")
    if body.get("style"):
        return text(body, "style", "")
    if "painter" not in body:
        raise BadRequest(
            "A style is missing: painter (its number), style (its id) or custom_style."
        )
    return whole_number(body, "painter")


def api_order(body: Mapping[str, Any]) -> Order:
    """What `POST /api/v1/transfers` asks for.

    Raises:
        BadRequest: naming the field and what it can be.
    """
    for name in body:
        if name not in ORDER_FIELDS:
            raise BadRequest(f"There is no field {name!r}; there are {', '.join(ORDER_FIELDS)}.")
    return Order(
        content=photo(body, "content"),
        style=api_style(body),
        engine=text(body, "engine", FAST.name),
        options=options(body),
        owner=owner(),
        address=address(),
        public=flag(body, "public"),
        format=text(body, "format", "") or None,
        keep_orientation=flag(body, "keep_orientation"),
    )


def api_style(body: Mapping[str, Any]) -> str | bytes:
    """A preset's id, or a picture."""
    if ("style" in body) == ("style_id" in body):
        raise BadRequest("A style is needed: either style_id (a preset) or style (a picture).")
    return text(body, "style_id", "") if "style_id" in body else picture(body, "style")


def page_body() -> dict[str, Any]:
    """The fields of `POST /transfer`: JSON, a form in the body, or the photograph alone."""
    return bare_picture("image") or url_encoded() or json_body()


def api_body() -> dict[str, Any]:
    """The fields of an order: a form with files, JSON, or the photograph alone."""
    if request.mimetype == "multipart/form-data":
        return form_body()
    return bare_picture("content") or json_body()


def bare_picture(name: str) -> dict[str, Any]:
    """A body that is a picture file, with the other fields in the query; empty for other bodies."""
    data = request.get_data()
    if not images.is_picture(data):
        return {}
    return converted(request.args.to_dict()) | {name: data}


def url_encoded() -> dict[str, Any]:
    """The fields of a form in the body; empty for JSON, which many clients send under its name."""
    data = request.get_data()
    if request.mimetype != "application/x-www-form-urlencoded" or data.lstrip()[:1] == b"{":
        return {}
    found = parse_qsl(data.decode("ascii", "replace"), max_num_fields=MOST_FIELDS)
    return converted(dict(found))


def form_body() -> dict[str, Any]:
    """A form's fields and files; `style` as a field is a preset's id, as a file a picture."""
    body: dict[str, Any] = {name: value for name, value in request.form.items() if value != ""}
    refuse_nameless_files(body)
    if "style" in body:
        body.setdefault("style_id", body.pop("style"))
    files = {name: file.read() for name, file in request.files.items() if file.filename}
    if "style" in files:
        body.pop("style_id", None)  # a form has the list of presets beside the file
    return converted(body) | files


def refuse_nameless_files(fields: Mapping[str, str]) -> None:
    """A part without a file name is text, and a picture's bytes do not survive that."""
    for name, value in fields.items():
        if "\ufffd" in value:
            raise BadRequest(
                f"{name[:40]} came without a file name, so that its bytes were taken for text. "
                f"Send it as a file, as `curl -F {name[:40]}=@photo.jpg` does, or as base64 text."
            )


def converted(fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields that came as text, as JSON would say them."""
    body: dict[str, Any] = dict(fields)
    for name, convert in FORM_FIELDS.items():
        if name in body:
            body[name] = convert(name, body[name])
    return body


def photo(body: Mapping[str, Any], name: str) -> bytes:
    """The photo, sent with the order or before it; with `longest_side` a smaller copy of it.

    Raises:
        UploadNotFound: when it was sent before and is not there any more.
    """
    if "upload" in body and name in body:
        raise BadRequest(f"A photo is needed: either {name} (a picture) or upload (its id).")
    if "upload" in body:
        data = parts().uploads.read(owner(), text(body, "upload", ""))
    else:
        data = picture(body, name)
    if "longest_side" not in body:
        return data
    longest_side = whole_number(body, "longest_side", low=SHORTEST, high=LONGEST)
    with named(name):
        return parts().uploads.reduced(data, longest_side)


# One field ------------------------------------------------------------------------------------


def picture(body: Mapping[str, Any], name: str) -> bytes:
    """The bytes of a picture, which come as a file, as base64 or as a data URL."""
    value = body.get(name)
    if isinstance(value, bytes):
        return value
    if value is None or value == "":
        raise BadRequest(f"{name} is missing: a picture as base64 text or as a data URL.")
    if not isinstance(value, str):
        raise BadRequest(f"{name} has to be a picture as base64 text or as a data URL.")
    with named(name):
        return images.decode_text(value)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Say which picture it is that is bad."""
    try:
        yield
    except BadPicture as error:
        raise type(error)(f"{name}: {error}") from None


def text(body: Mapping[str, Any], name: str, default: str) -> str:
    """A text field."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise BadOption(f"{name} is {shortened(value)}; it has to be text.")
    return value


def flag(body: Mapping[str, Any], name: str) -> bool:
    """True or false; false where it is missing."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadOption(f"{name} is {shortened(value)}; it can be true or false.")
    return value


def whole_number(body: Mapping[str, Any], name: str, *, low: int = 1, high: int = 10**9) -> int:
    """A whole number from `low` to `high`, as a number or as its digits."""
    value = body.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        most = "" if high == 10**9 else f" to {high}"
        raise BadOption(f"{name} is {shortened(value)}; it can be a whole number from {low}{most}.")
    return value


def options(body: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's settings."""
    given = body.get("options", {})
    if not isinstance(given, dict):
        raise BadOption(f"options is {shortened(given)}; it has to be an object.")
    return {**given, **{name: body[name] for name in SHORTCUTS if name in body}}


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


def form_flag(name: str, word: str) -> bool:
    """A checkbox, or the word for true or false."""
    if word.lower() not in TRUE_WORDS + FALSE_WORDS:
        raise BadOption(f"{name} is {shortened(word)}; it can be true or false.")
    return word.lower() in TRUE_WORDS


def form_number(name: str, word: str) -> float:
    """A number."""
    try:
        return float(word)
    except ValueError:
        raise BadOption(f"{name} is {shortened(word)}; it has to be a number.") from None


def form_object(name: str, word: str) -> dict[str, Any]:
    """A JSON object."""
    return json_object(word, name)


FORM_FIELDS: dict[str, Callable[[str, str], Any]] = {
    "options": form_object,
    "strength": form_number,
    "preserve_colors": form_flag,
    "public": form_flag,
    "keep_orientation": form_flag,
    "as_job": form_flag,
}
"""How the text of a form's field becomes what JSON says directly."""


# The query string ----------------------------------------------------------------------------


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
