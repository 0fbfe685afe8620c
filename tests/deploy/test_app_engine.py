"""The entrypoint of app.yaml, run as it stands: it writes into data and temporary folders only."""

import base64
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from deploy.processes import free_port
from stylekit.settings import PROJECT_ROOT
from tests.fakes import picture_bytes

pytestmark = pytest.mark.tensorflow

APP_ENGINE = yaml.safe_load((PROJECT_ROOT / "app.yaml").read_text())
SERVED = ("stylekit", "static", "templates", "main.py", "app.yaml")
START_SECONDS = 120


def snapshot(*places):
    """Every file and when it was last written."""
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def address(tmp_path, home):
    """The address of a server that was started as App Engine starts it."""
    port = free_port()
    variables = {**APP_ENGINE["env_variables"], "STYLEKIT_DATA": str(tmp_path / "data")}
    program, *rest = shlex.split(APP_ENGINE["entrypoint"].replace("$PORT", str(port)))
    (tmp_path / "temporary").mkdir()
    server = subprocess.Popen(
        [sys.executable, "-m", program, *rest],
        cwd=PROJECT_ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(tmp_path / "temporary"),
            "GAE_SERVICE": "default",
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        },
    )
    yield f"http://127.0.0.1:{port}"
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=60)


def ask(address, data=None):
    with urllib.request.urlopen(address, data, timeout=START_SECONDS) as answer:
        return answer.read()


def wait_until_it_listens(address):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return ask(f"{address}/healthz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("it never listened")


def test_it_serves_and_paints_and_writes_nothing_elsewhere(address, home):
    before = snapshot(*(PROJECT_ROOT / name for name in SERVED))
    wait_until_it_listens(address)
    assert b"warm" in ask(f"{address}/_ah/warmup")
    assert b"woodblock-wave" in ask(f"{address}/")
    assert ask(f"{address}/static/css/home.css")
    body = {"image": base64.b64encode(picture_bytes()).decode(), "painter": 1, "custom_style": 0}
    painted = base64.b64decode(ask(f"{address}/transfer", json.dumps(body).encode()))
    assert painted.startswith(b"\x89PNG")
    assert snapshot(*(PROJECT_ROOT / name for name in SERVED)) == before
    assert [path for path in home.rglob("*") if not is_of_development(path)] == []


def is_of_development(path: Path) -> bool:
    """What libraries keep that only the tests need, and that a server does not install."""
    return "matplotlib" in str(path) or path.name in (".config", ".cache", "fontconfig")
