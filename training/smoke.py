"""Walks the whole way on toy pictures made in code: distil, train, export, paint."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from stylekit.engines import perceptual, weights
from training import cache, data, distill, export, multistyle, sheets, teacher, train
from training.trainer import Phase, Recipe

SIDE = 64  # of the toy pictures, in pixels


def toy_picture(random: np.random.Generator) -> np.ndarray:
    """Waves of two colours, crossing: float32, (64, 64, 3), in [0, 1]."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    one, two = (
        np.sin(2 * np.pi * (random.uniform(1, 6) * rows + random.uniform(1, 6) * columns))
        for _ in range(2)
    )
    colors = random.uniform(0, 255, (3, 3))
    picture = colors[0] + 0.5 * one[..., None] * colors[1] + 0.5 * two[..., None] * colors[2]
    return (np.clip(picture, 0, 255) / 255).astype(np.float32)


def toy_data(folder: Path, count: int = 6) -> None:
    """Write `count` pictures to each folder that training reads."""
    random = np.random.default_rng(0)
    for name in distill.FOLDERS:
        for number in range(count):
            sheets.save(folder / name / f"{number}.jpg", toy_picture(random))


def toy_teacher(path: Path) -> None:
    """Write a teacher of the real one's shapes, with weights drawn at random."""
    arrays = {}
    for layer in perceptual.convolutions(perceptual.vgg_model("vgg16")):
        kernel, bias = layer.get_weights()
        arrays |= {f"{layer.name}/k": kernel.astype(np.float16), f"{layer.name}/b": bias}
    np.savez(path, **arrays)


def walk(folder: Path, steps: int) -> list[np.ndarray]:
    """Distil, train both painters, export and paint; two painted pictures (1, 50, 70, 3)."""
    toy_data(folder)
    phase = Phase(side=32, batch=3, steps=steps, learning_rate=1e-3)
    student = perceptual.load_perceptual(distilled(folder, phase))
    painting = {
        "widths": {
            **{"half": 8, "quarter": 8, "eighth": 16, "sixteenth": 16, "broad": 16, "code": 16},
            **{"deep_block": 8, "deep_blocks": 1, "up_block": 8, "up_blocks": 1},
            **{"broad_block": 8, "broad_blocks": 1, "fine_block": 8, "fine_blocks": 1},
        },
        "style_side": 32,
        "style_crops": 12,
        "content_crops": {"32": 8, "64": 8},
    }
    larger = replace(
        phase, side=64, steps=max(2, steps // 4), loss={"regular": 3.0, "checkerboard": 9.0}
    )
    recipe = Recipe(seed=0, phases=[phase, larger], options=painting)
    return [
        paint(trained(recipe, folder, student), toy_picture(np.random.default_rng(3))),
        paint(
            trained_presets(recipe, folder, student), multistyle.read_styles(folder / "presets")[0]
        ),
    ]


def distilled(folder: Path, phase: Phase) -> Path:
    """A perceptual network taught by a toy teacher."""
    toy_teacher(folder / "teacher.npz")
    options = {"style_weight": 0.05, "view_batches": 2}
    return distill.distill(
        Recipe(seed=0, phases=[phase], options=options),
        [data.read_folder(folder / name, held_out=2).training for name in distill.FOLDERS],
        teacher.load_teacher(folder / "teacher.npz"),
        folder / "distilled",
        paint=lambda contents, styles: (contents + styles) / 2,
    )


def trained(recipe: Recipe, folder: Path, student: perceptual.PerceptualNetwork) -> Path:
    """The SavedModel of a painter of any style."""
    materials = train.Materials(
        contents=data.read_folder(folder / "content", held_out=2),
        styles=[data.read_folder(folder / name, held_out=2) for name in train.STYLES],
        shares=list(train.STYLES.values()),
        folder=folder / "seen",
    )
    painter = train.train(recipe, materials, cache.Networks(student, student), folder / "trained")
    export.halve(painter)
    return exported(export.AnyStyle(student, painter), folder / "painter")


def trained_presets(recipe: Recipe, folder: Path, student: perceptual.PerceptualNetwork) -> Path:
    """The SavedModel of a painter of three presets."""
    for number in range(3):
        sheets.save(
            folder / "presets" / f"{number}.jpg", toy_picture(np.random.default_rng(number))
        )
    setup = multistyle.set_up(recipe, folder / "presets", student, start=None)
    contents = data.read_folder(folder / "content", held_out=2)
    multistyle.train(recipe, setup, contents, folder / "presets_trained")
    book = export.load_codebook(setup.painter, folder / "presets_trained")
    painter, book = export.fold(setup.painter, book)
    return exported(export.KnownStyles(book, painter), folder / "presets_painter")


def exported(module: export.Module, folder: Path) -> Path:
    """Write `module` to `folder`, checked."""
    export.export(module, folder)
    weights.write_checksums(folder)
    return folder


def paint(model: Path, style: np.ndarray) -> np.ndarray:
    """Repaint one toy picture with the SavedModel in `model`."""
    weights.verify(model)
    content = np.pad(toy_picture(np.random.default_rng(2)), ((0, 0), (0, 6), (0, 0)), mode="edge")
    return np.asarray(tf.saved_model.load(str(model))(content[None, :50], style[None])[0])


def main() -> None:
    """Walk from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60, help="of each of the three trainings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        painted = walk(Path(folder), given.steps)
        for run in ("distilled", "trained", "presets_trained"):
            print(run, (Path(folder) / run / "log.txt").read_text(), sep="\n")
    for picture in painted:
        print(f"painted {picture.shape}, {picture.min():.2f} to {picture.max():.2f}")


if __name__ == "__main__":
    main()
