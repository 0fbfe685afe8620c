"""The network that the student learns from: VGG-16 (Simonyan & Zisserman 2015, CC BY 4.0).

Its weights stay outside the project; only training and benchmarks read them.
"""

from pathlib import Path

import numpy as np

from stylekit.engines import perceptual


def load_teacher(path: Path) -> perceptual.PerceptualNetwork:
    """VGG-16 up to conv5_1 from a file of arrays `blockB_convC/k` (h, w, in, out) and `/b`.

    Raises:
        ModelBroken: when an array is missing or has another shape.
    """
    with np.load(path, allow_pickle=False) as stored:
        names = {"k": "kernel", "b": "bias"}
        parts = {name: name.split("/") for name in stored.files}
        arrays = {f"{layer}/{names[kind]}": stored[name] for name, (layer, kind) in parts.items()}
    model = perceptual.vgg_model("vgg16")
    perceptual.read_weights(model, arrays)
    model.trainable = False
    return perceptual.PerceptualNetwork(model, name="vgg16")
