"""Signed URLs of objects in a bucket, made ahead so that no request waits for a signature."""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

log = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0  # after a signature failed
MAX_LINKS = 10_000  # remembered at a time
MAX_LINK_SECONDS = 7 * 24 * 3600  # what Cloud Storage allows
SIGNING_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_Wanted = tuple[str, int]  # an object's name, and for how many seconds


class Links:
    """Addresses that were signed, each handed out for half of its life. Safe between threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[_Wanted, tuple[str, float]] = {}  # address, and until when to use it
        self._on_its_way: set[_Wanted] = set()
        self._not_before = 0.0
        self._lock = threading.Lock()

    def find(self, blob: Any, seconds: int) -> str | None:
        """The address of an object, for at most `seconds`; None when there is none now."""
        from google.auth.credentials import Signing
        from google.oauth2 import service_account

        wanted = (blob.name, min(seconds, MAX_LINK_SECONDS))
        address, until = self._known.get(wanted, (None, 0.0))
        if time.monotonic() < until:
            return address
        credentials = blob.client._credentials
        if isinstance(credentials, service_account.Credentials):
            return self._sign(blob, wanted)
        if isinstance(credentials, Signing) or hasattr(credentials, "service_account_email"):
            self._sign_later(blob, wanted)
        return None

    def _sign(self, blob: Any, wanted: _Wanted, **signer: str) -> str:
        _, seconds = wanted
        address = str(
            blob.generate_signed_url(version="v4", expiration=timedelta(seconds=seconds), **signer)
        )
        now = time.monotonic()
        with self._lock:
            if len(self._known) >= MAX_LINKS:
                self._known = {k: v for k, v in self._known.items() if v[1] > now}
            if len(self._known) < MAX_LINKS:
                self._known[wanted] = (address, now + seconds / 2)
        return address

    def _sign_later(self, blob: Any, wanted: _Wanted) -> None:
        """One signature at a time; whoever comes meanwhile does without and may ask again."""
        with self._lock:
            if self._on_its_way or time.monotonic() < self._not_before:
                return
            self._on_its_way.add(wanted)
        threading.Thread(target=self._sign_far, args=(blob, wanted), daemon=True).start()

    def _sign_far(self, blob: Any, wanted: _Wanted) -> None:
        try:
            self._sign(blob, wanted, **_far_signer(blob.client._credentials))
        except Exception:  # whatever it was, the files are served without a link
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log.warning("link not signed retry_seconds=%g", PAUSE_SECONDS, exc_info=True)
        finally:
            self._on_its_way.discard(wanted)


def _far_signer(credentials: Any) -> dict[str, str]:
    """What makes Google's own service sign for the account that this machine runs as."""
    from google.auth.credentials import Signing
    from google.auth.transport.requests import Request

    if isinstance(credentials, Signing):  # an account that stands for another signs by itself
        return {}
    account: Any = credentials
    if hasattr(account, "with_scopes"):  # what the client itself may do does not include signing
        account = account.with_scopes([SIGNING_SCOPE])
    account.refresh(Request())
    return {"service_account_email": account.service_account_email, "access_token": account.token}
