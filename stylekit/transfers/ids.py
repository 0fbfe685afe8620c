"""Ids of jobs (the same request has the same id) and the secret of each."""

import hashlib
import hmac
import json
from dataclasses import asdict
from typing import Any

from stylekit.transfers.requests import PackedRequest

ID_LENGTH = 32  # hexadecimal digits: 128 bits, which nobody guesses


class JobIds:
    """Signs what names a request, so that nobody else can work out an id."""

    def __init__(self, secret: bytes) -> None:
        """Sign with `secret`."""
        self._secret = secret

    def of(self, request: PackedRequest, engine_version: str) -> str:
        """The same for the same request by the same owner, and for nobody else; unguessable."""
        named = {
            "owner": request.order.owner,
            "content": request.content_digest,
            "style": request.style_digest,
            "engine": request.order.engine,
            "engine_version": engine_version,
            "options": {k: number(v) for k, v in asdict(request.options).items()},
            "format": request.format,
            "keep_orientation": request.order.keep_orientation,
        }
        if request.order.public:  # a private order is never answered with what everybody can see
            named["public"] = True
        if request.order.photo_shared:
            named["photo_shared"] = True
        return self._sign("job", json.dumps(named, sort_keys=True))

    def secret_of(self, id: str) -> str:
        """What the submitter of this job is shown once, and may act with from elsewhere."""
        return self._sign("secret", id)

    def is_secret_of(self, id: str, given: str) -> bool:
        """Whether `given` is the secret of this id."""
        return hmac.compare_digest(given.encode(errors="replace"), self.secret_of(id).encode())

    def _sign(self, purpose: str, text: str) -> str:
        message = f"{purpose}\n{text}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:ID_LENGTH]


def number(value: Any) -> Any:
    """1 and 1.0 are the same setting."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
