"""A queue in this process, and the threads that paint its jobs."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from stylekit.errors import Unavailable
from stylekit.logs import about

log = logging.getLogger(__name__)


class ThreadQueue:
    """Paints in threads of this process."""

    def __init__(
        self,
        run: Callable[[str], object],
        threads: int = 1,
        *,
        engines: Sequence[str] = (),
        find_waiting: Callable[[], Iterable[tuple[str, str]]] = tuple,
        poll_seconds: float = 5.0,
    ) -> None:
        """Start `threads` threads that call `run(job_id)`, jobs of the first of `engines` first.

        `find_waiting` is asked at the start and every few seconds for jobs that wait although
        nobody here put them, as (id, engine): those of an earlier process, and those whose
        worker stopped reporting.
        """
        self._engines = tuple(engines)
        self._run, self._find_waiting, self._poll_seconds = run, find_waiting, poll_seconds
        self._queue: dict[str, tuple[int, float]] = {}  # id → place: engine first, then arrival
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._poll, name="stylekit-poll", daemon=True)] + [
            threading.Thread(target=self._work, name=f"stylekit-painter-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job_id: str, *, engine: str) -> None:
        """Have the job painted by the next free thread."""
        priority = self._priority(engine)
        with self._changed:
            self._queue.setdefault(job_id, (priority, time.monotonic()))
            self._changed.notify()

    def length(self, engine: str) -> int:
        """How many ids wait in this process for a painter of `engine`."""
        priority = self._priority(engine)
        with self._changed:
            return sum(place[0] == priority for place in self._queue.values())

    def dead(self) -> Iterator[str]:
        """None: a thread that breaks is noticed at once."""
        return iter(())

    def close(self, wait_seconds: float = 10.0) -> None:
        """Start nothing more and wait a little for what is being painted.

        What is still queued stays in the job table; the next process finds it there.
        """
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        deadline = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _priority(self, engine: str) -> int:
        return self._engines.index(engine) if engine in self._engines else len(self._engines)

    def _work(self) -> None:
        while (job_id := self._next()) is not None:
            try:
                self._run(job_id)
            except Unavailable as error:  # it waits in the table, and is put again from there
                with about(job_id):
                    log.warning('painting postponed reason="%s"', error)
                self._closing.wait(self._poll_seconds)
            except Exception:
                with about(job_id):
                    log.exception("painting error")

    def _next(self) -> str | None:
        """Wait for the next job; None when the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing.is_set())
            if self._closing.is_set():
                return None
            job_id = min(self._queue, key=lambda each: self._queue[each])
            del self._queue[job_id]
            return job_id

    def _poll(self) -> None:
        while not self._closing.is_set():
            try:
                for job_id, engine in self._find_waiting():
                    self.put(job_id, engine=engine)
            except Exception as error:  # most often the table is away; the next look may find it
                log.warning('waiting jobs not read reason="%s"', error)
            self._closing.wait(self._poll_seconds)
