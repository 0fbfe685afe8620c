"""Files in a bucket: private and checked, and nobody waits long for a server in trouble."""

import time

import pytest

from stylekit.errors import StorageUnavailable
from stylekit.storage import BucketStore
from tests.emulator import BUCKET, client_of

PNG = "image/png"
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""The client library leaves the socket of an answer that failed to the garbage collector."""


def test_objects_say_what_they_are_and_are_not_for_everyone(bucket_client):
    BucketStore(BUCKET, "p", client=bucket_client).write("a.png", b"x", content_type=PNG)
    blob = bucket_client.bucket(BUCKET).get_blob("p/a.png")
    assert (blob.content_type, blob.cache_control) == (PNG, "private")


def test_a_store_below_a_prefix_sees_nothing_else(bucket_client):
    BucketStore(BUCKET, client=bucket_client).write("ab/c.png", b"x", content_type=PNG)
    below = BucketStore(BUCKET, "a", client=bucket_client)
    assert list(below.list("")) == []
    assert not below.exists("b/c.png")


def test_a_bucket_that_does_not_exist_is_named(bucket_client):
    files = BucketStore("nowhere", client=bucket_client)
    with pytest.raises(StorageUnavailable, match="There is no bucket nowhere"):
        files.write("a.png", b"x", content_type=PNG)
    with pytest.raises(StorageUnavailable, match="There is no bucket nowhere"):
        list(files.list(""))


def test_a_server_that_is_busy_for_a_moment_is_asked_again(troubled):
    server, files = troubled(
        lambda it: it.fail(503) if it.server.requests < 3 else it.succeed(b"data"),
        answer_seconds=30,
        retry_seconds=60,
    )
    assert files.read("a.png") == b"data"
    assert server.requests >= 3  # one more where a connection broke on a busy machine


ACTIONS = {
    "read": lambda files: files.read("a.png"),
    "write": lambda files: files.write("a.png", b"x", content_type=PNG),
    "delete": lambda files: files.delete("a.png"),
    "exists": lambda files: files.exists("a.png"),
    "list": lambda files: list(files.list("")),
}


@pytest.mark.parametrize(
    ("action", "status"),
    [*((action, 503) for action in ACTIONS), *(("read", s) for s in (429, 500, 502, 504))],
)
def test_a_server_that_stays_busy_is_given_up_in_time(troubled, action, status):
    server, files = troubled(lambda it: it.fail(status), retry_seconds=0.1)
    began = time.monotonic()
    with pytest.raises(StorageUnavailable, match="The bucket pictures cannot be reached"):
        ACTIONS[action](files)
    assert time.monotonic() - began < 60
    assert server.requests >= 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_server_that_refuses_is_not_asked_again(troubled, status):
    server, files = troubled(lambda it: it.fail(status))
    with pytest.raises(StorageUnavailable):
        files.read("a.png")
    assert server.requests <= 2


@pytest.mark.parametrize("silence", ["from the start", "in the middle"])
def test_a_server_that_falls_silent_is_given_up_in_time(troubled, silence):
    _, files = troubled(
        lambda it: it.stall(bytes(1000)) if "middle" in silence else it.server.over.wait(120),
        answer_seconds=0.2,
        retry_seconds=0.3,
    )
    began = time.monotonic()
    with pytest.raises(StorageUnavailable):
        files.read("a.png")
    assert time.monotonic() - began < 60


def test_a_silence_is_followed_by_another_try(troubled):
    _, files = troubled(
        lambda it: it.stall(bytes(9)) if it.server.requests == 1 else it.succeed(b"data"),
        answer_seconds=0.2,
    )
    assert files.read("a.png") == b"data"


def test_bytes_that_changed_on_their_way_are_not_returned(troubled):
    _, files = troubled(
        lambda it: it.succeed(b"changed", checksum_of=b"as it was"), retry_seconds=0.5
    )
    with pytest.raises(StorageUnavailable):
        files.read("a.png")


def test_nobody_at_the_address_is_storage_that_is_away():
    files = BucketStore(BUCKET, client=client_of("http://127.0.0.1:9"), retry_seconds=0.3)
    with pytest.raises(StorageUnavailable):
        files.read("a.png")
