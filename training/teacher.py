"""The network that the student learns from: VGG-19 with a quarter of its channels.

Wang et al., Collaborative Distillation for Ultra-Resolution Universal Style Transfer, CVPR 2020,
MIT licence. Its weights stay outside the project; only training and benchmarks read them.
"""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines.perceptual import PerceptualNetwork, Tensor

STAGES = (("11",), ("12", "P", "21"), ("22", "P", "31"), ("32", "33", "34", "P", "41"))
LAST = ("42", "43", "44", "P", "51")


def load_teacher(path: Path) -> PerceptualNetwork:
    """Build the teacher from its file of arrays `NAME/weight` (out, in, h, w) and `NAME/bias`."""
    with np.load(path) as stored:
        arrays = dict(stored)
    pictures = keras.Input((None, None, 3))
    x, features = _convolution(arrays, "conv0")(pictures), []
    for stage in (*STAGES, LAST):
        for name in stage:
            x = keras.layers.MaxPooling2D(2)(x) if name == "P" else _step(arrays, f"conv{name}", x)
        features.append(x)
    model = keras.Model(pictures, features, name="teacher")
    model.trainable = False
    return PerceptualNetwork(model, name="teacher")


def _step(arrays: dict[str, np.ndarray], name: str, x: Tensor) -> Tensor:
    return ops.relu(_convolution(arrays, name)(_reflect(x)))


def _reflect(x: Tensor) -> Tensor:
    # What `ops.pad` does with mode="reflect", whose gradient is slow on TensorFlow.
    x = ops.concatenate([x[:, 1:2], x, x[:, -2:-1]], axis=1)
    return ops.concatenate([x[:, :, 1:2], x, x[:, :, -2:-1]], axis=2)


def _convolution(arrays: dict[str, np.ndarray], name: str) -> keras.layers.Layer:
    kernel = arrays[f"{name}/weight"].transpose(2, 3, 1, 0)  # (h, w, in, out)
    height, width, channels_in, channels_out = kernel.shape
    layer = keras.layers.Conv2D(channels_out, (height, width), name=name)
    layer.build((None, None, None, channels_in))
    layer.set_weights([kernel, arrays[f"{name}/bias"]])
    return layer
