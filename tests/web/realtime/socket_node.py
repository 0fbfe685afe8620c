"""npm's socket.io-client in a process of its own, and the server that it speaks to."""

import json
import queue
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import make_server

FOLDER = Path(__file__).parent / "socket_client"
PATIENCE_SECONDS = 60


def install():
    """What package.json names, once; nothing where it is there already."""
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]["socket.io-client"]
    there = FOLDER / "node_modules" / "socket.io-client" / "package.json"
    if there.exists() and json.loads(there.read_text())["version"] == wanted:
        return
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=300)


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

    def __init__(self, address, **options):
        """Start it; see socket.io-client for the options."""
        self._events, self._acks = queue.Queue(), queue.Queue()
        self._passed = []
        self._process = subprocess.Popen(
            ["node", "client.js", address, json.dumps(options)],
            cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
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
