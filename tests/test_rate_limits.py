"""Quotas and first words: the same contract in one process and in Redis."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylekit.rate_limits import MAX_KEPT, LocalRateLimits, RedisRateLimits


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.servers)])
def rate_limits(request):
    if request.param == "local":
        yield LocalRateLimits()
        return
    server = request.getfixturevalue("redis_server")
    server.empty()
    rate_limits = RedisRateLimits(server.url)
    yield rate_limits
    rate_limits.close()


def test_a_bucket_holds_a_minutes_worth_and_then_says_how_long_to_wait(rate_limits):
    assert [rate_limits.use("ann", 5) for _ in range(5)] == [0.0] * 5
    assert 10 < rate_limits.use("ann", 5) <= 12


def test_a_bucket_fills_steadily(rate_limits):
    while rate_limits.use("ann", 600) == 0:
        pass
    time.sleep(0.3)  # three more
    assert [rate_limits.use("ann", 600) for _ in range(3)] == [0.0] * 3


def test_each_name_has_a_bucket_of_its_own(rate_limits):
    assert rate_limits.use("ann", 1) == 0
    assert rate_limits.use("ann", 1) > 0
    assert rate_limits.use("bob", 1) == 0


def test_of_many_at_once_only_so_many_get_one(rate_limits):
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda _: rate_limits.use("ann", 5), range(30)))
    assert answers.count(0.0) == 5


def test_what_was_said_first_stays(rate_limits):
    assert rate_limits.first("k", "one") == "one"
    assert rate_limits.first("k", "other") == "one"
    assert rate_limits.first("another k", "other") == "other"


def test_a_name_may_be_any_text(rate_limits):
    assert rate_limits.first("\ud800\nkey", "é") == "é"
    assert rate_limits.first("\ud800\nkey", "other") == "é"


def test_one_process_forgets_the_oldest_words():
    rate_limits = LocalRateLimits()
    for number in range(MAX_KEPT + 1):
        rate_limits.first(str(number), "first")
    assert rate_limits.first("0", "second") == "second"
    assert rate_limits.first("2", "second") == "first"


@pytest.mark.servers
def test_two_processes_count_together(redis_server):
    redis_server.empty()
    one, other = (RedisRateLimits(redis_server.url) for _ in range(2))
    assert [each.use("ann", 5) for each in (one, other, one, other, one)] == [0.0] * 5
    assert other.use("ann", 5) > 0
    assert one.first("k", "one") == other.first("k", "two") == "one"
    for each in (one, other):
        each.close()


@pytest.mark.servers
def test_while_redis_is_away_a_process_counts_for_itself_and_soon(redis_server):
    redis_server.empty()
    rate_limits = RedisRateLimits(redis_server.url)
    assert rate_limits.use("ann", 2) == 0
    redis_server.stop()
    started = time.monotonic()
    assert [rate_limits.use("ann", 2) == 0 for _ in range(3)] == [True, True, False]
    assert rate_limits.first("k", "one") == "one"
    assert time.monotonic() - started < 10  # no question waited for it
    redis_server.start()
    redis_server.empty()
    time.sleep(2.1)
    assert [rate_limits.use("ann", 1) == 0 for _ in range(2)] == [True, False]
    rate_limits.close()
