"""Who hears that a job changed."""

import threading

import pytest

from stylekit.events import MOST_UNREAD, JobChanged, LocalEvents, NoEvents


def changed(job_id="a", version=1):
    return JobChanged(job_id=job_id, owner="ann", version=version, status="running", public=False)


@pytest.fixture
def events():
    return LocalEvents()


def test_whoever_listens_to_a_job_hears_of_it_and_of_no_other(events):
    with events.subscribe("a") as changes:
        events.publish(changed("b"))
        events.publish(changed("a"))
        assert changes.next(2) == changed("a")
        assert changes.next(0.05) is None


def test_whoever_listens_to_all_hears_all_in_order(events):
    sent = [changed("a", 1), changed("b", 1), changed("a", 2)]
    with events.subscribe(None) as changes:
        for change in sent:
            events.publish(change)
        assert [changes.next(2) for _ in sent] == sent


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
        for version in range(MOST_UNREAD + 5):
            events.publish(changed(version=version))
        assert changes.next(0).version == 5


def test_without_events_nobody_hears_anything():
    events = NoEvents()
    with events.subscribe("a") as changes:
        events.publish(changed())
        assert changes.next(0) is None
    events.close()
