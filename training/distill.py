"""Teach the perceptual network from the teacher.

What the student learns to give are views: the teacher's features, projected on the directions in
which they are strongest. With them it learns their means and Gram matrices, for those are what
styles are compared by. It sees photographs, paintings and textures, and what optimisers and
half-trained painters make of them.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual, weights
from training import data, teacher
from training.trainer import Inputs, Phase, Recipe, Trainer, read_recipe

FOLDERS = ("content", "photographs", "paintings", "paintings2", "textures")
PAINTED = 1 / 3  # of a batch: photographs painted with another of its pictures as style
ALONE = 0.3  # what a direction's own error counts beside the share of all variance that is missed
SMALL = 0.01  # relative error of a style that is small
FLOOR = 0.02  # of the mean variance: what a direction's variance is taken to be at least

Paint = Callable[[data.Batch, data.Batch], data.Batch]
"""Paints contents (b, side, side, 3) in styles (b, side, side, 3)."""


@dataclass(frozen=True)
class Views:
    """What the student is to see of one stage of the teacher's (b, h, w, c)."""

    projection: np.ndarray  # (c, k)
    variance: np.ndarray  # (k,), of each direction
    kept: float  # share of the features' energy that these directions hold

    @staticmethod
    def of(projection: np.ndarray, mean: np.ndarray, moments: np.ndarray) -> "Views":
        """These directions (c, k) of features with this mean (c,) and these moments (c, c)."""
        spread = projection.T @ (moments - np.outer(mean, mean)) @ projection
        floored = np.diag(spread) + FLOOR * np.diag(spread).mean()
        basis = projection / np.linalg.norm(projection, axis=0)
        kept = float(np.trace(basis.T @ moments @ basis) / np.trace(moments))
        return Views(projection.astype(np.float32), floored.astype(np.float32), kept)


def strongest(moments: np.ndarray, count: int) -> np.ndarray:
    """The `count` directions (c, count) of most energy, scaled to a mean square of about 1."""
    energies, directions = np.linalg.eigh(moments.astype(np.float64))
    return directions[:, ::-1][:, :count] / np.sqrt(energies.sum() / count)


def choose_views(
    network: perceptual.PerceptualNetwork,
    batches: Iterator[Inputs],
    count: int,
    projections: list[np.ndarray] | None = None,
) -> list[Views]:
    """The views of each stage, by what the teacher sees in `count` batches.

    In its strongest directions, unless `projections` say in which.
    """
    means: list[Any] = [0.0] * len(perceptual.VIEW_CHANNELS)
    moments = list(means)
    for _ in range(count):
        for n, stage in enumerate(network.features(next(batches)[0])):
            seen = ops.cast(stage, "float32")
            means[n] += ops.convert_to_numpy(ops.mean(seen, axis=(0, 1, 2))) / count
            moments[n] += ops.convert_to_numpy(ops.mean(perceptual.gram_matrix(seen), 0)) / count
    channels = perceptual.VIEW_CHANNELS
    projections = projections or [strongest(*each) for each in zip(moments, channels, strict=True)]
    return [Views.of(*each) for each in zip(projections, means, moments, strict=True)]


class Distillation(keras.Model):
    """Pictures in; per picture, how far the student is from the teacher (b, 10)."""

    def __init__(
        self,
        student: keras.Model,
        teacher_network: perceptual.PerceptualNetwork,
        views: list[Views],
        style_weight: float,
    ) -> None:
        """Pair the networks; `views` are what the student is to see."""
        super().__init__(dtype="float32")
        self.student = student
        self.teacher = teacher_network.model
        self.teacher.trainable = False
        self.views = views
        self.style_weight = style_weight

    def call(self, inputs: tuple[perceptual.Tensor]) -> perceptual.Tensor:
        """Five errors of features, then five of styles, each relative and per picture."""
        (pictures,) = inputs
        features, styles = [], []
        for found, stage, view in zip(
            self.student(pictures), self.teacher(pictures), self.views, strict=True
        ):
            found, wanted = ops.cast(found, "float32"), ops.cast(stage, "float32")
            wanted = ops.matmul(wanted, view.projection)
            error = ops.mean(ops.square(found - wanted), axis=(1, 2))  # (b, k)
            missed = ops.sum(error, axis=-1) / float(view.variance.sum())
            features.append(missed + ALONE * ops.mean(error / view.variance, axis=-1))
            styles.append(_style_error(found, wanted))
        return ops.stack(features + [self.style_weight * style for style in styles], axis=-1)


def _style_error(found: perceptual.Tensor, wanted: perceptual.Tensor) -> perceptual.Tensor:
    pairs = (
        (ops.mean(found, axis=(1, 2)), ops.mean(wanted, axis=(1, 2))),
        (perceptual.gram_matrix(found), perceptual.gram_matrix(wanted)),
    )
    # By ratio: pale crops must not drown the others.
    return sum(ops.log1p(perceptual.relative_error(*pair) / SMALL) for pair in pairs)


def export_student(student: keras.Model, folder: Path) -> None:
    """Write the weights in half precision."""
    arrays: dict[str, np.ndarray] = {}
    for layer in perceptual.convolutions(student):
        kernel, bias = layer.get_weights()
        arrays[f"{layer.name}/kernel"] = kernel.astype(np.float16)
        arrays[f"{layer.name}/bias"] = bias.astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "student.npz", **arrays)
    weights.write_checksums(folder)


def all_crops(
    pictures: list[list[data.Bytes]], phase: Phase, paint: Paint | None, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: crops of every folder alike, a third of them painted, half of all changed."""
    everything = [picture for folder in pictures for picture in folder]
    shares = np.concatenate([np.full(len(folder), 1 / len(folder)) for folder in pictures])
    while True:
        chosen = random.choice(len(everything), phase.batch, p=shares / shares.sum())
        crops = data.to_floats([data.crop(everything[n], phase.side, random) for n in chosen])
        count = int(PAINTED * phase.batch)
        if paint and count:
            painted = paint(crops[:count], crops[-count:])
            share = np.clip(2 * random.random((count, 1, 1, 1), np.float32), 0, 1)
            crops[:count] += share * (painted - crops[:count])  # half of them only half painted
        yield (data.odd_pictures(crops, random),)


def shipped_painter() -> Paint:
    """The shipped painter of any style."""
    import tensorflow as tf

    model = tf.saved_model.load(str(weights.PAINTER))

    def paint(contents: data.Batch, styles: data.Batch) -> data.Batch:
        pairs = zip(contents, styles, strict=True)
        return np.concatenate(
            [model(tf.constant(c[None]), tf.constant(s[None]))[0] for c, s in pairs]
        )

    return paint


def distill(
    recipe: Recipe,
    pictures: list[list[data.Bytes]],
    teacher_network: perceptual.PerceptualNetwork,
    run_folder: Path,
    *,
    paint: Paint | None = None,
    start: Path | None = None,
) -> Path:
    """Run `recipe`; the folder with the student's weights.

    `start` is a file of weights to begin with, and of the directions that its views are in.
    """
    keras.utils.set_random_seed(recipe.seed)
    student, projections = perceptual.student_model(), None
    if start:
        with np.load(start, allow_pickle=False) as stored:
            perceptual.read_weights(student, dict(stored))
            scales = enumerate(perceptual.VGG_SCALES, start=1)
            projections = [stored[f"proj{n}"] * scale for n, scale in scales]
    first = all_crops(pictures, recipe.phases[0], paint, np.random.default_rng(recipe.seed))
    views = choose_views(teacher_network, first, recipe.options["view_batches"], projections)
    out = run_folder / "perceptual"
    Trainer(
        objective=Distillation(student, teacher_network, views, recipe.options["style_weight"]),
        recipe=recipe,
        batches=lambda phase, random: all_crops(pictures, phase, paint, random),
        folder=run_folder,
        on_checkpoint=lambda step: export_student(student, out),
    ).run()
    return out


def main() -> None:
    """Distil from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent
    parser.add_argument("--recipe", type=Path, default=here / "recipes/student.toml")
    parser.add_argument("--data", type=Path, required=True, help=f"holds {', '.join(FOLDERS)}")
    parser.add_argument("--teacher", type=Path, required=True, help="vgg16_to_conv5_1.npz")
    parser.add_argument("--start", type=Path, help="weights to begin with, and their projections")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16, for speed")
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    pictures = [data.read_folder(given.data / name).training for name in FOLDERS]
    keras.config.set_dtype_policy(given.precision)
    network = teacher.load_teacher(given.teacher)
    paint = shipped_painter()
    print(distill(recipe, pictures, network, given.run, paint=paint, start=given.start))


if __name__ == "__main__":
    main()
