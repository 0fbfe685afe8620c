"""Batches for training: what is held out, and how crops are cut."""

import numpy as np
import pytest

data = pytest.importorskip("training.data")


@pytest.fixture
def folder(tmp_path):
    from PIL import Image

    for number in range(10):
        Image.new("RGB", (40 + number, 30), (number * 20, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_held_out_pictures_are_the_same_each_time_and_never_trained_on(folder):
    first, second = (data.read_folder(folder, held_out=3) for _ in range(2))
    widths = [picture.shape[1] for picture in first.held_out]
    assert widths == [picture.shape[1] for picture in second.held_out]
    assert len(widths) == 3
    assert not set(widths) & {picture.shape[1] for picture in first.training}


@pytest.mark.parametrize("zoom", [(0.3, 0.4), (2.0, 3.0)])
def test_crops_have_the_wanted_size_at_any_zoom(folder, zoom):
    pictures = data.read_folder(folder, held_out=0).training
    crops = list(data.Crops(count=12, side=24, zoom=zoom, seed=0).of(pictures))
    assert {crop.shape for crop in crops} == {(24, 24, 3)}


def test_the_same_seed_cuts_the_same_crops(folder):
    pictures = data.read_folder(folder, held_out=0).training
    cut = data.Crops(count=5, side=16, zoom=(0.5, 2.0), seed=4)
    np.testing.assert_array_equal(list(cut.of(pictures)), list(cut.of(pictures)))


def test_changed_pictures_stay_pictures():
    batch = np.random.default_rng(0).random((6, 20, 20, 3), np.float32)
    changed = data.odd_pictures(batch, np.random.default_rng(1))
    assert changed.shape == batch.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert not np.array_equal(changed, batch)
