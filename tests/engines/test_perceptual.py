"""What the network sees, and how far apart two pictures are."""

import itertools
import shutil

import numpy as np
import pytest

from stylekit import images
from stylekit.engines import weights
from stylekit.errors import ModelBroken
from stylekit.settings import PROJECT_ROOT
from tests.fakes import pixels

pytestmark = pytest.mark.tensorflow

perceptual = pytest.importorskip("stylekit.engines.perceptual", reason="needs TensorFlow")


@pytest.fixture(scope="module")
def eyes():
    return perceptual.load_perceptual()


@pytest.fixture
def picture():
    return np.random.default_rng(3).random((1, 64, 48, 3), np.float32)


def number(tensor):
    return float(np.asarray(tensor)[0])


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 31), (64, 48)])
def test_five_stages_are_seen_each_half_as_large_as_the_one_before(eyes, height, width):
    features = eyes.features(np.zeros((2, height, width, 3), np.float32))
    shapes = [tuple(stage.shape) for stage in features]
    channels = perceptual.VIEW_CHANNELS
    assert shapes == [(2, height >> n, width >> n, c) for n, c in enumerate(channels)]


def test_the_same_picture_is_seen_the_same_alone_and_in_a_batch(eyes, picture):
    other = picture[:, ::-1]
    alone, together = eyes.features(picture), eyes.features(np.concatenate([other, picture]))
    for one, both in zip(alone, together, strict=True):
        np.testing.assert_allclose(one[0], both[1], rtol=1e-3, atol=1e-3)


def test_the_gram_matrix_of_a_tiled_picture_equals_that_of_the_tile():
    tile = np.random.default_rng(0).random((2, 8, 6, 5), np.float32)
    tiled = np.tile(tile, (1, 3, 2, 1))
    np.testing.assert_allclose(
        perceptual.gram_matrix(tiled), perceptual.gram_matrix(tile), rtol=1e-5
    )


def test_a_picture_is_at_no_distance_from_itself(eyes, picture):
    features = eyes.features(picture)
    assert number(perceptual.content_distance(features, features)) == 0
    style = perceptual.style_statistics(features)
    assert number(perceptual.style_distance(features, style)) == pytest.approx(0, abs=1e-6)


def test_content_distance_grows_with_what_is_changed(eyes, picture):
    target = eyes.features(picture)
    noise = np.random.default_rng(1).normal(0, 1, picture.shape).astype(np.float32)
    distances = [
        number(perceptual.content_distance(eyes.features(picture + share * noise), target))
        for share in (0.02, 0.1, 0.4)
    ]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_moving_what_is_seen_changes_the_content_far_more_than_the_style(eyes):
    rows, columns = np.mgrid[:96, :96] / 96
    waves = 0.5 + 0.5 * np.sin(np.stack([9 * rows, 25 * rows * columns, 40 * columns**2], -1))
    picture = waves[None].astype(np.float32)
    target, seen = eyes.features(picture), eyes.features(np.roll(picture, 48, axis=1))
    style = perceptual.style_statistics(target)
    moved, changed = (
        perceptual.content_distance(seen, target),
        perceptual.style_distance(seen, style),
    )
    assert number(moved) > 0.5
    assert number(changed) < number(moved) / 10


def test_an_error_counts_more_where_there_is_something_to_see():
    stage = np.zeros((1, 16, 16, 4), np.float32)
    stage[:, :, 8:] = np.random.default_rng(0).normal(size=(1, 16, 8, 4))
    errors = np.asarray(perceptual.stage_content_errors(stage + 1, stage))[0]
    assert errors[:, 11:].mean() > 2 * errors[:, :5].mean() > 0


def test_a_flat_photograph_may_be_painted_on_as_any_other(eyes):
    flat = np.full((1, 96, 96, 3), 0.6, np.float32)
    rows, columns = np.mgrid[:96, :96]
    strokes = 0.1 * np.sin(rows / 3 + columns / 5)[None, ..., None].astype(np.float32)
    busy = np.random.default_rng(0).random(flat.shape, np.float32)
    distances = [
        number(perceptual.content_distance(eyes.features(p + strokes), eyes.features(p)))
        for p in (flat, busy)
    ]
    assert distances[0] < 3 * distances[1]


def test_paper_and_single_colours_are_plain_and_presets_are_not(eyes):
    grain = np.random.default_rng(0).normal(0, 0.01, (1, 96, 96, 3))
    paper = (0.93 + grain).astype(np.float32)
    red = np.broadcast_to(np.float32([1, 0, 0]), (1, 96, 96, 3))
    plain = [number(perceptual.richness(statistics(eyes, p))) for p in (paper, red)]
    assert max(plain) < 0.1
    for path in sorted((PROJECT_ROOT / "static" / "styles").glob("*.jpg")):
        preset = images.fit(pixels(path.read_bytes()), longest_side=256)[None]
        assert number(perceptual.style_share(perceptual.richness(statistics(eyes, preset)))) == 1


def statistics(eyes, picture):
    return perceptual.style_statistics(eyes.features(picture))


def test_vgg_is_taken_from_a_folder_and_has_the_same_five_stages(tmp_path, eyes, picture):
    arrays = {}
    for layer in perceptual.convolutions(perceptual.vgg_model("vgg16")):
        kernel, bias = layer.get_weights()
        arrays |= {f"{layer.name}/kernel": kernel, f"{layer.name}/bias": bias}
    np.savez(tmp_path / "vgg16.npz", **arrays)
    weights.write_checksums(tmp_path)
    vgg = perceptual.load_perceptual(tmp_path)
    assert vgg.name == "vgg16"
    assert [s.shape[1:3] for s in vgg.features(picture)] == [
        s.shape[1:3] for s in eyes.features(picture)
    ]


def test_a_stage_without_weight_does_not_count():
    stages = [np.random.default_rng(n).random((1, 4, 4, 3), np.float32) for n in range(2)]
    style = perceptual.style_statistics(stages)
    changed = [stages[0], stages[1] * 2]
    assert number(perceptual.style_distance(changed, style, (1, 0))) == pytest.approx(0, abs=1e-6)
    assert number(perceptual.style_distance(changed, style, (0, 1))) > 0.1


def test_flat_pictures_are_smooth_and_stripes_are_not():
    flat = np.full((1, 8, 8, 3), 0.3, np.float32)
    stripes = flat.copy()
    stripes[:, ::2] = 0.8
    assert number(perceptual.smoothness(flat)) == 0
    assert number(perceptual.smoothness(stripes)) == pytest.approx(0.5)


def measures():
    weights = np.random.default_rng(1).standard_normal((1, 12, 12, 3)).astype(np.float32)

    def edges(pictures):
        around = perceptual.RepeatEdges()(pictures)
        _, height, width, _ = around.shape
        return perceptual.ops.sum(around * weights[:, :height, :width], axis=(1, 2, 3))

    return {
        "smoothness": perceptual.smoothness,
        "gram_matrix": lambda pictures: perceptual.gram_matrix(pictures)[:, 0, 1],
        "mean": lambda pictures: perceptual.statistics(pictures).mean[:, 2],
        "repeat_edges": edges,
    }


@pytest.mark.parametrize(
    ("name", "size"),
    [*itertools.product(measures(), [(7, 5), (8, 8)]), ("repeat_edges", (1, 2)), ("mean", (1, 2))],
)
def test_a_gradient_says_what_a_small_change_does(name, size):
    tf = pytest.importorskip("tensorflow")
    random = np.random.default_rng(0)
    picture = tf.constant(random.random((1, *size, 3), np.float32))
    change = 1e-3 * random.standard_normal(picture.shape).astype(np.float32)
    measure = measures()[name]
    with tf.GradientTape() as tape:
        tape.watch(picture)
        value = measure(picture)
    told = float(np.sum(tape.gradient(value, picture) * change))
    seen = number(measure(picture + change)) - number(measure(picture - change))
    assert 2 * told == pytest.approx(seen, rel=0.02)


@pytest.mark.parametrize("size", [(7, 5), (16, 12), (1, 1)], ids=str)
def test_statistics_are_those_of_the_pixels(size):
    stage = np.random.default_rng(2).normal(3, 1, (2, *size, 5)).astype(np.float32)
    found = perceptual.statistics(stage)
    pixels = stage.reshape(2, -1, 5).astype(np.float64)
    np.testing.assert_allclose(found.mean, pixels.mean(1), rtol=1e-6)
    gram = pixels.transpose(0, 2, 1) @ pixels / pixels.shape[1]
    np.testing.assert_allclose(found.gram, gram, rtol=1e-6)


def test_means_of_large_pictures_are_exact():
    picture = np.random.default_rng(3).random((1, 528, 528, 3), np.float32)
    mean = perceptual.statistics(picture).mean[0]
    np.testing.assert_allclose(mean, picture.mean((0, 1, 2), np.float64), rtol=2e-6)


def test_half_the_precision_sees_nearly_the_same(eyes, picture):
    half = perceptual.load_perceptual(precision="mixed_bfloat16")
    for exact, seen in zip(eyes.features(picture), half.features(picture), strict=True):
        assert seen.dtype == exact.dtype
        error = np.sqrt(np.mean(np.square(seen - exact)) / np.mean(np.square(exact)))
        assert 0 < error < 0.05


def test_the_network_is_small(eyes):
    assert eyes.model.count_params() < 1_100_000
    assert sum(path.stat().st_size for path in weights.PERCEPTUAL.iterdir()) < 2_500_000


def test_weights_that_were_tampered_with_are_refused(tmp_path):
    shutil.copytree(weights.PERCEPTUAL, tmp_path / "student")
    weights_file = tmp_path / "student" / "student.npz"
    weights_file.write_bytes(weights_file.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelBroken, match=r"student\.npz has the SHA-256"):
        perceptual.load_perceptual(tmp_path / "student")


def test_weights_that_are_missing_are_refused(tmp_path):
    with pytest.raises(ModelBroken, match="no SHA256SUMS"):
        perceptual.load_perceptual(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path):
    np.savez(tmp_path / "student.npz", other=np.zeros(3))
    weights.write_checksums(tmp_path)
    with pytest.raises(ModelBroken, match="do not fit"):
        perceptual.load_perceptual(tmp_path)
