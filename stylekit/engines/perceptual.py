"""What the network sees, and how far apart two pictures are in content, style and smoothness.

A perceptual network turns pictures into features at five scales. Content is what its fourth scale
sees and where; style is which features occur, and which occur together, wherever they are.
After Gatys, Ecker & Bethge (2015), https://arxiv.org/abs/1508.06576; means and deviations beside
the Gram matrix after Huang & Belongie (2017), https://arxiv.org/abs/1703.06868.

Tensors are batches in the order (picture, height, width, channel), of the backend Keras runs on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import ops

from stylekit.engines import weights
from stylekit.errors import ModelBroken

Tensor: TypeAlias = Any
"""A tensor of the backend that Keras runs on."""

Features: TypeAlias = list[Tensor]
"""Five tensors (b, h/s, w/s, c) for s = 1, 2, 4, 8, 16: fine to coarse."""

CONTENT_STAGE = 3  # the fourth: objects and where they are, but no brush strokes
GRAM_SHARE = 0.2  # of a stage's style distance, beside means and deviations
STUDENT_CHANNELS = (16, 32, 64, 128, 128)
DEEPER_STAGE = 4  # with one more convolution, before it halves


class PerceptualNetwork:
    """Five stages of features, like VGG-19 from relu1_1 to relu5_1."""

    def __init__(self, model: keras.Model, *, name: str = "student") -> None:
        """Wrap a Keras model from pictures (b, h, w, 3) to five tensors, fine to coarse."""
        self.model = model
        self.name = name

    def features(self, pictures: Tensor) -> Features:
        """What the network sees in `pictures` (b, h, w, 3), sRGB in [0, 1], any size from 16²."""
        return list(self.model(pictures))


def student_model(centers: Sequence[Any] = (0.0, 0.0, 0.0, 0.0)) -> keras.Model:
    """The student, with weights drawn at random: ten convolutions, 0.62 million numbers.

    Averages halve the picture between stages, as Gatys et al. advise: under strided convolutions
    and maxima the gradient of the pixels has a grid, and pictures optimised by it show one.
    `centers` are taken from the first four stages before the next looks at them; distillation
    learns faster so, and folds them into the biases afterwards.
    """
    pictures = keras.Input((None, None, 3))
    stage = _see(pictures * 2 - 1, STUDENT_CHANNELS[0], "stage1")
    features = [stage]
    for number, channels in enumerate(STUDENT_CHANNELS[1:], start=2):
        x = stage - centers[number - 2]
        if number == DEEPER_STAGE:
            x = _see(x, STUDENT_CHANNELS[number - 2], f"before{number}")
        x = _see(ops.average_pool(x, 2), channels, f"in{number}")
        stage = _see(x, channels, f"stage{number}")
        features.append(stage)
    return keras.Model(pictures, features, name="student")


def _see(x: Tensor, channels: int, name: str) -> Tensor:
    layer = keras.layers.Conv2D(
        channels, 3, activation="relu", kernel_initializer="he_normal", name=name
    )
    return layer(repeat_edges(x))


def repeat_edges(x: Tensor) -> Tensor:
    """Surround pictures (b, h, w, c) with copies of their outermost pixels: (b, h + 2, w + 2, c).

    Works down to a single pixel, as a reflection does not, and faster than `ops.pad` on TensorFlow.
    """
    x = ops.concatenate([x[:, :1], x, x[:, -1:]], axis=1)
    return ops.concatenate([x[:, :, :1], x, x[:, :, -1:]], axis=2)


def load_perceptual(name_or_path: str | Path = "student") -> PerceptualNetwork:
    """The shipped student, VGG-19 by the name `vgg19`, or a student in a folder of your own.

    A folder holds `student.npz` and `SHA256SUMS`. `vgg19` takes the ImageNet weights that Keras
    keeps in its cache or downloads.

    Raises:
        ModelBroken: when weights are missing, cannot be had, or do not match their checksum.
    """
    if name_or_path == "vgg19":
        return _load_vgg19()
    folder = weights.PERCEPTUAL if name_or_path == "student" else Path(name_or_path)
    weights.verify(folder)
    with np.load(folder / "student.npz", allow_pickle=False) as stored:
        model = student_model()
        read_weights(model, dict(stored))
    model.trainable = False
    return PerceptualNetwork(model)


def read_weights(model: keras.Model, stored: dict[str, Any]) -> None:
    """Set the convolutions of `model` from arrays named `LAYER/kernel` and `LAYER/bias`.

    Raises:
        ModelBroken: when an array is missing or has another shape.
    """
    try:
        for layer in convolutions(model):
            kernel, bias = stored[f"{layer.name}/kernel"], stored[f"{layer.name}/bias"]
            layer.set_weights([kernel.astype("float32"), bias.astype("float32")])
    except (KeyError, ValueError) as error:
        raise ModelBroken(f"The perceptual network's weights do not fit it: {error}") from error


def convolutions(model: keras.Model) -> list[keras.layers.Conv2D]:
    """The layers of `model` that hold weights, from the picture inwards."""
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


def _load_vgg19() -> PerceptualNetwork:
    from keras.applications import VGG19

    try:
        vgg = VGG19(include_top=False, weights="imagenet")
    except Exception as error:
        raise ModelBroken(f"The ImageNet weights of VGG-19 cannot be had: {error}") from error
    pictures = keras.Input((None, None, 3))
    blue_green_red = pictures[..., ::-1] * 255.0 - np.array([103.939, 116.779, 123.68], "float32")
    names = [f"block{number}_conv1" for number in range(1, 6)]
    tower = keras.Model(vgg.input, [vgg.get_layer(name).output for name in names])
    tower.trainable = False
    return PerceptualNetwork(keras.Model(pictures, tower(blue_green_red)), name="vgg19")


def content_distance(features: Features, target: Features, stage: int = CONTENT_STAGE) -> Tensor:
    """How far the content is from the target's, per picture (b,), in units of its variance."""
    seen, wanted = features[stage], target[stage]
    error = ops.mean(ops.square(seen - wanted), axis=(1, 2, 3))
    return error / (ops.mean(ops.var(wanted, axis=(1, 2)), axis=-1) + 1e-5)


@dataclass(frozen=True)
class StageStyle:
    """Which features of one stage occur: where they are is forgotten."""

    mean: Tensor  # (b, c)
    deviation: Tensor  # (b, c)
    gram: Tensor  # (b, c, c)


def style_statistics(features: Features) -> list[StageStyle]:
    """The style in `features`, stage by stage."""
    return [
        StageStyle(ops.mean(stage, axis=(1, 2)), channel_deviation(stage), gram_matrix(stage))
        for stage in features
    ]


def channel_deviation(stage: Tensor) -> Tensor:
    """Standard deviation of each channel of a stage (b, h, w, c) over the picture: (b, c)."""
    # Under the root, a floor: the gradient of a root at zero is infinite, and flat pictures exist.
    return ops.sqrt(ops.var(stage, axis=(1, 2)) + 1e-5)


def gram_matrix(stage: Tensor) -> Tensor:
    """Which features of a stage (b, h, w, c) occur together: (b, c, c), the same for any size."""
    _, height, width, channels = ops.shape(stage)
    pixels = ops.reshape(stage, (-1, height * width, channels))  # (b, h·w, c)
    together = ops.matmul(ops.transpose(pixels, (0, 2, 1)), pixels)  # (b, c, c)
    return together / ops.cast(height * width, together.dtype)


def style_distance(
    features: Features,
    style: Sequence[StageStyle],
    stage_weights: Sequence[float] = (1, 1, 1, 1, 1),
) -> Tensor:
    """How far the style of `features` is from `style`, per picture (b,).

    Every term is relative to the style's own energy, so that pale styles count as loud ones do;
    1 is about what a grey picture has. The stages' distances are weighted and averaged.
    """
    stages = zip(features, style, stage_weights, strict=True)
    distances = [weight * stage_style_distance(stage, wanted) for stage, wanted, weight in stages]
    return sum(distances) / len(distances)


def stage_style_distance(stage: Tensor, wanted: StageStyle) -> Tensor:
    """How far one stage (b, h, w, c) is from the style `wanted`, per picture (b,)."""
    mean, gram = ops.mean(stage, axis=(1, 2)), gram_matrix(stage)
    # The Gram matrix holds the variance: one look at the stage less, a fifth of a step's time.
    variance = ops.maximum(ops.diagonal(gram, axis1=1, axis2=2) - ops.square(mean), 0)
    deviation = ops.sqrt(variance + 1e-5)  # as in `channel_deviation`
    return (
        _relative_error(mean, wanted.mean)
        + _relative_error(deviation, wanted.deviation)
        + GRAM_SHARE * _relative_error(gram, wanted.gram)
    )


def _relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    axes = tuple(range(1, len(wanted.shape)))
    error = ops.mean(ops.square(found - wanted), axis=axes)
    return error / (ops.mean(ops.square(wanted), axis=axes) + 1e-5)


def smoothness(pictures: Tensor) -> Tensor:
    """How restless pictures (b, h, w, c) are: total variation per number, (b,); 0 when flat."""
    down = ops.mean(ops.abs(pictures[:, 1:] - pictures[:, :-1]), axis=(1, 2, 3))
    across = ops.mean(ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1]), axis=(1, 2, 3))
    return down + across
