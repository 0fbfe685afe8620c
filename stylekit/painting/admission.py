"""Admission control: a fixed number of slots and a queue of fixed length; 503 beyond."""

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

MAX_REMEMBERED = 1000
"""Requesters whose last slot is remembered; of more, the oldest are forgotten."""

Requester = tuple[str, ...]
"""Who asks: an address, and an owner at it. Empty where that is not known."""


@dataclass(eq=False, kw_only=True)
class Ticket:
    """A request that waits for a slot or has one."""

    requester: Requester
    waits_forever: bool
    queued_at: float
    started_at: float = 0.0  # 0: it still waits


class Admission:
    """Limits how many run at a time and how many wait; refuses the rest.

    Slots go round-robin to addresses and, within an address, to owners. Nobody gets so much of the
    queue that there is no room for somebody who has nothing in it.
    """

    def __init__(
        self, slots: int, max_waiting: int, wait_seconds: float, *, max_each: int | None = None
    ) -> None:
        """Run `slots` at a time, `max_each` of one address; `max_waiting` wait `wait_seconds`."""
        self.slots, self.max_waiting, self.wait_seconds = slots, max_waiting, wait_seconds
        self.max_each = max_each or slots
        self.on_change: Callable[[Admission], None] = ignore_change
        self._queue: list[Ticket] = []
        self._running: list[Ticket] = []
        self._served: dict[Requester, float] = {}  # when each last got a slot; the latest is last
        self._seconds = FIRST_GUESS_SECONDS
        self._changed = threading.Condition()

    @property
    def running(self) -> int:
        """How many have a slot."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many wait, those not counted that wait for ever."""
        return sum(not ticket.waits_forever for ticket in self._queue)

    def refuse_if_full(self, requester: Requester = ()) -> None:
        """Do nothing while there is a slot or room in the queue. Ask before anything is read.

        Raises:
            Busy: when there is neither.
        """
        with self._changed:
            has_room_to_wait = has_room(self._queue, self.max_waiting, requester)
            if not self._has_slot(requester) and not has_room_to_wait:
                raise self._busy(requester)

    @contextmanager
    def slot(self, requester: Requester = (), *, wait_forever: bool = False) -> Iterator[None]:
        """Hold a slot while the block runs. With `wait_forever` (jobs) there is no time limit.

        Raises:
            Busy: when the queue is full, or no slot became free in time.
        """
        ticket = Ticket(requester=requester, waits_forever=wait_forever, queued_at=time.monotonic())
        try:
            self._wait(ticket)
            yield
        finally:
            with self._changed:
                self._release(ticket)

    def _wait(self, ticket: Ticket) -> None:
        with self._changed:
            if not ticket.waits_forever:
                self.refuse_if_full(ticket.requester)
            self._queue.append(ticket)
            self.on_change(self)
            self._start_next()
            seconds = None if ticket.waits_forever else self.wait_seconds
            if not self._changed.wait_for(lambda: ticket.started_at > 0, seconds):
                raise self._busy(ticket.requester)
            self.on_change(self)

    def _release(self, ticket: Ticket) -> None:
        if ticket in self._running:
            self._running.remove(ticket)
            self._seconds += 0.3 * (time.monotonic() - ticket.started_at - self._seconds)
        elif ticket in self._queue:
            self._queue.remove(ticket)
        self._start_next()
        self.on_change(self)

    def _start_next(self) -> None:
        """Give free slots to those whose turn it is."""
        while ready := [ticket for ticket in self._queue if self._has_slot(ticket.requester)]:
            ticket = next_ticket(ready, self._served)
            self._queue.remove(ticket)
            ticket.started_at = time.monotonic()
            self._running.append(ticket)
            record_start(self._served, ticket.requester, ticket.started_at)
            self._changed.notify_all()

    def _has_slot(self, requester: Requester) -> bool:
        """Whether a slot is free that this requester may have."""
        of_address = sum(ticket.requester[:1] == requester[:1] for ticket in self._running)
        is_known = bool(requester and requester[0])
        return self.running < self.slots and (not is_known or of_address < self.max_each)

    def _busy(self, requester: Requester) -> Busy:
        after = max(1, math.ceil(self._seconds_until_room(requester)))
        return Busy(
            f"All places are taken: {self.running} being painted, {self.waiting} waiting. "
            f"Try again in {after} s.",
            retry_after_seconds=after,
        )

    def _seconds_until_room(self, requester: Requester) -> float:
        """When the queue has room again if nobody else comes, by how long paintings took lately."""
        now, queue, served = time.monotonic(), self._queue.copy(), self._served.copy()
        free = [max(0.0, ticket.started_at + self._seconds - now) for ticket in self._running]
        heapq.heapify(free)
        seconds = free[0] if free else 0.0
        while queue and free and not has_room(queue, self.max_waiting, requester):
            seconds = heapq.heapreplace(free, free[0] + self._seconds)
            ticket = next_ticket(queue, served)
            queue.remove(ticket)
            record_start(served, ticket.requester, now + seconds)
        return seconds


def next_ticket(queue: list[Ticket], served: dict[Requester, float]) -> Ticket:
    """The ticket whose address, and whose owner there, had a slot longest ago; then the oldest."""

    def order(ticket: Ticket) -> tuple[float, float, float]:
        requester = ticket.requester
        return served.get(requester[:1], 0.0), served.get(requester, 0.0), ticket.queued_at

    return min(queue, key=order)


def record_start(served: dict[Requester, float], requester: Requester, at: float) -> None:
    """Remember who got a slot when; forgets the oldest."""
    for name in {requester[:1], requester}:
        served.pop(name, None)
        served[name] = at
    while len(served) > MAX_REMEMBERED:
        del served[next(iter(served))]


def has_room(queue: list[Ticket], most: int, requester: Requester) -> bool:
    """Whether somebody may join a queue of at most `most`; who waits for ever does not count.

    An owner may have as many in the queue as there is room for more, an address twice as many, and
    each at least one: alone, they get a half and two thirds of it. Where no address is known, only
    the length counts.
    """
    others = [ticket.requester for ticket in queue if not ticket.waits_forever]
    free = most - len(others)
    if free <= 0 or not requester:
        return free > 0
    of_address = sum(each[:1] == requester[:1] for each in others)
    return others.count(requester) < free and (not requester[0] or of_address < 2 * free)


class MemoryBudget:
    """Limits the memory of the pictures that wait."""

    def __init__(self, max_bytes: int) -> None:
        """Nothing is reserved yet."""
        self.max_bytes, self.bytes = max_bytes, 0
        self._lock = threading.Lock()

    @contextmanager
    def reserve(self, count: int) -> Iterator[None]:
        """Reserve so many bytes while the block runs.

        Raises:
            Busy: when fewer are left.
        """
        with self._lock:
            if self.bytes + count > self.max_bytes:
                raise Busy(
                    f"Waiting pictures use {self.bytes // 10**6} MB of memory; the limit is "
                    f"{self.max_bytes // 10**6} MB. Try again in a moment."
                )
            self.bytes += count
        try:
            yield
        finally:
            with self._lock:
                self.bytes -= count


def ignore_change(admission: Admission) -> None:
    """For admissions that nobody watches."""
