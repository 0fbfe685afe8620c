"""Teach the perceptual network from the teacher.

The student learns to give the teacher's features, each channel in units of its own strength, and
with them their means, deviations and Gram matrices, for those are what styles are compared by.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual, weights
from training import data, first_stage, teacher
from training.course import Course, Inputs, Phase, Recipe, read_recipe

FOLDERS = ("content", "paintings", "textures")
STAGES = [f"stage{number}" for number in range(1, 6)]


class Distillation(keras.Model):
    """Pictures in; per picture, how far the student is from the teacher (b, 10)."""

    def __init__(
        self,
        student: keras.Model,
        teacher_network: perceptual.PerceptualNetwork,
        strengths: list[np.ndarray],
        style_weight: float,
    ) -> None:
        """Pair the networks; `strengths` are the teacher's channels' root mean squares."""
        super().__init__(dtype="float32")
        self.student = student
        self.teacher = teacher_network.model
        self.strengths = [ops.convert_to_tensor(strength) for strength in strengths]
        self.style_weight = style_weight

    def call(self, inputs: tuple[perceptual.Tensor]) -> perceptual.Tensor:
        """Five errors of features, then five of styles, each relative and per picture."""
        (pictures,) = inputs
        wanted, seen = (
            [ops.cast(stage, "float32") for stage in network(pictures)]
            for network in (self.teacher, self.student)
        )
        features, styles = [], []
        for found, target, strength in zip(seen, wanted, self.strengths, strict=True):
            features.append(ops.mean(ops.square(found - target / strength), axis=(1, 2, 3)))
            (style,) = perceptual.style_statistics([target])
            distance = perceptual.stage_style_distance(found * strength, style)
            styles.append(ops.log1p(10 * distance))  # pale crops must not drown the others
        return ops.stack(features + [self.style_weight * style for style in styles], axis=-1)


def channel_moments(
    network: perceptual.PerceptualNetwork, batches: Iterator[Inputs], count: int = 16
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Strength (root mean square) and mean, in units of it, of each stage's channels."""
    sums: list[list[np.ndarray]] = [[0.0, 0.0] for _ in STAGES]
    for _ in range(count):
        for moments, stage in zip(sums, network.features(next(batches)[0]), strict=True):
            for power in (1, 2):
                mean = ops.convert_to_numpy(ops.mean(stage**power, axis=(0, 1, 2)))
                moments[power - 1] = moments[power - 1] + mean / count
    # A floor: the rare errors of channels that hardly ever fire must not be all there is.
    strengths = [np.sqrt(square + 0.1 * square.mean()) for _, square in sums]
    means = [mean / strength for (mean, _), strength in zip(sums, strengths, strict=True)]
    return strengths, means[:-1]


def fit_first_stage(
    student: keras.Model,
    network: perceptual.PerceptualNetwork,
    strength: np.ndarray,
    batches: Iterator[Inputs],
    count: int = 12,
) -> None:
    """Regress the first convolution on the teacher's first stage over `count` batches."""
    inputs, outputs = [], []
    for _ in range(count):
        pictures = next(batches)[0]
        (stage, *_) = network.features(pictures)
        inputs.append(first_stage.patches(pictures))
        inner = ops.convert_to_numpy(stage)[:, 1:-1, 1:-1] / strength  # no patch lies over the edge
        outputs.append(inner.reshape(len(inputs[-1]), -1))
    kernel, bias = first_stage.fit(np.concatenate(inputs), np.concatenate(outputs))
    student.get_layer("stage1").set_weights([kernel.reshape(3, 3, 3, -1), bias])


def export_student(
    student: keras.Model, strengths: list[np.ndarray], centers: list[np.ndarray], folder: Path
) -> None:
    """Write the weights in half precision, with the channels' strengths and centres folded in."""
    arrays: dict[str, np.ndarray] = {}
    scale_in, center_in = np.ones(3, np.float32), np.zeros(3, np.float32)
    for layer in perceptual.convolutions(student):
        kernel, bias = layer.get_weights()
        bias = bias - np.einsum("hwio,i->o", kernel, center_in)
        stage = STAGES.index(layer.name) if layer.name in STAGES else None
        scale_out = np.ones_like(bias) if stage is None else strengths[stage]
        kernel = kernel / scale_in[:, None] * scale_out
        arrays[f"{layer.name}/kernel"] = kernel.astype(np.float16)
        arrays[f"{layer.name}/bias"] = (bias * scale_out).astype(np.float16)
        scale_in = scale_out
        center_in = np.zeros_like(bias) if stage is None else [*centers, 0 * bias][stage]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "student.npz", **arrays)
    weights.write_checksums(folder)


def all_crops(
    pictures: list[list[data.Bytes]], phase: Phase, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: crops of every folder alike, half of them changed."""
    everything = [picture for folder in pictures for picture in folder]
    shares = np.concatenate([np.full(len(folder), 1 / len(folder)) for folder in pictures])
    while True:
        chosen = random.choice(len(everything), phase.batch, p=shares / shares.sum())
        crops = [data.crop(everything[index], phase.side, random) for index in chosen]
        yield (data.odd_pictures(data.to_floats(crops), random),)


def distill(
    recipe: Recipe,
    data_folder: Path,
    teacher_file: Path,
    run_folder: Path,
    precision: str = "float32",
) -> Path:
    """Run `recipe`, computing in `precision`; the folder with the student's weights."""
    keras.utils.set_random_seed(recipe.seed)
    network = teacher.load_teacher(teacher_file)
    held_out = recipe.options.get("held_out", data.HELD_OUT)
    pictures = [data.read_folder(data_folder / name, held_out).training for name in FOLDERS]
    first = all_crops(pictures, recipe.phases[0], np.random.default_rng(recipe.seed))
    strengths, centers = channel_moments(network, first)
    keras.config.set_dtype_policy(precision)
    student = perceptual.student_model(centers)
    fit_first_stage(student, network, strengths[0], first)
    out = run_folder / "perceptual"
    Course(
        lesson=Distillation(
            student, teacher.load_teacher(teacher_file), strengths, recipe.options["style_weight"]
        ),
        recipe=recipe,
        batches=lambda phase, random: all_crops(pictures, phase, random),
        folder=run_folder,
        on_checkpoint=lambda step: export_student(student, strengths, centers, out),
    ).run()
    return out


def main() -> None:
    """Distil from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--recipe", type=Path, default=Path(__file__).parent / "recipes/student.toml"
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="holds content, paintings, textures"
    )
    parser.add_argument("--teacher", type=Path, required=True, help="vgg19_sixteenth.npz")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16, for speed")
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    print(distill(recipe, given.data, given.teacher, given.run, given.precision))


if __name__ == "__main__":
    main()
