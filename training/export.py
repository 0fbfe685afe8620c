"""Write the SavedModel and check that it equals the network.

The SavedModel is called like TF-Hub's arbitrary stylization module, `module(content, style)[0]`,
and has `read_style(style)` and `paint(content, code)` besides, and `paint_bfloat16`, which is as
`paint` is but computes in half the precision, faster where the processor can. Pictures are float32
(b, h, w, 3) in [0, 1] with sides of 16 pixels or more; what comes out has the content's size.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.saved_model import fingerprinting_utils

from stylekit.engines import perceptual, weights
from training import codebook, colors, network, onnx_graphs
from training.trainer import read_recipe

PICTURES = tf.TensorSpec((None, None, None, 3), tf.float32, "pictures")
DEFAULT_BOLDNESS = 0.3
SMALLEST = 16  # pixels a side that the perceptual network needs
TOLERANCE = 1e-4  # between a number of the SavedModel and one of the Keras network
TOLERANCE_BFLOAT16 = 0.02  # in the mean, with half the precision; seen: up to 0.01
SIDE_BFLOAT16 = 128  # pixels: of less, so few places are left that rounding decides what they are


class Module(tf.Module):
    """What the SavedModel of a painter holds; how it reads a style is a subclass's business.

    The painter is told `told_as[0]` at boldness 0, `told_as[1]` at 1, and between them evenly: how
    much of the photograph is kept at the default can so be set after training.
    """

    told_as = (0.0, 1.0)

    def __init__(self, painter: network.Painter) -> None:
        """Take a painter whose weights are numbers of half precision (see `halve`)."""
        super().__init__(name="stylekit_painter")
        self.weights = [_halved(v) for v in painter.variables if self.needs(v)]
        # In a function: what is an attribute is stored, and these would be, in full precision.
        painters = painter, in_bfloat16(painter)
        self.painter = lambda quick=False: painters[quick]
        codes = tf.TensorSpec((None, code_length(painter)), tf.float32, "code")
        number = tf.TensorSpec((), tf.float32, "boldness")
        self.read_style = tf.function(self._read_style, input_signature=[PICTURES])
        self.paint = tf.function(self._paint, input_signature=[PICTURES, codes])
        self.paint_bfloat16 = tf.function(self._paint_quickly, input_signature=[PICTURES, codes])
        together = tf.function(self._paint_together, input_signature=[PICTURES, codes])
        self.paint_together = lambda *given: together(*given)  # for signatures: stored once
        self.with_boldness = tf.function(self._with_boldness, input_signature=[codes, number])

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """Content repainted in the style, as the only element of a list."""
        return [self.paint(content, self.read_style(style))]

    @staticmethod
    def needs(variable: keras.Variable) -> bool:
        """Whether a weight of the painter is stored."""
        return True

    def _read_style(self, style: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _paint(self, content: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
        return self._one_by_one(self.painter(), content, code)

    def _paint_quickly(self, content: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
        return self._one_by_one(self.painter(quick=True), content, code)

    def _paint_together(self, content: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
        """Paint a batch at once: slower for one picture, but of operations that TFLite has."""
        padded, codes = _padded(content), _one_each(code, content)
        with self._weights_of(self.painter()):
            return _cut(self.painter().paint(padded, codes), content)

    def _one_by_one(
        self, painter: network.Painter, content: tf.Tensor, code: tf.Tensor
    ) -> tf.Tensor:
        """Paint pictures of any size, each by itself: `styled_norm` is faster then."""
        padded, codes = _padded(content), _one_each(code, content)
        with self._weights_of(painter):
            painted = tf.map_fn(
                lambda pair: painter.paint(pair[0][None], pair[1][None])[0],
                (padded, codes),
                fn_output_signature=tf.TensorSpec((None, None, 3), tf.float32),
            )
        return _cut(painted, content)

    def _weights_of(self, painter: network.Painter) -> keras.StatelessScope:
        """Within, `painter` computes with the stored weights, made full precision."""
        needed = [variable for variable in painter.variables if self.needs(variable)]
        return _stored(needed, self.weights)

    def _with_boldness(self, code: tf.Tensor, boldness: tf.Tensor) -> tf.Tensor:
        strokes, _, color = tf.split(code, [-1, network.BOLDNESS, colors.COLORS], axis=1)
        return tf.concat([strokes, self._told(boldness, code)[:, None], color], axis=1)

    def _told(self, boldness: tf.Tensor | float, each: tf.Tensor) -> tf.Tensor:
        """What the painter is told of `boldness`, once for `each` of a batch: (b,)."""
        timid, bold = self.told_as
        return tf.fill((tf.shape(each)[0],), timid + (bold - timid) * boldness)


class AnyStyle(Module):
    """Reads any style through the perceptual network."""

    # At 0.3 held-out pairs have 0.80 and 0.85 of mobile Magenta's content distance, by two judges.
    # It was never told less than 0 in training; what it paints then is steadily nearer to the
    # photograph.
    told_as = (-0.36, 1.0)

    def __init__(self, student: perceptual.PerceptualNetwork, painter: network.Painter) -> None:
        """Join the style's reader and the painter."""
        # In half precision, as the perceptual network's own file has them: half the size.
        self.student = [tf.Variable(tf.cast(v, tf.float16)) for v in student.model.variables]
        self._see = lambda numbers, pictures: student.model.stateless_call([], numbers, pictures)[0]
        super().__init__(painter)

    def _read_style(self, style: tf.Tensor) -> tf.Tensor:
        student, style = [tf.cast(v, tf.float32) for v in self.student], at_least(style, SMALLEST)
        numbers = network.style_numbers(self._see(student, style))
        numbers = tf.concat([numbers, colors.color_numbers(style)], axis=-1)
        painter = self.painter()
        with self._weights_of(painter):
            return painter.read(numbers, self._told(DEFAULT_BOLDNESS, style))


class KnownStyles(Module):
    """Recognises the styles of a codebook; of any other picture it makes a painting of itself."""

    # At 0.3 the presets have as much content distance as mobile Magenta's, by one judge.
    told_as = (0.09, 1.0)

    def __init__(self, book: codebook.Codebook, painter: network.Painter) -> None:
        """Join the codes and the painter."""
        self.known = [_halved(variable) for variable in book.variables]
        self.book = lambda: book  # stored as what is known, and not once more
        super().__init__(painter)
        self.knows = tf.function(self._knows, input_signature=[PICTURES])

    @staticmethod
    def needs(variable: keras.Variable) -> bool:
        """All but what reads styles: codes are looked up here."""
        return "read_" not in variable.path and "typical" not in variable.path

    def _knows(self, style: tf.Tensor) -> tf.Tensor:
        """Whether each of the pictures (b, h, w, 3) is one of the styles: (b,)."""
        with _stored(self.book().variables, self.known):
            return self.book().recognise(style)[:, -1] == 0

    def _read_style(self, style: tf.Tensor) -> tf.Tensor:
        with _stored(self.book().variables, self.known):
            shares = self.book().recognise(style)
            return self.book().code(shares, self._told(DEFAULT_BOLDNESS, shares), style)


def _padded(content: tf.Tensor) -> tf.Tensor:
    """Pictures with mirror images below and to the right, until the painter can halve them."""
    below, right = (-tf.shape(content)[axis] % network.MULTIPLE for axis in (1, 2))
    return mirrored(content, below, right)


def _one_each(code: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(code, (tf.shape(content)[0], tf.shape(code)[1]))


def _cut(painted: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """Undo `_padded`."""
    return painted[:, : tf.shape(content)[1], : tf.shape(content)[2]]


def _stored(variables: list[keras.Variable], stored: list[tf.Variable]) -> keras.StatelessScope:
    """Within, `variables` have the values of `stored`, made full precision."""
    whole = [tf.cast(variable, tf.float32) for variable in stored]
    return keras.StatelessScope(state_mapping=list(zip(variables, whole, strict=True)))


def _halved(variable: keras.Variable) -> tf.Variable:
    return tf.Variable(tf.cast(variable, tf.float16))


def signatures(module: Module) -> dict[str, tf.types.experimental.ConcreteFunction]:
    """What `module` does, by name, for saved_model_cli, TF Serving and the TFLite converter."""
    code = module.read_style.get_concrete_function().structured_outputs

    def serve(content: tf.Tensor, style: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"stylized": module.paint_together(content, module.read_style(style))}

    def read(style: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"code": module.read_style(style)}

    def paint(content: tf.Tensor, code: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"stylized": module.paint_together(content, code)}

    content, style = (tf.TensorSpec(PICTURES.shape, name=name) for name in ("content", "style"))
    code = tf.TensorSpec((None, code.shape[-1]), name="code")
    return {
        "serving_default": tf.function(serve).get_concrete_function(content, style),
        "read_style": tf.function(read).get_concrete_function(style),
        "paint": tf.function(paint).get_concrete_function(content, code),
    }


def _save(module: tf.Module, folder: Path) -> None:
    options = tf.saved_model.SaveOptions(experimental_debug_stripper=True)
    tf.saved_model.save(module, str(folder), signatures=signatures(module), options=options)
    _drop_shapes(folder)


def _drop_shapes(folder: Path) -> None:
    """Make the SavedModel in `folder` a fifth smaller: loading infers the operations' shapes."""
    path, stored = folder / "saved_model.pb", saved_model_pb2.SavedModel()
    stored.ParseFromString(path.read_bytes())
    for function in stored.meta_graphs[0].graph_def.library.function:
        for operation in function.node_def:
            operation.attr.pop("_output_shapes", None)
    path.write_bytes(stored.SerializeToString(deterministic=True))
    fingerprinting_utils.write_fingerprint(str(folder))


def code_length(painter: network.Painter) -> int:
    """How many numbers the code of a style has."""
    return painter.widths.code + network.BOLDNESS + colors.COLORS


def halve(model: keras.Model) -> None:
    """Round the weights of `model` to half precision, in which they are stored."""
    for variable in model.variables:
        variable.assign(np.asarray(variable, np.float16).astype(np.float32))


def in_bfloat16(painter: network.Painter) -> network.Painter:
    """A painter of the same shape that computes in half the precision; its weights are its own."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    other = network.Painter(painter.widths)
    keras.config.set_dtype_policy(usual)
    return other


def mirrored(pictures: tf.Tensor, below: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """`pictures` (b, h, w, 3) with mirror images below and to the right, however small they are."""
    return _mirrored(_mirrored(pictures, below, axis=1), right, axis=2)


def _mirrored(pictures: tf.Tensor, more: tf.Tensor, axis: int) -> tf.Tensor:
    side = tf.shape(pictures)[axis]
    there_and_back = tf.range(side, side + more) % (2 * side)
    places = tf.minimum(there_and_back, 2 * side - 1 - there_and_back)
    return tf.concat([pictures, tf.gather(pictures, places, axis=axis)], axis=axis)


def at_least(pictures: tf.Tensor, side: int) -> tf.Tensor:
    """`pictures` (b, h, w, 3), with mirror images where they are smaller than `side` pixels."""
    below, right = (tf.maximum(0, side - tf.shape(pictures)[axis]) for axis in (1, 2))
    return mirrored(pictures, below, right)


def export(module: Module, folder: Path) -> float:
    """Write `module` to `folder` and give the largest difference to what it paints in memory.

    Raises:
        ValueError: when the difference is more than `TOLERANCE`.
    """
    _save(module, folder)
    return compare(module, tf.saved_model.load(str(folder)))


def compare(module: Module, loaded: tf.Module) -> float:
    """The largest difference in pictures of even and odd sizes.

    Raises:
        ValueError: when it is more than `TOLERANCE`, or `TOLERANCE_BFLOAT16` in half the precision.
    """
    worst = 0.0
    for count, height, width in ((1, 64, 64), (2, 49, 83), (1, 16, 17)):
        content, style = _random_pictures(count, height, width)
        expected = np.asarray(module._paint(content, module._read_style(style)))
        found = np.asarray(loaded(content, style)[0])
        worst = max(worst, float(np.abs(expected - found).max()))
    _refuse_above(TOLERANCE, worst)
    content, style = _random_pictures(1, SIDE_BFLOAT16, SIDE_BFLOAT16)
    code = loaded.read_style(style)
    difference = loaded.paint(content, code) - loaded.paint_bfloat16(content, code)
    _refuse_above(TOLERANCE_BFLOAT16, float(tf.reduce_mean(tf.abs(difference))))
    return worst


def _random_pictures(count: int, height: int, width: int) -> tf.Tensor:
    """Photographs and styles (2, count, height, width, 3)."""
    pictures = np.random.default_rng(0).random((2, count, height, width, 3), np.float32)
    return tf.constant(pictures)


def _refuse_above(limit: float, difference: float) -> None:
    if not difference <= limit:
        raise ValueError(f"The SavedModel differs from the network by {difference:g} > {limit:g}.")


def load_painter(recipe_file: Path, run_folder: Path) -> network.Painter:
    """The painter that a training left in its run's folder, in half precision."""
    widths = network.Widths(**read_recipe(recipe_file).options.get("widths", {}))
    painter = network.Painter(widths)
    painter.load_weights(run_folder / "painter.weights.h5")
    halve(painter)
    return painter


def load_codebook(painter: network.Painter, run_folder: Path) -> codebook.Codebook:
    """The codes that `training.multistyle` left in its run's folder."""
    with np.load(run_folder / "codebook.npz", allow_pickle=False) as stored:
        book = codebook.Codebook(len(stored["colors"]), painter.widths.code)
        for name in ("codes", "colors", "thumbnails"):
            getattr(book, name).assign(stored[name])
    return book


def fold(
    painter: network.Painter, book: codebook.Codebook
) -> tuple[network.Painter, codebook.Codebook]:
    """The same painter, with the shares of the styles as codes.

    The heads are linear in a code, so that codes and heads together are one matrix, and smaller.
    """
    count = book.count + 1
    other = network.Painter(replace(painter.widths, code=count))
    for mine, folded in zip(painter.variables, other.variables, strict=True):
        if mine.shape == folded.shape:
            folded.assign(mine)
    kernel, bias = painter.heads.get_weights()
    codes = ops.convert_to_numpy(book.codes)
    other.heads.set_weights([np.concatenate([codes @ kernel[:-1], kernel[-1:]]), bias])
    shares = codebook.Codebook(book.count, count)
    for name, value in (
        ("codes", np.eye(count)),
        ("colors", book.colors),
        ("thumbnails", book.thumbnails),
    ):
        getattr(shares, name).assign(value)
    halve(other)
    return other, shares


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
    parser.add_argument("which", choices=("painter", "presets"), help="what to write")
    parser.add_argument("--recipe", type=Path, help="unless it is the one that stands beside")
    parser.add_argument("--run", type=Path, help="folder of the training run")
    parser.add_argument("--perceptual", default="student", help="folder of the perceptual network")
    parser.add_argument("--out", type=Path, help="unless it is where the engine looks")
    given = parser.parse_args()
    recipe = given.recipe or here / "recipes" / f"{given.which}.toml"
    out = given.out or weights.HERE / given.which
    painter = load_painter(recipe, given.run)
    if given.which == "painter":
        module: Module = AnyStyle(perceptual.load_perceptual(given.perceptual), painter)
    else:
        painter, book = fold(painter, load_codebook(painter, given.run))
        module = KnownStyles(book, painter)
    difference = export(module, out)
    card = write_card(here / "cards" / f"{given.which}.md", recipe, given.run, difference)
    (out / "card.md").write_text(card)
    onnx_graphs.write(out)


if __name__ == "__main__":
    main()
