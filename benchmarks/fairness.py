"""Shares and deletions under attack: rows of the table that `benchmarks.attack` prints.

`python -m benchmarks.fairness` starts a small application in this process, with engines that tint.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.errors import Busy
from stylekit.jobs import Job
from stylekit.settings import Settings
from stylekit.transfers.access import Caller
from stylekit.wiring import Parts
from tests.fakes import TintEngine, job_order, picture_bytes, style_folder

PAINTING_SECONDS = 0.05
ROUNDS = 20  # paintings of which the shares are counted
FLOOD_THREADS = 4

Rows = dict[str, object]


@contextmanager
def application(folder: Path) -> Iterator[Parts]:
    """Everything in one process; a painting takes a twentieth of a second."""
    settings = Settings(data=folder / "data", styles=str(style_folder(folder / "styles")))
    engines = {
        name: TintEngine(name, steps=1, step_seconds=PAINTING_SECONDS) for name in ("fast", "gatys")
    }
    parts = wiring.build(settings, Engines({n: lambda e=e: e for n, e in engines.items()}))
    try:
        yield parts
    finally:
        parts.close()


class Flood:
    """One address that orders as fast as it can, each time with another cookie or with one."""

    def __init__(self, parts: Parts, *, has_many_cookies: bool) -> None:
        """Begin."""
        self.parts, self.has_many_cookies = parts, has_many_cookies
        self.accepted = self.refused = 0
        self.is_over = threading.Event()
        self.threads = [
            threading.Thread(target=self.send, args=(number,)) for number in range(FLOOD_THREADS)
        ]
        for thread in self.threads:
            thread.start()

    def send(self, number: int) -> None:
        """Order one picture after the other."""
        seed = number * 1_000_000
        while not self.is_over.is_set():
            seed += 1
            owner = f"flood-{seed}" if self.has_many_cookies else "flood"
            order = job_order(owner=owner, options={"seed": seed})
            try:
                self.parts.transfers.submit(replace(order, address="203.0.113.9"))
                self.accepted += 1
            except Busy:
                self.refused += 1
                time.sleep(0.01)

    def end(self) -> None:
        """Send nothing more."""
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def share_of_a_second_owner(*, has_many_cookies: bool) -> Rows:
    """What part of the paintings somebody gets who keeps two orders in line during a flood."""
    with tempfile.TemporaryDirectory() as folder, application(Path(folder)) as parts:
        flood = Flood(parts, has_many_cookies=has_many_cookies)
        try:
            share = counted(parts)
        finally:
            flood.end()
    name = "many cookies" if has_many_cookies else "one cookie"
    return {
        f"share of a second owner while {name} of one address flood": round(share, 3),
        f"… orders of the flood accepted, refused ({name})": [flood.accepted, flood.refused],
    }


def counted(parts: Parts) -> float:
    """Keep two of mine in line, and count who was painted from my first to my last."""
    while parts.jobs.queues.of("gatys").has_room("flood", "203.0.113.9", 100):
        time.sleep(0.02)  # until the flood has all that it may have
    mine, seed = list[Job](), 0
    for _ in range(ROUNDS):
        while sum(not parts.jobs.get(each.id).status.is_final for each in mine) >= 2:
            time.sleep(0.005)
        seed += 1
        order = job_order(owner="me", content=picture_bytes(seed=seed), options={"seed": seed})
        mine.append(parts.transfers.submit(replace(order, address="198.51.100.7")))
    parts.transfers.wait(mine[-1].id, 60)
    first = parts.jobs.get(mine[0].id)
    ended = parts.jobs.statistics.ended(first.served_at or 0.0)
    return len(mine) / sum(each.jobs for each in ended)


def deletion() -> Rows:
    """How long the bytes of a deleted picture are still there, with a dead process's files."""
    with tempfile.TemporaryDirectory() as folder, application(Path(folder)) as parts:
        job = parts.transfers.wait(parts.transfers.submit(job_order()).id, 60)
        parts.results.content(job.id, 160)
        left = f"jobs/{job.id}/dead/content.png"
        parts.files.write(left, picture_bytes(), content_type="image/png")
        parts.transfers.delete(job.id, Caller(owner="me"))
        gone_at = time.monotonic()
        while list(parts.files.list(f"jobs/{job.id}/")):
            time.sleep(0.01)
        return {
            "seconds until a deleted picture's bytes are gone": round(time.monotonic() - gone_at, 2)
        }


def rows() -> Rows:
    """All of them."""
    return {
        **share_of_a_second_owner(has_many_cookies=False),
        **share_of_a_second_owner(has_many_cookies=True),
        **deletion(),
    }


def main() -> int:
    """Print the rows; 1 where a promise is not kept."""
    found = rows()
    for name, value in found.items():
        print(f"  {name:66} {value}")
    print(json.dumps(found))
    shares = [value for name, value in found.items() if name.startswith("share")]
    return int(any(float(str(share)) < 0.45 for share in shares))


if __name__ == "__main__":
    sys.exit(main())
