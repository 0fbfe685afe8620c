"""Admission control: a fixed number of places, a fixed queue before them, 503 beyond."""

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stylekit.errors import Busy

FIRST_GUESS_SECONDS = 2.0
"""How long a painting takes, until one has been timed."""

REMEMBERED = 1000
"""Callers whose last turn is known; of more, those served longest ago are forgotten."""

Who = tuple[str, ...]
"""Who asks: an address, and an owner there. Nothing where that is not known."""


@dataclass(eq=False, kw_only=True)
class Turn:
    """Somebody who waits for a place, or has one."""

    who: Who
    is_patient: bool
    came_at: float
    began_at: float = 0.0  # 0: still in line


class Admission:
    """So many at a time, so many more in line before it, nobody beyond.

    Turns go round between addresses and, within one, between owners. Nobody gets so much of the
    line that there is no room for somebody who has nothing in it.
    """

    def __init__(
        self, places: int, waiting: int, wait_seconds: float, *, most_each: int | None = None
    ) -> None:
        """Let `places` in, `most_each` of one address; let `waiting` wait for `wait_seconds`."""
        self.places, self.waiting, self.wait_seconds = places, waiting, wait_seconds
        self.most_each = most_each or places
        self.on_change: Callable[[Admission], None] = ignore_change
        self._line: list[Turn] = []
        self._inside: list[Turn] = []
        self._served: dict[Who, float] = {}  # address, or address and owner; the latest is last
        self._seconds = FIRST_GUESS_SECONDS
        self._changed = threading.Condition()

    @property
    def inside(self) -> int:
        """How many have a place."""
        return len(self._inside)

    @property
    def in_line(self) -> int:
        """How many of those wait who do not wait for ever."""
        return sum(not turn.is_patient for turn in self._line)

    def refuse_if_full(self, who: Who = ()) -> None:
        """Say so before anything is read, where neither a place nor a place in line is free.

        Raises:
            Busy: then.
        """
        with self._changed:
            if not self._has_place(who) and not has_room(self._line, self.waiting, who):
                raise self._busy(who)

    @contextmanager
    def place(self, who: Who = (), *, patient: bool = False) -> Iterator[None]:
        """Hold a place while the block runs. The patient (jobs) wait as long as it takes.

        Raises:
            Busy: when the line is full, or no place became free in time.
        """
        turn = Turn(who=who, is_patient=patient, came_at=time.monotonic())
        try:
            self._wait(turn)
            yield
        finally:
            with self._changed:
                self._leave(turn)

    def _wait(self, turn: Turn) -> None:
        with self._changed:
            if not turn.is_patient:
                self.refuse_if_full(turn.who)
            self._line.append(turn)
            self.on_change(self)
            self._call()
            seconds = None if turn.is_patient else self.wait_seconds
            if not self._changed.wait_for(lambda: turn.began_at > 0, seconds):
                raise self._busy(turn.who)
            self.on_change(self)

    def _leave(self, turn: Turn) -> None:
        if turn in self._inside:
            self._inside.remove(turn)
            self._seconds += 0.3 * (time.monotonic() - turn.began_at - self._seconds)
        elif turn in self._line:
            self._line.remove(turn)
        self._call()
        self.on_change(self)

    def _call(self) -> None:
        """Give free places to those whose turn it is."""
        while ready := [turn for turn in self._line if self._has_place(turn.who)]:
            turn = next_turn(ready, self._served)
            self._line.remove(turn)
            turn.began_at = time.monotonic()
            self._inside.append(turn)
            serve(self._served, turn.who, turn.began_at)
            self._changed.notify_all()

    def _has_place(self, who: Who) -> bool:
        """Whether a place is free that this caller may have."""
        of_address = sum(turn.who[:1] == who[:1] for turn in self._inside)
        is_known = bool(who and who[0])
        return self.inside < self.places and (not is_known or of_address < self.most_each)

    def _busy(self, who: Who) -> Busy:
        after = max(1, math.ceil(self._seconds_until_room(who)))
        return Busy(
            f"All places are taken: {self.inside} being painted, {self.in_line} waiting. "
            f"Try again in {after} s.",
            retry_after_seconds=after,
        )

    def _seconds_until_room(self, who: Who) -> float:
        """When there is a place in line again, as paintings took lately, if nobody else comes."""
        now, line, served = time.monotonic(), self._line.copy(), self._served.copy()
        free = [max(0.0, turn.began_at + self._seconds - now) for turn in self._inside]
        heapq.heapify(free)
        seconds = free[0] if free else 0.0
        while line and free and not has_room(line, self.waiting, who):
            seconds = heapq.heapreplace(free, free[0] + self._seconds)
            turn = next_turn(line, served)
            line.remove(turn)
            serve(served, turn.who, now + seconds)
        return seconds


def next_turn(line: list[Turn], served: dict[Who, float]) -> Turn:
    """Whose address, and who of that address, was served longest ago; of those, who came first."""

    def place(turn: Turn) -> tuple[float, float, float]:
        return served.get(turn.who[:1], 0.0), served.get(turn.who, 0.0), turn.came_at

    return min(line, key=place)


def serve(served: dict[Who, float], who: Who, at: float) -> None:
    """Write down who was served, and forget who was served longest ago."""
    for name in {who[:1], who}:
        served.pop(name, None)
        served[name] = at
    while len(served) > REMEMBERED:
        del served[next(iter(served))]


def has_room(line: list[Turn], most: int, who: Who) -> bool:
    """Whether somebody may join a line of at most `most`, the patient not counted.

    An owner may have as many in line as there are free places, an address twice as many, and each
    at least one: alone, they get a half and two thirds of the line. Where no address is known,
    none has a share.
    """
    others = [turn.who for turn in line if not turn.is_patient]
    free = most - len(others)
    if free <= 0 or not who:
        return free > 0
    of_address = sum(each[:1] == who[:1] for each in others)
    return others.count(who) < free and (not who[0] or of_address < 2 * free)


class Budget:
    """So many bytes for what waits, nothing beyond."""

    def __init__(self, most_bytes: int) -> None:
        """All of them are free."""
        self.most_bytes, self.bytes = most_bytes, 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Take so many while the block runs.

        Raises:
            Busy: when fewer are left.
        """
        with self._lock:
            if self.bytes + count > self.most_bytes:
                raise Busy(
                    f"The pictures that wait take {self.bytes // 10**6} MB of memory, and at most "
                    f"{self.most_bytes // 10**6} are there for them. Try again in a moment."
                )
            self.bytes += count
        try:
            yield
        finally:
            with self._lock:
                self.bytes -= count


def ignore_change(gate: Admission) -> None:
    """For gates that nobody watches."""
