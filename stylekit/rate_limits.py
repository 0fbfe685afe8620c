"""What web processes count and remember for a while: each alone, or all of them in Redis."""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

KEPT_SECONDS = 86_400
MOST_KEPT = 10_000  # of one process alone; the oldest are forgotten
PATIENCE_SECONDS = 1.0  # for Redis to answer
PAUSE_SECONDS = 2.0  # after Redis did not answer, before it is asked again

USE = """
local most, time = tonumber(ARGV[1]), redis.call('TIME')
local now = time[1] + time[2] / 1000000
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local since = math.max(0, now - (tonumber(known[2]) or now))
local left = math.min(most, (tonumber(known[1]) or most) + since * most / 60)
local missing = math.max(0, 1 - left)
if missing == 0 then left = left - 1 end
redis.call('HSET', KEYS[1], 'left', string.format('%.9f', left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 120)
return string.format('%.6f', missing * 60 / most)
"""
"""`LocalTally.use`, in Redis, by its clock; a bucket that nobody used for a minute is full."""


class Tally(Protocol):
    """What callers used up, and what they said first."""

    def use(self, name: str, per_minute: int) -> float:
        """Take one from a bucket that is filled steadily and never holds more than a minute's.

        Returns 0, or the seconds until there is one to take.
        """
        ...

    def first(self, name: str, value: str) -> str:
        """What was said under this name first, within a day; `value` itself if nothing was."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class LocalTally:
    """Known to this process alone."""

    def __init__(self) -> None:
        """Nothing was used or said yet."""
        self._buckets: dict[str, tuple[float, float]] = {}  # name → what is left, and when it was
        self._said: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, name: str, per_minute: int) -> float:
        """Take one from the bucket, or say after how many seconds there is one."""
        now = time.monotonic()
        with self._lock:
            left, at = self._buckets.get(name, (float(per_minute), now))
            left = min(per_minute, left + (now - at) * per_minute / 60)
            missing = max(0.0, 1 - left)
            self._buckets[name] = (left if missing else left - 1, now)
        return missing * 60 / per_minute

    def first(self, name: str, value: str) -> str:
        """What was said under this name first."""
        now = time.monotonic()
        with self._lock:
            known, since = self._said.get(name, (value, now))
            if now - since >= KEPT_SECONDS:
                known, since = value, now
            self._said[name] = (known, since)
            self._said.move_to_end(name)
            while len(self._said) > MOST_KEPT:
                self._said.popitem(last=False)
        return known

    def close(self) -> None:
        """Do nothing."""


class RedisTally:
    """Known to every process that shares the Redis.

    While Redis is away each process counts for itself, and nobody is refused for that.
    """

    def __init__(self, url: str) -> None:
        """Remember where Redis is; the first use connects."""
        import redis  # needed only where it is asked for

        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._redis: Any = redis.Redis.from_url(
            url,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=None,
        )
        self._use = self._redis.register_script(USE)
        self._here = LocalTally()
        self._away_until = 0.0

    def use(self, name: str, per_minute: int) -> float:
        """Take one from everybody's bucket, or say after how many seconds there is one."""
        return self._ask(
            lambda: float(self._use(keys=[address("quota", name)], args=[per_minute])),
            lambda: self._here.use(name, per_minute),
        )

    def first(self, name: str, value: str) -> str:
        """What was said under this name first, to whichever process."""
        return self._ask(
            lambda: self._first(address("said", name), value),
            lambda: self._here.first(name, value),
        )

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _first(self, key: str, value: str) -> str:
        self._redis.set(key, value, nx=True, ex=KEPT_SECONDS)
        known = self._redis.get(key)
        return value if known is None else known.decode()  # None: forgotten at this moment

    def _ask(self, redis: Callable[[], T], here: Callable[[], T]) -> T:
        if time.monotonic() >= self._away_until:
            try:
                return redis()
            except self._errors as error:
                self._away_until = time.monotonic() + PAUSE_SECONDS
                log.warning("this process counts for itself: %s", error)
        return here()


def address(kind: str, name: str) -> str:
    """Where it is in Redis; the name itself, which may hold a caller's key, is not told there."""
    return f"stylekit.{kind}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
