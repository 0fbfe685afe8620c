"""What was deleted, taken back or has expired is not to be had by whoever knows its address."""

import pytest

from stylekit.errors import Gone, JobNotFound
from stylekit.jobs import Status
from stylekit.jobs.files import remove_folder
from stylekit.transfers.access import Caller
from tests.fakes import job_order, stored

ME, STRANGER = Caller(owner="me"), Caller(owner="someone else")


def seen_in_the_feed(transfers):
    """The id of a finished picture that everybody could see."""
    job = transfers.submit(job_order(public=True))
    return transfers.wait(job.id, 60).id


@pytest.mark.parametrize("is_taken_back_first", [False, True])
def test_a_picture_deleted_from_the_feed_and_painted_again_in_private_is_its_owners_alone(
    transfers, is_taken_back_first
):
    id = seen_in_the_feed(transfers)
    if is_taken_back_first:
        transfers.set_public(id, ME, False)
    transfers.delete(id, ME)
    again = transfers.submit(job_order())
    assert again.id != id
    with pytest.raises((JobNotFound, Gone)):
        transfers.access.look(id, STRANGER)
    assert transfers.wait(again.id, 60).status == Status.DONE
    assert transfers.access.look(again.id, ME).id == again.id


def test_privacy_is_part_of_the_order(transfers):
    shown = seen_in_the_feed(transfers)
    private = transfers.wait(transfers.submit(job_order()).id, 60)
    assert private.id != shown
    assert not private.public
    assert [job.id for job in transfers.jobs.queries.feed()] == [shown]
    assert transfers.submit(job_order()).id == private.id
    assert transfers.submit(job_order(public=True)).id == shown


def test_a_picture_that_has_expired_in_the_feed_and_is_painted_again_is_its_owners_alone(parts):
    id = seen_in_the_feed(parts.transfers)
    parts.jobs.maintenance.expire(parts.jobs.now() + 2 * parts.jobs.keep_seconds)
    with pytest.raises(Gone):
        parts.access.find(id)
    parts.transfers.submit(job_order())
    with pytest.raises((JobNotFound, Gone)):
        parts.access.look(id, STRANGER)


def test_a_picture_shown_again_after_it_was_deleted_is_everybodys(transfers):
    id = seen_in_the_feed(transfers)
    transfers.delete(id, ME)
    transfers.wait(transfers.submit(job_order(public=True)).id, 60)
    assert transfers.access.look(id, STRANGER).public


def test_a_private_picture_that_was_deleted_and_painted_again_is_shared_by_its_address(transfers):
    job = transfers.submit(job_order())
    transfers.delete(job.id, ME)
    transfers.wait(transfers.submit(job_order()).id, 60)
    assert transfers.access.look(job.id, STRANGER).status == Status.DONE


def test_a_deleted_picture_that_is_ordered_again_keeps_its_files_whoever_still_tidies_up(
    parts, running, gatys
):
    gone = parts.jobs.delete(running.id)
    assert parts.transfers.submit(job_order()).id == running.id
    remove_folder(parts.files, gone.folder)  # by whoever deleted it, late
    gatys.go_on.set()  # the first painter ends, and tidies up, too
    assert parts.transfers.wait(running.id, 60).status == Status.DONE
    parts.queue.close()
    assert len(stored(parts)) == 3


def test_a_picture_deleted_while_its_result_is_being_stored_leaves_nothing(parts, wait):
    write = parts.runner.files.write

    def write_late(key, data, *, content_type):
        if "/result" in key:
            parts.transfers.delete(key.split("/")[1], ME)
        write(key, data, content_type=content_type)

    parts.runner.files.write = write_late
    job = parts.transfers.submit(job_order())
    wait(lambda: parts.jobs.get(job.id).status.is_final)
    wait(lambda: stored(parts) == [])
