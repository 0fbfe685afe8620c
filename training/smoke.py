"""Walks the whole way on toy pictures made in code: distil, train, export, paint."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from stylekit.engines import perceptual, weights
from training import cache, data, distill, export, sheets, train
from training.course import Phase, Recipe

SIDE = 64  # of the toy pictures, in pixels


def toy_picture(random: np.random.Generator) -> data.Bytes:
    """Waves of two colours, crossing."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    one, two = (
        np.sin(2 * np.pi * (random.uniform(1, 6) * rows + random.uniform(1, 6) * columns))
        for _ in range(2)
    )
    colors = random.uniform(0, 255, (3, 3))
    picture = colors[0] + 0.5 * one[..., None] * colors[1] + 0.5 * two[..., None] * colors[2]
    return np.clip(picture, 0, 255).astype(np.uint8)


def toy_data(folder: Path, count: int = 6) -> None:
    """Write `count` pictures to each folder that training reads."""
    random = np.random.default_rng(0)
    for name in distill.FOLDERS:
        for number in range(count):
            sheets.save(folder / name / f"{number}.jpg", toy_picture(random) / np.float32(255))


def toy_teacher(path: Path) -> None:
    """Write a teacher of the real one's shapes, with weights drawn at random."""
    random = np.random.default_rng(1)
    arrays = {"conv0/weight": np.eye(3)[..., None, None] * 2, "conv0/bias": -np.ones(3)}
    channels = {"1": (3, 16), "2": (16, 32), "3": (32, 64), "4": (64, 128), "5": (128, 128)}
    for name in "11 12 21 22 31 32 33 34 41 42 43 44 51".split():
        first, later = channels[name[0]]
        before = first if name[1] == "1" else later
        scale = np.sqrt(2 / (9 * before))
        arrays[f"conv{name}/weight"] = random.normal(0, scale, (later, before, 3, 3))
        arrays[f"conv{name}/bias"] = np.zeros(later)
    np.savez(path, **{name: array.astype(np.float32) for name, array in arrays.items()})


def walk(folder: Path, steps: int) -> np.ndarray:
    """Distil, train, export and paint in `folder`; the painted picture (1, 50, 70, 3)."""
    toy_data(folder)
    toy_teacher(folder / "teacher.npz")
    phase = Phase(side=32, batch=2, steps=steps, learning_rate=1e-3)
    recipe = Recipe(seed=0, phases=[phase], options={"style_weight": 1.0, "held_out": 2})
    student = distill.distill(recipe, folder, folder / "teacher.npz", folder / "distilled")
    eyes = perceptual.load_perceptual(student)
    painting = {
        "widths": {
            **{"half": 8, "quarter": 8, "eighth": 16, "sixteenth": 16, "code": 16},
            **{"block": 8, "blocks": 1, "deep_block": 8, "deep_blocks": 1},
        },
        "style_side": 32,
        "style_crops": 12,
        "content_crops": {"32": 8},
    }
    recipe = replace(recipe, options=painting)
    materials = train.Materials(
        contents=data.read_folder(folder / "content", held_out=2),
        styles=[data.read_folder(folder / name, held_out=2) for name in distill.FOLDERS[1:]],
        shares=[0.5, 0.5],
        folder=folder / "seen",
    )
    both = cache.Eyes(reader=eyes, judge=eyes)
    painter = train.train(recipe, materials, both, folder / "trained")
    module = export.Module(eyes, painter)
    export.export(module, folder / "painter")
    weights.write_checksums(folder / "painter")
    return paint(folder / "painter")


def paint(model: Path) -> np.ndarray:
    """Repaint one toy picture with the SavedModel in `model`."""
    weights.verify(model)
    random = np.random.default_rng(2)
    content, style = (data.to_floats([toy_picture(random)]) for _ in range(2))
    content = np.pad(content, ((0, 0), (0, 0), (0, 6), (0, 0)), mode="edge")[:, :50]
    return np.asarray(tf.saved_model.load(str(model))(content, style)[0])


def main() -> None:
    """Walk from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60, help="of each of the two trainings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        painted = walk(Path(folder), given.steps)
        log = (Path(folder) / "trained" / "log.txt").read_text()
    print(log, f"painted {painted.shape}, {painted.min():.2f} to {painted.max():.2f}", sep="\n")


if __name__ == "__main__":
    main()
