"""What the earlier clients send."""

import json

from tests.fakes import COLORS, picture_bytes
from tests.web.steps import b64

CONTENT = picture_bytes(40, 60, "jpeg")
STYLE = picture_bytes(64, 64, color=COLORS["indigo"])
CUT_OFF = picture_bytes()[:200]


def send(client, method, path, body):
    """JSON, of whose type nothing is said."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.open(path, method=method, data=data, headers={"Accept": "*/*"})


def pickled(data):
    """Bytes, as jsonpickle writes them."""
    return {"py/b64": b64(data)}
