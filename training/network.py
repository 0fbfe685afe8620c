"""The whole painter in one file (Keras 3), but for the colours that it begins with (`colors.py`).

A style becomes a code: channel means and deviations of the five stages that the perceptual
network sees, through a small MLP. A code becomes a scale and a shift for each channel of each
convolution of the painter (conditional instance normalisation; Dumoulin, Shlens & Kudlur 2017;
Ghiasi et al. 2017). Beyond these papers, the code also says how much of the photograph's own edges
pass by the bottleneck, and ends in the style's colours, which the photograph is given before it is
painted: the network need not learn what a sum can say. It says how much noise comes in where the
picture is small (Karras et al. 2019): a plain sky has nothing that a motif could begin at. And it
carries the boldness: how much of the photograph may go.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from stylekit.engines.perceptual import (
    VIEW_CHANNELS,
    Features,
    Tensor,
    channel_deviation,
    repeat_edges,
)
from training.colors import COLORS, recolor

MULTIPLE = 32  # the painter halves five times
MAPS = 8  # of noise, which channels share
FLOOR = 1e-4  # under the variance of a channel: what is flat is not blown up
NOISY = (32, 16, 8)  # pixels of the picture that one number of noise is for
BOLDNESS = 1  # number of a code that says how much of the photograph may go: 0 little, 1 much

BINOMIAL = (1, 4, 6, 4, 1)
# What the two pixels of a place take of what is before, at and behind it when it is enlarged.
BILINEAR = np.array([[0.25, 0], [0.75, 0.75], [0, 0.25]], np.float32)
QUARTIC = np.array([[5, 1], [10, 10], [1, 5]], np.float32) / 16
# Of a kernel's three rows, and the two of a square: in which square is what they meet, and where?
PLACES = np.zeros((3, 2, 3, 2), np.float32)
for _row, _place in np.ndindex(3, 2):
    PLACES[_row, _place, (_row + _place + 1) // 2, (_row + _place + 1) % 2] = 1

Noise = tuple[Tensor, Tensor, Tensor]
"""Smooth numbers (b, h / 32, w / 32, MAPS), the same for 16, and for 8."""


@dataclass(frozen=True, kw_only=True)
class Widths:
    """How large the painter is."""

    detail: int = 8  # channels at the picture's own size
    half: int = 16  # at a half of it
    quarter: int = 48
    eighth: int = 96
    sixteenth: int = 128
    deep_block: int = 64  # channels inside a residual block
    deep_blocks: int = 2  # at a sixteenth
    broad: int = 128  # at a thirty-second, where large motifs are laid out
    broad_block: int = 64
    broad_blocks: int = 2
    up_block: int = 64
    up_blocks: int = 0  # at an eighth, on the way up
    fine_block: int = 48
    fine_blocks: int = 0  # at a quarter, on the way up
    hidden: int = 256  # of the MLP that reads styles
    code: int = 128  # numbers that describe a style
    tile: int = 128  # numbers of noise after which it repeats


class Painter(keras.Model):
    """Reads styles into codes and repaints pictures by codes."""

    def __init__(self, widths: Widths | None = None) -> None:
        """Draw weights at random."""
        super().__init__(name="painter", dtype="float32")
        w = self.widths = widths or Widths()
        count = 2 * sum(VIEW_CHANNELS)
        self.typical = self.add_weight(shape=(2, count), name="typical", trainable=False)
        self.noise = self.add_weight(shape=(1, w.tile, w.tile, MAPS), name="noise", trainable=False)
        self.read_1 = layers.Dense(w.hidden, activation="relu", dtype="float32", name="read_1")
        self.read_2 = layers.Dense(w.code, dtype="float32", name="read_2")
        self.quarter = StyledConvolution(w.quarter, name="quarter")
        self.eighth = StyledConvolution(w.eighth, strides=2, name="eighth")
        self.sixteenth = StyledConvolution(w.sixteenth, strides=2, noisy=True, name="sixteenth")
        self.deep_blocks = [
            Block(w.deep_block, w.sixteenth, name=f"deep_block{n}") for n in range(w.deep_blocks)
        ]
        self.broad = StyledConvolution(w.broad, strides=2, noisy=True, name="broad")
        self.broad_blocks = [
            Block(w.broad_block, w.broad, name=f"broad_block{n}") for n in range(w.broad_blocks)
        ]
        self.lay_out = LayOut(w.sixteenth, name="lay_out")
        self.up_eighth = Enlarge(w.eighth, noisy=True, name="up_eighth")
        self.up_blocks = [
            Block(w.up_block, w.eighth, name=f"up_block{n}") for n in range(w.up_blocks)
        ]
        self.up_quarter = Enlarge(w.quarter, name="up_quarter")
        self.fine_blocks = [
            Block(w.fine_block, w.quarter, name=f"fine_block{n}") for n in range(w.fine_blocks)
        ]
        self.up_half = Enlarge(w.half, name="up_half")
        self.edges = layers.Conv2D(w.half, 1, name="edges")
        self.pixels = Pixels(w.detail, name="pixels")
        self.styled = [self.quarter, self.eighth, self.sixteenth, *self.deep_blocks]
        self.styled += [self.up_eighth, self.up_quarter, self.up_half, self.pixels]
        self.styled += [self.broad, *self.broad_blocks, self.lay_out]
        self.styled += [*self.up_blocks, *self.fine_blocks]
        self.heads = layers.Dense(sum(s.wants for s in self.styled), dtype="float32", name="heads")
        self._build(count)

    def _build(self, count: int) -> None:
        self.typical.assign(np.stack([np.zeros(count), np.ones(count)]))
        self.noise.assign(smooth_noise(np.random.default_rng(0), self.noise.shape))
        code = self.read(ops.zeros((1, count + COLORS)), ops.zeros((1,)))
        self.paint(ops.zeros((1, MULTIPLE, MULTIPLE, 3)), code)
        self.built = True

    def read(self, numbers: Tensor, boldness: Tensor) -> Tensor:
        """The code (b, n + 1 + 9) of a style given by `style_numbers` (b, 736 + 9)."""
        mean, deviation = self.typical[0], self.typical[1]
        strokes, colors = numbers[:, :-COLORS], numbers[:, -COLORS:]
        code = self.read_2(self.read_1((strokes - mean) / deviation))
        return ops.concatenate([code, boldness[:, None], colors], axis=-1)

    def paint(self, pictures: Tensor, code: Tensor, noise: Noise | None = None) -> Tensor:
        """Repaint pictures (b, h, w, 3), sides multiples of 32, by codes (b, n + 1 + 9).

        Without `noise`, the same pictures become the same paintings.
        """
        broad, coarse, fine = noise or [self._steady_noise(pictures, pixels) for pixels in NOISY]
        wanted = self._wanted(self.heads(code[:, :-COLORS]))
        pairs = recolor(to_squares(pictures), code[:, -COLORS:])  # (b, h/2, w/2, 12)
        quarter = self.quarter(to_squares(pairs), wanted[self.quarter])
        eighth = self.eighth(quarter, wanted[self.eighth])
        x = self.sixteenth(eighth, wanted[self.sixteenth], coarse)
        large = self.broad(x, wanted[self.broad], broad)
        for block in self.broad_blocks:
            large = block(large, wanted[block])
        x = self.lay_out(x, large, wanted[self.lay_out])
        for block in self.deep_blocks:
            x = block(x, wanted[block])
        # Blocks make places differ from their neighbours; enlarged, that would show as a grid.
        x = self.up_eighth(blurred(x), eighth, wanted[self.up_eighth], fine)
        for block in self.up_blocks:
            x = block(x, wanted[block])
        x = self.up_quarter(blurred(x), quarter, wanted[self.up_quarter])
        for block in self.fine_blocks:
            x = block(x, wanted[block])
        x = self.up_half(blurred(x), self.edges(pairs), wanted[self.up_half])
        return from_squares(self.pixels(x, pairs, wanted[self.pixels]))

    def _steady_noise(self, pictures: Tensor, pixels: int) -> Tensor:
        """For every `pixels` of the pictures' height and width, MAPS numbers: always the same."""
        tile, (_, height, width, _) = self.widths.tile, ops.shape(pictures)
        rows, columns = (ops.arange(side // pixels) % tile for side in (height, width))
        return ops.take(ops.take(self.noise, rows, axis=1), columns, axis=2)

    def _wanted(self, numbers: Tensor) -> dict[Any, Tensor]:
        """Each styled layer's own part of the heads' numbers (b, wants)."""
        ends = np.cumsum([layer.wants for layer in self.styled])
        return dict(zip(self.styled, ops.split(numbers, ends[:-1].tolist(), axis=-1), strict=True))

    def call(self, pictures: Tensor, numbers: Tensor, boldness: Tensor) -> Tensor:
        """Repaint `pictures` in the styles given by `numbers`."""
        return self.paint(pictures, self.read(numbers, boldness))


def smooth_noise(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of deviation 1 that repeats seamlessly, (…, h, w, c).

    White noise, enlarged, has its peaks where its numbers are, and motifs that begin at peaks show
    the grid of the numbers. Smooth noise has them anywhere between.
    """
    noise = random.standard_normal(shape, np.float32)
    for axis in (-3, -2):
        parts = enumerate(BINOMIAL, start=-2)
        noise = sum(count * np.roll(noise, by, axis) for by, count in parts)
    return noise / np.float32(np.square(BINOMIAL).sum())


class StyledLayer(layers.Layer):
    """Takes pictures in the precision that it computes in, styles and noise in full precision."""

    wants: int  # numbers of the style

    def __init__(self, name: str) -> None:
        """Leave what comes in as it is."""
        super().__init__(name=name, autocast=False)


class StyledConvolution(StyledLayer):
    """3×3 convolution, instance normalisation with the style's scale and shift, activation."""

    def __init__(
        self,
        channels: int,
        *,
        strides: int = 1,
        activation: str | None = "relu",
        noisy: bool = False,
        name: str,
    ) -> None:
        """Say how many channels come out, and whether noise comes in."""
        super().__init__(name=name)
        self.wants = (3 if noisy else 2) * channels
        # No bias: the normalisation would take it away again.
        self.convolution = layers.Conv2D(channels, 3, strides, use_bias=False, name="convolution")
        self.activation = keras.activations.get(activation)

    def call(self, x: Tensor, style: Tensor, noise: Tensor | None = None) -> Tensor:
        """Convolve x (b, h, w, c); `style` (b, wants) is scales, shifts, and gains of the noise."""
        x = self.convolution(repeat_edges(ops.cast(x, self.compute_dtype)))
        return self.activation(styled_norm(x, style, noise))


class Block(StyledLayer):
    """Two styled convolutions whose result is added to what came in."""

    def __init__(self, inner: int, outer: int, *, name: str) -> None:
        """Say how many channels are between the two and come out."""
        super().__init__(name=name)
        self.first = StyledConvolution(inner, name="first")
        self.second = StyledConvolution(outer, activation=None, name="second")
        self.wants = self.first.wants + self.second.wants

    def call(self, x: Tensor, style: Tensor) -> Tensor:
        """Refine x (b, h, w, outer); `style` (b, wants) is the first's, then the second's."""
        split = self.first.wants
        return x + self.second(self.first(x, style[:, :split]), style[:, split:])


class LayOut(StyledLayer):
    """Adds what was laid out at half the size: channels mixed, enlarged, and gated by the style."""

    def __init__(self, channels: int, *, name: str) -> None:
        """Say how many channels come out."""
        super().__init__(name=name)
        self.wants = channels
        self.mix = layers.Conv2D(channels, 1, name="mix")

    def call(self, x: Tensor, large: Tensor, style: Tensor) -> Tensor:
        """Add `large` (b, h / 2, w / 2, c) to x (b, h, w, channels); `style` is the gates."""
        return x + by_channel(twice_as_large(self.mix(large)), style)


class Enlarge(StyledLayer):
    """Twice the size: mix channels, enlarge, let the photograph's edges in, convolve."""

    def __init__(self, channels: int, *, noisy: bool = False, name: str) -> None:
        """Say how many channels come out, and whether noise comes in."""
        super().__init__(name=name)
        self.channels = channels
        self.wants = (4 if noisy else 3) * channels
        self.mix = layers.Conv2D(channels, 1, name="mix")
        self.convolution = layers.Conv2D(channels, 3, use_bias=False, name="convolution")

    def call(self, x: Tensor, edges: Tensor, style: Tensor, noise: Tensor | None = None) -> Tensor:
        """Enlarge x to the size of `edges`; `style` is gates, then as of a `StyledConvolution`."""
        gates = style[:, : self.channels] + 0.5
        x = twice_as_large(self.mix(x)) + by_channel(edges, gates)
        x = self.convolution(repeat_edges(x))
        return ops.relu(styled_norm(x, style[:, self.channels :], noise))


def twice_as_large(x: Tensor) -> Tensor:
    """Enlarge x (b, h, w, c) to (b, 2·h, 2·w, c), so smoothly that no grid is seen.

    Bilinear enlarging alone is flatter between two places than on them: what the next convolution
    finds there is locked to the grid. With means after it this is a quartic B-spline.
    """
    return blurred(bilinear(x))


def blurred(x: Tensor) -> Tensor:
    """Means of x (b, h, w, c) over neighbours, which count (1, 2, 1) / 4 down and across."""
    return ops.average_pool(ops.average_pool(repeat_edges(x), 2, strides=1), 2, strides=1)


def bilinear(x: Tensor) -> Tensor:
    """Enlarge x (b, h, w, c) bilinearly to (b, 2·h, 2·w, c)."""
    if keras.backend.backend() != "tensorflow":
        _, height, width, _ = ops.shape(x)
        return ops.image.resize(x, (2 * height, 2 * width), "bilinear")
    import tensorflow as tf  # Keras wants a size known beforehand; a SavedModel takes any

    return tf.cast(tf.image.resize(x, 2 * tf.shape(x)[1:3]), x.dtype)


class Pixels(StyledLayer):
    """Colours of paint, its detail, and the photograph itself, as the style lets them through.

    All but the photograph is enlarged. A convolution that drew the four pixels of a place apart
    would weave a cloth of them; detail comes of thresholds in what was enlarged instead.

    Pixels stay in squares of four: few channels at full size take as long as four times as many.
    """

    colors = 3

    def __init__(self, detail: int, *, name: str) -> None:
        """Say how many channels there are of detail."""
        super().__init__(name=name)
        self.channels = detail
        self.wants = self.colors + 3 * detail
        self.convolution = layers.Conv2D(self.colors, 3, name="convolution")
        self.mix = layers.Conv2D(detail, 1, name="mix")
        self.edges = layers.Conv2D(detail, 1, use_bias=False, name="edges")
        self.detail = layers.Conv2D(
            self.colors, 3, use_bias=False, kernel_initializer="zeros", name="detail"
        )

    def build(self, *_: Any, **__: Any) -> None:
        """Make the weights that are used otherwise than by a layer's call."""
        self.edges.build((None, None, None, self.colors))
        self.detail.build((None, None, None, self.channels))

    def call(self, x: Tensor, squares: Tensor, style: Tensor) -> Tensor:
        """Colours (b, h, w, 12) in [0, 1] from x (b, h, w, c) and the photograph, both in squares.

        `style` is gates of the photograph, of its edges, and scales and shifts of detail.
        """
        painted = ops.cast(enlarged(self.convolution(repeat_edges(x))), style.dtype)
        kept = by_channel(undo_sigmoid(squares), ops.tile(style[:, : self.colors], (1, 4)))
        detail = self._detail(x, squares, style[:, self.colors :])
        return ops.sigmoid(painted + kept + ops.cast(detail, kept.dtype))

    def _detail(self, x: Tensor, squares: Tensor, style: Tensor) -> Tensor:
        gates, scale, shift = ops.split(style, 3, axis=-1)
        large = self._large(self.mix(x), squares, ops.tile(gates + 0.5, (1, 4)))
        normal = repeat_edges_of_squares(ops.relu(normed(large, 1 + scale, shift)))
        return ops.conv(normal, ops.cast(in_squares(self.detail.kernel), normal.dtype))

    def _large(self, x: Tensor, squares: Tensor, gates: Tensor) -> Tensor:
        """x (b, h, w, c) enlarged, and the edges of `squares` in it."""
        kernel, squares = (ops.cast(e, x.dtype) for e in (self._edges_in_squares(), squares))
        if x.shape[0] != 1:
            return enlarged(x, QUARTIC) + by_channel(ops.conv(squares, kernel), gates)
        # The gates of one picture can be in the kernel, and both be one convolution.
        middle = ops.pad(kernel * ops.cast(gates, x.dtype), ((1, 1), (1, 1), (0, 0), (0, 0)))
        around = ops.cast(enlarging_kernel(self.channels, QUARTIC), x.dtype)
        together = repeat_edges(ops.concatenate([x, squares], axis=-1))
        return ops.conv(together, ops.concatenate([around, middle], axis=2))

    def _edges_in_squares(self) -> Tensor:
        kernel = ops.einsum("ab,cd->acbd", np.eye(4, dtype=np.float32), self.edges.kernel[0, 0])
        return ops.reshape(kernel, (1, 1, 4 * self.colors, 4 * self.channels))


def undo_sigmoid(colors: Tensor) -> Tensor:
    """What the sigmoid makes `colors` in [0, 1] of, but for the last hundredth at either end."""
    inside = ops.clip(colors, 0.01, 0.99)
    return ops.log(inside / (1 - inside))


def styled_norm(x: Tensor, style: Tensor, noise: Tensor | None = None) -> Tensor:
    """Give each channel of x (b, h, w, c) the style's deviation and mean, and its share of noise.

    `style` is scales and shifts, and with noise (b, h, w, MAPS) its gains.
    """
    *_, channels = x.shape
    normal = normed(x, 1 + style[:, :channels], style[:, channels : 2 * channels])
    if noise is None:
        return normal
    its_own = ops.tile(np.eye(MAPS, dtype=np.float32), (1, channels // MAPS))
    gains = style[:, None, 2 * channels :] * its_own
    maps = ops.reshape(noise, (ops.shape(noise)[0], -1, MAPS))
    shares = ops.matmul(ops.cast(maps, normal.dtype), ops.cast(gains, normal.dtype))
    return normal + ops.reshape(shares, ops.shape(normal))


def normed(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Channels of x (b, h, w, n·c) with deviations `scale` and means `shift` (b, c).

    Of pixels in squares, four channels are one: every c-th of them.
    """
    alike = x.shape[-1] // scale.shape[-1]
    if x.shape[0] == 1 and keras.backend.backend() == "tensorflow":
        return _norm_one(x, scale[0], shift[0], alike)
    exact = ops.cast(x, "float32")
    # One pass less than the mean of squared differences; 1e-4 is far above what rounding loses.
    mean, square = (
        ops.mean(ops.reshape(ops.mean(each, axis=(1, 2)), (-1, alike, scale.shape[-1])), axis=1)
        for each in (exact, ops.square(exact))
    )
    factor = scale * ops.rsqrt(ops.maximum(square - ops.square(mean), 0) + FLOOR)
    factor, shift = (ops.tile(each, (1, alike)) for each in (factor, shift - mean * factor))
    return by_channel(x, factor, shift)


def _norm_one(x: Tensor, scale: Tensor, shift: Tensor, alike: int) -> Tensor:
    """The same for a single picture, whose batch statistics are its own: half the time."""
    import tensorflow as tf

    norm = tf.compat.v1.nn.fused_batch_norm
    if alike == 1:
        return norm(x, scale, shift, epsilon=FLOOR, is_training=True)[0]
    ones, pixels = ops.ones(x.shape[-1]), ops.cast(ops.size(x) // x.shape[-1], "float32")
    _, means, variances = norm(x, ones, 0 * ones, is_training=True)
    means, variances = (ops.reshape(each, (alike, -1)) for each in (means, variances))
    mean = ops.mean(means, axis=0)
    # Variances are given back as if the pixels were drawn from more of them.
    variance = ops.mean(variances * (pixels - 1) / pixels + ops.square(means - mean), axis=0)
    each = (ops.tile(number, alike) for number in (scale, shift, mean, variance))
    return norm(x, *each, epsilon=FLOOR, is_training=False)[0]


def by_channel(x: Tensor, factors: Tensor, summands: Tensor | None = None) -> Tensor:
    """Multiply each channel of x (b, h, w, c) by its factor (b, c), and add its summand (b, c).

    TensorFlow does whole rows in a tenth of the time. Graphs for any number of pictures are for
    other programs, which do not.
    """
    factors = ops.cast(factors, x.dtype)[:, None]
    summands = None if summands is None else ops.cast(summands, x.dtype)[:, None]
    if x.shape[0] is None:
        product = x * factors[:, None]
        return product if summands is None else product + summands[:, None]
    count, _, width, channels = ops.shape(x)
    product = ops.reshape(x, (count, -1, width * channels)) * ops.tile(factors, (1, 1, width))
    if summands is not None:
        product = product + ops.tile(summands, (1, 1, width))
    return ops.reshape(product, (count, -1, width, channels))


def to_squares(pictures: Tensor) -> Tensor:
    """`ops.space_to_depth` by 2, in a third of its time: (b, h, w, c) to (b, h/2, w/2, 4·c)."""
    count, _, width, channels = ops.shape(pictures)
    pairs = ops.reshape(pictures, (count, -1, 2, width // 2, 2 * channels))
    pairs = ops.transpose(pairs, (0, 1, 3, 2, 4))
    return ops.reshape(pairs, (count, -1, width // 2, 4 * channels))


def from_squares(squares: Tensor) -> Tensor:
    """Undo `to_squares`."""
    count, _, width, channels = ops.shape(squares)
    pairs = ops.reshape(squares, (count, -1, width, 2, channels // 2))
    pairs = ops.transpose(pairs, (0, 1, 3, 2, 4))
    return ops.reshape(pairs, (count, -1, 2 * width, channels // 4))


def enlarged(x: Tensor, between: np.ndarray = BILINEAR) -> Tensor:
    """As `bilinear` does, but in squares: (b, h, w, c) to (b, h, w, 4·c)."""
    return ops.conv(repeat_edges(x), ops.cast(enlarging_kernel(x.shape[-1], between), x.dtype))


def enlarging_kernel(channels: int, between: np.ndarray) -> Tensor:
    """What `enlarged` multiplies by: (3, 3, channels, 4·channels).

    Not as one constant, of which a SavedModel would keep a copy for each of its functions.
    """
    kernel = ops.einsum("ia,jb,cd->ijcabd", between, between, np.eye(channels, dtype=np.float32))
    return ops.reshape(kernel, (3, 3, channels, 4 * channels))


def in_squares(kernel: Tensor) -> Tensor:
    """What does to squares what a `kernel` (3, 3, c, d) does to pixels: (3, 3, 4·c, 4·d)."""
    large = ops.einsum("kail,mbjn,kmcd->ijlncabd", PLACES, PLACES, kernel)
    return ops.reshape(large, (3, 3, 4 * kernel.shape[2], 4 * kernel.shape[3]))


def repeat_edges_of_squares(x: Tensor) -> Tensor:
    """As `repeat_edges` does, for pixels in squares (b, h, w, 4·c): (b, h + 2, w + 2, 4·c)."""
    order = np.arange(x.shape[-1]).reshape(2, 2, -1)
    down, across = order[::-1].ravel(), order[:, ::-1].ravel()
    first, last = (ops.take(side, down, axis=-1) for side in (x[:, :1], x[:, -1:]))
    x = ops.concatenate([first, x, last], axis=1)
    first, last = (ops.take(side, across, axis=-1) for side in (x[:, :, :1], x[:, :, -1:]))
    return ops.concatenate([first, x, last], axis=2)


def style_numbers(features: Features) -> Tensor:
    """Means, then deviations, of every channel of every stage: (b, 736)."""
    numbers = []
    for stage in features:
        numbers += [ops.mean(stage, axis=(1, 2)), channel_deviation(stage)]
    return ops.concatenate(numbers, axis=-1)
