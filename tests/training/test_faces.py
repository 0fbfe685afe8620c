"""Where faces are, and how trainings are told."""

import numpy as np
import pytest

faces = pytest.importorskip("training.faces")

from training import data, objective  # noqa: E402
from training.trainer import Phase, Recipe  # noqa: E402


@pytest.fixture(scope="module")
def astronaut():
    from skimage.data import astronaut

    return data.resize(astronaut(), 256, 256)


@pytest.fixture
def recipe():
    phase = Phase(side=32, batch=1, steps=1, learning_rate=1e-3)
    options = {"content_crops": {"32": 8}, "portraits": 0.5, "slopes": 0.25}
    return Recipe(seed=1, phases=[phase], options=options)


def test_a_face_is_found_and_nothing_is_found_where_none_is(astronaut):
    (face,) = faces.find(astronaut)
    assert face.left < 112 < face.left + face.side  # the nose
    assert face.top < 56 < face.top + face.side
    assert 40 < face.side < 90
    assert faces.find(np.full((64, 64, 3), 128, np.uint8)) == []
    assert faces.find(astronaut[:20, :20]) == []


def test_what_was_found_is_not_looked_for_again(astronaut, tmp_path, monkeypatch):
    path = tmp_path / "run" / "faces.json"
    found = faces.find_once(path, [astronaut, astronaut[128:]])
    assert [len(each) for each in found] == [1, 0]
    monkeypatch.setattr(faces, "find", None)
    assert faces.find_once(path, [astronaut, astronaut[128:]]) == found


def test_a_face_is_marked_where_it_is_and_its_colours_stay(astronaut):
    face = faces.Face(100, 60, 40)
    marked = faces.marked(astronaut, [face])
    np.testing.assert_array_equal(marked[..., :3], astronaut)
    assert marked[120, 80, 3] == 255
    assert marked[50, 80, 3] == marked[120, 30, 3] == 0
    share = (marked[..., 3] > 0).mean() * 256 * 256 / (40 * 50 * np.pi / 4)
    assert 0.9 < share < 1.15
    assert faces.portrait(marked, face).shape == (40 + 2 * 48, 40 + 2 * 48, 4)
    assert faces.portrait(marked, faces.Face(0, 230, 40)).shape == (88, 74, 4)


def test_marks_are_cut_enlarged_and_mirrored_with_their_pictures(astronaut):
    marked = astronaut.copy()
    marked = np.dstack([marked, marked[..., 0]])  # so that the mark can be compared
    for crop in data.Crops(count=6, side=48, zoom=(0.5, 2.0), seed=3).of([marked]):
        np.testing.assert_array_equal(crop[..., 3], crop[..., 0])


def test_crops_have_a_share_of_portraits_and_of_slopes(astronaut, recipe, tmp_path):
    contents = data.Folder(training=[astronaut], held_out=[])
    crops = objective.content_crops(contents, recipe, 32, tmp_path)
    assert {crop.shape for crop in crops} == {(48, 48, 4)}
    assert len(crops) == 8 + 4 + 2
    shares = [float((crop[..., 3] > 0).mean()) for crop in crops]
    assert np.mean(shares[8:12]) > np.mean(shares[:8])
    assert max(shares[12:]) == 0


def test_pictures_without_faces_have_no_portraits(astronaut, recipe, tmp_path):
    contents = data.Folder(training=[astronaut[128:]], held_out=[])
    assert len(objective.content_crops(contents, recipe, 32, tmp_path)) == 8 + 2
