"""A queue in RabbitMQ or Redis, through Celery."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stylekit.errors import QueueUnavailable
from stylekit.logs import about

if TYPE_CHECKING:
    from celery import Celery

log = logging.getLogger(__name__)


TASK = "stylekit.paint"
"""The name of the one task; its one argument is the id of a job."""

DEAD = "stylekit.dead"
"""The queue of messages that were delivered too often: each time, the worker died."""

MAINTENANCE = "stylekit.maintenance"
"""The queue of scheduled maintenance, done by whichever worker is free."""

SWEEP, EXPIRE = "stylekit.sweep", "stylekit.expire"
"""The names of the tasks that are done on schedule; they have no arguments."""

MESSAGE_TTL_SECONDS = 60.0  # of a call to maintenance that no worker was free to take
MAX_DELIVERIES = 3
PUBLISH_RETRIES = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.3}
CONFIRM_SECONDS = 5  # a broker that is out of memory or disk takes messages without confirming


def queue_name(engine: str) -> str:
    """The broker's queue of an engine."""
    return f"stylekit.{engine}"


def celery_app(
    broker_url: str, engines: Sequence[str], *, longest_seconds: float = 900.0
) -> "Celery":
    """How both ends speak to the broker: the web process that sends, the worker that takes."""
    from celery import Celery  # 0.3 s to import, needed only with a broker

    is_redis = broker_url.startswith("redis")
    app = Celery("stylekit", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,  # the job table remembers; nothing is read from Celery
        task_ignore_result=True,
        task_queues=[*painting_queues(engines, is_redis), maintenance_queue()],
        task_create_missing_queues=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_connection_timeout=2,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=redis_options(longest_seconds)
        if is_redis
        else {"confirm_publish": True},
    )
    return app


def painting_queues(engines: Sequence[str], is_redis: bool) -> list[Any]:
    """One queue for each engine; in RabbitMQ replicated, and safe from messages that kill."""
    from kombu import Exchange, Queue

    quorum = {
        "x-queue-type": "quorum",
        "x-delivery-limit": MAX_DELIVERIES,
        "x-dead-letter-exchange": "",  # the default exchange: its routing keys are queues' names
        "x-dead-letter-routing-key": DEAD,
    }
    if is_redis:
        # Straight into the queue: a Redis that comes back empty forgets which exchange leads where,
        # the library does not notice, and every message would be dropped.
        return [Queue(queue_name(engine), routing_key=queue_name(engine)) for engine in engines]
    exchange = Exchange("stylekit", type="topic", durable=True)
    return [
        Queue(queue_name(engine), exchange, routing_key=engine, queue_arguments=quorum)
        for engine in engines
    ]


def maintenance_queue() -> Any:
    """The queue of scheduled maintenance; a message that no worker takes in time is dropped."""
    from kombu import Queue

    return Queue(MAINTENANCE, routing_key=MAINTENANCE, message_ttl=MESSAGE_TTL_SECONDS)


def schedule(*, sweep_seconds: float, expire_seconds: float) -> dict[str, Any]:
    """What Celery's beat asks the workers to do, and how often."""
    options = {"queue": MAINTENANCE, "expires": MESSAGE_TTL_SECONDS}
    every = {SWEEP: sweep_seconds, EXPIRE: expire_seconds}
    return {
        task: {"task": task, "schedule": seconds, "options": options}
        for task, seconds in every.items()
    }


def redis_options(longest_seconds: float) -> dict[str, Any]:
    """Redis delivers again after a time, not when a worker is lost: longer than any painting."""
    return {
        "visibility_timeout": 1.5 * longest_seconds,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }


class CeleryQueue:
    """Hands ids to workers on other machines, by RabbitMQ or Redis."""

    def __init__(
        self, broker_url: str, engines: Sequence[str], *, longest_seconds: float = 900.0
    ) -> None:
        """Remember where the broker is; the first use connects."""
        self._app = celery_app(broker_url, engines, longest_seconds=longest_seconds)
        self._is_redis = broker_url.startswith("redis")

    def put(self, job_id: str, *, engine: str) -> None:
        """Send the id; returns when the broker has it safe.

        Raises:
            QueueUnavailable: it could not be sent within about a second.
        """
        with about(job_id), unavailable_in_words():
            self._app.send_task(
                TASK,
                [job_id],
                queue=queue_name(engine),
                retry=True,
                retry_policy=PUBLISH_RETRIES,
                confirm_timeout=CONFIRM_SECONDS,
            )

    def length(self, engine: str) -> int:
        """How many messages wait for a worker; those that a worker has taken do not count."""
        with self._channel() as channel:
            queue = self._app.amqp.queues[queue_name(engine)](channel)
            return int(queue.queue_declare(passive=False).message_count)

    def dead(self) -> Iterator[str]:
        """Ids whose message was delivered too often; each is gone when the next is asked for."""
        if self._is_redis:
            return
        from kombu import Queue

        with self._channel() as channel:
            queue = Queue(DEAD, queue_arguments={"x-queue-type": "quorum"})(channel)
            queue.declare()
            while (message := queue.get()) is not None:
                yield str(message.decode()[0][0])
                message.ack()

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        with (
            unavailable_in_words(),
            self._app.connection_for_write() as connection,
        ):
            connection.ensure_connection(**PUBLISH_RETRIES)
            yield connection.default_channel


@contextmanager
def unavailable_in_words() -> Iterator[None]:
    """Turn whatever a lost broker raises into `QueueUnavailable`."""
    from amqp.exceptions import AMQPError
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    try:
        yield
    except (AMQPError, KombuError, RedisError, OSError) as error:
        log.warning('broker unavailable reason="%s"', error)
        raise QueueUnavailable("The queue cannot be reached; try again in a moment.") from error
