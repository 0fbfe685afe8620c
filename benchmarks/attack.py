"""Attacks a server on this machine, and counts what it cost: `python -m benchmarks.attack`.

Starts `stylekit serve` on a free port, sends hostile files and requests, holds connections open
that say nothing or little, has costly files read, fills every place, and prints one table.
"""

import base64
import http.client
import io
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from benchmarks import hostile
from benchmarks.http import start

REQUESTS, CONNECTIONS, EVIL = 400, 50, 2
STALL_SECONDS, LIMIT_SECONDS = 12.0, 0.5
LARGE_SIDE = 7000  # of the pictures that fill every place
ORDERS = 24
SEED = 16
PAUSE = 0.05

Row = tuple[str, str, str]
"""What was tried, what came of it, and what is promised."""


class Server:
    """A server of our own, asked over the network."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        """It was started already."""
        self.port, self.process = port, process

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of the answer; 0 where the connection was closed without one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        finally:
            connection.close()

    def megabytes(self) -> float:
        """Memory of the server and of all that it started; what they share counts once."""
        return sum(map(proportional_kilobytes, family(self.process.pid))) / 1024


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    parents = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def proportional_kilobytes(pid: int) -> int:
    """What a process holds; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


# What is measured -------------------------------------------------------------------------------


def hostile_requests(server: Server) -> Row:
    """Files and requests that are not quite right."""
    found = []
    for each in itertools.islice(hostile.requests(SEED), REQUESTS):
        headers = {
            k: v.encode("latin-1", "replace").decode("latin-1") for k, v in each.headers.items()
        }
        found.append(server.ask(each.method, each.path, each.body, **headers))
    broken = sum(status in (500, 502) for status in found)
    return f"{REQUESTS} hostile requests (seed {SEED})", f"{broken} × 500", "0"


def stalls(server: Server, name: str, quiet: dict[str, float]) -> Iterator[Row]:
    """The longest waits of a light address and of a painting."""
    for what, seconds in longest(server).items():
        most = max(LIMIT_SECONDS, 2 * quiet.get(what, 0))
        yield f"longest {what}, {name}", f"{seconds:.2f} s", f"≤ {most:.2f} s"


def longest(server: Server) -> dict[str, float]:
    """Seconds of the slowest answer of each address, asked for a while."""
    photo = base64.b64encode(photograph(512)).decode()
    order = json.dumps({"image": photo, "painter": 1}).encode()
    asked: dict[str, Callable[[], int]] = {
        "/healthz": lambda: server.ask("GET", "/healthz"),
        "/transfer": lambda: server.ask("POST", "/transfer", order),
    }
    slowest = dict.fromkeys(asked, 0.0)

    def ask(name: str) -> None:
        end = time.monotonic() + STALL_SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            status = asked[name]()
            took = time.monotonic() - began if status == 200 else float("inf")
            slowest[name] = max(slowest[name], took)
            time.sleep(PAUSE)

    run_all([lambda name=name: ask(name) for name in asked])  # type: ignore[misc]
    return slowest


def photograph(side: int) -> bytes:
    """A JPEG that is soon made."""
    file = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((side, side)).save(file, "JPEG")
    return file.getvalue()


def run_all(jobs: list[Callable[[], object]]) -> None:
    """Each in a thread of its own, until all have ended."""
    threads = [threading.Thread(target=job) for job in jobs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


@contextmanager
def evil_files(server: Server) -> Iterator[None]:
    """Some are always being read."""
    over, file = threading.Event(), hostile.costly()

    def send() -> None:
        while not over.is_set():
            server.ask("POST", "/api/v1/uploads", file)

    threads = [threading.Thread(target=send) for _ in range(EVIL)]
    for each in threads:
        each.start()
    time.sleep(1)
    yield
    over.set()
    for each in threads:
        each.join()


@contextmanager
def connections(server: Server, head: bytes, drop: bytes) -> Iterator[None]:
    """Connections that say `head`, and then `drop` each second."""
    over = threading.Event()
    made = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CONNECTIONS)]

    def say() -> None:
        for words in itertools.chain([head], itertools.repeat(drop)):
            for each in made:
                try:
                    each.sendall(words)
                except OSError:
                    continue
            if over.wait(1):
                return

    thread = threading.Thread(target=say)
    thread.start()
    yield
    over.set()
    thread.join()
    for each in made:
        each.close()


def memory(server: Server) -> Row:
    """Every place and line full of the largest pictures."""
    photo = photograph(LARGE_SIDE)
    peak, over = [server.megabytes()], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], server.megabytes())

    watching = threading.Thread(target=watch)
    watching.start()
    path = "/api/v1/transfers?style_id=woodblock-wave"
    run_all([lambda: server.ask("POST", path, photo)] * ORDERS)
    over.set()
    watching.join()
    return f"peak memory, {ORDERS} orders of {LARGE_SIDE}² at once", f"{peak[0]:,.0f} MB", "stated"


# ------------------------------------------------------------------------------------------------


def rows(server: Server) -> Iterator[Row]:
    """Every attack, one after the other."""
    yield hostile_requests(server)
    quiet = longest(server)
    for what, seconds in quiet.items():
        yield f"longest {what}, quiet", f"{seconds:.2f} s", "–"
    with evil_files(server):
        yield from stalls(server, f"{EVIL} costly files", quiet)
    order = b"POST /transfer HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n"
    with connections(server, order, b" "):
        yield from stalls(server, f"{CONNECTIONS} slow", quiet)
    with connections(server, b"", b""):
        yield from stalls(server, f"{CONNECTIONS} mute", quiet)
    yield memory(server)


def main() -> None:
    """Start, attack, stop, print."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = start(port, folder)
        server = Server(port, process)
        try:
            while server.ask("GET", "/readyz") != 200 and process.poll() is None:
                time.sleep(0.2)
            load, cores = os.getloadavg()[0], os.cpu_count()
            print(f"One server, {cores} cores, load {load:.1f} before\n")
            print("| attack | came of it | promised |\n|---|---|---|")
            for row in rows(server):
                print(f"| {' | '.join(row)} |", flush=True)
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
