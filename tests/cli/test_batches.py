from pathlib import Path

import pytest

from stylekit.cli.batches import Commission, plan
from stylekit.errors import BadRequest


@pytest.fixture
def folder(tmp_path):
    for name in ("b.jpg", "a.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_one_photo_goes_into_the_named_file(tmp_path):
    made = plan([Path("x.jpg")], ["ink-wash"], tmp_path / "out.png")
    assert made == [Commission(Path("x.jpg"), "ink-wash", tmp_path / "out.png")]


def test_a_folder_means_its_pictures_in_order_of_name(folder, tmp_path):
    made = plan([folder], ["ink-wash"], tmp_path / "out")
    assert [each.output.name for each in made] == ["a-ink-wash.png", "b-ink-wash.jpg"]
    assert (tmp_path / "out").is_dir()


def test_photos_times_styles_each_get_a_name_of_their_own(folder, tmp_path):
    made = plan([folder], ["ink-wash", "my/lilies.jpg"], tmp_path / "out", "webp")
    names = [each.output.name for each in made]
    assert names == ["a-ink-wash.webp", "a-lilies.webp", "b-ink-wash.webp", "b-lilies.webp"]


def test_two_photos_of_one_name_do_not_overwrite_each_other(tmp_path):
    made = plan([Path("x/a.jpg"), Path("y/a.jpg")], ["ink-wash"], tmp_path)
    assert len({each.output for each in made}) == 2


def test_a_style_folder_means_every_picture_in_it(folder, tmp_path):
    made = plan([Path("x.jpg")], [str(folder)], tmp_path / "out")
    assert [Path(each.style).name for each in made] == ["a.png", "b.jpg"]


def test_a_photo_in_a_format_that_is_not_written_becomes_jpeg(tmp_path):
    (made,) = plan([Path("x.heic")], ["ink-wash"], tmp_path)
    assert made.output.name == "x-ink-wash.jpg"


def test_many_pictures_into_one_file_are_refused(folder, tmp_path):
    with pytest.raises(BadRequest, match=r"2 pictures do not fit into .*out\.jpg"):
        plan([folder], ["ink-wash"], tmp_path / "out.jpg")


def test_a_folder_without_pictures_is_refused_by_name(tmp_path):
    with pytest.raises(BadRequest, match=str(tmp_path)):
        plan([tmp_path], ["ink-wash"], None)


def test_a_format_that_is_not_written_is_refused(tmp_path):
    with pytest.raises(BadRequest, match=r"out\.heic: pictures are written as \.jpg"):
        plan([Path("x.jpg")], ["ink-wash"], tmp_path / "out.heic")
