"""The presets: painted the same every time, listed as they are, none flat, none twice."""

import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from training.presets.catalogue import PRESETS

FOLDER = Path(__file__).parents[2] / "static" / "styles"
MOST_BYTES_EACH, MOST_BYTES_TOGETHER = 200_000, 4_000_000


@pytest.fixture(scope="module")
def catalogue():
    return json.loads((FOLDER / "catalogue.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pictures(catalogue):
    """Every shipped picture as floats at half its size, by id."""
    return {e["id"]: _halved(Image.open(FOLDER / e["file"])) for e in catalogue}


def _halved(picture):
    small = picture.convert("RGB").reduce(2)
    return np.asarray(small, np.float32) / 255


def _fingerprint(picture):
    """Colours (shares of 4 × 4 × 4 boxes) and textures (energy at three scales, both ways)."""
    boxes = (picture * 3.999).astype(int) @ (16, 4, 1)
    colours = np.bincount(boxes.ravel(), minlength=64) / boxes.size
    grey = picture.mean(-1)
    energies = []
    for scale in (1, 3, 9):
        soft = ndimage.gaussian_filter(grey, scale / 2)
        energies += [np.log(np.diff(soft, axis=axis).std() * scale) for axis in (0, 1)]
    return np.concatenate([np.sqrt(colours), np.array(energies) / 4])


@pytest.mark.parametrize("name", ["mosaic", "stained-glass"])
def test_a_preset_is_the_same_picture_every_time_it_is_painted(name):
    (preset,) = (p for p in PRESETS if p.id == name)
    first, second = preset.paint(96), preset.paint(96)
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.float32
    assert np.array_equal(first, second)
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_catalogue_lists_what_the_code_paints_in_the_order_of_the_carousel(catalogue):
    assert [(e["id"], e["name"], e["description"]) for e in catalogue] == [
        (p.id, p.name, p.description) for p in PRESETS
    ]


def test_there_are_24_presets_and_each_has_its_own_name_and_file(catalogue):
    for key in ("id", "name", "description", "file"):
        assert len({e[key] for e in catalogue}) == 24
    assert "woodblock-wave" in {e["id"] for e in catalogue}


def test_the_folder_holds_the_listed_pictures_and_no_others(catalogue):
    assert {e["file"] for e in catalogue} == {p.name for p in FOLDER.glob("*.jpg")}


def test_every_picture_is_a_square_jpeg_that_is_quick_to_load(catalogue):
    files = [FOLDER / e["file"] for e in catalogue]
    for file, preset in zip(files, PRESETS, strict=True):
        with Image.open(file) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
            assert picture.size == (preset.size, preset.size)
        assert file.stat().st_size <= MOST_BYTES_EACH
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES_TOGETHER


def test_a_palette_is_five_colours_of_its_picture(catalogue, pictures):
    for entry in catalogue:
        assert len(entry["palette"]) == 5
        seen = pictures[entry["id"]][::4, ::4].reshape(-1, 3)
        for colour in entry["palette"]:
            assert re.fullmatch("#[0-9a-f]{6}", colour)
            wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
            assert np.linalg.norm(seen - wanted, axis=1).min() < 0.1


def test_no_picture_is_flat_anywhere(pictures):
    for name, picture in pictures.items():
        edge = len(picture) // 4
        for top, left in np.ndindex(4, 4):
            part = picture[top * edge : (top + 1) * edge, left * edge : (left + 1) * edge]
            assert part.std(axis=(0, 1)).max() > 0.03, f"{name} is empty at {top}, {left}"


def test_no_two_pictures_share_their_colours_and_textures(pictures):
    marks = {name: _fingerprint(picture) for name, picture in pictures.items()}
    for one, other in combinations(marks, 2):
        apart = np.linalg.norm(marks[one] - marks[other])
        assert apart > 0.35, f"{one} and {other} are only {apart:.2f} apart"
