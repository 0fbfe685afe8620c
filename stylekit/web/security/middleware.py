"""Checks every request (origin, API keys, quotas) and adds CORS and security headers."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, request

from stylekit.errors import BadSettings, KeyNeeded, NotAllowed, TooManyRequests
from stylekit.rate_limits import RateLimits
from stylekit.settings import Settings
from stylekit.web.context import context
from stylekit.web.security.identity import keep_owner, parts_of

NAME = "stylekit-access-control"
ANY_ORIGIN = "may_be_asked_from_any_origin"  # attribute of a view
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PREFLIGHT_SECONDS = 3600
EXPOSED_HEADERS = "ETag, Location, Retry-After, Stylekit-Note, X-Request-ID"
ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Job-Secret"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
STRICT_TRANSPORT = "max-age=31536000"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class ApiKey:
    """A key, whose it is, and how often it may be used."""

    name: str
    key: str
    per_minute: int


def read_api_keys(text: str) -> list[ApiKey]:
    """The keys of a comma-separated list of name:key:requests-per-minute.

    Raises:
        BadSettings: for an entry of another form; it is named by its place, not its key.
    """
    entries = [each.strip() for each in text.split(",") if each.strip()]
    return [read_api_key(place, entry) for place, entry in enumerate(entries, start=1)]


def read_api_key(place: int, entry: str) -> ApiKey:
    """One entry of STYLEKIT_API_KEYS."""
    name, _, rest = entry.partition(":")
    key, _, per_minute = rest.rpartition(":")
    if not (name and key and per_minute.isdecimal() and int(per_minute)):
        raise BadSettings(
            f"Entry {place} of STYLEKIT_API_KEYS is not name:key:requests-per-minute."
        )
    return ApiKey(name, key, int(per_minute))


def read_origins(text: str) -> set[str]:
    """The origins of a comma-separated list, as browsers write them."""
    origins = (each.strip().rstrip("/") for each in text.split(","))
    return {each for each in origins if each}


def from_any_origin(view: View) -> View:
    """Let pages of every origin that STYLEKIT_LEGACY_ORIGINS names (any, by default) call a view.

    For views that know nobody by a cookie, change nothing that is anybody's, and tell a page no
    more than what follows from what it sent itself. A page gains nothing there that its own server
    could not ask for, and a visitor's browser lends it nothing: no answer here allows credentials,
    and whoever asks from another origin is never the visitor (`known_owner`).
    """
    setattr(view, ANY_ORIGIN, True)
    return view


class AccessControl:
    """Checks the requests of one application, and adds headers to its responses."""

    def __init__(self, settings: Settings, rate_limits: RateLimits) -> None:
        """Know the keys and the origins that the settings name, and where uses are counted."""
        self.rate_limits = rate_limits
        self.keys = read_api_keys(settings.api_keys)
        self.origins = read_origins(settings.cors_origins)
        self.legacy_origins = read_origins(settings.legacy_origins)

    def install(self, app: Flask) -> None:
        """Run before and after every view of `app`."""
        app.before_request(self.check_request)
        app.after_request(self.finish_response)

    def check_request(self) -> Response | None:
        """Refuse the request, answer it if it is a CORS preflight, or let it pass.

        Raises:
            NotAllowed: when a page of an origin that is not named wants to change something.
            KeyNeeded, TooManyRequests: see `check_key`.
        """
        here = context()
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204)
        if here.is_foreign and request.method not in SAFE_METHODS and not self.is_allowed_origin():
            raise NotAllowed("Pages of other origins may not do this here.")
        self.check_key(is_acting=request.method not in SAFE_METHODS)
        return None

    def finish_response(self, response: Response) -> Response:
        """Add the headers of every response."""
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        response.headers["X-Request-ID"] = context().id
        self.add_cors_headers(response)
        return keep_owner(response)

    def check_key(self, *, is_acting: bool) -> None:
        """Know the owner of a key, and count its use; where there are keys, programs need one.

        A browser's own page needs none, and neither does looking.

        Raises:
            KeyNeeded: for a key that we do not know, and where one is missing.
            TooManyRequests: when the key's quota is used up.
        """
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if request.blueprint == "health":  # it has a key of its own
            return
        if kind.lower() == "bearer":
            key = self.find_key(given.strip())
            self.count_request(key)
            context().key_name = key.name
        elif self.keys and is_acting and not is_own_page():
            raise KeyNeeded("This server wants an API key: Authorization: Bearer <key>.")

    def count_request(self, key: ApiKey) -> None:
        """Count a request against the key's quota.

        Raises:
            TooManyRequests: when none is left.
        """
        seconds = self.rate_limits.use(key.key, key.per_minute)
        if seconds > 0:
            raise TooManyRequests(
                f"This key may send {key.per_minute} requests a minute; they are used up.",
                retry_after_seconds=max(1, round(seconds)),
            )

    def find_key(self, given: str) -> ApiKey:
        """The key that was given."""
        for each in self.keys:
            if hmac.compare_digest(each.key.encode(), given.encode(errors="replace")):
                return each
        raise KeyNeeded("This API key is not known here.")

    def is_allowed_origin(self) -> bool:
        """Whether the settings name the origin of the page that asks."""
        return bool(self.allowed_origins() & {"*", request.headers.get("Origin", "")})

    def allowed_origins(self) -> set[str]:
        """Whose pages may ask for what is asked for."""
        view = current_app.view_functions.get(request.endpoint or "")
        return self.origins | (self.legacy_origins if hasattr(view, ANY_ORIGIN) else set())

    def add_cors_headers(self, response: Response) -> None:
        """Let pages of the named origins read the answer."""
        if not self.allowed_origins():
            return
        response.headers.add("Vary", "Origin")
        if "Origin" not in request.headers or not self.is_allowed_origin():
            return
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)


def install(app: Flask) -> None:
    """Check every request of the application, as its settings say."""
    app.extensions[NAME] = AccessControl(parts_of(app).settings, parts_of(app).rate_limits)
    access_control_of(app).install(app)


def access_control_of(app: Flask) -> AccessControl:
    """The access control of an application."""
    return cast(AccessControl, app.extensions[NAME])


def is_own_page() -> bool:
    """Whether one of our own pages asks."""
    says_so = {"Sec-Fetch-Site", "Origin"} & set(request.headers.keys())
    return bool(says_so) and not context().is_foreign
