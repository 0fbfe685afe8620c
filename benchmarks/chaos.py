"""Random kills: is every job done exactly once, whatever is killed, stopped or frozen meanwhile?

`python -m benchmarks.chaos --minutes 10 --seed 1` starts a whole cluster on this machine (RabbitMQ,
Redis, PostgreSQL, two web processes, two workers with quick stand-in engines), submits jobs all the
while, and does something bad every few seconds. Then it counts; the last line is one JSON.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

from benchmarks.ledger import Ledger
from deploy.cluster import Cluster, Process
from deploy.processes import Server, ServerBroken, free_port
from stylekit.client import Client, NotReachable, ServerError
from tests.fakes import picture_bytes, style_folder

LONGEST_DOWN, LONGEST_FROZEN = 6.0, 8.0  # seconds
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two faults
NEWEST = 5  # jobs of each customer that are watched
LOOK_SECONDS = 1.0  # between two looks of whoever watches for lies
A_JOB_EVERY = 0.7  # seconds, from each of two customers
UNTIL_ALL_ENDED = 240.0  # seconds after the last fault
RESTARTS = 10  # PostgreSQL refuses while a process of the one that was killed is still there
LONGEST_FROZEN_SHIPPED = 20.0
SHIPPED = {"STEP_SECONDS": "0.06"}  # lease and attempts as they come
SETTINGS = {
    "STYLEKIT_LEASE_SECONDS": "5",
    "STYLEKIT_MAX_ATTEMPTS": "20",  # a job that is hit again and again must not fail for it
    "STEP_SECONDS": "0.06",  # of ten
}


def main() -> int:
    """Start, break, count, print."""
    parser = argparse.ArgumentParser("python -m benchmarks.chaos")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--shipped", action="store_true", help="lease and attempts as shipped, freezes of 20 s"
    )
    parser.add_argument("--logs", help="a folder to keep every process's log in")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), told.shipped) as cluster:
        ledger = Ledger(cluster, may_give_up=told.shipped)
        faults = Faults(cluster, random.Random(told.seed))
        faults.longest_frozen = LONGEST_FROZEN_SHIPPED if told.shipped else LONGEST_FROZEN
        customers = [Customer(address, number) for number, address in enumerate(cluster.addresses)]
        with watching(cluster, customers) as lies:
            faults.go_on_for(told.minutes * 60)
        ledger.check("lies told meanwhile", lies)
        ids = {id for customer in customers for id in customer.leave()}
        found = ledger.closed(ids, UNTIL_ALL_ENDED)
        found["processes that gave up and were started again"] = faults.given_up
        found["parents whose children lived on"] = faults.end_orphans()
        for log in cluster.folder.glob("*.log") if told.logs else ():
            shutil.copy(log, told.logs)
    report = {"seed": told.seed, "minutes": told.minutes, "faults": len(faults.done)}
    report |= {f"… {name}": count for name, count in Counter(faults.done).most_common()} | found
    for name, value in report.items():
        print(f"  {name:58} {value}")
    print(json.dumps(report))
    return 1 if found["wrong"] else 0


@contextmanager
def running(folder: Path, is_shipped: bool) -> Iterator[Cluster]:
    """A cluster whose workers tint pictures instead of painting them."""
    style_folder(folder / "styles")
    places = {"STYLEKIT_STYLES": folder / "styles", "PAINTED_LOG": folder / "painted.log"}
    worker = ("tests.cluster_process", "worker")
    cluster = Cluster(
        [free_port(), free_port()],
        web="tests.cluster_process:web()",
        workers=[worker, worker],
        settings=(SHIPPED if is_shipped else SETTINGS)
        | {name: str(place) for name, place in places.items()},
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@contextmanager
def watching(cluster: Cluster, customers: list["Customer"]) -> Iterator[list[str]]:
    """While the block runs, look at every job: one that is called done can be fetched, at once."""
    lies, is_over = list[str](), threading.Event()

    def look() -> None:
        clients = [Client(address, timeout=10) for address in cluster.addresses]
        while not is_over.wait(LOOK_SECONDS):
            newest = [id for each in customers for id in each.accepted[-NEWEST:]]
            for client, id in product(clients, newest):
                with suppress(NotReachable, ServerError):
                    lies.extend(lies_of(client, id))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lies
    finally:
        is_over.set()
        thread.join()


def lies_of(client: Client, id: str) -> list[str]:
    """What a job says that is not so."""
    job = client.job(id)
    if job.status != "done":
        return [f"{id} is {job.status} and at 100 %"] if job.progress >= 1 else []
    try:
        client.result(id)
    except ServerError as error:
        if error.status < 500:  # the store or the table may be away
            return [f"{id} is done, and its result is {error.status}"]
    return []


class Customer:
    """Submits one picture after the other at one web process, each until it is accepted."""

    def __init__(self, address: str, number: int) -> None:
        """Begin."""
        self.client, self.number = Client(address, timeout=20), number
        self.accepted: list[str] = []
        self._is_leaving = threading.Event()
        self._thread = threading.Thread(target=self._submit)
        self._thread.start()

    def leave(self) -> list[str]:
        """Submit nothing more; returns the ids of what was accepted."""
        self._is_leaving.set()
        self._thread.join()
        return self.accepted

    def _submit(self) -> None:
        count = 0
        while not self._is_leaving.wait(A_JOB_EVERY):
            picture = picture_bytes(seed=2 * count + self.number)
            try:
                job = self.client.submit(picture, "celadon", engine=("fast", "gatys")[count % 2])
            except ServerError as error:
                if error.status != 503:
                    raise
            except NotReachable:
                pass
            else:
                self.accepted.append(job.id)
                count += 1


class Faults:
    """Everything that can go wrong with a process, at random."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        """Nothing is wrong yet."""
        self.cluster, self.chance = cluster, chance
        self.done: list[str] = []
        self.longest_frozen = LONGEST_FROZEN
        self.given_up = 0  # processes that ended themselves and were started again
        self.orphaned: list[int] = []  # groups of which only the parent was killed

    def go_on_for(self, seconds: float) -> None:
        """One fault after the other; at the end everything runs."""
        kinds: list[Callable[[], str]] = [
            self.kill_a_worker,
            self.kill_a_worker,
            self.kill_a_parent,
            self.kill_a_parent,
            self.kill_a_child,
            self.kill_a_child,
            self.kill_a_child,
            self.kill_a_web,
            self.kill_a_web,
            self.freeze,
            self.freeze,
            self.stop_a_server,
            self.stop_a_server,
            self.kill_a_server,
            self.kill_a_server,
        ]
        end, started = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end:
            time.sleep(self.chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
            self.look_after()
            at = time.monotonic() - started
            self.done.append(self.chance.choice(kinds)())
            print(f"{at:7.1f} s  {self.done[-1]}", flush=True)
        time.sleep(LONGEST_PAUSE)
        self.look_after()

    def look_after(self) -> None:
        """Start again what ended by itself, as a supervisor would."""
        for process in [*self.cluster.workers, *self.cluster.webs]:
            if not process.is_running():
                self.given_up += 1
                process.start()

    def end_orphans(self) -> int:
        """Leave nothing running; says how many groups still were."""
        alive = [group for group in self.orphaned if is_alive(group)]
        for group in alive:
            os.killpg(group, signal.SIGKILL)
        return len(alive)

    def kill_a_worker(self) -> str:
        """As a power cut would."""
        return self._kill(self.chance.choice(self.cluster.workers), "a worker was killed")

    def kill_a_web(self) -> str:
        """The same to a web process."""
        return self._kill(self.chance.choice(self.cluster.webs), "a web process was killed")

    def kill_a_parent(self) -> str:
        """The parent alone; its children are left to themselves."""
        process = self.chance.choice([*self.cluster.workers, *self.cluster.webs])
        assert process.running
        process.running.kill()
        process.running.wait()
        self._rest(LONGEST_DOWN)
        self.orphaned.append(process.running.pid)
        process.start()
        return f"the parent of a {process.name.split('-')[0]} process was killed alone"

    def kill_a_child(self) -> str:
        """A child alone; its parent has to notice."""
        process = self.chance.choice([*self.cluster.workers, *self.cluster.webs])
        for child in children(process):
            os.kill(child, signal.SIGKILL)
        return f"the child of a {process.name.split('-')[0]} process was killed alone"

    def freeze(self) -> str:
        """Whole processes stand still, as on a machine that swaps, and go on as if nothing were."""
        what = self.chance.choice(
            [*self.cluster.workers, *self.cluster.webs, *self.cluster.servers]
        )
        running = what.running if isinstance(what, Process) else what.process
        assert running
        os.killpg(running.pid, signal.SIGSTOP)
        self._rest(self.longest_frozen)
        os.killpg(running.pid, signal.SIGCONT)
        return f"{what.name.split('-')[0]} stood still"

    def stop_a_server(self) -> str:
        """As an administrator would."""
        server = self.chance.choice(self.cluster.servers)
        server.stop()
        return self._start(server, "stopped")

    def kill_a_server(self) -> str:
        """As a power cut would."""
        server = self.chance.choice(self.cluster.servers)
        server.kill()
        return self._start(server, "killed")

    def _kill(self, process: Process, what: str) -> str:
        process.kill()
        self._rest(LONGEST_DOWN)
        process.start()
        return what

    def _start(self, server: Server, what: str) -> str:
        self._rest(LONGEST_DOWN)
        for _ in range(RESTARTS):
            with suppress(ServerBroken):
                server.start()
                break
            time.sleep(1)
        return f"{server.name} was {what}"

    def _rest(self, longest: float) -> None:
        time.sleep(self.chance.uniform(0, longest))


def children(process: Process) -> list[int]:
    """The ids of the processes that a process started."""
    assert process.running
    id = process.running.pid
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{id}/task/{id}/children").read_text().split()]
    return []


def is_alive(group: int) -> bool:
    """Whether any process of the group is."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
