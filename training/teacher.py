"""The network that the student learns from: VGG-16 (Simonyan & Zisserman 2015, CC BY 4.0).

Its weights stay outside the project; only training and benchmarks read them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from stylekit.engines import perceptual, weights


def load_teacher(path: Path) -> perceptual.PerceptualNetwork:
    """VGG-16 up to conv5_1 from a file of arrays `blockB_convC/k` (h, w, in, out) and `/b`.

    Raises:
        ModelBroken: when an array is missing or has another shape.
    """
    model = perceptual.vgg_model("vgg16")
    perceptual.read_weights(model, _arrays(path))
    model.trainable = False
    return perceptual.PerceptualNetwork(model, name="vgg16")


def write_folder(path: Path, folder: Path) -> None:
    """Write the weights in the file at `path` as a folder that `load_perceptual` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "vgg16.npz", **_arrays(path))
    weights.write_checksums(folder)


def _arrays(path: Path) -> dict[str, Any]:
    names = {"k": "kernel", "b": "bias"}
    with np.load(path, allow_pickle=False) as stored:
        parts = {name: name.split("/") for name in stored.files}
        return {f"{layer}/{names[kind]}": stored[name] for name, (layer, kind) in parts.items()}
