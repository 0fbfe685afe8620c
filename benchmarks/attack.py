"""Attacks a server on this machine, and counts what it cost: `python -m benchmarks.attack`.

Starts `stylekit serve` on a free port, sends hostile files and requests, holds connections open
that say nothing or little, has costly files read, fills every place; floods a small one
(`benchmarks.fairness`), breaks clusters (`benchmarks.chaos`, with `--chaos SEED …`), and prints
one table. Ends with 1 where a promise is not kept.
"""

import argparse
import base64
import http.client
import io
import itertools
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from benchmarks import chaos, fairness, hostile
from benchmarks.http import start
from benchmarks.nginx import nginx
from stylekit.settings import Settings

REQUESTS, CONNECTIONS, EVIL, EVIL_OF_ONE = 400, 50, 2, 6
STALL_SECONDS, LIMIT_SECONDS = 12.0, 0.5
LARGE_SIDE = 7000  # of the pictures that fill every place
ORDERS = 24
SEED = 16
PAUSE = 0.05
STATED_MEGABYTES, STATED_BYTES_A_PIXEL = 1500, 64  # docs/deploying.md
LEAST_SHARE = 0.45
ATTACKER, VISITOR = 2, 3  # addresses
ANSWERED = (200, 429)  # the second is nginx's limit of orders


@dataclass(frozen=True)
class Row:
    """What was tried, what came of it, what is promised, and whether that is kept."""

    tried: str
    came: str
    promised: str = "–"
    is_kept: bool = True

    def __str__(self) -> str:
        """A line of the table."""
        kept = "" if self.promised == "–" else "yes" if self.is_kept else "**no**"
        return f"| {self.tried} | {self.came} | {self.promised} | {kept} |"


class Server:
    """A server of our own, asked over the network."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        """It was started already."""
        self.port, self.process = port, process

    def ask(
        self, method: str, path: str, body: bytes = b"", *, visitor: int = 1, **headers: str
    ) -> int:
        """The status of the answer; 0 where the connection was closed without one.

        Each `visitor` has an address, all of this machine.
        """
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=120, source_address=(f"127.0.0.{visitor}", 0)
        )
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
    tried = f"{REQUESTS} hostile files and requests (seed {SEED})"
    return Row(tried, f"{broken} × 500", "0", broken == 0)


def stalls(server: Server, name: str, quiet: dict[str, float]) -> Iterator[Row]:
    """The longest waits of a light address and of a painting."""
    for what, seconds in longest(server).items():
        most = max(LIMIT_SECONDS, 2 * quiet.get(what, 0))
        promised = f"≤ {most:.2f} s"
        yield Row(f"longest {what}, {name}", f"{seconds:.2f} s", promised, seconds <= most)


def longest(server: Server) -> dict[str, float]:
    """Seconds of the slowest answer of each address, asked for a while."""
    photo = base64.b64encode(photograph(512)).decode()
    order = json.dumps({"image": photo, "painter": 1}).encode()
    asked: dict[str, Callable[[], int]] = {
        "/healthz": lambda: server.ask("GET", "/healthz", visitor=VISITOR),
        "/transfer": lambda: server.ask("POST", "/transfer", order, visitor=VISITOR),
    }
    slowest = dict.fromkeys(asked, 0.0)

    def ask(name: str) -> None:
        end = time.monotonic() + STALL_SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            status = asked[name]()
            took = time.monotonic() - began if status in ANSWERED else float("inf")
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
def evil_files(server: Server, count: int) -> Iterator[None]:
    """So many are always being read, if their one address gets the places."""
    over, file = threading.Event(), hostile.costly()

    def send() -> None:
        while not over.is_set():
            server.ask("POST", "/api/v1/uploads", file, visitor=ATTACKER)

    threads = [threading.Thread(target=send) for _ in range(count)]
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
    address, attacker = ("127.0.0.1", server.port), (f"127.0.0.{ATTACKER}", 0)
    made = [socket.create_connection(address, None, attacker) for _ in range(CONNECTIONS)]

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
    """Every place and line full of the largest pictures, each from another address."""
    photo = photograph(LARGE_SIDE)
    peak, over = [server.megabytes()], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], server.megabytes())

    watching = threading.Thread(target=watch)
    watching.start()
    path = "/api/v1/transfers?style_id=woodblock-wave"
    run_all([order_from(server, path, photo, ATTACKER + number) for number in range(ORDERS)])
    over.set()
    watching.join()
    most = stated_megabytes(Settings().max_pixels)
    tried = f"peak memory, {ORDERS} orders of {LARGE_SIDE}² at once"
    return Row(tried, f"{peak[0]:,.0f} MB", f"≤ {most:,.0f} MB", peak[0] <= most)


def order_from(server: Server, path: str, photo: bytes, visitor: int) -> Callable[[], int]:
    """Somebody who orders a painting."""
    return lambda: server.ask("POST", path, photo, visitor=visitor)


def stated_megabytes(max_pixels: int) -> float:
    """What docs/deploying.md promises for a server with every place and line full."""
    return STATED_MEGABYTES + STATED_BYTES_A_PIXEL * max_pixels / 1e6


def shares() -> Iterator[Row]:
    """What a second owner gets during a flood, and how soon a deleted picture's bytes are gone."""
    for name, value in fairness.rows().items():
        if name.startswith("share"):
            share = float(str(value))
            promised = f"≥ {LEAST_SHARE:.0%}"
            yield Row(name, f"{share:.0%}", promised, share >= LEAST_SHARE)
        if name.startswith("seconds"):
            yield Row(name, f"{value} s", "0 s", value == 0)


def broken_clusters(seeds: list[int], minutes: float) -> Iterator[Row]:
    """Clusters whose processes are killed, stopped and frozen at random."""
    kind = chaos.Kind(is_shipped=False, is_real=False)
    for seed in seeds:
        report = chaos.broken_at_random(seed, minutes, kind)
        tried = f"chaos, seed {seed}: {report['faults']} faults, {report['jobs accepted']} jobs"
        yield Row(tried, f"{len(report['wrong'])} wrong", "0", not report["wrong"])


# ------------------------------------------------------------------------------------------------


def rows(server: Server) -> Iterator[Row]:
    """Every attack on one server, one after the other."""
    yield hostile_requests(server)
    quiet = longest(server)
    for what, seconds in quiet.items():
        yield Row(f"longest {what}, quiet", f"{seconds:.2f} s")
    with evil_files(server, EVIL):
        yield from stalls(server, f"{EVIL} costly files", quiet)
    with evil_files(server, EVIL_OF_ONE):
        yield from stalls(server, f"{EVIL_OF_ONE} costly files of another address", quiet)
    yield from slow_clients(server, quiet)
    yield memory(server)


def slow_clients(server: Server, quiet: dict[str, float], where: str = "") -> Iterator[Row]:
    """Connections that send a body a byte a second, and connections that send nothing."""
    order = b"POST /transfer HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n"
    with connections(server, order, b" "):
        yield from stalls(server, f"{CONNECTIONS} slow connections{where}", quiet)
    with connections(server, b"", b""):
        yield from stalls(server, f"{CONNECTIONS} mute connections{where}", quiet)


def behind_nginx() -> Iterator[Row]:
    """The same through the shipped configuration of nginx."""
    os.environ["STYLEKIT_PROXIES"] = "1"
    with serving() as server, nginx(server.port) as port:
        server.port = port
        quiet = longest(server)
        for what, seconds in quiet.items():
            yield Row(f"longest {what}, behind nginx, quiet", f"{seconds:.2f} s")
        yield from slow_clients(server, quiet, ", behind nginx")


@contextmanager
def serving() -> Iterator[Server]:
    """A server as `make run` starts it, with its data in a folder that goes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = start(port, folder)
        server = Server(port, process)
        try:
            while server.ask("GET", "/readyz") != 200 and process.poll() is None:
                time.sleep(0.2)
            yield server
        finally:
            process.terminate()
            process.wait(60)


def every_row(told: argparse.Namespace) -> Iterator[Row]:
    """All attacks."""
    with serving() as server:
        yield from rows(server)
    if told.nginx:
        yield from behind_nginx()
    yield from shares()
    yield from broken_clusters(told.chaos, told.minutes)


def main() -> int:
    """Start, attack, stop, print; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser("python -m benchmarks.attack")
    parser.add_argument("--nginx", action="store_true", help="slow clients before nginx, too")
    parser.add_argument("--chaos", type=int, nargs="+", default=[], help="seeds")
    parser.add_argument("--minutes", type=float, default=1.0, help="of each seed's chaos")
    told = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d, %H:%M} UTC, {os.cpu_count()} cores ({platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}), load {os.getloadavg()[0]:.1f} "
        "before.\n\n| attack | came of it | promised | kept |\n|---|---|---|---|",
        flush=True,
    )
    broken = 0
    for row in every_row(told):
        print(row, flush=True)
        broken += not row.is_kept
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
