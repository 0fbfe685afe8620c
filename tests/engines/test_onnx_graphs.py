"""The painter as ONNX graphs: the same pictures, and no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data

from stylekit.cli.commands import main
from stylekit.engines import onnx_graphs
from stylekit.engines.base import FastOptions
from stylekit.engines.fast import FastEngine
from stylekit.errors import ModelBroken
from stylekit.settings import PROJECT_ROOT
from tests.engines.small_painter import save_model
from tests.fakes import picture

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_model_whose_graphs_were_not_made_says_how(painter):
    engine = FastEngine(str(painter), runtime="onnx")
    with pytest.raises(ModelBroken, match="`stylekit quick-start` makes them"):
        engine.stylize(picture(), picture(), FastOptions())


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (90, 201)])
def test_graphs_paint_what_the_model_paints(painter, size):
    onnx_graphs.convert(str(painter))
    content, style = picture(*size), picture(40, 50, seed=3)
    for options in (FastOptions(), FastOptions(strength=0.5, style_scale=2.0)):
        by_model = FastEngine(str(painter)).stylize(content, style, options)
        by_graphs = FastEngine(str(painter), runtime="onnx").stylize(content, style, options)
        assert by_graphs.shape == by_model.shape
        assert np.abs(by_graphs - by_model).max() < 1e-4


def test_another_model_has_graphs_of_its_own(painter, tmp_path):
    onnx_graphs.convert(str(painter))
    other = save_model(tmp_path / "other", shift=0.1)
    assert onnx_graphs.is_ready(str(painter))
    assert not onnx_graphs.is_ready(str(other))


def test_a_model_without_style_codes_stays_with_tensorflow(tmp_path, cache):
    plain = save_model(tmp_path / "plain", with_codes=False, style_side=256)
    with pytest.raises(ModelBroken, match="no style codes"):
        onnx_graphs.convert(str(plain))
    assert list(cache.rglob("*.onnx")) == []


def model_that(reads, folder):
    """A small painter with another way to read styles."""
    import tensorflow as tf

    pictures = tf.TensorSpec((None, None, None, 3))

    class Painter(tf.Module):
        @tf.function(input_signature=[pictures])
        def read_style(self, style):
            return reads(tf, style)

        @tf.function(input_signature=[pictures, tf.TensorSpec((None, 3))])
        def paint(self, content, code):
            return content * 0.5 + code[:, None, None, :] * 0.5

    tf.saved_model.save(Painter(), str(folder))
    return str(folder)


def test_styles_may_be_read_at_another_size(tmp_path):
    model = model_that(
        lambda tf, style: tf.image.resize(style, (8, 8), antialias=True)[:, 3, 4], tmp_path / "m"
    )
    onnx_graphs.convert(model)
    style = picture(70, 90, seed=3)
    by_model = FastEngine(model).stylize(picture(), style, FastOptions())
    by_graphs = FastEngine(model, runtime="onnx").stylize(picture(), style, FastOptions())
    assert np.abs(by_graphs - by_model).max() < 1e-4


def test_a_model_that_onnx_cannot_run_is_said_to_be_one(tmp_path, cache):
    model = model_that(lambda tf, style: tf.linalg.svd(style[:, :3, :3, 0])[0], tmp_path / "m")
    with pytest.raises(ModelBroken, match="ONNX Runtime cannot run this model"):
        onnx_graphs.convert(model)
    assert list(cache.rglob("*.onnx")) == []


def test_the_shipped_painter_starts_from_the_shell_without_tensorflow(tmp_path, capsys):
    photo = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()[::2, ::2]).save(photo)
    arguments = ["apply", str(photo), "-s", "ink-wash"]
    assert main([*arguments, "-o", str(tmp_path / "by-tensorflow.png")]) == 0
    assert main(["quick-start"]) == 0
    program = (
        "import sys; from stylekit.cli.commands import main;"
        f"code = main({[*arguments, '-o', str(tmp_path / 'by-onnx.png')]!r});"
        "sys.exit(code or ('tensorflow' in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT_ROOT, check=True)
    wanted, found = (
        np.asarray(Image.open(tmp_path / f"by-{name}.png"), np.float32)
        for name in ("tensorflow", "onnx")
    )
    assert np.abs(wanted - found).mean() < 3  # of 255; TensorFlow may compute in bfloat16
