"""Random kills: is every job done exactly once, whatever is killed, stopped or frozen meanwhile?

`python -m benchmarks.chaos --minutes 10 --seed 1` starts a whole cluster on this machine (RabbitMQ,
Redis, PostgreSQL, two web processes, two workers with quick stand-in engines), submits and deletes
jobs all the while, and does something bad every few seconds. Then it counts, and prints one JSON
for each seed and a table of all.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.customers import Customer, union, watching
from benchmarks.ledger import Ledger
from deploy.cluster import Cluster, Process
from deploy.processes import Server, ServerBroken, free_port
from tests.fakes import style_folder

LONGEST_DOWN, LONGEST_FROZEN = 6.0, 8.0  # seconds
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two faults
UNTIL_ALL_ENDED = 240.0  # seconds after the last fault
RESTARTS = 10  # PostgreSQL refuses while a process of the one that was killed is still there
LONGEST_FROZEN_SHIPPED = 20.0
SLOWLY = {"STEP_SECONDS": "0.06"}  # of ten
LEASE = {
    "STYLEKIT_LEASE_SECONDS": "5",
    "STYLEKIT_MAX_ATTEMPTS": "20",  # a job that is hit again and again must not fail for it
}
COLUMNS = ("seed", "minutes", "faults", "jobs accepted", "jobs deleted", "jobs done", "wrong")
TABLE_HEAD = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]

Report = dict[str, Any]


def main() -> int:
    """Every seed that is asked for, one after the other; 1 where anything was wrong."""
    parser = argparse.ArgumentParser("python -m benchmarks.chaos")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument(
        "--shipped", action="store_true", help="lease and attempts as shipped, freezes of 20 s"
    )
    parser.add_argument("--real", action="store_true", help="the shipped networks paint")
    parser.add_argument("--logs", default="", help="a folder to keep every process's log in")
    told = parser.parse_args()
    kind = Kind(is_shipped=told.shipped, is_real=told.real)
    reports = []
    for seed in told.seed:
        reports.append(report := broken_at_random(seed, told.minutes, kind, logs=told.logs))
        for name, value in report.items():
            print(f"  {name:58} {value}")
        print(json.dumps(report), flush=True)
    print("\n".join(TABLE_HEAD + [row_of(report) for report in reports]))
    return int(any(report["wrong"] for report in reports))


def broken_at_random(seed: int, minutes: float, kind: "Kind", *, logs: str = "") -> Report:
    """Start a cluster, break it, count; every process's log goes to the folder `logs`."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), kind) as cluster:
        ledger = Ledger(cluster, may_give_up=kind.is_shipped)
        faults = Faults(cluster, random.Random(seed))
        faults.longest_frozen = LONGEST_FROZEN_SHIPPED if kind.is_shipped else LONGEST_FROZEN
        customers = [
            Customer(
                address, number, style=kind.style, options=kind.options, files=ledger.files_folder
            )
            for number, address in enumerate(cluster.addresses)
        ]
        with watching(cluster.addresses, customers) as lies:
            faults.go_on_for(minutes * 60)
            for customer in customers:
                customer.leave()
        ledger.check(
            "lies told meanwhile", [*lies, *(lie for each in customers for lie in each.lies)]
        )
        found = ledger.closed(
            accepted=union(each.accepted for each in customers),
            asked=union(each.asked for each in customers),
            deleted=union(each.deleted for each in customers),
            seconds=UNTIL_ALL_ENDED,
        )
        found["processes that gave up and were started again"] = faults.given_up
        found["parents whose children lived on"] = faults.end_orphans()
        for log in cluster.folder.glob("*.log") if logs else ():
            shutil.copy(log, logs)
    report = {"seed": seed, "minutes": minutes, "faults": len(faults.done)}
    kinds = {f"… {name}": count for name, count in Counter(faults.done).most_common()}
    return report | kinds | found


def row_of(report: Report) -> str:
    """One line of the table of all seeds."""
    values = [report[name] for name in COLUMNS]
    return f"| {' | '.join(map(str, values))} |"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What kind of cluster is broken."""

    is_shipped: bool
    is_real: bool

    @property
    def style(self) -> str:
        """A preset that it has."""
        return "woodblock-wave" if self.is_real else "celadon"

    @property
    def options(self) -> dict[str, Any]:
        """Of the slow engine: little work."""
        return {"iterations": 8, "max_side": 64} if self.is_real else {}

    def cluster(self, folder: Path) -> Cluster:
        """It, not started yet."""
        ports, lease = [free_port(), free_port()], {} if self.is_shipped else LEASE
        if self.is_real:
            return Cluster(ports, settings=lease)
        style_folder(folder / "styles")
        places = {"STYLEKIT_STYLES": folder / "styles", "PAINTED_LOG": folder / "painted.log"}
        worker = ("tests.cluster_process", "worker")
        return Cluster(
            ports,
            web="tests.cluster_process:web()",
            workers=[worker, worker],
            settings=lease | SLOWLY | {name: str(place) for name, place in places.items()},
        )


@contextmanager
def running(folder: Path, kind: Kind) -> Iterator[Cluster]:
    """A cluster; unless it is a real one, its workers tint pictures instead of painting them."""
    cluster = kind.cluster(folder)
    try:
        cluster.start()
        if kind.is_real:
            cluster.wait_for_workers()
        yield cluster
    finally:
        cluster.close()


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
            print(f"{at:7.1f} s  {self.done[-1]}", file=sys.stderr, flush=True)
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
