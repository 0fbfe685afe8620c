"""Files in a folder of this machine."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stylekit.errors import FileNotStored, StorageUnavailable
from stylekit.storage.base import FileStore, check_key, check_prefix

_PARTIAL = ".partial"  # half-written files wait here; no key begins with a dot
LEFT_FREE_BYTES = 8_000_000
"""Room on the disk that pictures never take: a job table without it can neither be written nor,
after a restart, be read, and nothing could be deleted."""

MAX_TRIES = 100  # to put a file into a folder that others remove


class FolderStore(FileStore):
    """A folder of this machine; its files can be copied and looked at as they are."""

    def __init__(self, folder: Path) -> None:
        """Keep files in this folder, which is made with the first of them."""
        self.folder = folder

    def write(self, key: str, data: bytes, *, content_type: str) -> None:
        """Written beside its place, then put there in one step."""
        path = self._path(key)
        if (free := self.free_bytes()) < LEFT_FREE_BYTES + len(data):
            raise StorageUnavailable(f"The disk is full: {free:,} bytes are free.")
        with _errors(key):
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
        path = self._path(key)
        with _errors(key), _missing(key):
            return path.read_bytes()

    def exists(self, key: str) -> bool:
        """See `FileStore.exists`."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Folders that this leaves empty go, too."""
        path = self._path(key)
        with suppress(FileNotStored), _errors(key), _missing(key):
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
        start = self.folder / check_prefix(prefix).rpartition("/")[0]
        for folder, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside = Path(folder).relative_to(self.folder)
            keys += [(inside / name).as_posix() for name in names if not name.startswith(".")]
        return iter(sorted(key for key in keys if key.startswith(prefix)))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See `FileStore.sizes`."""
        for key in self.list(prefix):
            with suppress(FileNotFoundError):  # somebody else deleted it
                yield key, self._path(key).stat().st_size

    def folders(self, folder: str) -> Iterator[str]:
        """See `FileStore.folders`; one that is empty is not told apart."""
        with suppress(FileNotFoundError), os.scandir(self.folder / check_prefix(folder)) as found:
            yield from (each.name for each in found if each.is_dir() and each.name[0] != ".")

    def remove_unfinished(self, *, older_than_seconds: float) -> None:
        """See `FileStore.remove_unfinished`."""
        newest = time.time() - older_than_seconds
        for file in (self.folder / _PARTIAL).glob("*"):
            with suppress(FileNotFoundError):  # its writer, or another keeper, was quicker
                if file.stat().st_mtime < newest:
                    file.unlink()

    def free_bytes(self) -> int:
        """Of the disk that the folder is on, or will be made on."""
        there = next(each for each in (self.folder, *self.folder.parents) if each.exists())
        with _errors(""):
            return shutil.disk_usage(there.resolve()).free

    def link(self, key: str, *, seconds: int) -> str | None:
        """None: only this process can serve the folder."""
        check_key(key)
        return None

    def _path(self, key: str) -> Path:
        return self.folder / check_key(key)


def _put(partial: Path, path: Path) -> None:
    """Move a file to its place, whose folder may be removed by a delete at any moment."""
    for _ in range(MAX_TRIES):
        with suppress(FileNotFoundError, FileExistsError):  # mkdir may lose a race, either way
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
            return
    partial.replace(path)


@contextmanager
def _missing(key: str) -> Iterator[None]:
    """A file that is not there, or is a folder, or would lie in a file."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise FileNotStored(f"There is no file {key}.") from None


@contextmanager
def _errors(key: str) -> Iterator[None]:
    """The file system's errors as ours."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"The file {key} cannot be reached: {error.strerror}.") from error
