"""The painter that ships, and the one that training makes."""

import io
import shutil

import keras
import numpy as np
import onnx
import pytest
from scipy.ndimage import uniform_filter

from stylekit.engines import weights
from stylekit.errors import ModelBroken
from stylekit.settings import PROJECT_ROOT
from tests.images import scenes

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

from training import (  # noqa: E402
    codebook,
    colors,
    data,
    export,
    losses,
    multistyle,
    network,
    objective,
    onnx_graphs,
    optimizers,
    smoke,
    start,
    trainer,
)


@pytest.fixture(scope="module")
def shipped():
    weights.verify(weights.PAINTER)
    return tf.saved_model.load(str(weights.PAINTER))


@pytest.fixture(scope="module")
def scene():
    """A picture with large shapes, slopes and edges (1, 96, 128, 3)."""
    rows, columns = np.mgrid[:96, :128] / 96
    sky = np.stack([0.4 + 0.3 * rows, 0.6 + 0.2 * rows, 0.9 - 0.2 * rows], -1)
    ball = (rows - 0.5) ** 2 + (columns - 0.6) ** 2 < 0.08
    sky[ball] = [0.8, 0.3, 0.1]
    return sky[None].astype(np.float32)


@pytest.fixture(scope="module")
def style():
    rows, columns = np.mgrid[:80, :80]
    waves = [np.sin(rows / 3 + columns / 9), np.sin(columns / 5), np.sin((rows - columns) / 4)]
    return (0.5 + 0.4 * np.stack(waves, -1))[None].astype(np.float32)


@pytest.mark.parametrize(("count", "height", "width"), [(1, 16, 16), (1, 37, 50), (3, 64, 41)])
def test_any_size_comes_back_as_it_went_in(shipped, style, count, height, width):
    content = np.random.default_rng(0).random((count, height, width, 3), np.float32)
    painted = np.asarray(shipped(content, np.repeat(style, count, 0))[0])
    assert painted.shape == content.shape
    assert painted.dtype == np.float32
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_a_style_read_beforehand_paints_the_same(shipped, scene, style):
    at_once = shipped(scene, style)[0]
    np.testing.assert_allclose(shipped.paint(scene, shipped.read_style(style)), at_once, atol=1e-5)


def test_other_sizes_do_not_make_it_slow_to_start_again(shipped, style):
    code = shipped.read_style(style)
    shipped.paint(np.zeros((1, 32, 32, 3), np.float32), code)
    traces = shipped.paint._list_all_concrete_functions_for_serialization()
    shipped.paint(np.zeros((1, 48, 40, 3), np.float32), code)
    assert len(shipped.paint._list_all_concrete_functions_for_serialization()) == len(traces)


def test_half_the_precision_paints_what_nobody_can_tell_apart(shipped, scene, style):
    code = shipped.read_style(style)
    exactly, quickly = shipped.paint(scene, code), shipped.paint_bfloat16(scene, code)
    error = float(np.mean((np.asarray(exactly) - np.asarray(quickly)) ** 2))
    assert 0 < error < 10 ** (-4)  # above 40 dB


def test_the_nearer_the_code_to_the_pictures_own_the_nearer_the_result(shipped, scene, style):
    own, other = (np.asarray(shipped.read_style(picture)) for picture in (scene, style))
    errors = [
        float(np.mean((np.asarray(shipped.paint(scene, own + s * (other - own))) - scene) ** 2))
        for s in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert errors == sorted(errors)


def test_what_is_plain_is_painted_with_strokes_and_twice_the_same(shipped, style):
    plain = np.full((1, 96, 128, 3), 0.5, np.float32)
    once, twice = (np.asarray(shipped(plain, style)[0]) for _ in range(2))
    np.testing.assert_array_equal(once, twice)
    inside = once[0, 24:-24, 24:-24]  # away from the border, which the network sees
    assert inside.std(axis=(0, 1)).max() > 0.02


def test_the_shipped_model_is_small_and_whole(shipped):
    files = [path for path in weights.PAINTER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8_000_000
    assert (weights.PAINTER / "card.md").is_file()


def test_a_model_that_was_tampered_with_is_refused(tmp_path):
    shutil.copytree(weights.PAINTER, tmp_path / "painter")
    (tmp_path / "painter" / "saved_model.pb").write_bytes(b"other")
    with pytest.raises(ModelBroken, match=r"saved_model\.pb has the SHA-256"):
        weights.verify(tmp_path / "painter")


# Keras' own way of saving weights does not know NumPy 2's `copy` yet.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_distilling_training_and_exporting_leads_to_a_model_that_paints(tmp_path):
    for painted in smoke.walk(tmp_path, steps=3):
        assert painted.shape == (1, 50, 70, 3)
        assert np.isfinite(painted).all()
    for run in ("trained", "presets_trained"):
        assert list((tmp_path / run / "sheets").iterdir())


@pytest.fixture
def bfloat16():
    """Layers built meanwhile compute in half the precision, as `--precision` says."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def test_half_the_precision_sees_and_paints_nearly_the_same(scene, style, bfloat16):
    quick = network.Painter()
    quick_eyes = smoke.perceptual.load_perceptual()
    keras.config.set_dtype_policy("float32")
    exact, eyes = network.Painter(), smoke.perceptual.load_perceptual()
    exact.set_weights(quick.get_weights())
    numbers = network.style_numbers(eyes.features(style))
    numbers = keras.ops.concatenate([numbers, colors.color_numbers(style)], -1)
    boldness = np.full(1, 0.5, np.float32)
    painted, quickly = (np.asarray(p(scene, numbers, boldness)) for p in (exact, quick))
    assert quickly.dtype == np.float32
    assert 0 < np.abs(painted - quickly).mean() < 0.01
    for stage, quick_stage in zip(eyes.features(scene), quick_eyes.features(scene), strict=True):
        away = np.asarray(stage) - np.asarray(keras.ops.cast(quick_stage, "float32"))
        assert np.sqrt(np.mean(away**2)) < 0.02 * np.asarray(stage).std()


def test_muon_learns_the_convolutions_between_and_adam_the_rest():
    optimizer = optimizers.new_optimizer("muon")
    shapes = {(3, 3, 64, 96): False, (3, 3, 3, 16): True, (3, 3, 16, 3): True}
    shapes |= {(1, 1, 128, 96): True, (128, 2444): True, (96,): True}
    for shape, adams in shapes.items():
        assert optimizer._should_use_adamw(keras.Variable(np.zeros(shape))) is adams


def test_a_model_unlike_its_network_is_not_exported(tmp_path):
    eyes = smoke.perceptual.load_perceptual()
    widths = network.Widths(half=8, quarter=8, eighth=8, sixteenth=8, broad=8, code=8)
    module = export.AnyStyle(eyes, network.Painter(widths))
    tf.saved_model.save(module, str(tmp_path))
    other = export.AnyStyle(eyes, network.Painter(widths))
    with pytest.raises(ValueError, match="differs from the network"):
        export.compare(other, tf.saved_model.load(str(tmp_path)))


@pytest.fixture
def book():
    """Three styles of one colour each."""
    colors_of = np.float32([[0.9, 0.1, 0.1], [0.1, 0.8, 0.2], [0.2, 0.2, 0.9]])
    styles = np.broadcast_to(colors_of[:, None, None], (3, 32, 32, 3))
    book = codebook.Codebook(3, 16)
    book.know(styles)
    return book, styles


def test_a_codebook_recognises_its_styles_at_any_size_and_no_other_picture(book, scene):
    book, styles = book
    small = keras.ops.image.resize(styles, (20, 27))
    np.testing.assert_array_equal(book.recognise(small), np.eye(4)[:3])
    np.testing.assert_array_equal(book.recognise(scene), [[0, 0, 0, 1]])


def test_a_codebook_folded_into_the_painter_paints_the_same(book, scene):
    book, _ = book
    widths = network.Widths(half=8, quarter=8, eighth=8, sixteenth=8, broad=8, code=16)
    painter = network.Painter(widths)
    export.halve(painter)
    folded, shares_book = export.fold(painter, book)
    shares, boldness = np.float32([[0, 0.3, 0.7, 0]]), np.float32([0.8])
    one, other = (
        np.asarray(p.paint(scene, b.code(shares, boldness, scene)))
        for p, b in ((painter, book), (folded, shares_book))
    )
    np.testing.assert_allclose(one, other, atol=5e-3)


def test_graphs_take_their_weights_from_the_saved_model(book, tmp_path):
    widths = network.Widths(half=8, quarter=8, eighth=8, sixteenth=8, broad=8, code=16)
    painter = network.Painter(widths)
    export.halve(painter)
    export.export(export.KnownStyles(book[0], painter), tmp_path)
    onnx_graphs.write(tmp_path)
    weights.verify(tmp_path)
    graph = onnx.load(str(tmp_path / "paint.onnx"), load_external_data=False).graph
    places = [each.external_data[0].value for each in graph.initializer if each.external_data]
    assert len(places) > 5
    assert set(places) == {onnx_graphs.VARIABLES}
    assert "paint.onnx" in (tmp_path / weights.CHECKSUMS).read_text()


@pytest.fixture(scope="module")
def presets():
    weights.verify(weights.PRESETS)
    return tf.saved_model.load(str(weights.PRESETS))


def test_a_style_is_read_with_the_default_boldness_which_may_go_all_the_way(
    shipped, presets, style
):
    for model, (timid, bold) in (
        (shipped, export.AnyStyle.told_as),
        (presets, export.KnownStyles.told_as),
    ):
        code = model.read_style(style)
        default = model.with_boldness(code, export.DEFAULT_BOLDNESS)
        np.testing.assert_allclose(code, default, rtol=1e-6)
        told = [float(model.with_boldness(code, b)[0, -colors.COLORS - 1]) for b in (0.0, 0.3, 1.0)]
        assert told == pytest.approx([timid, 0.7 * timid + 0.3 * bold, bold])


def test_a_training_can_begin_with_the_weights_that_ship(presets, scene, tmp_path):
    arrays = start.read_saved_model(weights.PRESETS)
    np.savez(tmp_path / "start.npz", **arrays)
    widths = trainer.read_recipe(start.PRESETS_RECIPE).options["widths"]
    painter = network.Painter(network.Widths(**widths))
    book = codebook.Codebook(len(arrays["codebook/colors"]), len(arrays["codebook/codes"]))
    objective.read_start(tmp_path / "start.npz", painter, book)
    shares = np.eye(book.count + 1, dtype=np.float32)[[3]]
    code = book.code(shares, np.float32([0.3]), scene)
    expected = np.asarray(presets.paint(scene, code))
    # Two orders of the same sums; seen: one number of 36,864 by 1.3e-4.
    np.testing.assert_allclose(painter.paint(scene, code), expected, atol=5e-4)


def test_a_training_can_begin_between_two_others(monkeypatch, tmp_path):
    read = {"one": {"w": np.float32([1, 2])}, "other": {"w": np.float32([3, 2])}}
    monkeypatch.setattr(start, "read_saved_model", lambda folder: read[folder.name])
    between = start.mean([tmp_path / "one", tmp_path / "other"])
    np.testing.assert_array_equal(between["w"], [2, 2])


def test_a_training_does_not_begin_with_the_weights_of_another_network(tmp_path):
    widths = network.Widths(half=8, quarter=8, eighth=8, sixteenth=8, broad=8, code=8)
    other = export.AnyStyle(smoke.perceptual.load_perceptual(), network.Painter(widths))
    tf.saved_model.save(other, str(tmp_path))
    with pytest.raises(ValueError, match="exported from another network"):
        start.read_saved_model(tmp_path)


def test_the_presets_painter_is_small_and_whole():
    files = [path for path in weights.PRESETS.rglob("*") if path.is_file()]
    graphs = [path for path in files if path.suffix == ".onnx"]
    assert sum(path.stat().st_size for path in set(files) - set(graphs)) < 4_000_000
    assert sum(path.stat().st_size for path in graphs) < 200_000
    assert (weights.PRESETS / "card.md").is_file()


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (31, 33), (96, 64)])
def test_other_tools_find_what_they_need_by_name(presets, size):
    content = tf.constant(np.random.default_rng(0).random((2, *size, 3), np.float32))
    sign = presets.signatures
    code = sign["read_style"](style=content)["code"]
    painted = sign["paint"](content=content, code=code)["stylized"]
    at_once = sign["serving_default"](content=content, style=content)["stylized"]
    assert painted.shape == at_once.shape == content.shape
    np.testing.assert_allclose(painted, at_once, atol=1e-5)


# Of 255, at a period of so many pixels, on a slope so large that strokes average out. Seen at most:
MOST_GRID = {2: 0.7, 4: 1.0, 8: 2.8, 16: 7.5}  # 0.4, 0.8, 2.2, 6.3; at 5, 7, 9, no grid, up to 1.8
MOST_IN_COMMON = 14  # of 255; seen: 8.9, and 38.8 the painter before
MOST_ROWS = (
    0.35  # more regular than its style, in the mean; seen: 0.22, and 0.50 the painter before
)


def pattern(painted, period):
    """How much of a picture (n, n, 3) repeats every `period` pixels: the range of its mean."""
    sharp = (painted - uniform_filter(painted, (period, period, 1)))[period:-period, period:-period]
    count = len(sharp) // period
    sharp = sharp[: count * period, : count * period]
    cells = sharp.reshape(count, period, count, period, 3).mean((0, 2))
    return float(np.ptp(cells, axis=(0, 1)).max())


def test_the_presets_painter_knows_every_preset(presets):
    for path in sorted((PROJECT_ROOT / "static" / "styles").glob("*.jpg")):
        assert presets.knows(tf.constant(data.to_floats([data.square(data.decode(path), 288)])))[0]


@pytest.mark.parametrize("folder", [weights.PAINTER, weights.PRESETS], ids=["any", "presets"])
def test_presets_hardly_show_the_grid_that_the_painters_compute_on(folder):
    painter = tf.saved_model.load(str(folder))
    rows, columns = np.mgrid[:1152, :1152] / 1152
    slope = np.stack([0.35 + 0.3 * columns, 0.4 + 0.3 * rows, 0.6 - 0.2 * columns], -1)
    slope = tf.constant(slope[None], tf.float32)
    for path in sorted((PROJECT_ROOT / "static" / "styles").glob("*.jpg")):
        style = data.to_floats([data.square(data.decode(path), 288)])
        painted = np.asarray(painter(slope, tf.constant(style))[0])[0, 64:-64, 64:-64]
        found = {period: 255 * pattern(painted, period) for period in MOST_GRID}
        assert all(found[period] < most for period, most in MOST_GRID.items()), (path.stem, found)


def test_motifs_of_presets_lie_hardly_more_in_rows_than_the_styles_own(presets, scene):
    styles = multistyle.read_styles(PROJECT_ROOT / "static" / "styles")
    photograph = tf.image.resize(scene, (320, 448))
    rows = [
        multistyle.regularity(np.asarray(presets(photograph, style[None])[0]))[0]
        for style in styles
    ]
    more = np.maximum(rows - multistyle.regularity(styles), 0)
    assert more.mean() < MOST_ROWS


def test_photographs_in_one_preset_have_hardly_a_patch_at_the_same_place(presets):
    photographs = unrelated_photographs()
    count = len(photographs)
    found = []
    for style in multistyle.read_styles(PROJECT_ROOT / "static" / "styles"):
        code = presets.read_style(style[None])
        plain = colors.recolor(photographs, colors.color_numbers(style[None]))
        painted = [presets.paint(photograph[None], code)[0] for photograph in photographs]
        alike = losses.in_common(np.stack(painted) - plain, np.ones((count, count), np.float32))
        found.append(np.mean(alike) / (count - 1))
    assert 255 * np.sqrt(np.maximum(found, 0)).mean() < MOST_IN_COMMON


def unrelated_photographs():
    """Eight photographs that have nothing to do with one another, (8, 256, 256, 3)."""
    names = ["astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png"]
    names += ["ihc.png", "gravel.png", "hubble_deep_field.jpg"]
    files = (io.BytesIO(scenes.shipped(name)) for name in names)
    return data.to_floats([data.square(data.decode(file), 256) for file in files])


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize("folder", [weights.PAINTER, weights.PRESETS], ids=["any", "presets"])
def test_tflite_converts_the_signatures_without_operations_of_tensorflow(folder, scene):
    """`saved_model_cli` and TF Serving read the same signatures."""
    converted = {}
    for key in ("read_style", "paint"):
        model = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=[key])
        interpreter = tf.lite.Interpreter(model_content=model.convert())
        converted[key] = interpreter.get_signature_runner(key)
    code = converted["read_style"](style=scene)["code"]
    painted = converted["paint"](content=scene, code=code)["stylized"]
    module = tf.saved_model.load(str(folder))
    expected = np.asarray(module.paint(scene, module.read_style(scene)))
    np.testing.assert_allclose(painted, expected, atol=0.02)
