"""What the network sees, and how far apart two pictures are in content, style and smoothness.

A perceptual network turns pictures into features at five scales. Content is what its fourth scale
sees and where; style is which features occur, how much they vary, and which occur together,
wherever they are. After Gatys, Ecker & Bethge (2015), https://arxiv.org/abs/1508.06576; means and
deviations beside the Gram matrix after Li et al. (2017), https://arxiv.org/abs/1701.01036.

Tensors are batches in the order (picture, height, width, channel), of the backend Keras runs on.
"""

import math
from collections.abc import Callable, Mapping, Sequence
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

# What of the content is held, stage by stage: objects and where they are, but no brush strokes, by
# the fourth; eyes and mouths by a share of the third; lines and colours by a share of the first.
CONTENT_STAGES = {3: 0.9, 2: 0.3, 0: 0.3}
USUAL_VARIANCE = 0.4  # of the features of a photograph, in all stages
CALM, BUSY = 0.4, 1.6  # what an error of content counts where nothing is, and where much is
PLAIN = 0.5  # richness below which a style counts less: nothing but paper or a colour is so plain
VIEW_CHANNELS = (16, 32, 64, 128, 128)
TRUNK_CHANNELS = (24, 32, 64, 128, 192)
DEEP_STAGES = (4, 5)  # with one more convolution, before they halve
VGG_CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 1), "vgg19": (2, 2, 4, 4, 1)}  # block by block
VGG_SCALES = (56.0, 360.0, 630.0, 420.0, 71.0)  # what its features are divided by: USUAL_VARIANCE
VGG_MEANS = (103.939, 116.779, 123.68)  # of blue, green, red, which VGG takes from its pictures
SIDE_BY_SIDE = 16  # channels, at most, that pixels make together: fewer take as long
NO_VARIANCE = 0.1  # of a style's energy, beside its variance: paper has none to measure by
EPSILON = 1e-5  # keeps the relative errors of black and of flat pictures finite


class PerceptualNetwork:
    """Five stages of features, like VGG's from relu1_1 to relu5_1."""

    def __init__(self, model: keras.Model, *, name: str = "student") -> None:
        """Wrap a Keras model from pictures (b, h, w, 3) to five tensors, fine to coarse."""
        self.model = model
        self.name = name

    def features(self, pictures: Tensor) -> Features:
        """What the network sees in `pictures` (b, h, w, 3), sRGB in [0, 1], any size from 16²."""
        return [ops.cast(stage, "float32") for stage in self.model(pictures)]


def student_model(precision: str | None = None) -> keras.Model:
    """The student, with weights drawn at random: a trunk of 11 convolutions, and five views.

    A view is linear (1×1, no activation): an estimate of the teacher's features in the directions
    in which they are strongest, so that means and Gram matrices of views are those of the teacher.
    Averages halve the picture between stages, as Gatys et al. advise: under strided convolutions
    and maxima the gradient of the pixels has a grid, and pictures optimised by it show one.
    """
    pictures = keras.Input((None, None, 3))
    stage = _see(pictures * 2 - 1, TRUNK_CHANNELS[0], "stage1", precision)
    views = [_view(stage, 1, precision)]
    for number, channels in enumerate(TRUNK_CHANNELS[1:], start=2):
        if number in DEEP_STAGES:
            stage = _see(stage, TRUNK_CHANNELS[number - 2], f"before{number}", precision)
        stage = _see(ops.average_pool(stage, 2, strides=2), channels, f"in{number}", precision)
        stage = _see(stage, channels, f"stage{number}", precision)
        views.append(_view(stage, number, precision))
    return keras.Model(pictures, views, name="student")


def _see(x: Tensor, channels: int, name: str, precision: str | None) -> Tensor:
    layer = keras.layers.Conv2D(
        channels,
        3,
        activation="relu",
        kernel_initializer="he_normal",
        dtype=precision,
        name=name,
    )
    return layer(RepeatEdges(dtype=precision)(x))


def _view(x: Tensor, number: int, precision: str | None) -> Tensor:
    layer = keras.layers.Conv2D(VIEW_CHANNELS[number - 1], 1, dtype=precision, name=f"view{number}")
    return layer(x)


def repeat_edges(x: Tensor) -> Tensor:
    """Surround pictures (b, h, w, c) with copies of their outermost pixels: (b, h + 2, w + 2, c).

    Works down to a single pixel, as a reflection does not, and faster than `ops.pad` on TensorFlow.
    """
    x = ops.concatenate([x[:, :1], x, x[:, -1:]], axis=1)
    return ops.concatenate([x[:, :, :1], x, x[:, :, -1:]], axis=2)


class RepeatEdges(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """`repeat_edges` with a gradient that takes a quarter of the time."""

    def call(self, x: Tensor) -> Tensor:
        """Surround x (b, h, w, c)."""
        return _repeated_edges(x)


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _repeated_edges(x: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
    def gradient(upstream: Tensor) -> Tensor:
        return _without_edges(_without_edges(upstream, axis=2), axis=1)

    return repeat_edges(x), gradient


def _without_edges(x: Tensor, axis: int) -> Tensor:
    """Add the first and the last row (axis 1) or column (axis 2) of x to those beside them."""

    def part(start: int, stop: int | None) -> Tensor:
        return x[:, start:stop] if axis == 1 else x[:, :, start:stop]

    if x.shape[axis] == 3:
        return part(0, 1) + part(1, 2) + part(2, 3)
    first, last = part(0, 1) + part(1, 2), part(-2, -1) + part(-1, None)
    return ops.concatenate([first, part(2, -2), last], axis=axis)


def vgg_model(name: str, precision: str | None = None) -> keras.Model:
    """VGG-16 or VGG-19 up to its last stage, without weights (Simonyan & Zisserman, 2015).

    Edges are repeated where the original puts zeros: a dark frame is no part of a style.
    """
    pictures = keras.Input((None, None, 3))
    x, stages = pictures[..., ::-1] * 255.0 - np.array(VGG_MEANS, "float32"), []
    for block, count in enumerate(VGG_CONVOLUTIONS[name], start=1):
        x = x if block == 1 else ops.max_pool(x, 2, strides=2)
        for number in range(1, count + 1):
            x = _see(x, 64 * min(8, 2 ** (block - 1)), f"block{block}_conv{number}", precision)
            if number == 1:
                stages.append(x / VGG_SCALES[block - 1])
    return keras.Model(pictures, stages, name=name)


def load_perceptual(
    name_or_path: str | Path = "student", precision: str | None = None
) -> PerceptualNetwork:
    """The shipped student; VGG by the name `vgg16` or `vgg19`; or a network in a folder.

    A folder holds `student.npz`, `vgg16.npz` or `vgg19.npz`, and `SHA256SUMS`. The names take the
    ImageNet weights that Keras keeps in its cache or downloads. `precision` is Keras' name of a
    policy, `float32` or `mixed_bfloat16`; Keras' own setting unless it is given.

    Raises:
        ModelBroken: when weights are missing, cannot be had, or do not match their checksum.
    """
    if name_or_path in VGG_CONVOLUTIONS:
        return _load_from_keras(str(name_or_path), precision)
    folder = weights.PERCEPTUAL if name_or_path == "student" else Path(name_or_path)
    weights.verify(folder)
    for name in ("student", *VGG_CONVOLUTIONS):
        if (folder / f"{name}.npz").is_file():
            return load_file(folder / f"{name}.npz", name, precision)
    raise ModelBroken(f"There is no student.npz, vgg16.npz or vgg19.npz in {folder}.")


def load_file(path: Path, name: str, precision: str | None = None) -> PerceptualNetwork:
    """A `student`, `vgg16` or `vgg19` whose arrays are in the file at `path`.

    Raises:
        ModelBroken: when an array is missing or has another shape.
    """
    model = student_model(precision) if name == "student" else vgg_model(name, precision)
    with np.load(path, allow_pickle=False) as stored:
        read_weights(model, dict(stored))
    model.trainable = False
    return PerceptualNetwork(model, name=name)


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


def _load_from_keras(name: str, precision: str | None) -> PerceptualNetwork:
    build = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}[name]
    try:
        trained = build(include_top=False, weights="imagenet")
    except Exception as error:
        raise ModelBroken(f"The ImageNet weights of {name} cannot be had: {error}") from error
    model = vgg_model(name, precision)
    for layer in convolutions(model):
        layer.set_weights(trained.get_layer(layer.name).get_weights())
    model.trainable = False
    return PerceptualNetwork(model, name=name)


def content_distance(
    features: Features, target: Features, counts: Mapping[int, Tensor] | None = None
) -> Tensor:
    """How far the content is from the target's, per picture (b,); about 1 for another photograph.

    An error counts more where the target has detail (a face, an edge) than where nothing is to be
    seen, and it is measured by what photographs usually have, not by this one: else nobody could
    paint on a plain wall. `counts` of a stage (b, h, w) are factors of its errors, place by place.
    """
    distances = []
    for stage, share in CONTENT_STAGES.items():
        errors = stage_content_errors(features[stage], target[stage])
        errors = errors * counts[stage] if counts else errors
        distances.append(share * ops.mean(errors, axis=(1, 2)))
    return sum(distances)


def stage_content_errors(seen: Tensor, wanted: Tensor) -> Tensor:
    """Where one stage (b, h, w, c) is how far from what is `wanted`: (b, h, w)."""
    error = ops.mean(ops.square(seen - wanted), axis=-1)
    return error * detail(wanted) / USUAL_VARIANCE


def detail(stage: Tensor) -> Tensor:
    """What an error counts at each place of a stage (b, h, w, c), from CALM to BUSY: (b, h, w)."""
    apart = stage - ops.average_pool(stage, 5, strides=1, padding="same")
    energy = ops.mean(ops.square(apart), axis=-1, keepdims=True)
    energy = ops.average_pool(energy, 3, strides=1, padding="same")[..., 0]
    return CALM + (BUSY - CALM) * energy / (energy + USUAL_VARIANCE / 2)


@dataclass(frozen=True)
class StageStyle:
    """Which features of one stage occur: where they are is forgotten."""

    mean: Tensor  # (b, c)
    gram: Tensor  # (b, c, c)


def style_statistics(features: Features) -> list[StageStyle]:
    """The style in `features`, stage by stage."""
    return [statistics(stage) for stage in features]


def richness(style: Sequence[StageStyle]) -> Tensor:
    """How much there is in a style, per picture (b,): 0 in one colour, 1 in a usual photograph."""
    variances = []
    for stage in style:
        energy = ops.diagonal(stage.gram, axis1=1, axis2=2)  # (b, c)
        variances.append(ops.mean(energy - ops.square(stage.mean), axis=1) / USUAL_VARIANCE)
    return ops.maximum(sum(variances) / len(variances), 0)


def content_share(richness: Tensor) -> Tensor:
    """What content counts for a style of this richness, per picture (b,).

    Strokes of strong contrast cost content wherever they are; a little less is asked for then.
    """
    return 1 / ops.sqrt(ops.maximum(richness, 1))


def style_share(richness: Tensor) -> Tensor:
    """What style counts for a style of this richness, per picture (b,).

    A sheet of paper or of one colour has none to speak of: the photograph is to take its colour,
    and not to vanish in it.
    """
    return ops.minimum(richness / PLAIN, 1)


def channel_deviation(stage: Tensor) -> Tensor:
    """Standard deviation of each channel of a stage (b, h, w, c) over the picture: (b, c)."""
    # Under the root, a floor: the gradient of a root at zero is infinite, and flat pictures exist.
    return ops.sqrt(ops.var(stage, axis=(1, 2)) + 1e-5)


def gram_matrix(stage: Tensor) -> Tensor:
    """Which features of a stage (b, h, w, c) occur together: (b, c, c), the same for any size."""
    return statistics(stage).gram


def statistics(stage: Tensor) -> StageStyle:
    """The style in one stage (b, h, w, c)."""
    _, height, width, _ = ops.shape(stage)
    means = _sums(stage) / ops.cast(height * width, stage.dtype)
    return StageStyle(means[:, -1], means[:, :-1])


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _sums(stage: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
    """Sums over pixels (b, h, w, c) of products of two channels, then of each: (b, c + 1, c).

    Three channels take as long as twelve, so that pixels stand side by side as if they were more
    channels. The gradient is one product; differentiated step by step it takes twice as long.
    """
    _, height, width, channels = ops.shape(stage)
    beside = _side_by_side(height, width, channels)
    rows = ops.reshape(stage, (-1, height * width // beside, beside * channels))
    own = np.kron(np.eye(beside), np.ones((channels, channels))).astype("float32")
    spread = np.tile(np.eye(channels, dtype="float32"), (beside, 1))
    products = ops.matmul(ops.transpose(rows, (0, 2, 1)), rows) * own  # no pixel with another
    sums = ops.matmul(ops.ones_like(rows[:, None, :, 0]), rows)
    together = ops.matmul(ops.concatenate([ops.matmul(spread.T, products), sums], axis=1), spread)

    def gradient(upstream: Tensor) -> Tensor:
        turn = upstream[:, :-1] + ops.transpose(upstream[:, :-1], (0, 2, 1))
        of_products = ops.matmul(rows, ops.tile(turn, (1, beside, beside)) * own)
        of_products = ops.reshape(of_products, (-1, height, width * channels))
        of_sums = ops.tile(upstream[:, -1:], (1, 1, width))
        return ops.reshape(of_products + of_sums, (-1, height, width, channels))

    return together, gradient


def _side_by_side(height: Any, width: Any, channels: int) -> int:
    """How many pixels stand side by side: as many as the picture can be divided into.

    A graph for any size cannot know. It takes pictures with sides that are multiples of 16.
    """
    beside = 1 << int(math.log2(max(1, SIDE_BY_SIDE // channels)))
    while isinstance(height, int) and isinstance(width, int) and height * width % beside:
        beside //= 2
    return beside


def style_distance(
    features: Features,
    style: Sequence[StageStyle],
    stage_weights: Sequence[float] = (1, 1, 1, 1, 1),
) -> Tensor:
    """How far the style of `features` is from `style`, per picture (b,).

    Every term is relative to the style's own energy, so that pale styles count as loud ones do;
    2 is about what a black picture has. The stages' distances are weighted and averaged.
    """
    stages = zip(features, style, stage_weights, strict=True)
    distances = [weight * stage_style_distance(stage, wanted) for stage, wanted, weight in stages]
    return sum(distances) / len(distances)


def stage_style_distance(stage: Tensor, wanted: StageStyle) -> Tensor:
    """How far one stage (b, h, w, c) is from the style `wanted`, per picture (b,)."""
    found = statistics(stage)
    return (
        relative_error(found.mean, wanted.mean)
        + relative_error(deviations(found), deviations(wanted), NO_VARIANCE * energy(wanted))
        + relative_error(found.gram, wanted.gram)
    )


def deviations(style: StageStyle) -> Tensor:
    """The standard deviation of each channel over the picture: (b, c)."""
    variance = ops.diagonal(style.gram, axis1=1, axis2=2) - ops.square(style.mean)
    # Under the root, a floor: the gradient of a root at zero is infinite, and flat pictures exist.
    return ops.sqrt(ops.maximum(variance, 0) + EPSILON)


def energy(style: StageStyle) -> Tensor:
    """The mean square of all channels: (b,)."""
    return ops.mean(ops.diagonal(style.gram, axis1=1, axis2=2), axis=1)


def relative_error(found: Tensor, wanted: Tensor, least: Tensor | float = 0) -> Tensor:
    """Squared difference, per picture (b,), in units of what is wanted, squared, and `least`."""
    axes = tuple(range(1, len(wanted.shape)))
    error = ops.mean(ops.square(found - wanted), axis=axes)
    return error / (ops.mean(ops.square(wanted), axis=axes) + least + EPSILON)


@ops.custom_gradient  # type: ignore[untyped-decorator]
def smoothness(pictures: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
    """How restless pictures (b, h, w, 3) are: total variation per number, (b,); 0 when flat.

    Its gradient takes a tenth of the time that it takes differentiated step by step.
    """
    count, height, width, channels = ops.shape(pictures)
    lines = ops.reshape(pictures, (count, height, width * channels))
    steps = lines[:, 1:] - lines[:, :-1], lines[:, :, channels:] - lines[:, :, :-channels]
    sizes = [ops.cast(ops.shape(step)[1] * ops.shape(step)[2], "float32") for step in steps]
    total = sum(
        ops.sum(ops.abs(step), axis=(1, 2)) / size for step, size in zip(steps, sizes, strict=True)
    )

    def gradient(upstream: Tensor) -> Tensor:
        down, across = (ops.sign(step) / size for step, size in zip(steps, sizes, strict=True))
        before, after = (1, 0), (0, 1)
        slope = ops.pad(down, ((0, 0), before, (0, 0))) - ops.pad(down, ((0, 0), after, (0, 0)))
        before, after = (channels, 0), (0, channels)
        slope += ops.pad(across, ((0, 0), (0, 0), before))
        slope -= ops.pad(across, ((0, 0), (0, 0), after))
        return upstream[:, None, None, None] * ops.reshape(slope, ops.shape(pictures))

    return total, gradient
