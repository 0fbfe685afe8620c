"""Where jobs wait in this process, and the threads that paint them."""

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
        left_behind: Callable[[], Iterable[tuple[str, str]]] = tuple,
        every_seconds: float = 5.0,
    ) -> None:
        """Start `threads` threads that call `run(job_id)`, jobs of the first of `engines` first.

        `left_behind` is asked at the start and every few seconds for jobs that wait although
        nobody here put them, as (id, engine): those of an earlier process, and those whose
        worker fell silent.
        """
        self._engines = tuple(engines)
        self._run, self._left_behind, self._every_seconds = run, left_behind, every_seconds
        self._line: dict[str, tuple[int, float]] = {}  # id → place: engine first, then arrival
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._look, name="stylekit-look", daemon=True)] + [
            threading.Thread(target=self._work, name=f"stylekit-painter-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job_id: str, *, engine: str) -> None:
        """Have the job painted by the next free thread."""
        order = self._order(engine)
        with self._changed:
            self._line.setdefault(job_id, (order, time.monotonic()))
            self._changed.notify()

    def length(self, engine: str) -> int:
        """How many ids wait in this process for a painter of `engine`."""
        order = self._order(engine)
        with self._changed:
            return sum(place[0] == order for place in self._line.values())

    def dead(self) -> Iterator[str]:
        """None: a thread that breaks is noticed at once."""
        return iter(())

    def close(self, wait_seconds: float = 10.0) -> None:
        """Start nothing more and wait a little for what is being painted.

        What is still in line stays in the job table; the next process finds it there.
        """
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        deadline = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _order(self, engine: str) -> int:
        return self._engines.index(engine) if engine in self._engines else len(self._engines)

    def _work(self) -> None:
        while (job_id := self._next()) is not None:
            try:
                self._run(job_id)
            except Unavailable as error:  # it waits in the table, and is put again from there
                with about(job_id):
                    log.warning('painting postponed reason="%s"', error)
                self._closing.wait(self._every_seconds)
            except Exception:
                with about(job_id):
                    log.exception("painting error")

    def _next(self) -> str | None:
        """Wait for the first in line; None when it is time to go."""
        with self._changed:
            self._changed.wait_for(lambda: self._line or self._closing.is_set())
            if self._closing.is_set():
                return None
            job_id = min(self._line, key=lambda each: self._line[each])
            del self._line[job_id]
            return job_id

    def _look(self) -> None:
        while not self._closing.is_set():
            try:
                for job_id, engine in self._left_behind():
                    self.put(job_id, engine=engine)
            except Exception as error:  # most often the table is away; the next look may find it
                log.warning('waiting jobs not read reason="%s"', error)
            self._closing.wait(self._every_seconds)
