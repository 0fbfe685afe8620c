"""The secret that signs cookies, ids and links: from the settings, or made once and kept."""

import os
import secrets
from contextlib import suppress

from stylekit.settings import Settings

SECRET_BYTES = 32


def read_secret(settings: Settings) -> bytes:
    """What signs cookies and ids: the setting, or one made once and kept in the data folder.

    Processes that start together agree: one makes the file, whole, and the others read it.
    """
    if settings.secret:
        return settings.secret.encode()
    file = settings.data / "secret"
    if not file.exists():
        mine = settings.data / f".secret-{secrets.token_hex(8)}"
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(SECRET_BYTES))
        with suppress(FileExistsError):
            os.link(mine, file)
        mine.unlink()
    return file.read_bytes().strip()
