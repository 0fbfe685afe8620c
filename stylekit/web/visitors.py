"""Who asks: a browser by its signed cookie, a program by its key."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadSignature, Signer

from stylekit.errors import BadSettings, NotAllowed, TooManyRequests
from stylekit.orders import Caller

COOKIE = "stylekit_owner"
COOKIE_SECONDS = 400 * 86_400
SECRET_HEADER = "X-Job-Secret"
QUOTA_SECONDS = 60.0


@dataclass
class Key:
    """An API key of the settings, and when it was used within the last minute."""

    name: str
    digest: bytes
    per_minute: int
    uses: deque[float] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, now: float) -> None:
        """Count one request.

        Raises:
            TooManyRequests: when the minute's quota is used up.
        """
        with self.lock:
            while self.uses and self.uses[0] <= now - QUOTA_SECONDS:
                self.uses.popleft()
            if len(self.uses) >= self.per_minute:
                wait = int(self.uses[0] + QUOTA_SECONDS - now) + 1
                raise TooManyRequests(
                    f"The key {self.name} may ask {self.per_minute} times a minute.",
                    retry_after_seconds=wait,
                )
            self.uses.append(now)


def read_keys(text: str) -> list[Key]:
    """The keys of STYLEKIT_API_KEYS: name:key:requests-per-minute, separated by commas.

    Raises:
        BadSettings: for an entry of another form; the key itself is not repeated.
    """
    keys = []
    for entry in filter(None, (each.strip() for each in text.split(","))):
        name, _, rest = entry.partition(":")
        key, _, quota = rest.rpartition(":")
        if not name or not key or not quota.isdigit():
            raise BadSettings(f"STYLEKIT_API_KEYS: {name!r} is not name:key:requests-per-minute.")
        keys.append(Key(name, digest(key), int(quota)))
    return keys


def digest(key: str) -> bytes:
    """What is compared, so that no key stays in memory and time tells nothing."""
    return hashlib.sha256(key.encode()).digest()


def install(app: Flask) -> None:
    """Know every visitor before a view runs; give the cookie to whoever got an owner's name."""
    parts = app.extensions["stylekit"]
    app.extensions["stylekit_keys"] = read_keys(parts.settings.api_keys)
    app.extensions["stylekit_signer"] = Signer(parts.secret, salt="owner")
    app.before_request(recognise)
    app.after_request(hand_cookie)


def recognise() -> None:
    """Find out who asks; a wrong key is refused, a wrong cookie is nobody's."""
    g.owner, g.new_owner = owner_of_key() or owner_of_cookie(), False


def owner_of_key() -> str:
    """`key:<name>` for a request with an API key, '' for one without.

    Raises:
        NotAllowed: for a key that is not in the settings.
        TooManyRequests: when its quota is used up.
    """
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return ""
    for key in current_app.extensions["stylekit_keys"]:
        if hmac.compare_digest(key.digest, digest(given.strip())):
            key.use(time.monotonic())
            return f"key:{key.name}"
    raise NotAllowed("The API key is not known here.")


def owner_of_cookie() -> str:
    """The owner that our cookie names, or '' where there is none that we signed."""
    try:
        signed = request.cookies.get(COOKIE, "")
        name: bytes = current_app.extensions["stylekit_signer"].unsign(signed)
    except BadSignature:
        return ""
    return name.decode()


def owner() -> str:
    """Who owns what this request makes; a new visitor gets a name that nobody guesses."""
    if not g.owner:
        g.owner, g.new_owner = secrets.token_hex(16), True
    return str(g.owner)


def caller() -> Caller:
    """Who wants to act on a job: by cookie or key, or with the job's secret."""
    return Caller(owner=g.owner, secret=request.headers.get(SECRET_HEADER, ""))


def hand_cookie(response: Response) -> Response:
    """Let a new owner be recognised next time."""
    if g.get("new_owner"):
        signed = current_app.extensions["stylekit_signer"].sign(g.owner).decode()
        response.set_cookie(
            COOKIE, signed, max_age=COOKIE_SECONDS,
            httponly=True, samesite="Lax", secure=request.is_secure,
        )  # fmt: skip
    return response
