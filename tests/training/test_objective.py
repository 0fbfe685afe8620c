"""What painters learn from: where a judge looks, and what counts more."""

import numpy as np
import pytest

from stylekit.engines import perceptual

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

from training import faces, objective, trainer  # noqa: E402


def test_what_the_judge_sees_lies_anywhere_in_what_is_painted():
    judge = perceptual.load_perceptual()
    random = np.random.default_rng(4)
    side = 64
    crop = random.integers(0, 256, (side + objective.HIDDEN, side + objective.HIDDEN, 3), np.uint8)
    photographs = objective.Photographs.seen(judge, [faces.marked(crop, [])])
    mirror = crop[None, :, ::-1] / np.float32(255)
    inside = slice(objective.HIDDEN, -objective.HIDDEN)
    mirrored = judge.features(mirror[:, inside, inside])[2]
    phase = trainer.Phase(side=side, batch=1, steps=1, learning_rate=1e-3)
    corners = set()
    for _ in range(12):
        row = photographs.one(0, 0.0, phase, random)
        task = objective.Task.of(tuple(np.asarray(column)[np.newaxis] for column in row))
        assert task.pictures.shape == (1, side, side, 3)
        seen = judge.features(objective.window(task.pictures, task.corners))[2]
        nearest = min(np.abs(seen - views).max() for views in (task.views[2], mirrored))
        assert nearest < 0.02  # views are kept in half precision
        corners.add(tuple(task.corners[0]))
    assert len(corners) > 8
    assert all(0 <= place <= objective.HIDDEN for corner in corners for place in corner)


@pytest.mark.parametrize("place", [0, 24])
def test_content_counts_more_in_a_face(place):
    judge = perceptual.load_perceptual()
    random = np.random.default_rng(4)
    side = 64
    crop = random.integers(0, 256, (side + objective.HIDDEN, side + objective.HIDDEN, 3), np.uint8)
    marked = faces.marked(crop, [])
    marked[:, 40:, 3] = 255  # on the right
    photographs = objective.Photographs.seen(judge, [marked])
    phase = trainer.Phase(side=side, batch=1, steps=1, learning_rate=1e-3)
    row = photographs.one(0, 0.0, phase, AlwaysTheSame())
    task = objective.Task.of(tuple(np.asarray(column)[np.newaxis] for column in row))
    seen = {stage: np.array(view) for stage, view in task.views.items()}
    for stage, pixels in ((2, 4), (3, 8)):
        seen[stage][:, :, place // pixels : (place + 24) // pixels] += 1
    counted = perceptual.content_distance(seen, task.views, task.content_counts)
    plain = perceptual.content_distance(seen, task.views)
    expected = objective.IN_FACES if place else 1
    np.testing.assert_allclose(counted / plain, expected, rtol=1e-4)


class AlwaysTheSame:
    """Chance that mirrors nothing and moves nothing."""

    def random(self) -> float:
        return 0.9

    def integers(self, high: int, size: int) -> np.ndarray:
        return np.zeros(size, int)

    def standard_normal(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return np.zeros(shape, dtype)
