"""A connection to Redis that may fail: each process works alone until Redis answers again."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_SECONDS = 1.0  # for Redis to answer; what is kept there is only a convenience
PAUSE_SECONDS = 2.0  # after Redis did not answer, before it is asked again


class SharedRedis:
    """A connection that never keeps a caller waiting for long."""

    def __init__(self, url: str, effect: str, **options: Any) -> None:
        """Remember where Redis is; the first use connects.

        `effect` says in the log what follows while it cannot be reached.
        """
        import redis  # needed only where it is asked for

        self.errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self.client: Any = redis.Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=None,
            **options,
        )
        self._effect, self._away_until = effect, 0.0

    def ask(self, question: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """What Redis answers or, while it is away, what is known in this process."""
        if time.monotonic() >= self._away_until:
            try:
                return question()
            except self.errors as error:
                self._away_until = time.monotonic() + PAUSE_SECONDS
                log.warning('redis unavailable effect="%s" reason="%s"', self._effect, error)
        return otherwise()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
