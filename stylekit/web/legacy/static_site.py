"""Endpoints of the static site: requestStyleTransfer and getStyleTransferStatus.

The site lies on another origin, so pages of any origin may call these two (`from_any_origin`).
It reads some answers as they are and some as the JSON text in `body`; each answer has both.
"""

import json
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BeforeValidator

from stylekit import bodies
from stylekit.errors import Gone, JobNotFound
from stylekit.jobs import Job
from stylekit.transfers.requests import Order
from stylekit.web.api.image_responses import picture_reply
from stylekit.web.api.parsing import job_id, json_body, picture, read
from stylekit.web.api.serializers import address
from stylekit.web.legacy.compatibility import (
    FAILURES,
    client_blueprint,
    is_done,
    percent,
    reason,
    with_owner,
)
from stylekit.web.security.identity import caller, parts
from stylekit.web.security.middleware import from_any_origin
from stylekit.web.security.signed_links import seal, unseal

OK = 200


class SiteOrder(bodies.Body):
    """The body of `POST /requestStyleTransfer`."""

    contentName: bodies.Text = ""
    contentData: bodies.Picture
    styleName: bodies.Text = ""
    styleData: Annotated[bodies.Picture, BeforeValidator(lambda given: given or "")] = ""


class SiteQuestion(bodies.Body):
    """The body of `POST /getStyleTransferStatus`."""

    id: bodies.Text


def refused_order(message: str, status: int) -> dict[str, Any]:
    """An order that was refused."""
    return in_both_forms({"image_success": False, "error": message}, status)


def refused_question(message: str, status: int) -> dict[str, Any]:
    """A question that was refused."""
    return in_both_forms(site_status(error=message), status)


site_orders = client_blueprint("site_orders", refused_order)
site_questions = client_blueprint("site_questions", refused_question)
site_pictures = Blueprint("site_pictures", __name__)


@site_orders.post("/requestStyleTransfer")
@site_orders.post("/default/requestStyleTransfer")
@from_any_origin
def request_style_transfer() -> Response:
    """Begin a painting, and say where it will be."""
    asked = read(SiteOrder, json_body())
    content = picture(asked.contentData, "contentData")
    order = Order(content=content, style=site_style(asked), owner="")
    job = parts().transfers.submit(with_owner(order))
    answer = {
        "id": job.id,
        "image_success": True,
        "object_url": absolute(f"{address(job.id)}/result"),
        "secret": parts().access.secret_of(job),
    }
    return jsonify(in_both_forms(answer, OK))


def site_style(asked: SiteOrder) -> str | bytes:
    """The picture; where there is none, the preset of that name."""
    if asked.styleName and not asked.styleData:
        return asked.styleName
    return picture(asked.styleData, "styleData")


@site_questions.post("/getStyleTransferStatus")
@site_questions.post("/default/getStyleTransferStatus")
@from_any_origin
def get_style_transfer_status() -> Response:
    """How far a painting is, in per cent; 100 comes with the picture and not before."""
    asked = read(SiteQuestion, json_body())
    return jsonify(in_both_forms(status_of(known(asked.id)), OK))


def status_of(job: Job | None) -> dict[str, Any]:
    """What the site is told of a job.

    It asks for ever about what exists and is not finished, and shows nothing of an answer that is
    no 200: a job that failed does not exist for it, and `error` says why.
    """
    if job is None:
        return site_status()
    if job.status in FAILURES:
        return site_status(error=reason(job))
    if not is_done(job):
        return site_status(exists=True, progress=percent(job))
    return site_status(exists=True, progress=100, completed=True, result_image=download_link(job))


def known(id: str) -> Job | None:
    """The job; None where there is none any more."""
    try:
        return parts().access.look(job_id(id), caller())
    except (JobNotFound, Gone):
        return None


def site_status(**known: Any) -> dict[str, Any]:
    """All that the site looks at; no to everything that is not known."""
    return {"exists": False, "progress": 0, "completed": False, "result_image": None, **known}


def in_both_forms(fields: dict[str, Any], status: int) -> dict[str, Any]:
    """The fields as they are, and as the text of a body with its status."""
    return {**fields, "statusCode": status, "body": json.dumps(fields)}


# The picture ----------------------------------------------------------------------------------


def download_link(job: Job) -> str:
    """Where the picture is for a while.

    The site submits a form to it, which drops a query: everything is in the path, and it is an
    address of ours even where the picture lies in a bucket.
    """
    settings = parts().settings
    sealed = seal(job.id, parts().secret, seconds=settings.link_seconds)
    return absolute(f"/results/{sealed}/painting.{job.result_format}")


@site_pictures.get("/results/<sealed>/<name>")
def download(sealed: str, name: str) -> Response:
    """A picture that a browser shows within a page, and saves when it is opened by itself.

    Raises:
        NotFound, Gone: when it is no link of ours, and when its time is over.
    """
    data, mime_type = parts().results.result(unseal(sealed, parts().secret))
    response = picture_reply(data, mime_type, cache="private, no-cache")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def absolute(path: str) -> str:
    """An address of ours as another site can open it."""
    return f"{request.url_root.rstrip('/')}{path}"
