"""What is deleted is gone: every byte of it, whoever died or was still writing."""

import pytest
from sqlalchemy import event

from stylekit.errors import Gone, StorageUnavailable, UploadNotFound
from stylekit.jobs import Status
from stylekit.transfers.access import Caller
from stylekit.transfers.service import delete_all
from tests.fakes import job_order, maintenance_with, order, picture_bytes, stored
from tests.transfers.test_maintenance import RecordingQueue

ME = Caller(owner="me")


def leave_a_photo_beside(parts, id):
    """What a process leaves that dies between storing the photo and entering the row."""
    key = f"jobs/{id}/dead/content.png"
    parts.files.write(key, picture_bytes(), content_type="image/png")
    return key


def test_what_a_process_that_died_left_beside_a_job_goes_with_its_deletion(parts, done):
    parts.queue.close()  # the painter has tidied up after itself
    leave_a_photo_beside(parts, done.id)
    parts.transfers.delete(done.id, ME)
    assert stored(parts) == []


def test_what_lies_beside_a_living_job_is_a_stray_and_the_job_stays(parts, done):
    parts.queue.close()
    left = leave_a_photo_beside(parts, done.id)
    parts.maintenance.expire()
    assert left not in stored(parts)
    assert parts.results.result(done.id)


def test_whoever_ends_a_job_removes_what_was_left_beside_it(parts, running, gatys):
    left = leave_a_photo_beside(parts, running.id)
    gatys.go_on.set()
    parts.transfers.wait(running.id, 60)
    parts.queue.close()
    assert left not in stored(parts)
    assert len(stored(parts)) == 3


def test_an_order_that_is_entered_while_the_earlier_one_is_deleted_keeps_its_photo(parts, done):
    parts.transfers.delete(done.id, ME)
    write = parts.files.write

    def write_and_delete(key, data, *, content_type):
        write(key, data, content_type=content_type)
        if "/style" in key and not deleted:
            deleted.append(key)
            parts.transfers.delete(done.id, ME)  # twice is no error, and the row is not yet there

    deleted = []
    parts.files.write = write_and_delete
    again = parts.transfers.submit(job_order())
    assert deleted
    assert again.id == done.id
    assert parts.transfers.wait(again.id, 60).status == Status.DONE


def test_previews_of_a_worker_that_died_go_when_its_lease_runs_out(parts, running, wait):
    wait(lambda: parts.access.find(running.id).preview_version)
    parts.transfers.delete(running.id, ME)
    key = f"{running.folder}/preview-7.jpeg"
    parts.files.write(key, picture_bytes(format="jpeg"), content_type="image/jpeg")
    now = parts.jobs.now
    parts.jobs.now = lambda: now() + 60
    maintenance_with(parts, RecordingQueue([])).sweep()
    assert key not in stored(parts)


def test_where_the_table_cannot_be_written_the_pictures_are_gone_all_the_same(parts, done):
    parts.queue.close()
    parts.scheduler.close()
    engine = parts.jobs.database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    with pytest.raises(StorageUnavailable):
        parts.transfers.delete(done.id, ME)
    assert stored(parts) == []


def test_tiles_of_a_photo_that_is_removed_while_they_are_painted_are_not_kept(parts):
    photo = parts.uploads.keep("me", picture_bytes())
    tiles = parts.uploads.tiles("me", photo.id, ["vermilion", "indigo"], parts.tiles)
    next(tiles)
    parts.uploads.remove("me", photo.id)
    list(tiles)
    assert list(parts.files.list("uploads/")) == []


def test_deleting_all_that_one_has_deletes_the_photos_that_wait_as_well(parts, done):
    mine = parts.uploads.keep("me", picture_bytes())
    other = parts.uploads.keep("you", picture_bytes())
    assert parts.transfers.submit(order(public=True, owner="me"))
    delete_all(parts.transfers, "me")
    parts.uploads.remove_all("me")
    with pytest.raises(UploadNotFound):
        parts.uploads.read("me", mine.id)
    assert parts.uploads.read("you", other.id)
    with pytest.raises(Gone):
        parts.access.find(done.id)
