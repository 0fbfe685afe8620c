"""Write the SavedModel and check that it equals the network.

The SavedModel is called like TF-Hub's arbitrary stylization module, `module(content, style)[0]`,
and has `read_style(style)` and `paint(content, code)` besides, and `paint_bfloat16`, which is as
`paint` is but computes in half the precision, faster where the processor can. Pictures are float32
(b, h, w, 3) in [0, 1] with sides of 16 pixels or more; what comes out has the content's size.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stylekit.engines import perceptual, weights
from training import colors, network
from training.course import read_recipe

PICTURES = tf.TensorSpec((None, None, None, 3), tf.float32, "pictures")
TOLERANCE = 1e-4  # between a number of the SavedModel and one of the Keras network
TOLERANCE_BFLOAT16 = 0.01  # in the mean, with half the precision


class Module(tf.Module):
    """What the SavedModel holds."""

    def __init__(self, eyes: perceptual.PerceptualNetwork, painter: network.Painter) -> None:
        """Join the style's reader and the painter."""
        super().__init__(name="stylekit_painter")
        self.painter = painter
        # In half precision, as the perceptual network's own file has them: half the size.
        self.eyes = [tf.Variable(tf.cast(v, tf.float16)) for v in eyes.model.variables]
        self._look = lambda numbers, pictures: eyes.model.stateless_call([], numbers, pictures)[0]
        codes = tf.TensorSpec((None, painter.widths.code + colors.COLORS), tf.float32, "code")
        quickly = in_bfloat16(painter)
        self.read_style = tf.function(self._read_style, input_signature=[PICTURES])
        self.paint = tf.function(self._paint, input_signature=[PICTURES, codes])
        self.paint_bfloat16 = tf.function(
            lambda content, code: _one_by_one(quickly, content, code),
            input_signature=[PICTURES, codes],
        )

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """Content repainted in the style, as the only element of a list."""
        return [self._paint(content, self._read_style(style))]

    def _read_style(self, style: tf.Tensor) -> tf.Tensor:
        eyes = [tf.cast(variable, tf.float32) for variable in self.eyes]
        numbers = network.style_numbers(self._look(eyes, style))
        return self.painter.read(tf.concat([numbers, colors.color_numbers(style)], axis=-1))

    def _paint(self, content: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
        return _one_by_one(self.painter.paint, content, code)


Paint = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Repaints pictures (b, h, w, 3), sides multiples of 16, by codes (b, n)."""


def in_bfloat16(painter: network.Painter) -> Paint:
    """`painter.paint` with the same weights and half the precision."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    other = network.Painter(painter.widths)
    keras.config.set_dtype_policy(usual)

    def paint(pictures: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
        borrowed = list(zip(other.variables, (v.value for v in painter.variables), strict=True))
        with keras.StatelessScope(state_mapping=borrowed):
            return other.paint(pictures, code)

    return paint


def _one_by_one(paint: Paint, content: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
    """Paint pictures of any size, each by itself: `styled_norm` is faster then."""
    height, width = tf.shape(content)[1], tf.shape(content)[2]
    below, right = -height % network.MULTIPLE, -width % network.MULTIPLE
    padded = tf.pad(content, [[0, 0], [0, below], [0, right], [0, 0]], "SYMMETRIC")
    codes = tf.broadcast_to(code, (tf.shape(content)[0], tf.shape(code)[1]))
    painted = tf.map_fn(
        lambda pair: paint(pair[0][None], pair[1][None])[0],
        (padded, codes),
        fn_output_signature=tf.TensorSpec((None, None, 3), tf.float32),
    )
    return painted[:, :height, :width]


def export(module: Module, folder: Path) -> float:
    """Write `module` to `folder` and give the largest difference to what it paints in memory.

    Raises:
        ValueError: when the difference is more than `TOLERANCE`.
    """
    tf.saved_model.save(module, str(folder))
    return compare(module, tf.saved_model.load(str(folder)))


def compare(module: Module, loaded: tf.Module) -> float:
    """The largest difference in pictures of even and odd sizes.

    Raises:
        ValueError: when it is more than `TOLERANCE`, or `TOLERANCE_BFLOAT16` in half the precision.
    """
    random = np.random.default_rng(0)
    worst = 0.0
    for count, height, width in ((1, 64, 64), (2, 49, 83), (1, 16, 17)):
        content, style = random.random((2, count, height, width, 3), np.float32)
        expected = np.asarray(module._paint(content, module._read_style(style)))
        found = np.asarray(loaded(tf.constant(content), tf.constant(style))[0])
        worst = max(worst, float(np.abs(expected - found).max()))
        if min(height, width) < 2 * network.MULTIPLE:
            continue  # at a sixteenth there are two pixels: rounding says which is the brighter
        quickly = np.asarray(loaded.paint_bfloat16(content, loaded.read_style(style)))
        _refuse_above(TOLERANCE_BFLOAT16, float(np.abs(expected - quickly).mean()))
    _refuse_above(TOLERANCE, worst)
    return worst


def _refuse_above(limit: float, difference: float) -> None:
    if not difference <= limit:
        raise ValueError(f"The SavedModel differs from the network by {difference:g} > {limit:g}.")


def load_painter(recipe_file: Path, run_folder: Path) -> network.Painter:
    """The painter that `training.train` left in its run's folder."""
    widths = network.Widths(**read_recipe(recipe_file).options.get("widths", {}))
    painter = network.Painter(widths)
    painter.load_weights(run_folder / "painter.weights.h5")
    return painter


def write_card(card: Path, recipe: Path, run_folder: Path, difference: float) -> str:
    """The model card: what a person wrote, then the recipe and what the run's logs say."""
    score = (run_folder / "scores.txt").read_text().splitlines()[-1]
    log = (run_folder / "log.txt").read_text().splitlines()[-1]
    return (
        f"{card.read_text()}\n## Recipe\n\n```toml\n{recipe.read_text()}```\n\n## The run\n\n"
        f"Last line of its log: `{log}`\n\nLast score on held-out pictures: `{score}`\n\n"
        f"Largest difference between the SavedModel and the Keras network: {difference:.1g}\n"
    )


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent
    parser.add_argument("--recipe", type=Path, default=here / "recipes/painter.toml")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--perceptual", default="student", help="folder of the perceptual network")
    parser.add_argument("--card", type=Path, default=here / "cards/painter.md")
    parser.add_argument("--out", type=Path, default=weights.PAINTER)
    given = parser.parse_args()
    painter = load_painter(given.recipe, given.run)
    module = Module(perceptual.load_perceptual(given.perceptual), painter)
    difference = export(module, given.out)
    card = write_card(given.card, given.recipe, given.run, difference)
    (given.out / "card.md").write_text(card)
    weights.write_checksums(given.out)


if __name__ == "__main__":
    main()
