"""One key, one order: a request that is sent again is the same request."""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from dataclasses import replace

from flask import Flask, current_app, request

from stylekit.errors import BadRequest, Conflict
from stylekit.orders import Order
from stylekit.web.callers import become, is_new, parts

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
MOST_KEYS, KEPT_SECONDS = 10_000, 86_400.0
OWNER_LENGTH = 32  # hexadecimal digits: 128 bits


class Keys:
    """The newest keys of this process, with what was asked under each."""

    def __init__(self) -> None:
        """None is known yet."""
        self._seen: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, owner: str, key: str, digest: str) -> None:
        """Remember what this owner asks under this key.

        Raises:
            Conflict: when something else was asked under it.
        """
        now = time.monotonic()
        with self._lock:
            known, since = self._seen.get((owner, key), (digest, now))
            if known != digest and now - since < KEPT_SECONDS:
                raise Conflict(f"This {HEADER} was used for another request.")
            self._seen[owner, key] = (digest, now)
            self._seen.move_to_end((owner, key))
            while len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)


def install(app: Flask) -> None:
    """Let the application remember keys."""
    app.extensions["stylekit-keys"] = Keys()


def once(order: Order) -> Order:
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
    if not 1 <= len(key) <= LONGEST_KEY:
        raise BadRequest(f"{HEADER} has {len(key)} characters; it can have 1 to {LONGEST_KEY}.")
    digest = digest_of(order)
    if is_new():
        order = replace(order, owner=become(owner_of(key, digest)))
    keys: Keys = current_app.extensions["stylekit-keys"]
    keys.claim(order.owner, key, digest)
    return order


def digest_of(order: Order) -> str:
    """The same for the same request, whoever asks and in whatever form it came."""
    style = order.style if isinstance(order.style, bytes) else str(order.style).encode()
    rest = (order.engine, sorted(order.options.items()), order.public, order.format)
    named = hashlib.sha256(repr((*rest, order.keep_orientation, len(style))).encode())
    named.update(style)
    named.update(order.content)
    return named.hexdigest()


def owner_of(key: str, digest: str) -> str:
    """Who sends this under this key without a cookie; nobody finds it by the key alone."""
    message = f"idempotency\n{key}\n{digest}".encode(errors="replace")
    return hmac.new(parts().secret, message, hashlib.sha256).hexdigest()[:OWNER_LENGTH]
