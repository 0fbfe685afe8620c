"""Where jobs wait: what is put is run, first things first, and nothing is lost at the end."""

import shutil
import threading
import time

import pytest
from kombu import Connection

from stylekit.engines.registry import ENGINES
from stylekit.errors import QueueUnavailable, StorageUnavailable
from stylekit.queues.broker import MAX_DELIVERIES, CeleryQueue, queue_name
from stylekit.queues.threads import ThreadQueue


class Painter:
    """Notes what it is told to paint; each takes until `go` is set."""

    def __init__(self):
        self.painted = []
        self.go = threading.Event()
        self.started = threading.Semaphore(0)

    def run(self, job_id):
        self.started.release()
        assert self.go.wait(30)
        self.painted.append(job_id)
        if job_id == "breaks":
            raise RuntimeError("a painter that breaks")

    def wait_for(self, count):
        deadline = time.monotonic() + 30
        while len(self.painted) < count:
            assert time.monotonic() < deadline, f"only {self.painted} came"
            time.sleep(0.005)
        return self.painted


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def thread_queue(painter):
    queue = ThreadQueue(painter.run, engines=tuple(ENGINES))
    yield queue
    painter.go.set()
    queue.close()


def test_what_is_put_is_painted_in_order_and_fast_jobs_first(thread_queue, painter):
    thread_queue.put("first", engine="gatys")
    painter.started.acquire()
    for job_id, engine in (("second", "gatys"), ("third", "gatys"), ("quick", "fast")):
        thread_queue.put(job_id, engine=engine)
    painter.go.set()
    assert painter.wait_for(4) == ["first", "quick", "second", "third"]


def test_an_id_that_is_put_twice_while_it_waits_is_painted_once(thread_queue, painter):
    thread_queue.put("first", engine="gatys")
    painter.started.acquire()
    for job_id in ("twice", "twice", "last"):
        thread_queue.put(job_id, engine="gatys")
    painter.go.set()
    assert painter.wait_for(3) == ["first", "twice", "last"]


def test_a_painter_that_breaks_does_not_stop_the_line(thread_queue, painter):
    painter.go.set()
    thread_queue.put("breaks", engine="fast")
    thread_queue.put("next", engine="fast")
    assert painter.wait_for(2) == ["breaks", "next"]


def test_a_job_that_cannot_be_claimed_now_is_put_off_without_a_traceback(caplog):
    tried = threading.Semaphore(0)

    def run(job_id):
        tried.release()
        raise StorageUnavailable("The job table cannot be reached; try again.")

    queue = ThreadQueue(run, find_waiting=lambda: [("waits", "fast")], poll_seconds=0.01)
    for _ in range(2):
        assert tried.acquire(timeout=30)
    queue.close()
    told = [record for record in caplog.records if "painting postponed" in record.getMessage()]
    assert told
    assert not any(record.exc_info for record in caplog.records)


def test_several_threads_paint_at_the_same_time(painter):
    queue = ThreadQueue(painter.run, threads=2, engines=tuple(ENGINES))
    queue.put("a", engine="gatys")
    queue.put("b", engine="gatys")
    assert painter.started.acquire(timeout=30)
    assert painter.started.acquire(timeout=30)
    painter.go.set()
    painter.wait_for(2)
    queue.close()


def test_jobs_left_by_an_earlier_process_are_found_even_after_a_failed_look(painter):
    painter.go.set()
    answers = iter([ConnectionError("the table is away"), [("left", "gatys")]])

    def find_waiting():
        answer = next(answers, [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    queue = ThreadQueue(
        painter.run, engines=tuple(ENGINES), find_waiting=find_waiting, poll_seconds=0.01
    )
    assert painter.wait_for(1) == ["left"]
    queue.close()


def test_closing_waits_for_the_current_painting_and_starts_no_other(painter):
    queue = ThreadQueue(painter.run, engines=tuple(ENGINES))
    queue.put("current", engine="gatys")
    painter.started.acquire()
    queue.put("waits", engine="gatys")
    threading.Timer(0.05, painter.go.set).start()
    queue.close()
    assert painter.painted == ["current"]


@pytest.fixture(params=["rabbitmq", "redis_server"])
def broker(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def celery_queue(broker):
    queue = CeleryQueue(broker.url, tuple(ENGINES))
    yield queue
    queue.close()


@pytest.mark.servers
def test_the_line_of_each_engine_has_its_length(celery_queue):
    before = {engine: celery_queue.length(engine) for engine in ENGINES}
    for job_id in ("a", "b"):
        celery_queue.put(job_id, engine="gatys")
    assert celery_queue.length("gatys") == before["gatys"] + 2
    assert celery_queue.length("fast") == before["fast"]


@pytest.mark.servers
def test_a_broker_that_is_away_is_told_in_words_and_soon_and_its_return_is_noticed(
    broker, celery_queue
):
    celery_queue.put("before", engine="fast")
    length = celery_queue.length("fast")
    broker.stop()
    started = time.monotonic()
    with pytest.raises(QueueUnavailable, match="try again"):
        celery_queue.put("lost", engine="fast")
    assert time.monotonic() - started < 10
    with pytest.raises(QueueUnavailable):
        celery_queue.length("fast")
    broker.start()
    celery_queue.put("after", engine="fast")
    assert celery_queue.length("fast") == length + 1


@pytest.mark.servers
def test_a_broker_that_comes_back_empty_takes_messages_all_the_same(broker, celery_queue):
    celery_queue.put("forgotten", engine="fast")
    broker.stop()
    for name in ("data", "appendonlydir"):  # RabbitMQ's, Redis'
        shutil.rmtree(broker.folder / name, ignore_errors=True)
    broker.start()
    celery_queue.put("after", engine="fast")
    assert celery_queue.length("fast") == 1


@pytest.mark.servers
def test_a_message_that_kills_its_worker_again_and_again_is_found_among_the_dead(rabbitmq, wait):
    queue = CeleryQueue(rabbitmq.url, tuple(ENGINES))
    assert list(queue.dead()) == []
    queue.put("deadly", engine="fast")
    for _ in range(2 * MAX_DELIVERIES):
        with Connection(rabbitmq.url) as connection:  # takes messages, and dies with them
            for _ in range(queue.length("fast")):
                connection.default_channel.basic_get(queue_name("fast"))
    assert "deadly" in wait(lambda: list(queue.dead()), seconds=30)
    assert list(queue.dead()) == []
    queue.close()
