"""Quotas of API keys, and idempotency keys: in each web process, or for all of them in Redis."""

import hashlib
import threading
import time
from collections import OrderedDict
from typing import Protocol

from stylekit.shared_redis import SharedRedis

KEPT_SECONDS = 86_400
MAX_KEPT = 10_000  # of one process alone; the oldest are forgotten

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
"""`LocalRateLimits.use`, in Redis, by its clock; a bucket that nobody used for a minute is full."""


class RateLimits(Protocol):
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


class LocalRateLimits:
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
            while len(self._said) > MAX_KEPT:
                self._said.popitem(last=False)
        return known

    def close(self) -> None:
        """Do nothing."""


class RedisRateLimits:
    """Known to every process that shares the Redis.

    While Redis is away each process counts for itself, and nobody is refused for that.
    """

    def __init__(self, url: str) -> None:
        """Remember where Redis is; the first use connects."""
        self._redis = SharedRedis(url, "quotas count in each process")
        self._use = self._redis.client.register_script(USE)
        self._here = LocalRateLimits()

    def use(self, name: str, per_minute: int) -> float:
        """Take one from everybody's bucket, or say after how many seconds there is one."""
        return self._redis.ask(
            lambda: float(self._use(keys=[address("quota", name)], args=[per_minute])),
            lambda: self._here.use(name, per_minute),
        )

    def first(self, name: str, value: str) -> str:
        """What was said under this name first, to whichever process."""
        return self._redis.ask(
            lambda: self._first(address("said", name), value),
            lambda: self._here.first(name, value),
        )

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _first(self, key: str, value: str) -> str:
        self._redis.client.set(key, value, nx=True, ex=KEPT_SECONDS)
        known = self._redis.client.get(key)
        return value if known is None else known.decode()  # None: forgotten at this moment


def address(kind: str, name: str) -> str:
    """Where it is in Redis; the name itself, which may hold a caller's key, is not told there."""
    return f"stylekit.{kind}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
