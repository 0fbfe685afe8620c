"""What many tests share: settings in a folder of their own, and the parts with tinting engines."""

import shutil
import threading
import time

import pytest

from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.images.isolated import IsolatedReader
from stylekit.jobs import Status
from stylekit.settings import Settings
from tests.clock import Clock
from tests.emulator import bucket_client, emulator_address, troubled  # noqa: F401
from tests.fakes import PATIENCE_MILLISECONDS, TintEngine, job_order, style_folder
from tests.servers import installed_servers, postgresql, rabbitmq, redis_server  # noqa: F401


@pytest.fixture
def settings(tmp_path):
    """Everything in a folder of the test's own, and three plain presets."""
    return Settings(
        data=tmp_path / "data",
        secret="a secret of the tests",
        styles=str(style_folder(tmp_path / "styles")),
        wait_seconds=30.0,
        lease_seconds=60.0,  # no pause of a busy machine looks like a worker that died
    )


@pytest.fixture
def fast():
    """The engine that stands in for the fast one."""
    return TintEngine("fast")


@pytest.fixture
def gatys():
    """The engine that stands in for the slow one; make it slower with `gatys.step_seconds`."""
    return TintEngine("gatys")


class KeptReader(IsolatedReader):
    """One for all tests, however many applications end."""

    def close(self):
        """Not yet."""


@pytest.fixture(scope="session")
def pictures():
    """What reads pictures in processes of their own."""
    reader = KeptReader()
    yield reader
    IsolatedReader.close(reader)


@pytest.fixture
def parts(settings, fast, gatys, pictures):
    """A whole small application, in threads of this process."""
    engines = Engines({"fast": lambda: fast, "gatys": lambda: gatys})
    built = wiring.build(settings, engines, pictures)
    yield built
    for engine in (fast, gatys):
        engine.go_on.set()
        engine.speaks.set()
        engine.step_seconds = 0.0
    built.close()


@pytest.fixture
def transfers(parts):
    """What every entry point calls."""
    return parts.transfers


@pytest.fixture
def wait():
    """Ask until it is true: `wait(lambda: job().status == "done")`; returns what was answered."""

    def until(question, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.01)
        return answer

    return until


@pytest.fixture
def clock():
    """A clock that the test turns."""
    return Clock()


@pytest.fixture
def client(settings, parts):
    """A browser of the test's own, with its cookies."""
    from stylekit.web import create_app

    return create_app(settings, parts).test_client()


@pytest.fixture
def server(settings, parts):
    """The address of the running application."""
    from werkzeug.serving import make_server

    from stylekit.web import create_app

    server = make_server("127.0.0.1", 0, create_app(settings, parts), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


@pytest.fixture
def done(transfers):
    """A finished job."""
    job = transfers.wait(transfers.submit(job_order()).id, 60)
    assert job.status == Status.DONE
    return job


@pytest.fixture
def running(transfers, gatys, wait):
    """A job that is held in the middle of being painted."""
    gatys.go_on.clear()
    job = transfers.submit(job_order())
    return wait(lambda: (now := transfers.access.find(job.id)).status == Status.RUNNING and now)


def chromium_path():
    """Where this machine's browser is."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "there is no Chromium on this machine; scripts/need chromium installs it"
    return path


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for all tests; each test has contexts of its own in it."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MILLISECONDS)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()
