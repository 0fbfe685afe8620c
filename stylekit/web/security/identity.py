"""Who asks: an owner by signed cookie or API key, or the holder of a job's secret."""

import hashlib
import hmac
import ipaddress
import secrets
from typing import cast

from flask import Flask, Response, current_app, request

from stylekit.transfers.access import Caller
from stylekit.transfers.requests import KEY
from stylekit.web.context import context
from stylekit.web.security.signing import sign, unsigned
from stylekit.wiring import Parts

COOKIE = "stylekit_owner"
SECURE_COOKIE = f"__Host-{COOKIE}"  # over HTTPS: no other host, and no page of it, can set it
COOKIE_SECONDS = 365 * 86_400
SECRET_HEADER = "X-Job-Secret"
OWNER_BYTES = 16  # 128 bits, which nobody guesses
ADDRESS_LENGTH = 32  # hexadecimal digits: 128 bits
IPV6_NETWORK = 64  # bits of an IPv6 address that stay the same; the rest may change every hour


def parts() -> Parts:
    """What this application was built from."""
    return parts_of(current_app)


def parts_of(app: Flask) -> Parts:
    """What an application was built from."""
    return cast(Parts, app.extensions["stylekit"])


def caller() -> Caller:
    """Who asks, as far as it is known."""
    return Caller(owner=known_owner(), secret=request.headers.get(SECRET_HEADER, ""))


def known_owner() -> str:
    """The owner by API key or by cookie; empty for a new visitor."""
    if key_name := context().key_name:
        return f"key:{key_name}"
    if context().is_foreign:
        return ""  # a page of another origin never acts as the visitor
    return context().new_owner or owner_by_cookie()


def owner_by_cookie() -> str:
    """The owner whom a cookie of ours names; over HTTPS one that only this host can have set.

    A visitor who has only the cookie of before gets that one, too.
    """
    secret = parts().secret
    if not request.is_secure:
        return read_owner(request.cookies.get(COOKIE, ""), secret)
    if found := read_owner(request.cookies.get(SECURE_COOKIE, ""), secret):
        return found
    earlier = read_owner(request.cookies.get(COOKIE, ""), secret)
    return set_owner(earlier) if earlier else ""


def owner() -> str:
    """The owner; a new visitor becomes one, and gets the cookie with this answer."""
    known = known_owner()
    return known or set_owner(secrets.token_hex(OWNER_BYTES))


def is_new() -> bool:
    """Whether the owner was made for this request."""
    return bool(context().new_owner)


def set_owner(new_owner: str) -> str:
    """Make this the owner of the request; returns it."""
    context().new_owner = new_owner
    return new_owner


def address() -> str:
    """Whose share of the queue a request counts for: a key's, or that of where it comes from.

    It does not tell the address. Of an IPv6 address it names the part that its holder keeps.
    """
    if key_name := context().key_name:
        return f"{KEY}{key_name}"
    message = f"address\n{network_of(request.remote_addr or '')}".encode()
    return hmac.new(parts().secret, message, hashlib.sha256).hexdigest()[:ADDRESS_LENGTH]


def requester() -> tuple[str, str]:
    """Who takes turns with others; a new visitor has an address alone."""
    return address(), known_owner()


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the part that its holder keeps."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network(f"{known}/{IPV6_NETWORK}", strict=False))


def keep_owner(response: Response) -> Response:
    """Give the cookie to a visitor who became an owner."""
    if (new_owner := context().new_owner) and not context().is_foreign:
        response.set_cookie(
            SECURE_COOKIE if request.is_secure else COOKIE,
            signed_owner(new_owner, parts().secret),
            max_age=COOKIE_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def signed_owner(owner: str, secret: bytes) -> str:
    """An owner as others may carry it."""
    return sign(owner, secret, COOKIE)


def read_owner(signed: str, secret: bytes) -> str:
    """The owner that was signed; empty where the signature is not ours."""
    return (unsigned(signed, secret, COOKIE) or b"").decode(errors="replace")
