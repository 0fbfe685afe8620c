"""Files in a folder: whole or not at all, and nothing left lying about."""

import os
import subprocess
import sys
import threading
import time

import pytest

from stylekit.errors import StorageUnavailable
from stylekit.settings import PROJECT_ROOT
from stylekit.storage import FolderStore

PNG = "image/png"

WRITER = """
import os, sys, time
from pathlib import Path
from stylekit.storage import FolderStore

def never_synced(number):
    print("writing", flush=True)
    time.sleep(60)

os.fsync = never_synced  # a disk that takes for ever
FolderStore(Path(sys.argv[1])).write("b.png", b"half of it", content_type="image/png")
"""


def test_a_write_that_fails_leaves_what_was_there_and_no_rest(tmp_path):
    files = FolderStore(tmp_path)
    files.write("a/b.png", b"first", content_type=PNG)
    with pytest.raises(StorageUnavailable):
        files.write("a", b"a folder is in the way", content_type=PNG)
    with pytest.raises(TypeError):
        files.write("a/b.png", "text, not bytes", content_type=PNG)
    assert files.read("a/b.png") == b"first"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b.png"]


def test_a_folder_that_cannot_be_made_is_storage_that_is_away(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable, match=r"a\.png cannot be reached"):
        FolderStore(tmp_path / "file").write("a.png", b"x", content_type=PNG)


def test_deleting_leaves_no_empty_folders_and_disturbs_no_writer(tmp_path):
    files = FolderStore(tmp_path / "files")
    wrong = []

    def come_and_go(name: str) -> None:
        try:
            for _ in range(25):
                files.write(f"jobs/1/{name}.png", b"x", content_type=PNG)
                assert files.read(f"jobs/1/{name}.png") == b"x"
                files.delete(f"jobs/1/{name}.png")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=come_and_go, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not (tmp_path / "files" / "jobs").exists()


def test_what_a_writer_that_was_killed_left_behind_is_removed_once_it_is_old(tmp_path):
    files = FolderStore(tmp_path)
    files.write("a.png", b"whole", content_type=PNG)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE
    )
    assert writer.stdout.readline() == b"writing\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()

    def unfinished():
        return [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a.png"]

    (left,) = unfinished()
    files.remove_unfinished(older_than_seconds=60)
    assert unfinished() == [left]
    os.utime(left, (time.time() - 61,) * 2)
    files.remove_unfinished(older_than_seconds=60)
    assert unfinished() == []
    assert files.read("a.png") == b"whole"


def test_a_folder_has_no_links(tmp_path):
    assert FolderStore(tmp_path).link("a.png", seconds=60) is None


def test_pictures_leave_room_on_the_disk_for_the_table_and_for_deletions(tmp_path):
    class NearlyFull(FolderStore):
        free = 9_000_000

        def free_bytes(self):
            return self.free

    store = NearlyFull(tmp_path)
    store.write("a/b", b"x" * 1000, content_type="text/plain")
    store.free = 8_000_500
    with pytest.raises(StorageUnavailable, match="disk is full"):
        store.write("a/c", b"x" * 1000, content_type="text/plain")
    store.delete("a/b")
    assert list(store.list("")) == []
