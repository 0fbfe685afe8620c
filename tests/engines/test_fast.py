"""One pass through a SavedModel."""

import math
import threading

import numpy as np
import pytest

from stylekit.engines.base import FastOptions
from stylekit.engines.fast import FastEngine
from stylekit.errors import BadRequest, Cancelled, PaintingFailed
from stylekit.settings import PROJECT_ROOT
from tests.engines.small_painter import save_model
from tests.fakes import pixels

pytestmark = pytest.mark.tensorflow


def scene(height, width, seed=0):
    """A sky above hills, with grain: large shapes, edges and fine detail."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    hills = (y > 0.3 + 0.1 * np.sin(9 * x))[..., None]
    picture = np.where(hills, [0.3, 0.5, 0.2], [0.5, 0.7, 0.9]) * (0.8 + 0.2 * x[..., None])
    return np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1).astype(np.float32)


def plain(height, width, color):
    """One colour."""
    return np.full((height, width, 3), color, np.float32)


def psnr(found, wanted):
    """Peak signal to noise ratio, in decibels."""
    error = float(np.mean((found.astype(np.float64) - wanted) ** 2))
    return 10 * math.log10(1 / max(error, 1e-12))


@pytest.fixture(scope="module")
def engine(painter):
    return FastEngine(str(painter))


@pytest.fixture(scope="module")
def plain_engine(tmp_path_factory):
    """Like Magenta's: no style codes, and styles of 256 × 256 pixels only."""
    folder = tmp_path_factory.mktemp("plain")
    return FastEngine(str(save_model(folder, with_codes=False, style_side=256)))


@pytest.fixture(scope="module")
def shipped():
    return FastEngine()


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (40, 201), (250, 64)])
def test_a_picture_of_any_size_comes_back_at_that_size(shipped, size):
    painted = shipped.stylize(scene(*size), scene(90, 70, seed=1), FastOptions())
    assert painted.shape == (*size, 3)
    assert painted.dtype == np.float32
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_the_photograph_takes_on_the_colours_of_the_style(shipped):
    content, style = scene(96, 128), plain(64, 64, (0.8, 0.2, 0.1))
    painted = shipped.stylize(content, style, FastOptions())
    before, after = (
        abs(picture.mean((0, 1)) - style[0, 0]).sum() for picture in (content, painted)
    )
    assert after < 0.8 * before


def test_at_strength_zero_the_photograph_comes_back(shipped):
    content = scene(96, 128)
    kept = shipped.stylize(content, plain(64, 64, (0.8, 0.2, 0.1)), FastOptions(strength=0.0))
    assert psnr(kept, content) > 28


def test_the_more_strength_the_further_from_the_photograph(shipped):
    content, style = scene(96, 128), scene(64, 64, seed=3)[::-1]
    near_to_far = [
        psnr(shipped.stylize(content, style, FastOptions(strength=strength)), content)
        for strength in (0.02, 0.25, 0.5, 0.75, 1.0)
    ]
    assert near_to_far == sorted(near_to_far, reverse=True)
    assert near_to_far[0] > 28


def test_the_strokes_of_a_larger_scale_are_broader(shipped):
    content = scene(192, 256)
    style = pixels((PROJECT_ROOT / "static" / "styles" / "mosaic.jpg").read_bytes())
    coarseness = []
    for scale in (0.5, 1.0, 2.0, 4.0):
        painted = shipped.stylize(content, style, FastOptions(style_scale=scale))
        assert painted.shape == content.shape
        light = painted.mean(2) - painted.mean()
        steps = np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean()
        coarseness.append(np.abs(light).mean() / steps)
    assert coarseness == sorted(coarseness)


def test_a_photograph_of_any_size_is_painted_at_any_scale(engine):
    code = engine.read_style(plain(32, 32, 0.5))
    for size in ((16, 17), (900, 700)):
        for scale in (0.5, 4.0):
            assert engine.paint(scene(*size), code, style_scale=scale).shape == (*size, 3)


def test_kept_colours_are_those_of_the_photograph(engine):
    content = scene(64, 96)
    painted = engine.stylize(content, plain(64, 64, 0.9), FastOptions(preserve_colors=True))
    hills = painted[40:, :, 1].mean() > painted[40:, :, 2].mean()
    sky = painted[:8, :, 2].mean() > painted[:8, :, 1].mean()
    assert hills
    assert sky
    assert painted.mean() > content.mean() + 0.1


def test_a_large_photograph_keeps_its_fine_detail(engine):
    content = scene(1500, 2000)
    content[::2] *= 0.9  # lines of one pixel: gone at the size it is painted at
    wanted = np.clip(content - content.mean((0, 1)) + 0.5, 0, 1)
    painted = engine.paint(content, engine.read_style(plain(64, 64, 0.5)))
    assert painted.shape == content.shape
    assert psnr(painted, wanted) > 30


def preset(name):
    """One of the presets that ship."""
    return pixels((PROJECT_ROOT / "static" / "styles" / f"{name}.jpg").read_bytes())


@pytest.mark.parametrize("turn", [1, -1], ids=["preset", "upside down"])
def test_the_bolder_the_further_from_the_photograph(shipped, turn):
    style = preset("night-swirls")[::turn]  # upside down it is a preset no more
    content = scene(96, 128)
    near_to_far = [
        psnr(shipped.stylize(content, style, FastOptions(boldness=boldness)), content)
        for boldness in (0.0, 0.25, 0.5)
    ]
    assert near_to_far == sorted(near_to_far, reverse=True)


def test_a_preset_is_known_by_sight_at_any_size_and_painted_with_its_own_motifs(shipped):
    style, flat = preset("woodblock-wave"), plain(128, 128, (0.6, 0.7, 0.8))
    whole, small = (shipped.stylize(flat, s, FastOptions()) for s in (style, style[::2, ::2]))
    np.testing.assert_allclose(whole, small, atol=0.02)
    assert whole.std() > 0.1  # waves where there was nothing


def test_a_preset_and_another_style_can_be_blended_when_they_are_read_together(shipped):
    styles, content = [preset("mosaic"), scene(80, 80, seed=5)], scene(64, 64)
    apart = [shipped.read_style(style) for style in styles]
    with pytest.raises(BadRequest, match="read them together"):
        shipped.blend(apart, [1, 1])
    blended = shipped.blend(shipped.read_styles(styles), [1, 1])
    assert shipped.paint(content, blended).shape == content.shape


def test_two_presets_blend(shipped):
    content = scene(64, 64)
    codes = shipped.read_styles([preset("mosaic"), preset("ink-wash")])
    one, between, other = (
        shipped.paint(content, shipped.blend(codes, [1 - share, share])) for share in (0, 0.5, 1)
    )
    assert psnr(between, one) > psnr(other, one)
    assert psnr(between, other) > psnr(one, other)


def test_a_style_is_read_once(engine):
    style = scene(50, 60, seed=4)
    assert engine.read_style(style) is engine.read_style(style.copy())


def test_codes_of_styles_not_seen_for_long_are_forgotten(engine):
    first = engine.read_style(plain(16, 16, 0.123))
    for number in range(40):
        engine.read_style(plain(16, 16, number / 41))
    assert engine.read_style(plain(16, 16, 0.123)) is not first


def test_two_styles_blend(engine):
    codes = [engine.read_style(plain(32, 32, color)) for color in (0.2, 0.8)]
    painted = engine.paint(scene(64, 64), engine.blend(codes, [1, 2]))
    assert painted.mean() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("shares", [[1], [0, 0], [-1, 2]])
def test_a_blend_needs_a_weight_for_each_style(engine, shares):
    codes = [engine.read_style(plain(32, 32, color)) for color in (0.2, 0.8)]
    with pytest.raises(BadRequest):
        engine.blend(codes, shares)


def test_a_model_with_only_the_plain_call_paints(plain_engine):
    painted = plain_engine.stylize(scene(60, 78), plain(100, 30, 0.25), FastOptions())
    assert painted.shape == (60, 78, 3)
    assert painted.mean() == pytest.approx(0.25, abs=0.02)


def test_a_model_with_only_the_plain_call_mixes_pixels_for_strength(plain_engine):
    content, style = scene(48, 64), plain(32, 32, 0.25)
    full = plain_engine.stylize(content, style, FastOptions())
    half = plain_engine.stylize(content, style, FastOptions(strength=0.5))
    assert np.abs(half - (content + full) / 2).max() < 1e-5


def test_a_model_with_only_the_plain_call_cannot_blend(plain_engine):
    codes = [plain_engine.read_style(plain(32, 32, color)) for color in (0.2, 0.8)]
    with pytest.raises(BadRequest, match="blend"):
        plain_engine.blend(codes, [1, 1])


def test_many_threads_share_one_model(painter):
    engine, painted = FastEngine(str(painter)), []
    content, style = scene(48, 64), plain(32, 32, 0.25)

    def paint():
        painted.append(engine.stylize(content, style, FastOptions()))

    threads = [threading.Thread(target=paint) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(painted) == 8
    assert all(np.array_equal(picture, painted[0]) for picture in painted)


def test_a_cancelled_painting_ends(engine):
    def cancel(progress):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        engine.stylize(scene(32, 32), scene(32, 32), FastOptions(), cancel)


def test_progress_ends_at_one(engine):
    fractions = []
    engine.stylize(
        scene(32, 32), scene(32, 32), FastOptions(), lambda now: fractions.append(now.fraction)
    )
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_numbers_that_are_not_finite_become_an_error(tmp_path):
    broken = FastEngine(str(save_model(tmp_path, shift=math.nan)))
    with pytest.raises(PaintingFailed, match="not finite"):
        broken.stylize(scene(32, 32), scene(32, 32), FastOptions())
