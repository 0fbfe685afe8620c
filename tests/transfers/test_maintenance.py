"""What is done now and then, so that no job, message or file is left behind."""

import os
import time

import pytest

from stylekit.errors import Gone
from stylekit.jobs import Status
from tests.fakes import COLORS, job_order, maintenance_with, picture_bytes, stored


class RecordingQueue:
    """A queue of ids, some of which killed every worker."""

    def __init__(self, ids):
        self.ids = ids
        self.sent = []
        self.waiting = 0

    def put(self, job_id, *, engine):
        self.sent.append(job_id)

    def length(self, engine):
        return self.waiting

    def dead(self):
        return iter(self.ids)


def test_pictures_expire_with_their_files_and_can_be_painted_again(parts, done):
    now = parts.jobs.now
    parts.jobs.now = lambda: now() + 8 * 86_400
    assert [job.id for job in parts.maintenance.expire()] == [done.id]
    assert stored(parts) == []
    with pytest.raises(Gone, match="expired"):
        parts.access.find(done.id)
    parts.transfers.submit(job_order())
    assert parts.transfers.wait(done.id, 60).status == Status.DONE


def test_files_that_belong_to_nobody_are_removed_when_seen_twice(parts, done):
    parts.files.write("jobs/feed/1/content.png", picture_bytes(), content_type="image/png")
    parts.maintenance.expire()
    assert "jobs/feed/1/content.png" in stored(parts)
    parts.maintenance.expire()
    assert {key.split("/")[1] for key in stored(parts)} == {done.id}


@pytest.mark.parametrize("end", ["expire", "delete"])
def test_files_of_a_tombstone_whose_remover_was_killed_are_removed_by_the_next(parts, done, end):
    parts.queue.close()  # the painter has tidied up after itself
    maintenance = maintenance_with(
        parts, RecordingQueue([])
    )  # also where a broker's workers run maintenance
    parts.jobs.delete(done.id) if end == "delete" else parts.jobs.maintenance.expire(
        done.expires_at + 1
    )
    assert stored(parts)
    maintenance.expire()
    assert stored(parts) == []


def test_a_job_that_comes_while_orphans_are_looked_for_keeps_its_files(parts, done):
    parts.jobs.queries.folders = lambda ids: {}  # as it was a moment ago
    for _ in range(2):
        parts.maintenance.expire()
    assert len(stored(parts)) == 3


def test_a_bucket_that_many_share_is_not_read_through(parts, done):
    parts.queue.close()  # the painter has tidied up after itself
    maintenance = maintenance_with(parts, RecordingQueue([]), storage="gs://bucket")
    parts.jobs.delete(done.id)
    maintenance.expire()
    assert stored(parts)


def test_files_that_nobody_finished_are_removed_after_an_hour(parts, done):
    folder = parts.files.folder / ".partial"
    for name, age_seconds in (("old", 3700), ("young", 60)):
        (folder / name).write_bytes(b"half of it")
        os.utime(folder / name, (time.time() - age_seconds,) * 2)
    parts.maintenance.expire()
    assert [path.name for path in folder.iterdir()] == ["young"]


def test_a_job_that_kills_every_worker_fails_and_says_so(parts, running):
    waiting = parts.transfers.submit(job_order(style="indigo"))
    queue = RecordingQueue([waiting.id, running.id])
    for times in (1, 2):
        maintenance_with(parts, queue).sweep()
        assert parts.access.find(waiting.id).status == Status.QUEUED
        assert queue.sent == [waiting.id] * times
    maintenance_with(parts, queue).sweep()
    job = parts.access.find(waiting.id)
    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")
    assert parts.access.find(running.id).status == Status.RUNNING


def test_a_job_whose_message_was_lost_gets_another_one(parts, running):
    parts.scheduler.close()
    now = parts.jobs.now
    waiting = parts.transfers.submit(job_order(style="indigo"))
    queue = RecordingQueue([])
    for seconds, waits_in_broker, sent in ((0, 0, 0), (21, 0, 1), (50, 1, 1), (1000, 0, 2)):
        parts.jobs.now = lambda seconds=seconds: now() + seconds
        queue.waiting = waits_in_broker
        maintenance_with(parts, queue).sweep()
        assert queue.sent.count(waiting.id) == sent


def test_beyond_the_bytes_that_may_be_kept_the_oldest_results_expire(parts):
    ids = []
    for style in COLORS:
        ids.append(parts.transfers.submit(job_order(style=style)).id)
        parts.transfers.wait(ids[-1], 60)
    maintenance = maintenance_with(parts, parts.queue)
    of_one = sum(size for _, size in parts.files.sizes(f"jobs/{ids[-1]}/"))
    maintenance.most_bytes = 10 * of_one
    maintenance.sweep()
    assert len(parts.transfers.mine("me")) == 3
    maintenance.most_bytes = of_one + of_one // 2
    maintenance.sweep()
    assert [job.id for job in parts.transfers.mine("me")] == [ids[-1]]
    assert {key.split("/")[1] for key in stored(parts)} == {ids[-1]}
    with pytest.raises(Gone, match="expired"):
        parts.access.find(ids[0])


def test_what_waits_is_never_expired_but_uploads_make_room(parts, running):
    parts.files.write("uploads/1/me/a/photo", picture_bytes(), content_type="image/png")
    maintenance = maintenance_with(parts, parts.queue)
    maintenance.most_bytes = 1
    assert maintenance.make_room() == []
    assert parts.access.find(running.id).status == Status.RUNNING
    assert [key for key in parts.files.list("") if key.startswith("uploads/")] == []
    assert any(key.startswith(running.folder) for key in parts.files.list(""))
