"""With every place and line full, a server keeps within the memory that docs/deploying.md says."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest

from benchmarks.attack import Server, photograph, stated_megabytes
from deploy.processes import free_port
from stylekit.settings import PROJECT_ROOT

pytestmark = pytest.mark.tensorflow

SIDE = 1000
VISITORS = range(2, 22)  # the last part of their addresses
START_SECONDS = 180


@pytest.fixture
def server(tmp_path, wait):
    """A real one, none of whose processes gets more memory than is stated for all of them."""
    port, kilobytes = free_port(), int(stated_megabytes(SIDE * SIDE) * 1024)
    limited = f'ulimit -d {kilobytes} && exec "$0" -m stylekit serve --port {port}'
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            ["sh", "-c", limited, sys.executable],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "TF_NUM_INTRAOP_THREADS": "2",  # each thread has 8 MB
                "STYLEKIT_DATA": str(tmp_path / "data"),
                "STYLEKIT_MAX_PIXELS": str(SIDE * SIDE),
                "STYLEKIT_WAIT_SECONDS": "100",
            },
            stdout=log,
            stderr=log,
        )
    server = Server(port, process)
    try:
        wait(
            lambda: process.poll() is not None or server.ask("GET", "/readyz") == 200,
            seconds=START_SECONDS,
        )
        assert process.poll() is None, (tmp_path / "log").read_text()[-2000:]
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)


def test_a_full_server_keeps_within_the_memory_that_is_stated(server, tmp_path):
    photo, path = photograph(SIDE), "/api/v1/transfers?style_id=woodblock-wave"
    answers, peak, is_over = Counter(), [0.0], threading.Event()

    def order(visitor):
        answers[server.ask("POST", path, photo, visitor=visitor)] += 1

    def watch():
        while not is_over.wait(0.05):
            peak[0] = max(peak[0], server.megabytes())

    watching = threading.Thread(target=watch)
    watching.start()
    visitors = [threading.Thread(target=order, args=(number,)) for number in VISITORS]
    for each in visitors:
        each.start()
    for each in visitors:
        each.join()
    is_over.set()
    watching.join()
    assert set(answers) <= {200, 503}
    assert answers[200] >= 2  # one is painted, others wait
    assert 0 < peak[0] <= stated_megabytes(SIDE * SIDE)
    assert "MemoryError" not in (tmp_path / "log").read_text()
