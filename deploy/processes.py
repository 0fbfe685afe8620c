"""A server process that can be stopped, killed and started again, and ends with us."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

START_SECONDS = 180  # RabbitMQ takes 5 on a quiet machine, and a minute on a busy one
STOP_SECONDS = 20
PROGRAM_FOLDERS = "/usr/sbin:/sbin:/usr/local/sbin"


class ServerBroken(Exception):
    """A server that is installed but does not start; the text has the end of its log."""


class Server(ABC):
    """One process that can be stopped, killed and started again."""

    name: str

    def __init__(self) -> None:
        """Choose a port and a folder; nothing runs yet."""
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"stylekit-{self.name}-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.ends: int | None = None  # a pipe that it and its children hold open; see `launch`

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def command(self) -> list[str]:
        """What to run."""

    def environment(self) -> dict[str, str]:
        """Variables that it needs besides ours."""
        return {}

    def prepare(self) -> None:
        """Make what must be there before the first start."""
        self.folder.mkdir(exist_ok=True)

    def answers(self) -> bool:
        """Whether it is ready to serve."""
        return is_listening(self.port)

    def start(self) -> None:
        """Start, or start again, and wait until it answers."""
        self.launch()
        self.wait_until_it_answers()

    def launch(self) -> None:
        """Start, or start again."""
        if not (self.folder / "log").exists():
            self.prepare()
        self._wait_for_children()  # of one that ended by itself
        self.ends, held = os.pipe()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*ending_with_us(), *self.command()],
                cwd=self.folder,
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[held],
            )
        os.close(held)

    def wait_until_it_answers(self) -> None:
        """Wait for its start.

        Raises:
            ServerBroken: it ended, or takes too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise ServerBroken(f"{self.name}: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def has_ended(self) -> bool:
        """Whether it ended although nobody stopped it."""
        return self.process is not None and self.process.poll() is not None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and wait for its end and its children's; its data stays."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        self._wait_for_children()

    def _wait_for_children(self) -> None:
        # PostgreSQL's have sessions of their own, outlive its SIGKILL by some moments, and until
        # then no other may start on the same data. The pipe ends with the last that holds it.
        if self.ends is not None:
            waiting = select.poll()
            waiting.register(self.ends, select.POLLHUP)
            waiting.poll(STOP_SECONDS * 1000)
            os.close(self.ends)
            self.ends = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def ending_with_us() -> list[str]:
    """Prefix of a command that makes it end when this process does, however that ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def program(name: str) -> str:
    """Where a program is."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":" + PROGRAM_FOLDERS)
    if path is None:
        raise ServerBroken(f"{name} is not installed; scripts/need servers installs it.")
    return path


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


_GIVEN: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on at the moment, and that was not given to anybody here."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _GIVEN:
            _GIVEN.add(port)
            return port
