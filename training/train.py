"""Teach the painter.

Every step repaints a few photographs, each in a style of its own, and asks the perceptual network
how far the result is from the photograph's content and from the style. One in ten has its own
picture as its style and must come back unchanged; some have a code between two styles and must look
in between.
"""

import argparse
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import StageStyle, Tensor
from training import cache, colors, data, network, sheets, teacher
from training.course import Course, Inputs, Phase, Recipe, read_recipe

OWN, TOWARDS_OWN, BLENDED = 0.10, 0.15, 0.10  # shares of a batch; the rest has one style, in full

# Distances that are small; below, they count as they are, above by ratio.
PALE = 0.05  # of styles
NEAR = 0.002  # of palettes


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What counts how much, unless a phase says otherwise.

    All but the last are in the order of a lesson's terms.
    """

    content: float = 1.8
    style: float = 3.0
    hatching: float = 3.0  # curvature from pixel to pixel where the photograph is flat
    own: float = 10.0  # absolute difference, where the style is the picture itself
    palette: float = 0.0  # which colours occur
    most_bend: float = 10.0  # about as far as hatching counts; what bends more is an edge


class PaintingLesson(keras.Model):
    """Photographs and styles in; per photograph the terms of its loss (b, 5) out."""

    def __init__(self, painter: network.Painter, judge: perceptual.PerceptualNetwork) -> None:
        """Let `painter` learn by what `judge` sees."""
        super().__init__(dtype="float32")
        self.painter = painter
        self.judge = judge.model
        self.judge.trainable = False

    def call(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """See `batches` for what comes in."""
        (pictures, content, *noise, numbers, other_numbers, share, own, counts) = inputs[:9]
        palette, wanted, *grams = inputs[9:]
        share_, other = share[:, None], 1 - share[:, None]
        code = share_ * self.painter.read(numbers) + other * self.painter.read(other_numbers)
        painted = self.painter.paint(pictures, code, tuple(noise))
        seen = [ops.cast(stage, "float32") for stage in self.judge(painted)]
        style = perceptual.style_distance(seen, split_numbers(wanted, grams))
        terms = [
            ops.log1p(perceptual.content_distance(seen, [None, None, None, content])),
            ops.log1p(style / PALE),
            hatching(painted, pictures, counts[0, -1]),
            own * ops.mean(ops.abs(painted - pictures), axis=(1, 2, 3)),
            ops.log1p(ops.mean((colors.palette(painted) - palette) ** 2, axis=(1, 2)) / NEAR),
        ]
        return counts[:, :-1] * ops.stack(terms, axis=-1)


def split_numbers(numbers: Tensor, grams: list[Tensor]) -> list[StageStyle]:
    """Undo `network.style_numbers`: means and deviations (b, 736) by stage, with their Grams."""
    ends = np.cumsum(np.repeat(perceptual.VIEW_CHANNELS, 2))[:-1].tolist()
    parts = ops.split(numbers, ends, axis=-1)
    return [StageStyle(*stage) for stage in zip(parts[0::2], parts[1::2], grams, strict=True)]


def hatching(painted: Tensor, pictures: Tensor, most: float | Tensor) -> Tensor:
    """How much painted (b, h, w, 3) bends from pixel to pixel where `pictures` are flat: (b,).

    A bend counts as itself while it is small, and never as more than `most`: edges may be sharp.
    """
    bend = most * ops.tanh(ops.abs(ops.conv(painted, BENDS)) / most)
    flat = ops.exp(-ops.sum(ops.abs(ops.conv(pictures, SLOPES)), axis=-1, keepdims=True) / 0.2)
    return ops.mean(bend * flat, axis=(1, 2, 3))


def _both_ways(taps: tuple[int, int, int]) -> np.ndarray:
    """`taps` down and across each colour: a kernel (3, 3, 3, 6)."""
    kernel = np.zeros((3, 3, 3, 6), np.float32)
    for color in range(3):
        kernel[:, 1, color, 2 * color] = taps
        kernel[1, :, color, 2 * color + 1] = taps
    return kernel


BENDS, SLOPES = _both_ways((1, -2, 1)), _both_ways((-1, 0, 1))


def batches(
    contents: cache.Seen, styles: cache.Seen, phase: Phase, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: pictures, content, noise, two styles, the first's share, what is wanted."""
    counts = np.array(astuple(LossWeights(**phase.loss)))
    while True:
        rows = [_one(contents, styles, counts, phase.noise, random) for _ in range(phase.batch)]
        yield tuple(np.stack(column).astype(np.float32) for column in zip(*rows, strict=True))


def _one(
    contents: cache.Seen,
    styles: cache.Seen,
    counts: np.ndarray,
    noise: float,
    random: np.random.Generator,
) -> Inputs:
    index = random.integers(len(contents.crops))
    first, second = (styles, random.integers(len(styles.numbers))), None
    share, own, kind = 1.0, 0.0, random.random()
    if kind < OWN:
        first, own = (contents, index), 1.0
    elif kind < OWN + TOWARDS_OWN:
        second, share = (contents, index), random.random()
    elif kind < OWN + TOWARDS_OWN + BLENDED:
        second, share = (styles, random.integers(len(styles.numbers))), random.random()
    wanted = _mix(first, second or first, share)
    numbers = [seen.numbers[row] for seen, row in (first, second or first)]
    picture = contents.crops[index].astype(np.float32) / 255
    share, own = np.float32(share), np.float32(own)
    maps = [
        noise * random.normal(size=(len(picture) // step,) * 2 + (network.MAPS,))
        for step in network.NOISY
    ]
    return (picture, contents.content[index], *maps, *numbers, share, own, counts, *wanted)


def _mix(
    first: tuple[cache.Seen, int], second: tuple[cache.Seen, int], share: float
) -> list[np.ndarray]:
    (seen_1, row_1), (seen_2, row_2) = first, second
    ones = [each[row_1] for each in (seen_1.palette, seen_1.wanted, *seen_1.grams)]
    twos = [each[row_2] for each in (seen_2.palette, seen_2.wanted, *seen_2.grams)]
    return [share * one + (1 - share) * two for one, two in zip(ones, twos, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Materials:
    """The pictures to learn from, and where what is seen in them is kept."""

    contents: data.Folder
    styles: list[data.Folder]
    shares: list[float]  # of each folder of styles
    folder: Path

    def see_contents(self, eyes: cache.Eyes, recipe: Recipe, side: int) -> cache.Seen:
        """Crops of the photographs at `side`, looked at once."""
        count = recipe.options["content_crops"][str(side)]
        crop = data.Crops(count=count, side=side, zoom=(0.7, 1.7), seed=recipe.seed)
        path = self.folder / f"contents{side}.npz"
        return cache.look_once(path, eyes, self.contents.training, crop, keep_content=True)

    def see_styles(self, eyes: cache.Eyes, recipe: Recipe) -> cache.Seen:
        """Crops of the styles, most of a picture each, looked at once."""
        side, count = recipe.options["style_side"], recipe.options["style_crops"]
        changed, seen = recipe.options.get("recolored_styles", 0.0), []
        for number, (folder, share) in enumerate(zip(self.styles, self.shares, strict=True)):
            crop = data.Crops(
                count=int(count * share),
                side=side,
                zoom=(0.8, 1.7),
                seed=recipe.seed + number,
                recolored=changed,
            )
            path = self.folder / f"styles{number}.npz"
            seen.append(cache.look_once(path, eyes, folder.training, crop, keep_content=False))
        return cache.together(seen)


def train(
    recipe: Recipe,
    materials: Materials,
    eyes: cache.Eyes,
    run_folder: Path,
    judge: perceptual.PerceptualNetwork | None = None,
) -> network.Painter:
    """Run `recipe`; the painter, also kept as `painter.weights.h5` in the run's folder.

    It learns by what `judge` sees: unless given, by what `eyes.judge` sees.
    """
    keras.utils.set_random_seed(recipe.seed)
    painter = network.Painter(network.Widths(**recipe.options.get("widths", {})))
    styles = materials.see_styles(eyes, recipe)
    strokes = styles.numbers[:, : -colors.COLORS]
    deviation = strokes.std(0) + 0.1 * np.abs(strokes.mean(0)) + 1e-3
    painter.typical.assign(np.stack([strokes.mean(0), deviation]))
    held_out = sheets.HeldOut.of(materials.contents.held_out, materials.styles[0].held_out)

    def keep(step: int) -> None:
        painter.save_weights(run_folder / "painter.weights.h5")
        held_out.report(step, painter, eyes, run_folder)

    Course(
        lesson=PaintingLesson(painter, judge or eyes.judge),
        recipe=recipe,
        batches=lambda phase, random: batches(
            materials.see_contents(eyes, recipe, phase.side), styles, phase, random
        ),
        folder=run_folder,
        on_checkpoint=keep,
        checkpoint_seconds=240.0,
    ).run()
    painter.load_weights(run_folder / "painter.weights.h5")
    return painter


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent
    parser.add_argument("--recipe", type=Path, default=here / "recipes/painter.toml")
    parser.add_argument("--data", type=Path, required=True, help="content, paintings, textures")
    parser.add_argument("--perceptual", default="student", help="reads the styles: a folder")
    parser.add_argument("--teacher", type=Path, help="judges instead of the perceptual network")
    parser.add_argument("--presets", type=Path, help="more styles: the folder of the presets")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16, for speed")
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    eyes = cache.Eyes(perceptual.load_perceptual(given.perceptual), load_judge(given))
    materials = read_materials(given.data, given.presets, given.run / "seen")
    keras.config.set_dtype_policy(given.precision)
    train(read_recipe(given.recipe), materials, eyes, given.run, load_judge(given))


def load_judge(given: argparse.Namespace) -> perceptual.PerceptualNetwork:
    """The teacher where its file was given, else the perceptual network."""
    if given.teacher:
        return teacher.load_teacher(given.teacher)
    return perceptual.load_perceptual(given.perceptual)


def read_materials(folder: Path, presets: Path | None, seen: Path) -> Materials:
    """The pictures below `folder`, and `presets` as more styles: those that people use most."""
    styles, shares = [data.read_folder(folder / "paintings")], [0.45]
    styles, shares = [*styles, data.read_folder(folder / "textures")], [*shares, 0.2]
    if presets:
        styles, shares = [*styles, data.read_folder(presets, held_out=0)], [*shares, 0.35]
    contents = data.read_folder(folder / "content")
    return Materials(contents=contents, styles=styles, shares=shares, folder=seen)


if __name__ == "__main__":
    main()
