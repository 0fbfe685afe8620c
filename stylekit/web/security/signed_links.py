"""Links that expire: a job's id, encrypted together with the time when they end.

A link goes from hand to hand. The id, which opens the job for as long as it is kept, cannot be
read out of it.
"""

import hashlib
import time
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken

from stylekit.errors import Gone, NotFound

PURPOSE = b"stylekit_link"
MOMENT_BYTES = 5


def seal(id: str, secret: bytes, *, seconds: int) -> str:
    """An id (hexadecimal, 128 bits) as text for an address; opens for so many seconds."""
    until = int(time.time() + seconds).to_bytes(MOMENT_BYTES, "big")
    return cipher(secret).encrypt(until + bytes.fromhex(id)).decode().rstrip("=")


def unseal(sealed: str, secret: bytes) -> str:
    """The id.

    Raises:
        NotFound: when it was not sealed here.
        Gone: when its time is over.
    """
    try:
        data = cipher(secret).decrypt(sealed + "=" * (-len(sealed) % 4))
    except (InvalidToken, ValueError):
        raise NotFound("There is no such link.") from None
    if time.time() > int.from_bytes(data[:MOMENT_BYTES], "big"):
        raise Gone("This link has expired.")
    return data[MOMENT_BYTES:].hex()


def cipher(secret: bytes) -> Fernet:
    """Encrypts and signs with a key that is made of the secret for this purpose alone."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(PURPOSE + b"\0" + secret).digest()))
