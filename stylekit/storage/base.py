"""The contract of every file store, and what its keys look like."""

import os
import re
from collections.abc import Iterator
from typing import Protocol

from stylekit.errors import BadRequest

MAX_KEY_LENGTH, MAX_NAME_LENGTH = 900, 200  # bytes; what buckets and file systems both take
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*")


class FileStore(Protocol):
    """Bytes under keys such as `jobs/3f2a/result.png`."""

    def write(self, key: str, data: bytes, *, content_type: str) -> None:
        """Keep the bytes, whole or not at all; what was there is replaced.

        Raises:
            BadRequest: for a key that cannot be.
            StorageUnavailable: when the store cannot be reached or is full.
        """
        ...

    def read(self, key: str) -> bytes:
        """The bytes of a key.

        Raises:
            FileNotStored, StorageUnavailable.
        """
        ...

    def exists(self, key: str) -> bool:
        """Whether there is something under the key."""
        ...

    def delete(self, key: str) -> None:
        """Forget a key; no error when there was nothing."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with these characters, in order."""
        ...

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Every key that begins with these characters, and its bytes, in any order."""
        ...

    def folders(self, folder: str) -> Iterator[str]:
        """The names of what lies in a folder (`jobs/`) and is a folder itself, in any order."""
        ...

    def remove_unfinished(self, *, older_than_seconds: float) -> None:
        """Remove what is left of writers that died in the middle so long ago."""
        ...

    def free_bytes(self) -> int | None:
        """How many bytes can still be written; None where that has no end."""
        ...

    def link(self, key: str, *, seconds: int) -> str | None:
        """An address that serves the bytes for at most so long; None when there is none (yet)."""
        ...


def check_key(key: str) -> str:
    """The key itself.

    Raises:
        BadRequest: when it is empty, absolute, too long, or has a part that begins with a dot.
    """
    parts = key.split("/")
    names_fit = all(
        _NAME.fullmatch(part) and len(os.fsencode(part)) <= MAX_NAME_LENGTH for part in parts
    )
    if not names_fit or len(os.fsencode(key)) > MAX_KEY_LENGTH:
        raise BadRequest(f"{key[:80]!r} is no name of a file; it has to be like jobs/1/result.png.")
    return key


def check_prefix(prefix: str) -> str:
    """The beginning of keys itself.

    Raises:
        BadRequest: when no key can begin so.
    """
    folder, _, _ = prefix.rpartition("/")
    if folder or "/" in prefix:
        check_key(folder)
    return prefix
