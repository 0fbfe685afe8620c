"""What a painter is told beside content and style."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

from training import losses  # noqa: E402


def test_hatching_counts_where_the_photograph_is_flat():
    hatched = np.zeros((1, 16, 16, 3), np.float32)
    hatched[:, ::2] = 0.2
    flat, busy = np.zeros_like(hatched), np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    on_flat, on_busy = (float(losses.hatching(hatched, below, 10.0)[0]) for below in (flat, busy))
    assert on_flat > 5 * on_busy
    assert float(losses.hatching(flat, flat, 10.0)[0]) == 0


def test_hatching_may_count_the_height_of_an_edge_no_further():
    low, high = (np.zeros((1, 16, 16, 3), np.float32) for _ in range(2))
    low[:, 8:], high[:, 8:] = 0.05, 0.9
    endless, bounded = (
        [float(losses.hatching(edge, np.zeros_like(edge), most)[0]) for edge in (low, high)]
        for most in (1000.0, 0.1)
    )
    assert endless[1] == pytest.approx(18 * endless[0], rel=1e-3)
    assert bounded[1] < 2.5 * bounded[0]


def test_what_is_drawn_on_the_pixels_own_grid_is_told_from_strokes():
    random = np.random.default_rng(0)
    strokes = random.random((1, 96, 96, 3), np.float32)
    tile = np.tile(random.random((8, 8, 3), np.float32), (12, 12, 1))[None]
    flat = np.full_like(strokes, 0.5)
    free, locked, none = (float(losses.grid(p)[0]) for p in (strokes, tile, flat))
    assert none < 3e-3
    assert free < 0.02
    assert locked > 10 * free


@pytest.mark.parametrize("period", losses.CHECKERBOARDS)
def test_a_checkerboard_that_slopes_have_in_common_counts_as_its_amplitude_beside_strokes(period):
    random = np.random.default_rng(0)
    cell = random.choice([-0.02, 0.02], (period, period, 3)).astype(np.float32)
    shorter = cell.reshape(2, period // 2, 2, period // 2, 3).mean((0, 2))
    cell -= np.tile(shorter, (2, 2, 1))
    one, other = (_strokes_on_a_slope(320, random) for _ in range(2))
    board = np.tile(cell, (320 // period, 320 // period, 1))
    counted = float(losses.checkerboard(one + board, other + board)[0])
    periods = [each for each in losses.CHECKERBOARDS if each % period == 0]  # of which it is one
    strokes = np.std(one + board - uniform_filter(one + board, (1, 16, 16, 1)))
    expected = len(periods) * cell.std() / (strokes + losses.FAINT_STROKES)
    assert counted == pytest.approx(expected, rel=0.25)
    louder = float(losses.checkerboard(3 * (one + board), other + board)[0])
    assert louder == pytest.approx(counted, rel=0.6)  # to paint less is no way out
    against = float(losses.checkerboard(one - board, other + board)[0])
    assert against == pytest.approx(-counted, rel=0.25)  # the other way round is not in common
    assert abs(float(losses.checkerboard(one, other + board)[0])) < 0.2 * counted


def test_a_slope_without_a_checkerboard_has_none():
    flat = np.linspace(0, 1, 192, dtype=np.float32)[None, :, None, None] * np.ones((1, 1, 192, 3))
    slope = flat.astype(np.float32)
    assert float(losses.checkerboard(slope, slope)[0]) < 1e-5


def _strokes_on_a_slope(side: int, random: np.random.Generator) -> np.ndarray:
    """(1, side, side, 3), with strokes of 6 pixels that may begin anywhere."""
    picture = np.linspace(0.3, 0.6, side)[:, None, None] * np.ones((1, side, 3))
    for row, column in random.integers(side - 6, size=(side * side // 60, 2)):
        picture[row : row + 6, column : column + 6] += random.choice([-0.03, 0.03])
    return picture[None].astype(np.float32)


def test_motifs_in_rows_are_told_from_motifs_that_lie_anywhere():
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:200, :256]
    lattice = 0.5 + 0.2 * np.sin((rows + columns) / 6) * np.sin((rows - columns) / 6)
    anywhere = np.zeros((200, 256))
    for row, column in random.integers((200, 256), size=(60, 2)):
        anywhere += 0.3 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 60)
    pictures = (lattice, anywhere, np.full((200, 256), 0.5))
    found = [
        float(losses.regularity(np.repeat(each[None, ..., None], 3, -1).astype(np.float32))[0])
        for each in pictures
    ]
    assert found[0] > 4
    assert 1 < found[1] < 2.6
    assert found[2] < 0.1


def test_what_paintings_of_one_style_have_in_common_is_told_from_what_each_has_by_itself():
    random = np.random.default_rng(0)
    patches = 0.2 * random.standard_normal((64, 6, 6, 3)).astype(np.float32)
    patches -= patches.mean((1, 2), keepdims=True)
    each_its_own = np.repeat(np.repeat(patches, 16, 1), 16, 2)
    all_alike = np.broadcast_to(each_its_own[:1], each_its_own.shape)
    one_style = np.ones((64, 64), np.float32)
    energy = np.square(patches[0]).sum(-1).mean()
    common = np.asarray(losses.in_common(all_alike, one_style)) / 63
    np.testing.assert_allclose(common, energy, rtol=1e-4)
    by_chance = np.mean(losses.in_common(each_its_own, one_style)) / 63
    assert abs(by_chance) < 0.02 * energy
    np.testing.assert_array_equal(losses.in_common(all_alike, np.eye(64, dtype=np.float32)), 0)


def test_a_colour_of_the_whole_picture_is_nothing_that_paintings_have_in_common():
    darker = np.full((2, 64, 96, 3), -0.3, np.float32)
    np.testing.assert_allclose(losses.in_common(darker, np.ones((2, 2), np.float32)), 0, atol=1e-6)
