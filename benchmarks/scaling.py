"""How many workers a load needs, how long pictures wait, and what a thousand cost.

    python -m benchmarks.scaling [--pictures-a-day 1000000] [--seconds 0.7] [--run]

Prints the queueing model beside a simulation of the same line and, with `--run`, beside the queue
of this program with painters that sleep; then workers and cost for the load. docs/scaling.md tells
what follows from it. The last line is one JSON.
"""

import argparse
import heapq
import json
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400
ARRIVALS = 200_000  # of one simulation; its mean wait is then within a few per cent
RUN_ARRIVALS, RUN_SECONDS = 1500, 0.03
POINTS = ((1, 0.5, 0.0), (1, 0.8, 1.0), (2, 0.7, 0.3), (4, 0.8, 0.3), (8, 0.9, 1.0), (32, 0.9, 0.3))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of pictures before some workers."""

    workers: int
    load: float  # share of the workers' time that is used, below 1
    spread: float  # of painting times: standard deviation over mean; 0 all alike, 1 exponential

    @property
    def arrivals_per_painting(self) -> float:
        """Pictures that arrive while one is painted."""
        return self.load * self.workers


def erlang_c(workers: int, offered: float) -> float:
    """Share of arrivals that must wait, with exponential painting times (Erlang, 1917).

    `offered` is arrivals per painting time, below `workers`. By the recursion for Erlang's B, which
    stays finite where factorials do not.
    """
    blocked = 1.0
    for count in range(1, workers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked / (1 - offered / workers * (1 - blocked))


def mean_wait(line: Line) -> float:
    """Mean wait before painting begins, in painting times (Allen and Cunneen's approximation)."""
    free = line.workers - line.arrivals_per_painting
    must_wait = erlang_c(line.workers, line.arrivals_per_painting)
    return must_wait / free * (1 + line.spread**2) / 2


def workers_for(per_second: float, seconds: float, *, wait_seconds: float, spread: float) -> int:
    """Fewest workers with which pictures wait `wait_seconds` on average, or less."""
    workers = math.floor(per_second * seconds) + 1
    while True:
        line = Line(workers=workers, load=per_second * seconds / workers, spread=spread)
        if mean_wait(line) * seconds <= wait_seconds:
            return workers
        workers += 1


def visitors(line: Line, count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When pictures arrive, at random, and how long each is painted; both (count,).

    Painting times have mean 1 and are gamma distributed, or all alike for a spread of 0.
    """
    random = np.random.default_rng(seed)
    arrivals = np.cumsum(random.exponential(1 / line.arrivals_per_painting, count))
    if line.spread == 0:
        return arrivals, np.ones(count)
    shape = 1 / line.spread**2
    return arrivals, random.gamma(shape, 1 / shape, count)


def waits_of(
    workers: int, arrivals: NDArray[np.float64], paintings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How long each must wait (count,), first come first served."""
    free_at = [arrivals[0]] * workers  # a heap: when each worker will have time
    waits = np.empty(len(arrivals))
    for number, (now, painting) in enumerate(zip(arrivals, paintings, strict=True)):
        begin = max(now, free_at[0])
        heapq.heapreplace(free_at, begin + painting)
        waits[number] = begin - now
    return waits


def simulate(line: Line, *, count: int = ARRIVALS, seed: int = 0) -> NDArray[np.float64]:
    """Waits (count,), in painting times, of so many random visitors."""
    return waits_of(line.workers, *visitors(line, count, seed))


def run(
    line: Line, *, count: int = RUN_ARRIVALS, seconds: float = RUN_SECONDS
) -> tuple[float, ...]:
    """Mean wait in this program's own queue, and that of a simulation of the very same visitors.

    Both in painting times. The painters sleep, and how long each really slept is what is simulated.
    """
    from stylekit.queues.threads import ThreadQueue

    arrivals, paintings = visitors(line, count, seed=0)
    arrived, began, ended = np.zeros(count), np.zeros(count), np.zeros(count)
    left = threading.Semaphore(0)

    def paint(job_id: str) -> None:
        number = int(job_id)
        began[number] = time.monotonic()
        time.sleep(paintings[number] * seconds)
        ended[number] = time.monotonic()
        left.release()

    queue = ThreadQueue(paint, line.workers)
    opened = time.monotonic()
    for number, due in enumerate(arrivals * seconds):
        time.sleep(max(0.0, opened + due - time.monotonic()))
        arrived[number] = time.monotonic()
        queue.put(str(number), engine="fast")
    for _ in range(count):
        left.acquire()
    queue.close()
    same = waits_of(line.workers, arrived, ended - began)
    mean = (ended - began).mean()
    return float((began - arrived).mean() / mean), float(same.mean() / mean)


def compare(points: Sequence[tuple[int, float, float]], *, with_run: bool) -> list[dict[str, Any]]:
    """The model, the simulation and perhaps the program, at several points."""
    rows = []
    for workers, load, spread in points:
        line = Line(workers=workers, load=load, spread=spread)
        waits = simulate(line)
        row = asdict(line) | {"model": mean_wait(line), "simulated": float(waits.mean())}
        row["simulated_95"] = float(np.quantile(waits, 0.95))
        if with_run and workers <= 8:
            row["run"], row["same_simulated"] = run(line)
        rows.append(row)
    return rows


def cost_per_thousand(seconds: float, *, load: float, price_per_hour: float) -> float:
    """Price of painting a thousand pictures on workers that are busy for `load` of their time."""
    return 1000 * seconds / load * price_per_hour / 3600


def plan(pictures_a_day: float, seconds: float, told: argparse.Namespace) -> dict[str, float]:
    """Workers on average and at the busiest hour, and the cost."""
    mean = pictures_a_day / SECONDS_PER_DAY
    peak = mean * told.peak
    wanted = {"wait_seconds": told.wait, "spread": told.spread}
    usual, most = (workers_for(each, seconds, **wanted) for each in (mean, peak))
    load = mean * seconds / usual
    price = cost_per_thousand(seconds, load=load, price_per_hour=told.price)
    return {
        "per_second": mean,
        "at_peak": peak,
        "workers": usual,
        "workers_at_peak": most,
        "load": load,
        "cost_per_thousand": price,
    }


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser("python -m benchmarks.scaling")
    parser.add_argument("--pictures-a-day", type=float, default=1e6)
    parser.add_argument("--seconds", type=float, default=0.7, help="of one painting")
    parser.add_argument("--spread", type=float, default=0.5, help="deviation over mean of these")
    parser.add_argument("--wait", type=float, default=0.2, help="seconds to wait on average")
    parser.add_argument("--peak", type=float, default=4.0, help="busiest hour over the mean")
    parser.add_argument("--price", type=float, default=0.05, help="of a worker for an hour")
    parser.add_argument("--run", action="store_true", help="also run this program's own queue")
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    told = arguments()
    rows = compare(POINTS, with_run=told.run)
    print("mean wait, in painting times (in brackets: simulation of the visitors of that run)")
    print("workers load spread    model simulated   95 %      run")
    for row in rows:
        ran = f"{row['run']:8.3f} ({row['same_simulated']:.3f})" if "run" in row else ""
        print(
            f"{row['workers']:7d} {row['load']:4.2f} {row['spread']:6.1f} {row['model']:8.3f} "
            f"{row['simulated']:9.3f} {row['simulated_95']:6.2f} {ran}"
        )
    planned = plan(told.pictures_a_day, told.seconds, told)
    print(f"\n{told.pictures_a_day:,.0f} pictures a day of {told.seconds:g} s each:")
    for name, value in planned.items():
        print(f"  {name:18s} {value:10.3f}")
    print(json.dumps({"line": rows, "plan": planned}))


if __name__ == "__main__":
    main()
