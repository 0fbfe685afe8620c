"""The catalogue: found by name or number, read from near or far, and pushed to a bucket."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stylekit.catalogue import Catalogue, push
from stylekit.errors import BadSettings, Busy, FileNotStored, StorageUnavailable, StyleNotFound
from stylekit.images import Limits, decode
from stylekit.settings import Settings
from stylekit.storage import BucketStore, FileStore, FolderStore
from tests.emulator import BUCKET
from tests.fakes import COLORS, picture_bytes, style_folder

NAMES = list(COLORS)


@pytest.fixture
def folder(tmp_path):
    """Three plain styles."""
    return FolderStore(style_folder(tmp_path / "styles"))


@pytest.fixture
def catalogue(folder):
    return Catalogue(folder)


class Far(FileStore):
    """A store far away: counts what is read, and can be cut off or held."""

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.reads: list[str] = []
        self.is_away = False
        self.go_on = threading.Event()
        self.go_on.set()

    def read(self, key: str) -> bytes:
        self.reads.append(key)
        self.go_on.wait(5)
        if self.is_away:
            raise StorageUnavailable("The bucket is away.")
        return self.store.read(key)


@pytest.fixture
def far(folder):
    return Far(folder)


def written(styles: object, folder: FolderStore) -> Catalogue:
    """A catalogue whose list is this."""
    folder.write("catalogue.json", json.dumps(styles).encode(), content_type="application/json")
    return Catalogue(folder)


# Finding ----------------------------------------------------------------------------------------


def test_styles_come_in_order_with_numbers_from_one(catalogue):
    assert [(style.number, style.id) for style in catalogue.all()] == list(enumerate(NAMES, 1))


@pytest.mark.parametrize("name", [2, "2", "celadon", "Celadon", " CELADON "])
def test_a_style_is_found_by_id_name_or_number(catalogue, name):
    assert catalogue.get(name).id == "celadon"


def test_a_misspelt_style_suggests_the_nearest(catalogue):
    with pytest.raises(StyleNotFound, match=r"no style 'vermillion'; did you mean vermilion\?"):
        catalogue.get("vermillion")


def test_a_name_like_no_other_lists_what_there_is(catalogue):
    with pytest.raises(StyleNotFound, match="no style 'qqq'; there are vermilion, celadon, indigo"):
        catalogue.get("qqq")


@pytest.mark.parametrize("number", [0, 4, -1, "99"])
def test_a_number_beyond_the_last_is_refused_with_the_range(catalogue, number):
    with pytest.raises(StyleNotFound, match=f"no style '{number}'; they are numbered 1 to 3"):
        catalogue.get(number)


def test_a_name_of_a_million_letters_is_refused_shortly(catalogue):
    with pytest.raises(StyleNotFound) as refused:
        catalogue.get("x" * 1_000_000)
    assert len(str(refused.value)) < 300


def test_the_picture_of_a_style_is_read(catalogue):
    for style in catalogue.all():
        picture = decode(catalogue.read(style), Limits(max_bytes=10**6, max_pixels=10**6)).picture
        assert picture.mean(axis=(0, 1)) == pytest.approx(COLORS[style.id], abs=0.01)


def test_a_change_of_a_folder_is_seen_at_once(catalogue, folder):
    assert len(catalogue.all()) == 3
    written([{"id": "one", "name": "One", "file": "indigo.png"}], folder)
    assert [style.id for style in catalogue.all()] == ["one"]


def test_the_shipped_catalogue_has_twenty_four_whole_pictures():
    catalogue = Catalogue(FolderStore(Path(Settings().styles_url)))
    styles = catalogue.all()
    assert len(styles) == 24
    for style in styles:
        source = decode(catalogue.read(style), Limits(max_bytes=10**6, max_pixels=10**6))
        assert min(source.picture.shape[:2]) >= 256
        assert style.description
        assert all(len(color) == 7 and color[0] == "#" for color in style.palette)


# A catalogue that cannot be -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("styles", "says"),
    [
        ({"id": "a"}, "has to be a list"),
        (["a"], "Entry 1"),
        ([{"id": "a", "name": "A"}], "Entry 1 of catalogue.json is wrong: 'file'"),
        ([{"id": "a", "name": "A", "file": "../../secret"}], "Entry 1 .* no name of a file"),
        ([{"id": "a", "name": "A", "file": "a.png"}] * 2, "two styles 'a'"),
    ],
)
def test_a_wrong_catalogue_says_what_is_wrong(styles, says, folder):
    with pytest.raises(BadSettings, match=says):
        written(styles, folder).all()


def test_a_catalogue_that_is_no_json_says_so(folder):
    folder.write("catalogue.json", b"[{", content_type="application/json")
    with pytest.raises(BadSettings, match="not JSON"):
        Catalogue(folder).all()


def test_a_folder_without_a_catalogue_names_the_file(tmp_path):
    with pytest.raises(FileNotStored, match=r"catalogue\.json"):
        Catalogue(FolderStore(tmp_path / "empty")).all()


# Far away -----------------------------------------------------------------------------------------


def is_quiet():
    """Whether nothing is fetched in the background."""
    return not any(each.name == "stylekit-cache" for each in threading.enumerate())


def test_copies_are_used_while_they_are_fresh(far, tmp_path):
    catalogue = Catalogue(far, tmp_path / "cache")
    for _ in range(3):
        catalogue.read(catalogue.get("indigo"))
    assert far.reads == ["catalogue.json", "indigo.png"]


def test_what_is_no_longer_fresh_is_fetched_again_while_the_copy_is_served(
    far, folder, tmp_path, wait
):
    catalogue = Catalogue(far, tmp_path / "cache", fresh_seconds=0)
    style = catalogue.get("indigo")
    before, changed = catalogue.read(style), picture_bytes(32, 32)
    folder.write("indigo.png", changed, content_type="image/png")
    far.go_on.clear()
    assert catalogue.read(style) == before
    far.go_on.set()
    assert wait(lambda: catalogue.read(style) == changed)


def test_copies_are_used_while_the_bucket_is_away_even_by_the_next_process(far, tmp_path, wait):
    first = Catalogue(far, tmp_path / "cache", fresh_seconds=0)
    picture = first.read(first.get("indigo"))
    far.is_away = True
    for catalogue in (first, Catalogue(far, tmp_path / "cache")):
        asked = len(far.reads)
        assert catalogue.read(catalogue.get("indigo")) == picture
        assert wait(lambda asked=asked: len(far.reads) > asked)
    wait(is_quiet)
    asked = len(far.reads)
    for _ in range(5):
        assert first.read(first.get("indigo")) == picture
    wait(is_quiet)
    assert len(far.reads) == asked  # it is left alone for a while


def test_a_bucket_that_is_away_is_not_waited_for_again_at_once(far, tmp_path):
    catalogue = Catalogue(far, tmp_path / "cache")
    far.is_away = True
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            catalogue.all()
    assert far.reads == ["catalogue.json"]


def test_a_slow_bucket_holds_only_two_who_ask(far, tmp_path, wait):
    catalogue = Catalogue(far, tmp_path / "cache")
    styles = catalogue.all()
    far.go_on.clear()
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(catalogue.read, style) for style in styles * 2]
        wait(lambda: sum(each.done() for each in asked) == 4)
        refused = [each.exception() for each in asked if each.done()]
        assert all(isinstance(each, Busy) for each in refused)
        far.go_on.set()
        assert sum(each.exception() is None for each in asked) == 2
    assert all(catalogue.read(style) for style in styles)


def test_copies_outlive_a_deleted_prefix_and_the_log_says_so(far, folder, tmp_path, wait, caplog):
    catalogue = Catalogue(far, tmp_path / "cache", fresh_seconds=0)
    picture = catalogue.read(catalogue.get("indigo"))
    for key in list(folder.list("")):
        folder.delete(key)
    assert catalogue.read(catalogue.get("indigo")) == picture
    assert wait(lambda: "copy served key=indigo.png reason=" in caplog.text)
    assert catalogue.read(catalogue.get("indigo")) == picture


def test_what_was_never_copied_is_unavailable_while_the_bucket_is_away(far, tmp_path):
    catalogue = Catalogue(far, tmp_path / "cache")
    style = catalogue.get("indigo")
    far.is_away = True
    with pytest.raises(StorageUnavailable):
        catalogue.read(style)


def test_many_who_ask_at_once_cause_one_request(far, tmp_path, wait):
    catalogue = Catalogue(far, tmp_path / "cache")
    style = catalogue.get("indigo")
    far.go_on.clear()
    threads = [threading.Thread(target=catalogue.read, args=(style,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait(lambda: "indigo.png" in far.reads)
    far.go_on.set()
    for thread in threads:
        thread.join()
    assert far.reads.count("indigo.png") == 1


def test_copies_of_styles_that_were_withdrawn_are_removed(far, folder, tmp_path, wait):
    catalogue = Catalogue(far, tmp_path / "cache", fresh_seconds=0)
    for style in catalogue.all():
        catalogue.read(style)
    written([{"id": "indigo", "name": "Indigo", "file": "indigo.png"}], folder)
    assert wait(lambda: len(catalogue.all()) == 1)
    assert list(FolderStore(tmp_path / "cache").list("")) == ["catalogue.json", "indigo.png"]


def test_copies_that_someone_removed_are_fetched_again(far, tmp_path):
    catalogue = Catalogue(far, tmp_path / "cache")
    picture = catalogue.read(catalogue.get("indigo"))
    (tmp_path / "cache" / "indigo.png").unlink()
    assert catalogue.read(catalogue.get("indigo")) == picture


def test_a_cache_that_cannot_be_written_makes_it_slower_not_impossible(far, tmp_path):
    (tmp_path / "cache").write_bytes(b"a file is in the way")
    catalogue = Catalogue(far, tmp_path / "cache")
    assert catalogue.read(catalogue.get("indigo"))


def test_a_catalogue_is_pushed_to_a_bucket_and_read_from_there(folder, bucket_client, tmp_path):
    bucket = BucketStore(BUCKET, "styles", client=bucket_client)
    assert push(folder, bucket) == [*(f"{name}.png" for name in NAMES), "catalogue.json"]
    types = {blob.name: blob.content_type for blob in bucket_client.list_blobs(BUCKET)}
    assert types["styles/indigo.png"] == "image/png"
    assert types["styles/catalogue.json"] == "application/json"
    far, near = Catalogue(bucket, tmp_path / "cache"), Catalogue(folder)
    assert far.all() == near.all()
    assert [far.read(s) for s in far.all()] == [near.read(s) for s in near.all()]


def test_a_wrong_catalogue_is_not_pushed(folder, tmp_path):
    written([{"id": "a"}], folder)
    target = FolderStore(tmp_path / "target")
    with pytest.raises(BadSettings):
        push(folder, target)
    assert list(target.list("")) == []
