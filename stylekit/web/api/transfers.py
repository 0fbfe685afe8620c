"""Endpoints that paint: /transfer and /api/v1/transfers; and the styles."""

import base64
from dataclasses import replace
from functools import lru_cache

from flask import Blueprint, Response, jsonify, request

from stylekit import bodies, images
from stylekit.engines.registry import ENGINES
from stylekit.painting.task import Painted
from stylekit.transfers.requests import Order
from stylekit.web.api.image_responses import MAX_THUMBNAIL_WIDTH, PUBLIC, picture_reply
from stylekit.web.api.parsing import api_body, api_order, page_body, page_order, query_number
from stylekit.web.api.serializers import as_json, painting_of, style_of, submitted_reply
from stylekit.web.security.idempotency import with_idempotency_key
from stylekit.web.security.identity import parts

api = Blueprint("api", __name__)

PICTURES = [each.mime_type for each in images.OUTPUTS.values()]
TILE_QUALITY = 65  # of a small picture of a style: few look at it for long

EARLIER_PAGE = {"image", "painter", "custom_style"}
"""What the earlier page sends, no more and no less. It turns the answer itself, by the EXIF tag of
the photograph: it gets the pixels as they lay in the file, so that it shows them upright."""


@api.post("/transfer")
def transfer() -> Response:
    """Repaint a photograph: the bare base64 of a PNG, or JSON for whoever asks for that."""
    asked = page_body()
    order = page_order(asked)
    if not paints_at_once(order) or asked.as_job:
        return submitted(order)
    if best(["text/plain", "application/json"]) == "application/json":
        return painting(order)
    painted = paint(replace(order, format=order.format or "png"))
    data = painted.data
    if asked.model_fields_set == EARLIER_PAGE:
        data = images.as_it_lay(data, order.content)
    return with_notes(Response(base64.b64encode(data), mimetype="text/plain"), order)


@api.post("/api/v1/transfers")
def transfers() -> Response:
    """Repaint a photograph: at once, or as a job."""
    asked = api_body()
    order = with_idempotency_key(api_order(asked))
    if not paints_at_once(order) or asked.as_job:
        return submitted(order)
    if not wants_picture(asked):
        return painting(order)
    painted = paint(replace(order, format=order.format or format_asked_for()))
    return with_notes(picture_reply(painted.data, f"image/{painted.format}"), order)


@api.get("/api/v1/styles")
def styles() -> Response:
    """The catalogue, in its order."""
    found = [style_of(style) for style in parts().styles.all()]
    response = jsonify(as_json(bodies.Styles(styles=found)))
    response.headers["Cache-Control"] = PUBLIC
    response.add_etag()
    response.make_conditional(request)
    return response


@api.get("/api/v1/styles/<style_id>/picture")
def style_picture(style_id: str) -> Response:
    """A preset's picture; with `?width=` a small one."""
    catalogue = parts().styles
    style = catalogue.get(style_id)
    data = catalogue.read(style)
    width = query_number("width", high=MAX_THUMBNAIL_WIDTH)
    if width is not None:
        data = small(data, width)
    return picture_reply(data, images.mime_type(data), name=style.id, cache=PUBLIC)


@lru_cache(maxsize=128)
def small(data: bytes, longest_side: int) -> bytes:
    """A thumbnail, made once."""
    return images.thumbnail(data, longest_side, quality=TILE_QUALITY)


def painting(order: Order) -> Response:
    """The painting, made now, as JSON."""
    return with_notes(jsonify(as_json(painting_of(paint(order), order.notes))), order)


def paint(order: Order) -> Painted:
    """The painting, made now."""
    return parts().transfers.paint(order)


def paints_at_once(order: Order) -> bool:
    """Whether its engine paints while the caller waits; unknown ones are refused further in."""
    return order.engine in ENGINES and ENGINES[order.engine].is_immediate


def submitted(order: Order) -> Response:
    """The job of an order, and where it is."""
    return with_notes(submitted_reply(parts().transfers.submit(order)), order)


def with_notes(response: Response, order: Order) -> Response:
    """The answer, with what its reader should know of the picture that was sent."""
    if order.notes:
        response.headers["Stylekit-Note"] = " ".join(order.notes)
    return response


def wants_picture(asked: bodies.Order) -> bool:
    """Whether the picture itself is wanted: by the field `answer`, or by the Accept header."""
    if asked.answer is not None:
        return asked.answer == "picture"
    return best(["application/json", *PICTURES]) != "application/json"


def best(offered: list[str]) -> str:
    """What the caller likes most of what is offered; the first where it does not matter."""
    return str(request.accept_mimetypes.best_match(offered, default=offered[0]))


def format_asked_for() -> str | None:
    """The format that the Accept header names; None where it leaves the choice to us."""
    named = [each for each in request.accept_mimetypes.values() if each in PICTURES]
    wild = {"image/*", "*/*"} & set(request.accept_mimetypes.values())
    return named[0].removeprefix("image/") if named and not wild else None
