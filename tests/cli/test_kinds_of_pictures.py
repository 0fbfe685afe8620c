"""Pictures of every kind come back through the command line as they mean: strength 0 shows it."""

import numpy as np
import pytest
from PIL import Image

from stylekit.cli.commands import main
from stylekit.images import FORMATS
from tests.images.kinds import KINDS
from tests.images.scenes import file_of, photo
from tests.images.transparent_files import CASES, file, furthest

pytestmark = pytest.mark.tensorflow


def come_back(folder, files):
    """The pictures of a folder, painted with strength 0, in the order of their names."""
    photos, painted = folder / "photos", folder / "painted"
    photos.mkdir()
    for name, data in files.items():
        (photos / name).write_bytes(data)
    arguments = ["apply", str(photos), "--style", "ink-wash", "--strength", "0", "--quiet"]
    assert main([*arguments, "--output", str(painted)]) == 0
    found = sorted(painted.iterdir())
    assert len(found) == len(files)
    return found


def test_files_of_every_kind_come_back_as_they_mean(tmp_path):
    found = come_back(tmp_path, {name: make() for name, (make, _) in KINDS.items()})
    for name, (_, wanted) in KINDS.items():
        (path,) = [each for each in found if each.name.startswith(f"{name.rpartition('.')[0]}-ink")]
        with Image.open(path) as image:
            shown = np.asarray(image.convert("RGB")) / 255
        assert np.abs(shown - wanted).mean() < 0.02, name


def test_transparent_photographs_of_every_format_come_back(tmp_path):
    files = {f"{f}-{kind}{FORMATS[f].suffixes[0]}": file(f, kind) for f, kind in CASES}
    found = come_back(tmp_path, files)
    for format, kind in CASES:
        (path,) = [each for each in found if each.name.startswith(f"{format}-{kind}")]
        with Image.open(path) as image:
            assert image.mode == "RGBA", path.name
            colors, alpha = furthest(np.asarray(image), kind)
        assert colors < (12 if format == "GIF" else 5), path.name
        assert alpha < 6, path.name


def test_a_cut_photograph_is_painted_and_the_command_line_says_so(tmp_path, capsys):
    data = file_of(photo("coffee").resize((320, 240)), "JPEG", quality=90)
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) * 8 // 10])
    arguments = ["apply", str(tmp_path / "cut.jpg"), "--style", "ink-wash", "--strength", "0"]
    assert main([*arguments, "--output", str(tmp_path / "whole.png")]) == 0
    assert "cut.jpg: The picture is cut off or damaged" in capsys.readouterr().err
    with Image.open(tmp_path / "whole.png") as image:
        assert image.size == (320, 240)
