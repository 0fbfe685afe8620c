"""Starts gunicorn with the web application, and says when the page can be opened."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn.glogging import Logger

from stylekit import logs
from stylekit.errors import BadSettings
from stylekit.settings import PROJECT_ROOT, Settings, from_environment

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}

WORKER = "stylekit.cli.buffering.BufferingWorker"
CHATTER = re.compile(rb"[IWE]0000 00:00:[0-9.]+ |WARNING: All log messages before absl::")


def serve(settings: Settings, *, host: str, port: int) -> int:
    """Run the server until it ends or is told to; returns gunicorn's exit code.

    Raises:
        BadSettings: when something else already listens there, or the data has no place.
    """
    from stylekit.wiring import make_data_folder  # gunicorn needs nothing of it, but our log

    refuse_taken_port(host, port)
    make_data_folder(settings.data)
    server = subprocess.Popen(
        gunicorn_command(settings, host, port),
        cwd=PROJECT_ROOT,
        env=environment(settings),
        stderr=subprocess.PIPE,
    )
    threading.Thread(target=pass_on_errors, args=(server,), daemon=True).start()
    pass_on_signals(server)
    address = f"http://{EVERYWHERE.get(host, host)}:{port}"
    if wait_until_ready(server, address):
        print(f"Stylekit is ready: {address}", flush=True)
    return server.wait()


def refuse_taken_port(host: str, port: int) -> None:
    """Fail at once, and in words, where gunicorn would try five times."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadSettings(
                f"Cannot listen on {host}:{port} ({error.strerror}); set PORT to another."
            ) from None


def gunicorn_command(settings: Settings, host: str, port: int) -> list[str]:
    """One process with many threads, and TensorFlow only after the fork (no --preload)."""
    return [
        *(sys.executable, "-m", "gunicorn", "stylekit.wsgi:app"),
        *("--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
        *("--workers", "1", "--worker-class", WORKER, "--threads", str(settings.threads)),
        *("--timeout", "120", "--graceful-timeout", "25", "--no-control-socket"),
        *("--log-level", "warning", "--logger-class", "stylekit.cli.serve.ServerLog"),
    ]


class ServerLog(Logger):  # type: ignore[misc]
    """What gunicorn itself has to say, in the form of all our lines."""

    def setup(self, cfg: Any) -> None:
        """Called in gunicorn's first process, before any of ours is forked."""
        super().setup(cfg)
        logs.set_up(from_environment(os.environ).log_format)


def environment(settings: Settings) -> dict[str, str]:
    """The server's variables: ours, with folders absolute (gunicorn runs elsewhere)."""
    folders = {name: getattr(settings, name) for name in ("styles", "storage", "model")}
    absolute = {
        f"STYLEKIT_{name.upper()}": str(Path(folder).resolve())
        for name, folder in folders.items()
        if folder and "://" not in folder
    }
    return {**os.environ, **absolute, "STYLEKIT_DATA": str(settings.data.resolve())}


def pass_on_errors(server: subprocess.Popen[bytes]) -> None:
    """The server's lines, without those that TensorFlow writes before it can be told not to."""
    for line in server.stderr or ():
        if not CHATTER.match(line):
            sys.stderr.buffer.write(line)
            sys.stderr.flush()


def pass_on_signals(server: subprocess.Popen[bytes]) -> None:
    """Ctrl-C and a plain kill end the server gracefully, not only this process."""

    def forward(number: int, frame: FrameType | None) -> None:
        server.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)


def wait_until_ready(server: subprocess.Popen[bytes], address: str) -> bool:
    """Ask /readyz until it answers 200 (True) or the server ends (False)."""
    print("Starting; the model is being loaded …", flush=True)
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(0.2)
    return False
