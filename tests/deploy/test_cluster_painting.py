"""The shipped networks paint through a whole cluster; its web process has no TensorFlow."""

import base64
import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from deploy.cluster import Cluster
from deploy.processes import free_port
from stylekit.api import read_style
from stylekit.client import Client
from stylekit.engines.base import FastOptions
from stylekit.engines.fast import FastEngine
from stylekit.process_metrics import children
from tests.fakes import picture_bytes, pixels

pytestmark = [pytest.mark.servers, pytest.mark.tensorflow]

HEIGHT, WIDTH = 93, 130
SAME = 0.02  # between two processes: their sums may be in another order


@pytest.fixture(scope="module")
def cluster(installed_servers):
    """What `make cluster` starts, with one web process."""
    cluster = Cluster([free_port()], settings={"STYLEKIT_WAIT_SECONDS": "60"})
    try:
        cluster.start()
        cluster.wait_for_workers()
        yield cluster
    finally:
        cluster.close()


def transfer(address, photo, **body):
    """POST /transfer as the page does; the picture's pixels."""
    told = json.dumps({"image": base64.b64encode(photo).decode(), **body}).encode()
    with urllib.request.urlopen(f"{address}/transfer", told, timeout=300) as answer:
        return pixels(base64.b64decode(answer.read(), validate=True))


def loads_tensorflow(process):
    """Whether any of the processes that this one started holds TensorFlow."""
    maps = [Path(f"/proc/{id}/maps").read_text() for id in children(process.running.pid)]
    assert maps, f"{process.name} has no children"
    return any("tensorflow" in each for each in maps)


def test_the_page_gets_what_the_shipped_network_paints_from_a_worker(cluster):
    photo = picture_bytes(HEIGHT, WIDTH)
    painted = transfer(cluster.addresses[0], photo, painter=3)
    here = FastEngine().stylize(pixels(photo), read_style(3), FastOptions())
    assert painted.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(painted - pixels(photo)).mean() > 5 * SAME  # it is a painting
    assert np.abs(painted - here).mean() < SAME
    (web, *_), (fast, *_) = cluster.webs, cluster.workers
    assert loads_tensorflow(fast)
    assert not loads_tensorflow(web)


def test_a_gatys_job_is_painted_by_its_own_worker(cluster):
    client = Client(cluster.addresses[0])
    photo = picture_bytes(HEIGHT, WIDTH)
    job = client.submit(photo, "ink-wash", engine="gatys", max_side=96, iterations=10)
    told = []
    client.wait(job, on_job=told.append, seconds=300)
    painted = pixels(client.result(job))
    assert painted.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(painted - pixels(photo)).mean() > SAME
    assert all(each.progress < 1 for each in told[:-1])
