"""What a worker answers to probes and to Prometheus."""

import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from deploy.processes import free_port
from stylekit.process_metrics import children, resident_bytes
from stylekit.worker.health import HealthServer, Liveness


@pytest.fixture
def liveness(request):
    return Liveness(*getattr(request, "param", [60]))


@pytest.fixture
def ask(liveness):
    """Status and body of the answer to a GET."""
    port = free_port()
    health_server = HealthServer(port, liveness)

    def get(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    yield get
    health_server.shutdown()
    health_server.server_close()


def probed(ask):
    return ask("/healthz")[0], ask("/readyz")[0]


def test_a_worker_that_starts_is_alive_and_not_ready(ask):
    assert probed(ask) == (200, 503)


def test_a_worker_that_goes_round_is_alive_and_ready(ask, liveness):
    liveness.beat()
    assert probed(ask) == (200, 200)
    assert "stylekit_worker_ready 1.0" in ask("/metrics")[1]


@pytest.mark.parametrize("liveness", [(60, lambda: False)], indirect=True)
def test_a_worker_whose_painters_are_cold_is_not_ready(ask, liveness):
    liveness.beat()
    assert probed(ask) == (200, 503)


def test_a_worker_that_waits_for_the_broker_is_alive_and_not_ready(ask, liveness):
    liveness.beat()
    liveness.wait_for_broker()
    assert probed(ask) == (200, 503)
    assert "stylekit_worker_ready 0.0" in ask("/metrics")[1]


@pytest.mark.parametrize("liveness", [[0]], indirect=True)
def test_a_worker_that_was_silent_for_too_long_is_neither(ask):
    assert probed(ask) == (503, 503)


def test_other_addresses_are_told_which_there_are(ask):
    assert ask("/secrets") == (404, "There are /healthz, /readyz and /metrics.\n")


def processes(ask):
    (line,) = [
        line for line in ask("/metrics")[1].splitlines() if line[:18] == "stylekit_processes"
    ]
    return float(line.split()[1])


def test_a_workers_child_counts_while_it_lives(ask):
    before = processes(ask)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.pid in children(os.getpid())
    assert processes(ask) == before + 1
    child.communicate()
    assert processes(ask) == before
    assert resident_bytes(child.pid) == 0
