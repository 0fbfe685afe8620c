"""Customers of a cluster under `benchmarks.chaos`: they order, delete, and watch for lies."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

from stylekit.client import Client, NotReachable, ServerError
from tests.fakes import picture_bytes

A_JOB_EVERY = 0.7  # seconds, from each customer
DELETES_EVERY = 4  # orders
AGES = (0, 8)  # of what is deleted, in orders: the newest is in line or being painted
NEWEST = 5  # jobs of each customer that are watched
LOOK_SECONDS = 1.0  # between two looks of whoever watches for lies
GONE = (404, 410)


class Customer:
    """Orders one picture after the other at one web process, and has some of them deleted."""

    def __init__(
        self, address: str, number: int, *, style: str, options: Mapping[str, Any], files: Path
    ) -> None:
        """Begin; `files` is where the server keeps the jobs' files."""
        self.client, self.number = Client(address, timeout=20), number
        self.style, self.options, self.files = style, options, files
        self.accepted: list[str] = []
        self.asked: set[str] = set()  # to be deleted
        self.deleted: set[str] = set()  # and the server said that they are
        self.lies: list[str] = []
        self._is_leaving = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()

    def leave(self) -> None:
        """Order nothing more."""
        self._is_leaving.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._is_leaving.wait(A_JOB_EVERY):
            if self._order() and len(self.accepted) % DELETES_EVERY == 0:
                age = AGES[len(self.accepted) // DELETES_EVERY % len(AGES)]
                self._delete(self.accepted[max(0, len(self.accepted) - 1 - age)])

    def _order(self) -> bool:
        """Order the next picture; whether it was accepted."""
        count = len(self.accepted)
        photo, engine = picture_bytes(seed=2 * count + self.number), ("fast", "gatys")[count % 2]
        options = self.options if engine == "gatys" else {}
        try:
            job = self.client.submit(photo, self.style, engine=engine, **options)
        except ServerError as error:
            if error.status != 503:
                raise
            return False
        except NotReachable:
            return False
        self.accepted.append(job.id)
        return True

    def _delete(self, id: str) -> None:
        """Have a job deleted, however often that must be asked."""
        self.asked.add(id)
        was_done = is_deleted = False
        while not is_deleted:
            with suppress(NotReachable, ServerError):
                was_done = was_done or self.client.job(id).status == "done"
            is_deleted = self._is_deleted(id)
            if not is_deleted and self._is_leaving.wait(A_JOB_EVERY):
                return
        self.deleted.add(id)
        if was_done and (left := list((self.files / "jobs" / id).rglob("*.*"))):
            self.lies.append(f"{id} is deleted, and its files are there: {left}")

    def _is_deleted(self, id: str) -> bool:
        """Ask for its deletion; whether the server says that it is gone."""
        try:
            self.client.delete(id)
        except NotReachable:
            return False
        except ServerError as error:
            return error.status in GONE
        return True


@contextmanager
def watching(addresses: Sequence[str], customers: Sequence[Customer]) -> Iterator[list[str]]:
    """While the block runs, look at every job, at every address: says what is not so."""
    lies, is_over = list[str](), threading.Event()

    def look() -> None:
        clients = [Client(address, timeout=10) for address in addresses]
        while not is_over.wait(LOOK_SECONDS):
            deleted = union([*each.deleted] for each in customers)
            newest = union(each.accepted[-NEWEST:] for each in customers)
            for client, id in product(clients, newest | deleted):
                with suppress(NotReachable):
                    found = lies_of(client, id, is_deleted=id in deleted)
                    if id in deleted or not any(id in each.asked for each in customers):
                        lies.extend(found)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lies
    finally:
        is_over.set()
        thread.join()


def union(ids: Iterable[Iterable[str]]) -> set[str]:
    """All of them."""
    return {id for each in ids for id in each}


def lies_of(client: Client, id: str, *, is_deleted: bool) -> list[str]:
    """What a job says that is not so."""
    try:
        job = client.job(id)
    except ServerError as error:
        is_lie = error.status < 500 and not is_deleted  # the table may be away
        return [f"{id} was accepted, and is {error.status}"] if is_lie else []
    if is_deleted:
        return [f"{id} is deleted, and is {job.status}"]
    if job.status != "done":
        return [f"{id} is {job.status} and at 100 %"] if job.progress >= 1 else []
    try:
        client.result(id)
    except ServerError as error:
        if error.status < 500:  # the store or the table may be away
            return [f"{id} is done, and its result is {error.status}"]
    return []
