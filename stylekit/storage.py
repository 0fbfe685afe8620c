"""Where bytes are kept: a local folder or a Cloud Storage bucket, behind one contract."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from stylekit.errors import BadRequest, BadSettings, FileNotStored, StorageUnavailable

LONGEST_KEY, LONGEST_NAME = 900, 200  # bytes; what buckets and file systems both take
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*")
_PARTIAL = ".partial"  # half-written files wait here; no key begins with a dot


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

    def link(self, key: str, *, seconds: int) -> str | None:
        """An address that serves the bytes for at most so long; None when there is none (yet)."""
        ...


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


def check_key(key: str) -> str:
    """The key itself.

    Raises:
        BadRequest: when it is empty, absolute, too long, or has a part that begins with a dot.
    """
    parts = key.split("/")
    names_fit = all(
        _NAME.fullmatch(part) and len(os.fsencode(part)) <= LONGEST_NAME for part in parts
    )
    if not names_fit or len(os.fsencode(key)) > LONGEST_KEY:
        raise BadRequest(f"{key[:80]!r} is no name of a file; it has to be like jobs/1/result.png.")
    return key


class FolderStore(FileStore):
    """A folder of this machine; its files can be copied and looked at as they are."""

    def __init__(self, folder: Path) -> None:
        """Keep files in this folder, which is made with the first of them."""
        self.folder = folder

    def write(self, key: str, data: bytes, *, content_type: str) -> None:
        """Written beside its place, then put there in one step."""
        path = self._path(key)
        with _folder_errors(key):
            (self.folder / _PARTIAL).mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder / _PARTIAL, delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    os.chmod(file.fileno(), 0o644)
                    _put(Path(file.name), path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise

    def read(self, key: str) -> bytes:
        """See `FileStore.read`."""
        with _folder_errors(key):
            return self._path(key).read_bytes()

    def exists(self, key: str) -> bool:
        """See `FileStore.exists`."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Folders that this leaves empty go, too."""
        path = self._path(key)
        with suppress(FileNotStored), _folder_errors(key):
            path.unlink()
        for parent in path.parents:
            if parent == self.folder:
                return
            try:
                parent.rmdir()
            except OSError:  # not empty, or someone else removed it
                return

    def list(self, prefix: str) -> Iterator[str]:
        """See `FileStore.list`; hidden files are none of ours."""
        keys = []
        start = self.folder / prefix.rpartition("/")[0]
        for folder, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside = Path(folder).relative_to(self.folder)
            keys += [(inside / name).as_posix() for name in names if not name.startswith(".")]
        return iter(sorted(key for key in keys if key.startswith(prefix)))

    def link(self, key: str, *, seconds: int) -> str | None:
        """None: only this process can serve the folder."""
        return None

    def _path(self, key: str) -> Path:
        return self.folder / check_key(key)


def _put(partial: Path, path: Path) -> None:
    """Move a file to its place, whose folder may be removed by a delete at any moment."""
    for _ in range(10):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            partial.replace(path)
            return
    partial.replace(path)


@contextmanager
def _folder_errors(key: str) -> Iterator[None]:
    """The file system's errors as ours."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise FileNotStored(f"There is no file {key}.") from None
    except OSError as error:
        raise StorageUnavailable(f"The file {key} cannot be reached: {error.strerror}.") from error


class BucketStore(FileStore):
    """A Cloud Storage bucket."""
