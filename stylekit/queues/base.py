"""The contract of every queue."""

from collections.abc import Iterator
from typing import Protocol


class Queue(Protocol):
    """Sends messages to whoever paints, each with the id of a job.

    The row is the truth: a message may come twice or late, and has the job painted that is next.
    """

    def put(self, job_id: str, *, engine: str) -> None:
        """Have the job painted.

        Raises:
            QueueUnavailable: the broker is away; nothing was sent.
        """
        ...

    def length(self, engine: str) -> int:
        """How many ids wait here for a painter of `engine`; QueueUnavailable as in `put`."""
        ...

    def dead(self) -> Iterator[str]:
        """Ids that no painter survived, each gone when the next is asked for; raises as `put`."""
        ...

    def close(self) -> None:
        """Let go of threads and connections."""
        ...
