"""Packed pictures: smaller, and read as the others were."""

import numpy as np
from PIL import Image

from training import data
from training.pack import pack


def picture(number: int) -> Image.Image:
    """A slope of its own colours, larger than trainings read it."""
    slope = data.slope(400, np.random.default_rng(number))
    return Image.fromarray(slope)


def test_packed_pictures_are_read_as_the_others_were(tmp_path):
    folder, out = tmp_path / "content", tmp_path / "packed"
    folder.mkdir()
    for number, name in enumerate(["b.png", "a.jpg", "a-2.png", "c.jpeg", "B.webp"]):
        picture(number).save(folder / name)
    (folder / "SOURCES.tsv").write_text("no picture")
    size = pack(folder, out)
    assert size == sum(path.stat().st_size for path in out.iterdir())
    assert size < sum(path.stat().st_size for path in folder.iterdir()) / 2
    before, after = (data.read_folder(each, held_out=2) for each in (folder, out))
    for kind in ("training", "held_out"):
        for one, other in zip(getattr(before, kind), getattr(after, kind), strict=True):
            assert one.shape == other.shape == (data.SHORT_SIDE, data.SHORT_SIDE, 3)
            assert np.abs(one.astype(int) - other).mean() < 3
