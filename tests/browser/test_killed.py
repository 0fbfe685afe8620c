"""The server's process is killed in the middle of an answer, and started again."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from PIL import Image
from playwright.sync_api import expect

from deploy.cluster import is_ready
from deploy.processes import free_port
from stylekit.cli.serve import WORKER
from stylekit.settings import PROJECT_ROOT
from tests.browser import steps
from tests.fakes import picture_bytes, style_folder

pytestmark = pytest.mark.browser


class Server:
    """A process of its own, which is killed as soon as an awaited request or answer has begun."""

    def __init__(self, folder, wait):
        self.folder, self.wait, self.port = folder, wait, free_port()
        self.awaited, self.is_answer = b"", False
        self.start()
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.let_in, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def start(self):
        bind = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", WORKER, "--threads", "32"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.cluster_process:web()", *bind],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "STYLEKIT_DATA": f"{self.folder / 'data'}",
                "STYLEKIT_STYLES": f"{style_folder(self.folder / 'styles')}",
                "STYLEKIT_REFINE_SECONDS": "0",
                "PAINTED_LOG": f"{self.folder / 'painted'}",
            },
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.wait(lambda: is_ready(f"http://127.0.0.1:{self.port}"))

    def kill(self):
        process = self.process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_at(self, start, *, is_answer=False):
        """Kill it at the next request that begins so: in the middle of it, or of its answer."""
        self.awaited, self.is_answer = start, is_answer

    def let_in(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        """Pass on what both say, until one of them goes."""
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            client.close()
            return
        is_awaited = threading.Event()
        back = threading.Thread(
            target=self.pass_on, args=(server, client, is_awaited, False), daemon=True
        )
        back.start()
        self.pass_on(client, server, is_awaited, True)
        back.join()
        client.close()
        server.close()

    def pass_on(self, source, target, is_awaited, is_request):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if is_request and self.awaited and data.startswith(self.awaited):
                    self.awaited = b""
                    is_awaited.set()
                is_head = data.endswith(b"\r\n\r\n")
                if is_awaited.is_set() and is_request != self.is_answer and not is_head:
                    target.sendall(data[: len(data) // 2])
                    self.kill()
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(tmp_path, wait):
    server = Server(tmp_path, wait)
    yield server
    server.door.close()
    server.kill()


@pytest.fixture
def address(server):
    return server.address


@pytest.fixture
def large(tmp_path):
    """More pixels than are painted for the screen."""
    path = tmp_path / "large.jpg"
    path.write_bytes(picture_bytes(900, 1200, "jpeg"))
    return path


def dies(page, server, act):
    """The way on that the page offers once the server was killed, and is there again."""
    before = steps.pixels(page) if page.locator("[data-shown]").count() else None
    act()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("The server does not answer")
    assert before is None or steps.pixels(page) == before  # the painting stays on the screen
    server.start()
    return notice.get_by_role("button", name="Try again")


def test_it_goes_on_where_it_was(visit, server, large, complaints):
    page = visit("/", viewport={"width": 360, "height": 640})

    def choose():
        server.kill_at(b"POST /api/v1/uploads")
        steps.choose_photo(page, large)
        steps.choose_style(page, "Vermilion")

    dies(page, server, choose).click()
    steps.expect_result(page)

    def choose_another():
        server.kill_at(b"POST /api/v1/transfers")
        steps.choose_style(page, "Indigo")

    dies(page, server, choose_another).click()
    expect(page.get_by_role("img", name="Your photo in the style Indigo")).to_be_visible()

    def download():
        server.kill_at(b"POST /api/v1/transfers", is_answer=True)
        page.get_by_role("button", name="Download").click()

    again = dies(page, server, download)
    with page.expect_download() as download:
        again.click()
    with Image.open(download.value.path()) as painting:
        assert painting.size == (1200, 900)
    page.reload()  # nothing was lost on the way
    expect(page.get_by_role("button", name="Show again:")).to_have_count(2)
    complaints.clear()  # the browser notes each request that did not get through
