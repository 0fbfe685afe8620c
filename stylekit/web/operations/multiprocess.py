"""Metrics of several web processes at one address, and which of them are alive."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The Prometheus library's own variable: the folder in which processes share their figures."""


class WebProcesses:
    """The processes of one folder, this one among them. A lock, which ends with its process, says
    who is alive; a process id may belong to somebody else by now.
    """

    def __init__(self, folder: Path) -> None:
        """Be one of them; what an earlier process of this id left behind does not count."""
        self.folder, self.process = folder, os.getpid()
        folder.mkdir(parents=True, exist_ok=True)
        self._forget(self.process)
        self._lock = held(self._sign(self.process))  # until this process ends, however that is

    def alive(self) -> list[int]:
        """Who lives; forgets what the dead had open or under way, but not what they counted."""
        return list(self._living())

    def registry(self) -> CollectorRegistry:
        """The figures of all, together."""
        self.alive()
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self.folder))  # type: ignore[no-untyped-call]
        return registry

    def _living(self) -> Iterator[int]:
        for sign in self.folder.glob("alive_*"):
            process = int(sign.name.removeprefix("alive_"))
            if process == self.process or is_held(sign):
                yield process
            else:
                self._forget(process)
                sign.unlink(missing_ok=True)

    def _forget(self, process: int) -> None:
        mark_process_dead(process, str(self.folder))  # type: ignore[no-untyped-call]

    def _sign(self, process: int) -> Path:
        return self.folder / f"alive_{process}"


def held(sign: Path) -> TextIO:
    """The file, locked; once more, should somebody have removed it before it was."""
    while True:
        file = open(sign, "a")
        fcntl.flock(file, fcntl.LOCK_EX)
        if sign.exists() and os.path.samestat(os.fstat(file.fileno()), sign.stat()):
            return file
        file.close()


def is_held(sign: Path) -> bool:
    """Whether the process that made this sign still holds it."""
    try:
        with open(sign) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
