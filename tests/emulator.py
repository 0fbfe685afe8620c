"""A Cloud Storage emulator over HTTP, and a server that misbehaves as real ones do."""

import base64
import contextlib
import gc
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from stylekit.storage import BucketStore

BUCKET = "pictures"


def client_of(address: str, credentials: Any = None) -> Any:
    """A client that speaks to this server instead of Google's."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage  # here and below: only those who need it wait for it

    return storage.Client(
        project="test",
        credentials=credentials or AnonymousCredentials(),
        client_options={"api_endpoint": address},
    )


@pytest.fixture(scope="session")
def emulator_address() -> Iterator[str]:
    """The address of a running emulator with one bucket."""
    from gcp_storage_emulator.server import create_server

    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    server.start()
    yield f"http://127.0.0.1:{server._api._httpd.server_port}"
    server.stop()


@pytest.fixture
def bucket_client(emulator_address: str) -> Iterator[Any]:
    """A client of the emulator whose bucket is empty."""
    client = client_of(emulator_address)
    for blob in list(client.list_blobs(BUCKET)):
        blob.delete()
    yield client
    client.close()


class Trouble(ThreadingHTTPServer):
    """Answers every download as it is told, and counts the requests."""

    daemon_threads = True

    def __init__(self, answer: Callable[["Answering"], object]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answer = answer
        self.requests = 0
        self.over = threading.Event()  # lets a slow answer end with its test
        self.address = f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    """One request."""

    server: Trouble

    def do_GET(self) -> None:
        self.server.requests += 1
        with contextlib.suppress(OSError):
            self.server.answer(self)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    do_DELETE = do_GET

    def fail(self, status: int) -> None:
        """An error as Cloud Storage words it."""
        body = json.dumps({"error": {"code": status, "message": "trouble"}}).encode()
        self.begin(status, len(body), {"Content-Type": "application/json"})
        self.wfile.write(body)

    def succeed(self, data: bytes, checksum_of: bytes | None = None) -> None:
        """The bytes, with the checksum of them or of others."""
        import google_crc32c

        crc32c = google_crc32c.Checksum(data if checksum_of is None else checksum_of).digest()
        checksum = base64.b64encode(crc32c).decode()
        self.begin(200, len(data), {"X-Goog-Hash": f"crc32c={checksum}"})
        self.wfile.write(data)

    def stall(self, data: bytes) -> None:
        """Half of the bytes, and then silence."""
        self.begin(200, len(data), {})
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.server.over.wait(20)

    def begin(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:
        """Keep quiet."""


@pytest.fixture
def troubled() -> Iterator[Callable[..., tuple[Trouble, BucketStore]]]:
    """Start a server that answers every request with a function of ours, and a store on it."""
    started: list[tuple[Trouble, Any]] = []

    def start(
        answer: Callable[[Answering], object], **limits: float
    ) -> tuple[Trouble, BucketStore]:
        server = Trouble(answer)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = client_of(server.address)
        started.append((server, client))
        return server, BucketStore(BUCKET, client=client, **limits)

    yield start
    for server, client in started:
        client.close()
        server.over.set()
        server.shutdown()
        server.server_close()
    gc.collect()  # the client library leaves answers that failed open; let that not fall on others
