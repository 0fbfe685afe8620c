"""Optimises the pixels, coarse to fine."""

import math
import time

import numpy as np
import pytest

from stylekit.engines import scales, weights
from stylekit.engines.base import Enough, GatysOptions
from stylekit.engines.gatys import MULTIPLE, SHIFT, GatysEngine
from stylekit.errors import Cancelled, ModelBroken, PaintingFailed

pytestmark = pytest.mark.tensorflow

QUICK = {"max_side": 64, "iterations": 6}


def scene(height, width):
    """A bright disc over a dark field."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    disc = ((y - 0.3) ** 2 + (x - 0.5) ** 2 < 0.05)[..., None]
    ground = np.stack([0.2 + 0.2 * x, 0.3 + 0.2 * y, 0.5 - 0.3 * y], axis=2)
    return np.where(disc, [0.9, 0.8, 0.5], ground).astype(np.float32)


def stripes(height, width):
    """Slanted stripes in blue and orange."""
    y, x = np.mgrid[0:height, 0:width]
    band = (((x + y) // 5) % 2)[..., None]
    return np.where(band, [0.9, 0.5, 0.1], [0.1, 0.2, 0.6]).astype(np.float32)


def losses_of(engine, options):
    """The losses that were reported, and the picture."""
    told = []
    picture = engine.stylize(scene(96, 96), stripes(96, 96), options, told.append)
    return [now.losses for now in told if now.losses], picture


@pytest.fixture(autouse=True)
def every_look(monkeypatch):
    """Every look at the loss is reported, on a quick machine, too."""
    monkeypatch.setattr(scales, "REPORT_SECONDS", 0.0)


@pytest.fixture(scope="module")
def engine():
    return GatysEngine()


@pytest.mark.parametrize("size", [(16, 16), (33, 57), (20, 300), (90, 130)])
def test_a_picture_of_any_size_comes_back_at_that_size(engine, size):
    painted = engine.stylize(scene(*size), stripes(40, 50), GatysOptions(**QUICK))
    assert painted.shape == (*size, 3)
    assert painted.dtype == np.float32
    assert 0 <= painted.min() <= painted.max() <= 1


def test_the_painting_comes_nearer_to_the_style(engine):
    losses, _ = losses_of(engine, GatysOptions(max_side=96, iterations=80))
    assert losses[-1]["style"] < 0.5 * losses[0]["style"]
    assert losses[-1]["color"] < 0.8 * losses[0]["color"]


def test_more_weight_on_the_content_keeps_more_of_the_photograph(engine):
    content, painted = scene(64, 64), []
    for content_weight in (0.2, 50.0):
        options = GatysOptions(content_weight=content_weight, max_side=64, iterations=25)
        painted.append(engine.stylize(content, stripes(64, 64), options))
    free, bound = (np.abs(picture - content).mean() for picture in painted)
    assert bound < 0.8 * free


def test_the_bolder_the_nearer_to_the_style(engine):
    finals = []
    for boldness in (0.0, 0.5, 1.0):
        options = GatysOptions(boldness=boldness, max_side=96, iterations=60)
        losses, _ = losses_of(engine, options)
        finals.append((losses[-1]["content"], -losses[-1]["style"]))
    assert finals == sorted(finals)


@pytest.mark.parametrize("size", [(96, 96), (83, 97), (70, 118)])
def test_the_outermost_rows_and_columns_are_as_calm_as_the_others(engine, size):
    options = GatysOptions(max_side=max(size), iterations=60)
    painted = engine.stylize(scene(*size), stripes(96, 96), options)
    for picture in (painted, painted.swapaxes(0, 1)):
        along = np.abs(np.diff(picture, axis=1)).mean((1, 2))  # of each row
        inside = along[8:-8].mean()
        assert max(along[-3:].mean(), along[:3].mean()) < 1.75 * inside  # without a margin: 2 to 4


@pytest.mark.parametrize("color", [(1.0, 0.0, 0.0), (0.93, 0.93, 0.93), (0.1, 0.5, 0.2)])
def test_a_plain_style_gives_its_colour_and_leaves_the_photograph_to_see(engine, color):
    content = scene(96, 96)
    style = np.full((64, 64, 3), color, np.float32)
    painted = engine.stylize(content, style, GatysOptions(max_side=96, iterations=40))
    assert np.abs(painted.mean((0, 1)) - color).max() < 0.12
    disc, field = painted[20:36, 40:56].mean(), painted[70:, :30].mean()
    assert disc > field + 0.02


def test_a_flat_photograph_is_painted_as_any_other(engine):
    flat = np.full((96, 96, 3), 0.6, np.float32)
    painted = engine.stylize(flat, stripes(96, 96), GatysOptions(max_side=96, iterations=80))
    assert painted.std((0, 1)).max() > 0.5 * stripes(96, 96).std((0, 1)).max()


def test_the_network_looks_at_another_place_of_its_squares_each_time(engine):
    content, options = scene(96, 96), GatysOptions(content_weight=50, style_weight=0.01)
    painted = content.copy()
    painted[60:80, 20:40] = 0.9
    losses = engine._loaded().losses(content, stripes(96, 96), options)
    first, second = next(losses), next(losses)
    assert second(content).parts["content"] < 1e-4  # the photograph is moved on, too
    assert second(painted).loss == pytest.approx(first(painted).loss, rel=0.1)
    steep = [np.abs(loss(painted).gradient).sum(-1) for loss in (first, second)]
    assert np.corrcoef(*map(np.ravel, steep))[0, 1] > 0.65  # moved back; 0.44 if it were not
    places = {tuple(number * step % MULTIPLE for step in SHIFT) for number in range(MULTIPLE)}
    for one_way in zip(*places, strict=True):
        assert len(set(one_way)) == MULTIPLE


def test_a_layer_without_weight_does_not_count(engine):
    options = [
        GatysOptions(style_layers=layers, **QUICK)
        for layers in ((1.0, 1.0, 1.0, 1.0, 1.0), (1.0, 0.0, 0.0, 0.0, 0.0))
    ]
    all_layers, first_only = (
        engine.stylize(scene(64, 64), stripes(64, 64), each) for each in options
    )
    assert np.abs(all_layers - first_only).mean() > 1e-3


def test_the_style_scale_changes_the_strokes(engine):
    small, large = (
        engine.stylize(scene(64, 64), stripes(64, 64), GatysOptions(style_scale=scale, **QUICK))
        for scale in (0.5, 1.0)
    )
    assert np.abs(small - large).mean() > 1e-3


@pytest.mark.parametrize("start", ["content", "noise"])
def test_the_same_seed_gives_the_same_picture(engine, start):
    options = GatysOptions(start=start, seed=7, **QUICK)
    first, again = (engine.stylize(scene(50, 64), stripes(64, 64), options) for _ in range(2))
    assert np.array_equal(first, again)


def test_another_seed_gives_another_picture(engine):
    one, other = (
        engine.stylize(
            scene(50, 64), stripes(64, 64), GatysOptions(start="noise", seed=seed, **QUICK)
        )
        for seed in (1, 2)
    )
    assert not np.array_equal(one, other)


def test_it_can_start_from_the_fast_picture(engine):
    painted = engine.stylize(scene(50, 64), stripes(64, 64), GatysOptions(start="fast", **QUICK))
    assert painted.shape == (50, 64, 3)


def test_kept_colours_are_those_of_the_photograph(engine):
    content = scene(64, 64)
    options = GatysOptions(preserve_colors=True, **QUICK)
    painted = engine.stylize(content, stripes(64, 64), options)
    disc, field = painted[19, 32], painted[60, 5]
    assert disc[0] > disc[2]  # yellow
    assert field.max() - field.min() < 0.35  # not the orange of the stripes


def test_a_photograph_above_the_largest_side_comes_back_whole(engine):
    painted = engine.stylize(scene(300, 400), stripes(64, 64), GatysOptions(**QUICK))
    assert painted.shape == (300, 400, 3)


def test_progress_counts_the_whole_run_and_shows_the_picture(engine):
    told, clock = [], [time.monotonic()]

    def listen(progress):
        told.append(progress)
        clock.append(time.monotonic())

    options = GatysOptions(max_side=192, iterations=40)
    engine.stylize(scene(192, 150), stripes(64, 64), options, listen)
    fractions = [now.fraction for now in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert all(now.fraction < 1 for now in told[:-1])
    assert {now.stage for now in told} >= {"96 of 192 px", "192 of 192 px"}
    assert any(now.preview is not None and now.preview.shape == (192, 150, 3) for now in told)
    assert all(now.eta_seconds >= 0 for now in told if now.eta_seconds is not None)


def test_a_cancelled_painting_ends_at_once(engine):
    def cancel(progress):
        if progress.preview is not None:
            raise Cancelled("enough")

    began = time.monotonic()
    with pytest.raises(Cancelled):
        engine.stylize(
            scene(64, 64), stripes(64, 64), GatysOptions(max_side=64, iterations=5000), cancel
        )
    assert time.monotonic() - began < 30  # 5 000 steps would take minutes


def test_a_time_limit_ends_with_the_picture_as_it_stands(engine):
    told = []
    options = GatysOptions(max_side=96, iterations=5000, start="fast", seconds=0.8)
    content, style = scene(96, 96), stripes(96, 96)
    painted = engine.stylize(content, style, options, told.append)
    first = engine.stylize(
        content, style, GatysOptions(max_side=96, iterations=1, start="fast", style_weight=0)
    )
    assert 0.002 < np.abs(painted - first).mean() < 0.5  # refined, and still that picture
    assert [now.fraction for now in told] == sorted(now.fraction for now in told)
    assert told[-1].fraction == 1


def test_who_looks_on_may_say_that_it_is_enough(engine):
    shown = []

    def enough(progress):
        if progress.preview is not None:
            shown.append(progress.preview)
            raise Enough

    options = GatysOptions(max_side=64, iterations=5000)
    painted = engine.stylize(scene(64, 64), stripes(64, 64), options, enough)
    assert len(shown) == 1
    assert np.abs(painted - shown[0]).max() < 0.02


def student_of(folder, change):
    """A perceptual network in a folder: the shipped one, its first kernel changed."""
    with np.load(weights.PERCEPTUAL / "student.npz") as shipped:
        arrays = {name: change(shipped[name]) for name in shipped.files}
    np.savez(folder / "student.npz", **arrays)
    weights.write_checksums(folder)
    return str(folder)


def test_a_loss_that_is_not_finite_is_an_error_and_no_picture(tmp_path):
    broken = GatysEngine(student_of(tmp_path, lambda array: array * math.nan))
    with pytest.raises(PaintingFailed, match="not finite"):
        broken.stylize(scene(32, 32), stripes(32, 32), GatysOptions(**QUICK))


def test_the_version_tells_networks_apart(engine, tmp_path):
    other = GatysEngine(student_of(tmp_path, lambda array: array * 2))
    assert engine.version == GatysEngine().version
    assert engine.version != other.version


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(ModelBroken, match="nowhere"):
        GatysEngine(str(tmp_path / "nowhere")).warm_up()
