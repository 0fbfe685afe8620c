"""Who hears that a job changed."""

import threading
import time

import pytest

from stylekit.events import MAX_UNREAD, JobChanged, LocalEvents, RedisEvents


def changed(job_id="a", version=1):
    return JobChanged(job_id=job_id, owner="ann", version=version, status="running", public=False)


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.servers)])
def events(request):
    if request.param == "local":
        yield LocalEvents()
        return
    events = RedisEvents(request.getfixturevalue("redis_server").url)
    yield events
    events.close()


def test_whoever_listens_to_a_job_hears_of_it_and_of_no_other(events):
    with events.subscribe("a") as changes:
        events.publish(changed("b"))
        events.publish(changed("a"))
        assert changes.next(10) == changed("a")
        assert changes.next(0.05) is None


def test_whoever_listens_to_all_hears_all_in_order(events):
    sent = [changed("a", 1), changed("b", 1), changed("a", 2)]
    with events.subscribe(None) as changes:
        for change in sent:
            events.publish(change)
        assert [changes.next(10) for _ in sent] == sent


def test_every_listener_hears_it(events):
    with events.subscribe("a") as one, events.subscribe("a") as other:
        events.publish(changed())
        assert one.next(2) == other.next(2) == changed()


def test_a_listener_that_waits_is_woken(events):
    with events.subscribe("a") as changes:
        threading.Timer(0.02, events.publish, [changed()]).start()
        assert list(changes.until(0.3)) == [changed()]


def test_who_has_left_hears_nothing(events):
    with events.subscribe("a") as changes:
        pass
    events.publish(changed())
    assert changes.next(0.05) is None


def test_a_listener_that_never_reads_keeps_only_the_newest():
    events = LocalEvents()
    with events.subscribe(None) as changes:
        for version in range(MAX_UNREAD + 5):
            events.publish(changed(version=version))
        assert changes.next(0).version == 5


@pytest.mark.servers
def test_what_one_process_tells_the_others_hear(redis_server):
    worker, web = RedisEvents(redis_server.url), RedisEvents(redis_server.url)
    with web.subscribe("a") as changes:
        worker.publish(changed())
        assert changes.next(10) == changed()
    worker.close()
    web.close()


@pytest.mark.servers
def test_while_redis_is_away_the_process_itself_still_hears_and_afterwards_all(redis_server, wait):
    worker, web = RedisEvents(redis_server.url), RedisEvents(redis_server.url)
    with web.subscribe("a") as changes:
        redis_server.stop()
        web.publish(changed(version=1))
        assert changes.next(10) == changed(version=1)
        started = time.monotonic()
        worker.publish(changed(version=2))
        assert time.monotonic() - started < 10
        redis_server.start()

        def heard():
            worker.publish(changed(version=3))
            return changes.next(0.2)

        assert wait(heard, seconds=30) == changed(version=3)
    worker.close()
    web.close()
