"""From a cold start to painted pictures over HTTP: seconds and memory of a real server.

`python -m benchmarks.http` starts `stylekit serve` on a free port, paints over `POST /transfer` and
prints a table; the last line is one JSON.
"""

import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
from skimage import data

from stylekit import images

SIDE, PICTURES, LIGHT_REQUESTS = 512, 10, 50
KILOBYTE_LINES = ("VmHWM", "VmRSS")  # of /proc/PID/status: the most so far, and now


def main() -> None:
    """Start, measure, stop, print."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        server = start(port, folder)
        try:
            measured = measure(server, f"http://127.0.0.1:{port}", started)
        finally:
            server.terminate()
            server.wait(60)
    print(f"One server process, {SIDE}² photographs, {os.cpu_count()} cores")
    for name, value in measured.items():
        print(f"  {name:42} {value:8.3f}")
    print(json.dumps(measured))


def start(port: int, folder: str) -> subprocess.Popen[str]:
    """A server as `make run` starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "stylekit", "serve", "--port", str(port)],
        env={**os.environ, "STYLEKIT_DATA": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def measure(server: subprocess.Popen[str], address: str, started: float) -> dict[str, float]:
    """Seconds and megabytes, by what they are of."""
    assert server.stdout
    while "is ready" not in server.stdout.readline():
        assert server.poll() is None, "the server did not start"
    ready = time.monotonic() - started
    paint(address)
    first = time.monotonic() - started
    seconds = [timed(paint, address) for _ in range(PICTURES)]
    most, now = memory(address.rpartition(":")[2])
    return {
        "start until ready (s)": ready,
        "start until the first painted picture (s)": first,
        "one picture, median (s)": statistics.median(seconds),
        "light page while painting, median (s)": light_while_painting(address),
        "memory of the server process, most (MB)": most,
        "memory of the server process, now (MB)": now,
    }


def timed(call: Callable[..., object], *arguments: object) -> float:
    """Seconds that a call takes."""
    started = time.monotonic()
    call(*arguments)
    return time.monotonic() - started


def paint(address: str) -> None:
    """One photograph in one preset."""
    photo = images.resize(data.astronaut().astype(np.float32) / 255, SIDE, SIDE)
    text = base64.b64encode(images.encode(photo, "jpeg")).decode()
    body = json.dumps({"image": text, "painter": 1, "custom_style": 0}).encode()
    urllib.request.urlopen(f"{address}/transfer", data=body, timeout=120).read()


def light_while_painting(address: str) -> float:
    """Median seconds of /healthz while another thread paints without end."""
    over = threading.Event()

    def keep_painting() -> None:
        while not over.is_set():
            paint(address)

    painter = threading.Thread(target=keep_painting)
    painter.start()
    ask = urllib.request.urlopen
    seconds = [timed(lambda: ask(f"{address}/healthz").read()) for _ in range(LIGHT_REQUESTS)]
    over.set()
    painter.join()
    return statistics.median(seconds)


def memory(port: str) -> tuple[float, float]:
    """Most and present megabytes of the largest gunicorn process on a port (Linux)."""
    sizes = []
    for status in Path("/proc").glob("[0-9]*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        command = (status.parent / "cmdline").read_bytes()
        if port.encode() in command and b"gunicorn" in command and "VmHWM" in lines:
            sizes.append(tuple(int(lines[name].split()[0]) for name in KILOBYTE_LINES))
    most, now = max(sizes)
    return most / 1024, now / 1024


if __name__ == "__main__":
    main()
