"""The doors of the static site: requestStyleTransfer and getStyleTransferStatus."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, request

from stylekit import images
from stylekit.errors import BadRequest, Gone, JobNotFound
from stylekit.jobs import Job
from stylekit.transfers.access import Caller
from stylekit.transfers.requests import Order
from stylekit.web.api.parsing import job_id, json_body, picture, text
from stylekit.web.api.serializers import address
from stylekit.web.legacy.translation import UNHAPPY, is_done, owner, percent, reason, speaking
from stylekit.web.security.identity import parts

site_orders = speaking("site_orders", lambda message: {"image_success": False, "error": message})


site_questions = speaking("site_questions", lambda message: site_status(error=message))


@site_orders.post("/requestStyleTransfer")
@site_orders.post("/default/requestStyleTransfer")
def request_style_transfer() -> Response:
    """Begin a painting, and say where it will be."""
    body = json_body()
    text(body, "contentName", "")
    order = Order(content=picture(body, "contentData"), style=site_style(body), owner=owner())
    job = parts().transfers.submit(order)
    there = f"{request.url_root.rstrip('/')}{address(job.id)}/result"
    return jsonify(id=job.id, image_success=True, object_url=there)


def site_style(body: Mapping[str, Any]) -> str | bytes:
    """The picture; where there is none, the preset of that name."""
    name = text(body, "styleName", "")
    return name if name and not body.get("styleData") else picture(body, "styleData")


@site_questions.post("/getStyleTransferStatus")
@site_questions.post("/default/getStyleTransferStatus")
def get_style_transfer_status() -> Response:
    """How far a painting is, in per cent; 100 comes with the picture and not before."""
    body = json_body()
    if "id" not in body:
        raise BadRequest("id is missing: what requestStyleTransfer answered.")
    job = known(text(body, "id", ""))
    if job is None:
        return jsonify(site_status())
    if job.status in UNHAPPY:
        failed = site_status(exists=True, progress=percent(job), error=reason(job))
        return make_response(jsonify(failed), 500)
    if not is_done(job):
        return jsonify(site_status(exists=True, progress=percent(job)))
    data, _ = parts().results.result(job.id)
    picture_url = images.data_url(data)
    return jsonify(site_status(exists=True, progress=100, completed=True, result_image=picture_url))


def known(id: str) -> Job | None:
    """The job; None where there is none any more."""
    try:
        return parts().access.look(job_id(id), Caller(owner=owner()))
    except (JobNotFound, Gone):
        return None


def site_status(**known: Any) -> dict[str, Any]:
    """All that the site looks at; no to everything that is not known."""
    return {"exists": False, "progress": 0, "completed": False, "result_image": None, **known}
