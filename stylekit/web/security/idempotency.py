"""Idempotency keys: a request that is sent again is the same request."""

import hashlib
import hmac
from dataclasses import replace

from flask import request

from stylekit.errors import BadRequest, Conflict
from stylekit.transfers.requests import Order
from stylekit.web.security.identity import is_new, parts, set_owner

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255
OWNER_LENGTH = 32  # hexadecimal digits: 128 bits


def with_idempotency_key(order: Order) -> Order:
    """The order, as the same one whenever it comes again under its Idempotency-Key.

    The same request by the same owner is the same job in any case. The key adds two things:
    another request under it is refused, and a caller who keeps no cookie is the same owner again.

    Raises:
        BadRequest: for a key that is empty or too long.
        Conflict: for another order under a key that was used.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return order
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise BadRequest(f"{HEADER} has {len(key)} characters; it can have 1 to {MAX_KEY_LENGTH}.")
    digest = digest_of(order)
    if is_new():
        order = replace(order, owner=set_owner(owner_of(key, digest)))
    if parts().rate_limits.first(f"{order.owner}\n{key}", digest) != digest:
        raise Conflict(f"This {HEADER} was used for another request.")
    return order


def digest_of(order: Order) -> str:
    """The same for the same request, whoever asks and in whatever form it came."""
    style = (
        order.style
        if isinstance(order.style, bytes)
        else str(order.style).encode(errors="surrogatepass")
    )
    rest = (order.engine, sorted(order.options.items()), order.public, order.format)
    written = (order.keep_orientation, order.quality)
    named = hashlib.sha256(repr((*rest, *written, len(style))).encode())
    named.update(style)
    named.update(order.content)
    return named.hexdigest()


def owner_of(key: str, digest: str) -> str:
    """Who sends this under this key without a cookie; nobody finds it by the key alone."""
    message = f"idempotency\n{key}\n{digest}".encode(errors="replace")
    return hmac.new(parts().secret, message, hashlib.sha256).hexdigest()[:OWNER_LENGTH]
