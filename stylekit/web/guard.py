"""What every request passes: an id, a look at its origin, headers that keep browsers safe."""

import logging
import secrets
import time
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from stylekit.errors import NotAllowed

log = logging.getLogger("stylekit.access")

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"
ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Job-Secret"
EXPOSED_HEADERS = "ETag, Location, Retry-After, X-Request-Id"


def install(app: Flask) -> None:
    """Look at every request first, and at every answer last."""
    app.before_request(begin)
    app.before_request(refuse_foreign_pages)
    app.after_request(finish)


def begin() -> None:
    """Give the request an id, for the log and for error messages."""
    g.request_id, g.started = secrets.token_hex(8), time.monotonic()


def refuse_foreign_pages() -> None:
    """A page of another site must not act with a visitor's cookie.

    Browsers say where a request comes from (Sec-Fetch-Site, Origin); programs send neither.

    Raises:
        NotAllowed: unless the origin is our own or one of STYLEKIT_CORS_ORIGINS.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin", "")
    if request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none") and not origin:
        return
    if urlsplit(origin).netloc != request.host and origin not in cors_origins():
        raise NotAllowed(f"Pages of {origin or 'another site'} may not use this server.")


def cors_origins() -> list[str]:
    """The origins that may call the API from a browser."""
    text: str = current_app.extensions["stylekit"].settings.cors_origins
    return [each.strip() for each in text.split(",") if each.strip()]


def finish(response: Response) -> Response:
    """Put the safety headers on, allow the origins that the settings allow, and write the log."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
        milliseconds = 1000 * (time.monotonic() - g.started)
        log.info(
            "%s %s %s %.0f ms %s",
            request.method, request.path, response.status_code, milliseconds, g.request_id,
        )  # fmt: skip
    allow_origin(response)
    return response


def allow_origin(response: Response) -> None:
    """CORS: for the origins of the settings, with cookies; for others nothing."""
    origin = request.headers.get("Origin", "")
    if origin and origin in cors_origins():
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        response.vary.add("Origin")
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, DELETE, PUT"
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Max-Age"] = "600"
