"""Files are kept whole, found again, listed and deleted: the same in a folder and in a bucket."""

import os
import subprocess
import sys
import threading

import pytest

from stylekit.errors import BadRequest, BadSettings, FileNotStored
from stylekit.settings import PROJECT_ROOT
from stylekit.storage import BucketStore, FolderStore, open_store
from tests.emulator import BUCKET

PNG = "image/png"


@pytest.fixture(params=["folder", "bucket", "bucket below a prefix"])
def files(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "files")
    prefix = "some/where" if "prefix" in request.param else ""
    return BucketStore(BUCKET, prefix, client=request.getfixturevalue("bucket_client"))


@pytest.mark.parametrize("data", [b"", b"picture", bytes(range(256)) * 4096])
def test_what_is_written_is_read(files, data):
    files.write("jobs/1/result.png", data, content_type=PNG)
    assert files.read("jobs/1/result.png") == data
    assert files.exists("jobs/1/result.png")


def test_writing_again_replaces(files):
    files.write("a.png", b"a long first one", content_type=PNG)
    files.write("a.png", b"second", content_type=PNG)
    assert files.read("a.png") == b"second"
    assert list(files.list("")) == ["a.png"]


@pytest.mark.parametrize("key", ["missing.png", "jobs/1", "jobs", "jobs/1/result.png/more"])
def test_what_was_never_written_is_not_stored(files, key):
    files.write("jobs/1/result.png", b"data", content_type=PNG)
    assert not files.exists(key)
    with pytest.raises(FileNotStored, match=key):
        files.read(key)


def test_what_is_deleted_is_gone_and_deleting_twice_is_no_error(files):
    files.write("jobs/1/result.png", b"data", content_type=PNG)
    files.delete("jobs/1/result.png")
    files.delete("jobs/1/result.png")
    files.delete("jobs/2/never.png")
    assert not files.exists("jobs/1/result.png")
    assert list(files.list("")) == []


def test_the_folders_in_a_folder_are_told(files):
    assert list(files.folders("jobs/")) == []
    for key in ("jobs/2/b.png", "jobs/10/a.png", "jobs/10/more/z.png", "jobs/x.png", "a/b.jpg"):
        files.write(key, b"x", content_type=PNG)
    assert sorted(files.folders("jobs/")) == ["10", "2"]


def test_sizes_are_told(files):
    for key, data in (("jobs/1/a", b"1234"), ("jobs/2/b", b""), ("other", b"1")):
        files.write(key, data, content_type="text/plain")
    assert sorted(files.sizes("jobs/")) == [("jobs/1/a", 4), ("jobs/2/b", 0)]


def test_keys_are_listed_in_order_by_how_they_begin(files):
    for key in ("jobs/2/b.png", "jobs/10/a.png", "jobs/1/z.png", "styles/one.jpg", "jobs.txt"):
        files.write(key, b"x", content_type=PNG)
    assert list(files.list("jobs/")) == ["jobs/1/z.png", "jobs/10/a.png", "jobs/2/b.png"]
    assert list(files.list("jobs/1")) == ["jobs/1/z.png", "jobs/10/a.png"]
    assert list(files.list("jobs/1/")) == ["jobs/1/z.png"]
    assert len(list(files.list(""))) == 5
    assert list(files.list("nothing/")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../up",
        "a/../b",
        "a//b",
        "a/",
        "a/.hidden",
        ".",
        "a/./b",
        "a\\b",
        "a\0b",
        "a\nb",
        "C:\\x",
        "x" * 300,
        "a/" * 600 + "a",
    ],
)
def test_keys_that_lead_elsewhere_are_refused(files, key):
    for action in (files.read, files.exists, files.delete, lambda k: files.link(k, seconds=1)):
        with pytest.raises(BadRequest):
            action(key)
    with pytest.raises(BadRequest):
        files.write(key, b"x", content_type=PNG)


@pytest.mark.parametrize("prefix", ["../", "/", "/etc/", "a/../", "a//"])
def test_what_no_key_begins_with_is_not_listed(files, prefix):
    with pytest.raises(BadRequest):
        list(files.list(prefix))


def test_names_of_people_s_own_files_are_keys(files):
    for key in ("styles/Große Welle (1).jpg", "a b+c&d=e#f?g%20.png", "浮世絵/海.png"):
        files.write(key, key.encode(), content_type=PNG)
        assert files.read(key) == key.encode()
        assert list(files.list(key[:3])) == [key]
        files.delete(key)


def test_a_reader_never_sees_half_a_file(files):
    first, second = b"1" * 200_000, b"2" * 200_000
    files.write("a.png", first, content_type=PNG)
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(files.read("a.png"))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(10):
        files.write("a.png", (first, second)[turn % 2], content_type=PNG)
    stop.set()
    reader.join()
    assert seen <= {first, second}


def test_an_address_says_where_files_are_kept(tmp_path):
    assert isinstance(open_store(str(tmp_path)), FolderStore)
    bucket = open_store("gs://my-bucket/styles/of/mine/")
    assert isinstance(bucket, BucketStore)
    assert (bucket.name, bucket.prefix) == ("my-bucket", "styles/of/mine/")
    assert open_store("gs://my-bucket").prefix == ""


@pytest.mark.parametrize("address", ["gs://", "gs:///x", "s3://bucket/x", "https://example.org/"])
def test_an_address_of_no_store_is_refused(address):
    with pytest.raises(BadSettings, match=address):
        open_store(address)


def test_the_emulator_s_variable_is_enough(emulator_address):
    program = (
        f"from stylekit.storage import open_store\n"
        f"files = open_store('gs://{BUCKET}/from/outside')\n"
        f"files.write('a.png', b'data', content_type='image/png')\n"
        f"print(files.read('a.png'), list(files.list('')))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "STORAGE_EMULATOR_HOST": emulator_address},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert answer.stdout.strip() == "b'data' ['a.png']"
