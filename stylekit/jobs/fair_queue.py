"""Fair queueing: whose job is next, when each begins and ends, and who may add another.

Turns go round between addresses and, within one address, between owners: whoever was served longest
ago is next. So neither many orders nor many cookies push anybody else back.
"""

import heapq
import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

MIN_SECONDS_LEFT = 0.5  # of a job that takes longer than was reckoned


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A queued job, or the first of an owner's."""

    id: str = ""
    owner: str
    address: str
    queued_at: float
    cost: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Running:
    """A job that is being painted."""

    id: str
    cost: float
    for_seconds: float
    eta_seconds: float | None  # as its engine says, once it can


@dataclass(frozen=True, kw_only=True)
class Served:
    """When each address and each owner last had a turn; 0 where that is long ago."""

    addresses: Mapping[str, float] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a job is in the queue, and when it begins and ends."""

    number: int  # 1 is next
    begins_in_seconds: float
    ends_in_seconds: float


def fair_order(waiting: Iterable[Waiting], served: Served) -> Iterator[Waiting]:
    """Those who wait, in the order in which they are served: round-robin by address, then owner."""
    queues: dict[str, dict[str, deque[Waiting]]] = defaultdict(lambda: defaultdict(deque))
    for each in sorted(waiting, key=lambda each: (each.queued_at, each.id)):
        queues[each.address][each.owner].append(each)
    rounds = {
        address: RoundRobin(
            (served.owners.get((address, owner), 0.0), jobs[0].queued_at, owner)
            for owner, jobs in owners.items()
        )
        for address, owners in queues.items()
    }
    first = {a: min(jobs[0].queued_at for jobs in owners.values()) for a, owners in queues.items()}
    addresses = RoundRobin((served.addresses.get(a, 0.0), first[a], a) for a in queues)
    while (address := addresses.next()) is not None:
        owner = rounds[address].next()
        assert owner is not None, "an address is in the round as long as one of its owners is"
        yield queues[address][owner].popleft()
        if queues[address][owner]:
            rounds[address].again(owner)
        if len(rounds[address]):
            addresses.again(address)


class RoundRobin:
    """Names that take turns, from the one that was served longest ago."""

    def __init__(self, names: Iterable[tuple[float, float, str]]) -> None:
        """Each name after when it was served, and how long it has waited."""
        self._heap = list(names)
        heapq.heapify(self._heap)
        self._turns = 0

    def __len__(self) -> int:
        """How many have something to be served with."""
        return len(self._heap)

    def next(self) -> str | None:
        """Whose turn it is; None where nobody is left."""
        return heapq.heappop(self._heap)[2] if self._heap else None

    def again(self, name: str) -> None:
        """It has just been served, and wants another turn."""
        self._turns += 1
        heapq.heappush(self._heap, (math.inf, self._turns, name))


class FairQueue:
    """All queued and running jobs of one engine, at one moment."""

    def __init__(
        self,
        waiting: Iterable[Waiting],
        running: Iterable[Running],
        *,
        served: Served,
        seconds_per_cost: float,
    ) -> None:
        """`seconds_per_cost` is what paintings took lately."""
        self._waiting, self._running = list(waiting), list(running)
        self._served, self._seconds_per_cost = served, seconds_per_cost

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @cached_property
    def positions(self) -> dict[str, Position]:
        """The position of each queued job, by its id, as if no other were added."""
        free = [self.running_seconds_left(each) for each in self._running] or [0.0]
        heapq.heapify(free)
        found = {}
        for number, each in enumerate(fair_order(self._waiting, self._served), start=1):
            begin = heapq.heappop(free)
            end = begin + each.cost * self._seconds_per_cost
            heapq.heappush(free, end)
            found[each.id] = Position(number=number, begins_in_seconds=begin, ends_in_seconds=end)
        return found

    def seconds_left(self, id: str) -> float | None:
        """Seconds until a job that waits or is being painted ends; None for any other."""
        if (position := self.positions.get(id)) is not None:
            return position.ends_in_seconds
        return next(
            (self.running_seconds_left(each) for each in self._running if each.id == id), None
        )

    def running_seconds_left(self, job: Running) -> float:
        """As its engine says or, until it can, as such paintings took lately."""
        if job.eta_seconds is not None:
            return max(job.eta_seconds, 0.0)
        reckoned = job.cost * self._seconds_per_cost - job.for_seconds
        return max(reckoned, MIN_SECONDS_LEFT)

    def has_room(self, owner: str, address: str, most: int) -> bool:
        """Whether this owner may add another job to a queue of at most `most`.

        An address may have as many jobs in the queue as there is room for more, an owner half as
        many, and each at least one. So an owner alone gets a third of the queue and an address half
        of it, and there is always room for somebody who has no job in it.
        """
        return is_within(most, self._shares(), owner, address)

    def seconds_until_room(self, owner: str, address: str, most: int) -> float:
        """How long until enough of those who wait have begun."""
        shares, seconds = self._shares(), 0.0
        leaving = sorted(self._waiting, key=lambda each: self.positions[each.id].begins_in_seconds)
        for each in leaving:
            if is_within(most, shares, owner, address):
                break
            shares.subtract(share_of(each.owner, each.address))
            seconds = self.positions[each.id].begins_in_seconds
        return seconds

    def _shares(self) -> Counter[tuple[str, ...]]:
        found = Counter[tuple[str, ...]]()
        for each in self._waiting:
            found.update(share_of(each.owner, each.address))
        return found


def share_of(owner: str, address: str) -> list[tuple[str, ...]]:
    """What a job counts for: all that wait, its address, its owner."""
    return [(), (address,), (address, owner)]


def is_within(most: int, shares: Counter[tuple[str, ...]], owner: str, address: str) -> bool:
    """Whether one more may join; where no address is known, none has a share."""
    total, of_address, of_owner = (shares[each] for each in share_of(owner, address))
    free = most - total
    if free <= 0 or of_owner >= max(1.0, free / 2):
        return False
    return not address or of_address < max(1, free)
