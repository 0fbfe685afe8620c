from pathlib import Path

import pytest

from stylekit.cli.batches import PIPE, File, Item, find, plan
from stylekit.errors import BadRequest
from tests.fakes import picture_bytes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b.jpg").write_bytes(picture_bytes(20, 20, "jpeg"))
    (tmp_path / "a.png").write_bytes(picture_bytes(20, 20))
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def planned(photos, styles, output, format=None):
    return plan([File(path) for path in photos], styles, output, format)


def names(items):
    return [each.output.name for each in items]


def test_one_photo_goes_into_the_named_file(tmp_path):
    made = planned([Path("x.jpg")], ["ink-wash"], tmp_path / "out.png")
    assert made == [Item(File(Path("x.jpg")), "ink-wash", tmp_path / "out.png", "png")]


def test_a_folder_means_its_pictures_in_order_of_name_and_the_rest_is_named(folder):
    found = find([folder])
    assert [file.path.name for file in found.files] == ["a.png", "b.jpg"]
    assert [path.name for path in found.skipped] == ["notes.txt"]


def test_photos_times_styles_each_get_a_name_of_their_own(folder, tmp_path):
    photos = [file.path for file in find([folder]).files]
    made = planned(photos, ["ink-wash", File(Path("my/lilies.jpg"))], tmp_path / "out", "webp")
    assert names(made) == ["a-ink-wash.webp", "a-lilies.webp", "b-ink-wash.webp", "b-lilies.webp"]


def test_two_photos_of_one_name_do_not_overwrite_each_other(tmp_path):
    made = planned([Path("x/a.jpg"), Path("y/a.jpg")], ["ink-wash"], tmp_path)
    assert names(made) == ["a-ink-wash.jpg", "a-ink-wash-2.jpg"]


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("jpeg", "jpg"), ("webp", "webp"), ("png", "png"), ("bmp", "png"), ("tiff", "png")],
)
def test_the_format_is_the_photos_own_or_one_that_keeps_all_of_it(kind, suffix, tmp_path):
    (tmp_path / "x.heic").write_bytes(picture_bytes(20, 20, kind))
    (item,) = planned([tmp_path / "x.heic"], ["ink-wash"], tmp_path)
    assert item.output.name == f"x-ink-wash.{suffix}"
    assert item.format == suffix.replace("jpg", "jpeg")


def test_what_may_become_png_keeps_clear_of_both_names(tmp_path):
    (tmp_path / "x.avif").write_bytes(picture_bytes(20, 20, "avif"))
    (item,) = planned([tmp_path / "x.avif"], ["ink-wash"], tmp_path)
    assert (item.output.name, item.format) == ("x-ink-wash.jpg", None)
    assert not item.exists()
    (tmp_path / "x-ink-wash.png").write_bytes(b"")
    assert item.exists()


def test_what_comes_through_a_pipe_goes_into_one():
    assert [each.output for each in planned([PIPE], ["ink-wash"], None)] == [PIPE]


def test_many_pictures_into_one_file_are_refused(tmp_path):
    with pytest.raises(BadRequest, match=r"2 pictures do not fit into .*out\.jpg"):
        planned([Path("a.jpg"), Path("b.jpg")], ["ink-wash"], tmp_path / "out.jpg")


def test_a_folder_without_pictures_is_refused_by_name(tmp_path):
    with pytest.raises(BadRequest, match=rf"{tmp_path} itself; --recursive"):
        find([tmp_path])


def test_two_formats_for_one_file_are_refused(tmp_path):
    with pytest.raises(BadRequest, match=r"out\.png and --format webp are two formats"):
        planned([Path("x.jpg")], ["ink-wash"], tmp_path / "out.png", "webp")
