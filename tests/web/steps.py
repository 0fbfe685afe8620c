"""What programs do, in words."""

import base64

from tests.fakes import picture_bytes


def browser(app):
    """A visitor with cookies of their own."""
    return app.test_client()


def b64(data=None):
    """A picture as base64 text."""
    return base64.b64encode(picture_bytes() if data is None else data).decode()


def order(client, *, content=None, accept="application/json", headers=(), **body):
    """POST /api/v1/transfers: the fast engine with the first preset, unless told otherwise."""
    body = {"content": b64(content), "style_id": "vermilion", **body}
    return client.post("/api/v1/transfers", json=body, headers={"Accept": accept, **dict(headers)})


def submit(client, **body):
    """The same for the gatys engine; returns the job with its secret."""
    answer = order(client, engine="gatys", **body)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    return answer.json["job"]
