"""npm's socket.io-client, of version 4 or 2, in a process of its own, and a server for it."""

import json
import queue
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import make_server

from stylekit import images
from tests.fakes import COLORS, picture_bytes

FOLDER = Path(__file__).parent / "socket_client"
PATIENCE_SECONDS = 60


def install():
    """What package.json names, once; nothing where it is there already."""
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    if all(installed(name) == version.rpartition("@")[2] for name, version in wanted.items()):
        return
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=300)


def installed(name):
    """The version that is there; None where there is none."""
    there = FOLDER / "node_modules" / name / "package.json"
    return json.loads(there.read_text())["version"] if there.exists() else None


@contextmanager
def serving(app):
    """The application on a port of its own; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


class SocketClient:
    """A client that was told to connect."""

    def __init__(self, address, *, version=4, **options):
        """Start it; see socket.io-client for the options."""
        self._events, self._acks = queue.Queue(), queue.Queue()
        self._passed = []
        self._process = subprocess.Popen(
            ["node", "client.js", str(version), address, json.dumps(options)],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            told = json.loads(line)
            self._acks.put(told["ack"]) if "ack" in told else self._events.put(told)

    def emit(self, event, *args):
        """Send an event; returns what its callback was given."""
        self._tell(emit=event, args=args)
        return self._acks.get(timeout=PATIENCE_SECONDS)

    def do(self, what):
        """`connect`, `disconnect` or `drop`."""
        self._tell(do=what)

    def wait_for(self, event, seconds=PATIENCE_SECONDS):
        """The data of the first event of that name; others can be waited for later."""
        for at, told in enumerate(self._passed):
            if told["event"] == event:
                return self._passed.pop(at).get("data")
        while (told := self._events.get(timeout=seconds))["event"] != event:
            self._passed.append(told)
        return told.get("data")

    def heard(self):
        """The names of all events that came and were not waited for."""
        new = [self._events.get() for _ in range(self._events.qsize())]
        return [told["event"] for told in (*self._passed, *new)]

    def close(self):
        """Let it end."""
        self._process.stdin.close()
        self._process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=PATIENCE_SECONDS)
        self._process.stdout.close()

    def _tell(self, **command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()


@contextmanager
def connecting(version):
    """`connect(address, **options)`: a client of that version, which has connected."""
    install()
    clients = []

    def connect(address, **options):
        clients.append(SocketClient(address, version=version, **options))
        clients[-1].wait_for("connect")
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


PHOTO = images.data_url(picture_bytes(40, 60, "jpeg"))
STYLE = images.data_url(picture_bytes(64, 64, color=COLORS["indigo"]))


def transfer(client, **change):
    """The id of a painting that was begun."""
    error, answer = client.emit("TRANSFER_STYLE", {"image": PHOTO, "style": STYLE, **change})
    assert error is None
    return answer["requestId"]


def fetched(url):
    """What is at the address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()
