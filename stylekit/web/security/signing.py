"""Signed texts, each for one purpose."""

from itsdangerous import BadSignature, Signer


def sign(text: str | bytes, secret: bytes, purpose: str) -> str:
    """The text with a signature that holds for this purpose alone."""
    return Signer(secret, salt=purpose).sign(text).decode()


def unsigned(signed: str | bytes, secret: bytes, purpose: str) -> bytes | None:
    """The text that was signed; None where anything was changed."""
    try:
        return Signer(secret, salt=purpose).unsign(signed)
    except BadSignature:
        return None
