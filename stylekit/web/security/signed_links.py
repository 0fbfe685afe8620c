"""Links that work for a while: a job's id, sealed together with the moment when they end.

A link goes from hand to hand. The id, which opens the job for as long as it is kept, cannot be
read out of it.
"""

import binascii
import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

from itsdangerous import BadSignature, Signer

from stylekit.errors import Gone, NotFound

PURPOSE = "stylekit_link"
NONCE_BYTES, MOMENT_BYTES = 11, 5
HEAD_BYTES = NONCE_BYTES + MOMENT_BYTES


def seal(id: str, secret: bytes, *, seconds: int) -> str:
    """An id (hexadecimal, 128 bits) as text for an address; opens for so many seconds."""
    until = int(time.time() + seconds).to_bytes(MOMENT_BYTES, "big")
    head = secrets.token_bytes(NONCE_BYTES) + until
    sealed = urlsafe_b64encode(head + mixed(bytes.fromhex(id), head, secret))
    return Signer(secret, salt=PURPOSE).sign(sealed).decode()


def unseal(sealed: str, secret: bytes) -> str:
    """The id.

    Raises:
        NotFound: when it was not sealed here.
        Gone: when its time is over.
    """
    try:
        data = urlsafe_b64decode(Signer(secret, salt=PURPOSE).unsign(sealed))
    except (BadSignature, binascii.Error, ValueError):
        raise NotFound("There is no such link.") from None
    head, hidden = data[:HEAD_BYTES], data[HEAD_BYTES:]
    if time.time() > int.from_bytes(head[NONCE_BYTES:], "big"):
        raise Gone("This link has expired.")
    return mixed(hidden, head, secret).hex()


def mixed(data: bytes, head: bytes, secret: bytes) -> bytes:
    """At most 32 bytes, hidden or shown again by a mask that each head has for itself."""
    mask = hmac.new(secret, PURPOSE.encode() + head, hashlib.sha256).digest()
    return bytes(one ^ other for one, other in zip(data, mask, strict=False))
