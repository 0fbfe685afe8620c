"""Colour and alpha of every format come back through the command line, as strength 0 shows."""

import numpy as np
import pytest
from PIL import Image

from stylekit.cli.commands import main
from stylekit.images import extension
from tests.images.transparent_files import CASES, file, furthest

pytestmark = pytest.mark.tensorflow


def test_transparent_photographs_of_every_format_come_back(tmp_path):
    photos, painted = tmp_path / "photos", tmp_path / "painted"
    photos.mkdir()
    for format, kind in CASES:
        name = f"{format}-{kind}.{extension(format)}"
        (photos / name).write_bytes(file(format, kind))
    arguments = ["apply", str(photos), "--style", "ink-wash", "--strength", "0", "--quiet"]
    assert main([*arguments, "--output", str(painted)]) == 0
    found = sorted(painted.iterdir())
    assert len(found) == len(CASES)
    for format, kind in CASES:
        (path,) = [each for each in found if each.name.startswith(f"{format}-{kind}")]
        with Image.open(path) as image:
            assert image.mode == "RGBA", path.name
            colors, alpha = furthest(np.asarray(image), kind)
        assert colors < (12 if format == "GIF" else 5), path.name
        assert alpha < 6, path.name
