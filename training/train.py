"""Teach the painter.

Every step repaints a few photographs, each in a style of its own, and asks the perceptual network
how far the result is from the photograph's content and from the style. One in ten has its own
picture as its style and must come back unchanged; some have a code between two styles and must look
in between.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import StageStyle, Tensor
from training import cache, data, network, sheets, teacher
from training.course import Course, Inputs, Phase, Recipe, read_recipe

OWN, TOWARDS_OWN, BLENDED = 0.10, 0.15, 0.10  # shares of a batch; the rest has one style, in full

STAGE_SHARES = (2.0, 1.5, 1.0, 1.0, 1.0)  # the finest stages hold the colours


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What counts how much."""

    content: float = 1.5
    style: float = 4.0  # of each of the five stages
    smoothness: float = 0.1  # total variation
    hatching: float = 0.3  # curvature from pixel to pixel where the photograph is flat
    own: float = 10.0  # absolute difference, where the style is the picture itself


class PaintingLesson(keras.Model):
    """Photographs and styles in; per photograph the terms of its loss (b, 9) out."""

    def __init__(
        self, painter: network.Painter, judge: perceptual.PerceptualNetwork, weights: LossWeights
    ) -> None:
        """Let `painter` learn by what `judge` sees."""
        super().__init__()
        self.painter = painter
        self.judge = judge.model
        self.judge.trainable = False
        self.weighted = weights

    def call(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """See `batches` for what comes in."""
        pictures, content, numbers, other_numbers, share, own, wanted, *grams = inputs
        share_, other = share[:, None], 1 - share[:, None]
        code = share_ * self.painter.read(numbers) + other * self.painter.read(other_numbers)
        painted = self.painter.paint(pictures, code)
        seen = self.judge(painted)
        w = self.weighted
        styles = [
            w.style * share * soften(4 * perceptual.stage_style_distance(stage, style)) / 4
            for share, stage, style in zip(
                STAGE_SHARES, seen, split_numbers(wanted, grams), strict=True
            )
        ]
        terms = [
            w.content * soften(perceptual.content_distance(seen, [None, None, None, content])),
            *styles,
            w.smoothness * perceptual.smoothness(painted),
            w.hatching * hatching(painted, pictures),
            w.own * own * ops.mean(ops.abs(painted - pictures), axis=(1, 2, 3)),
        ]
        return ops.stack(terms, axis=-1)


def soften(distance: Tensor) -> Tensor:
    """Itself when small, its logarithm when large: pale styles and empty skies drown no others."""
    return ops.log1p(distance)


def split_numbers(numbers: Tensor, grams: list[Tensor]) -> list[StageStyle]:
    """Undo `network.style_numbers`: means and deviations (b, 736) by stage, with their Grams."""
    ends = np.cumsum(np.repeat(perceptual.STUDENT_CHANNELS, 2))[:-1].tolist()
    parts = ops.split(numbers, ends, axis=-1)
    return [StageStyle(*stage) for stage in zip(parts[0::2], parts[1::2], grams, strict=True)]


def hatching(painted: Tensor, pictures: Tensor) -> Tensor:
    """How much painted (b, h, w, c) bends from pixel to pixel where `pictures` are flat: (b,)."""
    down = _bends(painted, pictures)
    across = _bends(ops.transpose(painted, (0, 2, 1, 3)), ops.transpose(pictures, (0, 2, 1, 3)))
    return down + across


def _bends(painted: Tensor, pictures: Tensor) -> Tensor:
    bend = ops.mean(ops.abs(painted[:, 2:] - 2 * painted[:, 1:-1] + painted[:, :-2]), axis=-1)
    slope = ops.mean(ops.abs(pictures[:, 2:] - pictures[:, :-2]), axis=-1)
    return ops.mean(bend * ops.exp(-slope / 0.03), axis=(1, 2))


def batches(
    contents: cache.Seen, styles: cache.Seen, phase: Phase, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: pictures, content, two styles' numbers, the first's share, what is wanted."""
    while True:
        rows = [_one(contents, styles, random) for _ in range(phase.batch)]
        yield tuple(np.stack(column).astype(np.float32) for column in zip(*rows, strict=True))


def _one(contents: cache.Seen, styles: cache.Seen, random: np.random.Generator) -> Inputs:
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
    return (picture, contents.content[index], *numbers, np.float32(share), np.float32(own), *wanted)


def _mix(
    first: tuple[cache.Seen, int], second: tuple[cache.Seen, int], share: float
) -> list[np.ndarray]:
    (seen_1, row_1), (seen_2, row_2) = first, second
    ones = [seen_1.wanted[row_1], *(gram[row_1] for gram in seen_1.grams)]
    twos = [seen_2.wanted[row_2], *(gram[row_2] for gram in seen_2.grams)]
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
        crop = data.Crops(count=count, side=side, zoom=(0.6, 1.6), seed=recipe.seed)
        path = self.folder / f"contents{side}.npz"
        return cache.look_once(path, eyes, self.contents.training, crop, keep_content=True)

    def see_styles(self, eyes: cache.Eyes, recipe: Recipe) -> cache.Seen:
        """Crops of the styles, most of a picture each, looked at once."""
        side, count = recipe.options["style_side"], recipe.options["style_crops"]
        seen = []
        for number, (folder, share) in enumerate(zip(self.styles, self.shares, strict=True)):
            crop = data.Crops(
                count=int(count * share), side=side, zoom=(0.6, 1.5), seed=recipe.seed + number
            )
            path = self.folder / f"styles{number}.npz"
            seen.append(cache.look_once(path, eyes, folder.training, crop, keep_content=False))
        return cache.together(seen)


def train(
    recipe: Recipe, materials: Materials, eyes: cache.Eyes, run_folder: Path
) -> network.Painter:
    """Run `recipe`; the painter, also kept as `painter.weights.h5` in the run's folder."""
    keras.utils.set_random_seed(recipe.seed)
    painter = network.Painter(network.Widths(**recipe.options.get("widths", {})))
    styles = materials.see_styles(eyes, recipe)
    strokes = styles.numbers[:, : -network.COLORS]
    deviation = strokes.std(0) + 0.1 * np.abs(strokes.mean(0)) + 1e-3
    painter.typical.assign(np.stack([strokes.mean(0), deviation]))
    held_out = sheets.HeldOut.of(materials.contents.held_out, materials.styles[0].held_out)

    def keep(step: int) -> None:
        painter.save_weights(run_folder / "painter.weights.h5")
        held_out.report(step, painter, eyes, run_folder)

    lesson = PaintingLesson(painter, eyes.judge, LossWeights(**recipe.options.get("loss", {})))
    Course(
        lesson=lesson,
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
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    reader = perceptual.load_perceptual(given.perceptual)
    judge = teacher.load_teacher(given.teacher) if given.teacher else reader
    materials = read_materials(given.data, given.presets, given.run / "seen")
    train(read_recipe(given.recipe), materials, cache.Eyes(reader, judge), given.run)


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
