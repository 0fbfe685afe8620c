"""File stores: a local folder or a Cloud Storage bucket, behind one contract."""

from pathlib import Path

from stylekit.errors import BadSettings
from stylekit.storage.base import FileStore, check_key
from stylekit.storage.bucket import BucketStore
from stylekit.storage.folder import FolderStore

__all__ = ["BucketStore", "FileStore", "FolderStore", "check_key", "open_store"]


def open_store(url: str) -> FileStore:
    """The store at a folder's path or at gs://bucket/prefix; nothing is connected yet.

    Raises:
        BadSettings: when it is neither.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return FolderStore(Path(url))
    bucket, _, prefix = rest.partition("/")
    if scheme != "gs" or not bucket:
        raise BadSettings(f"{url!r} is no store; it can be a folder or gs://bucket/prefix.")
    return BucketStore(bucket, prefix)
