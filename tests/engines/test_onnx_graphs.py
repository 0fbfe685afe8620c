"""Painters as ONNX graphs: the same pictures, and no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data

from stylekit import images
from stylekit.catalogue import open_catalogue
from stylekit.engines import models, onnx_conversion, onnx_graphs, registry, weights
from stylekit.engines.base import FastOptions
from stylekit.engines.fast import FastEngine
from stylekit.errors import ModelBroken
from stylekit.settings import PROJECT_ROOT, from_environment
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
    onnx_conversion.convert(str(painter))
    content, style = picture(*size), picture(40, 50, seed=3)
    for options in (FastOptions(), FastOptions(strength=0.5, style_scale=2.0)):
        by_model = FastEngine(str(painter)).stylize(content, style, options)
        by_graphs = FastEngine(str(painter), runtime="onnx").stylize(content, style, options)
        assert by_graphs.shape == by_model.shape
        assert np.abs(by_graphs - by_model).max() < 1e-4


def test_another_model_has_graphs_of_its_own(painter, tmp_path):
    onnx_conversion.convert(str(painter))
    other = save_model(tmp_path / "other", shift=0.1)
    assert onnx_graphs.is_ready(str(painter))
    assert not onnx_graphs.is_ready(str(other))


def test_a_model_without_style_codes_stays_with_tensorflow(tmp_path, cache):
    plain = save_model(tmp_path / "plain", with_codes=False, style_side=256)
    with pytest.raises(ModelBroken, match="no style codes"):
        onnx_conversion.convert(str(plain))
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
    onnx_conversion.convert(model)
    style = picture(70, 90, seed=3)
    by_model = FastEngine(model).stylize(picture(), style, FastOptions())
    by_graphs = FastEngine(model, runtime="onnx").stylize(picture(), style, FastOptions())
    assert np.abs(by_graphs - by_model).max() < 1e-4


def test_a_model_that_onnx_cannot_run_is_said_to_be_one(tmp_path, cache):
    model = model_that(lambda tf, style: tf.linalg.svd(style[:, :3, :3, 0])[0], tmp_path / "m")
    with pytest.raises(ModelBroken, match="ONNX Runtime cannot run this model"):
        onnx_conversion.convert(model)
    assert list(cache.rglob("*.onnx")) == []


@pytest.fixture(scope="module", params=["painter", "presets"])
def shipped(request):
    """A shipped SavedModel, and its graphs."""
    folder = weights.HERE / request.param
    return models.load(str(folder)), onnx_graphs.load(str(folder))


@pytest.mark.parametrize("size", [(16, 16), (97, 130), (256, 200)])
def test_the_shipped_graphs_paint_what_the_shipped_models_paint(shipped, size):
    """Where this fails after an export, `python -m training.onnx_graphs` writes them anew."""
    import tensorflow as tf

    model, graphs = shipped
    content = data.astronaut()[None, : size[0], : size[1]].astype(np.float32) / 255
    style = data.coffee()[None, ::3, ::3].astype(np.float32) / 255
    code = graphs.read_style(style)
    np.testing.assert_allclose(code, model.read_style(tf.constant(style)), atol=1e-3)
    boldness = np.asarray(0.7, np.float32)
    expected = model.with_boldness(tf.constant(code), tf.constant(boldness))
    code = graphs.with_boldness(code, boldness)
    np.testing.assert_allclose(code, expected, atol=1e-5)
    away = graphs.paint(content, code) - np.asarray(model.paint(tf.constant(content), code))
    assert np.abs(away).max() < 2 / 255
    assert np.abs(away).mean() < 0.1 / 255


def test_the_shipped_graphs_have_no_weights_of_their_own(shipped):
    for name in ("painter", "presets"):
        graphs = list((weights.HERE / name).glob("*.onnx"))
        assert {"paint", "read_style", "with_boldness"} <= {each.stem for each in graphs}
        assert sum(each.stat().st_size for each in graphs) < 200_000


def test_presets_are_known_by_sight_without_tensorflow():
    engine = FastEngine(runtime="onnx")
    preset = images.decode(
        (PROJECT_ROOT / "static" / "styles" / "ink-wash.jpg").read_bytes(), images.LOCAL_LIMITS
    ).as_style()
    known, other = engine.read_style(preset), engine.read_style(picture(70, 90, seed=3))
    assert known.painter is not other.painter


WITHOUT = "import sys; sys.modules['tensorflow'] = None  # as where it is not installed\n"


def run_without_tensorflow(program):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + program],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_shipped_painter_paints_from_the_shell_and_on_a_server_without_tensorflow(tmp_path):
    photo = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()[::2, ::2]).save(photo)
    arguments = ["apply", str(photo), "-s", "ink-wash", "-o", str(tmp_path / "shell.png")]
    done = run_without_tensorflow(
        f"from stylekit.cli.commands import main\nassert main({arguments!r}) == 0\n"
        "from stylekit.engines.registry import build_engines\n"
        "from stylekit.settings import from_environment\n"
        "build_engines(from_environment({})).get('fast').warm_up()\n"
    )
    assert done.returncode == 0, done.stderr
    settings = from_environment({"STYLEKIT_RUNTIME": "tensorflow"})
    engine = registry.build_engines(settings).get("fast")
    presets = open_catalogue(settings)
    style = images.decode(presets.read(presets.get("ink-wash")), images.LOCAL_LIMITS)
    content = images.decode(photo.read_bytes(), images.LOCAL_LIMITS)
    wanted = engine.stylize(content.picture, style.as_style(), FastOptions())
    found = images.decode((tmp_path / "shell.png").read_bytes(), images.LOCAL_LIMITS).picture
    assert np.abs(wanted - found).mean() < 3 / 255  # TensorFlow may compute in bfloat16


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            "import stylekit, numpy as np\n"
            "stylekit.stylize(np.zeros((32, 32, 3), np.uint8), 'ink-wash', engine='gatys')",
            "The gatys engine needs the extra tensorflow: pip install 'stylekit[tensorflow]'.",
        ),
        (
            "from stylekit.engines.fast import FastEngine; FastEngine('models/mine').warm_up()",
            "The model models/mine needs the extra tensorflow",
        ),
        (
            "import os; os.environ['STYLEKIT_QUEUE'] = 'amqp://host'\n"
            "from stylekit.worker.app import main; sys.exit(main(['--engines', 'gatys']))",
            "The gatys engine needs the extra tensorflow",
        ),
    ],
    ids=["gatys", "another model", "a worker"],
)
def test_what_needs_tensorflow_names_the_extra(program, says):
    done = run_without_tensorflow(program)
    assert done.returncode != 0
    assert says in done.stderr
