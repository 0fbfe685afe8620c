"""The context of a request: one typed object, made when first needed."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from flask import g, has_request_context, request

REQUEST_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)


@dataclass
class RequestContext:
    """One request, from its first look to its line in the log."""

    id: str
    """Told with every answer, error and line in the log; the sender's own, if it is a good one."""

    is_foreign: bool
    """Whether a page of another origin asks: it never acts as the visitor."""

    started: float = field(default_factory=time.monotonic)
    key_name: str = ""
    """Whose API key was sent, once it has been checked."""

    new_owner: str = ""
    """The owner that a new visitor became; the cookie goes out with this answer."""

    error_code: str = ""
    """What went wrong, as the error's body says it."""


def context() -> RequestContext:
    """The context of the request that is being answered."""
    if "stylekit" not in g:
        given = request.headers.get("X-Request-ID", "")
        id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        g.stylekit = RequestContext(id=id, is_foreign=is_foreign())
    return cast(RequestContext, g.stylekit)


def request_id() -> str:
    """The id of the request; a dash where none is being answered."""
    return context().id if has_request_context() else "-"


def is_foreign() -> bool:
    """Whether a page of another origin asks; programs that are no browsers say neither header."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and host_of(origin) != request.host


def host_of(address: str) -> str | None:
    """Host and port of an address; None where it is none."""
    try:
        return urlsplit(address).netloc
    except ValueError:  # half an IPv6 address
        return None
