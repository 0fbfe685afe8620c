"""Teach the painter of the presets.

Every step repaints a few photographs, each in a preset drawn by chance and with a boldness drawn by
chance, and asks the perceptual network how far the result is from the photograph's content and
from the preset. Some must come back unchanged, some are between two presets.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import StageStyle, Tensor
from training import codebook, data, losses, network, sheets
from training.objective import (
    COLUMNS,
    Objective,
    Photographs,
    Task,
    content_crops,
    read_start,
    stacked,
)
from training.trainer import Inputs, Phase, Recipe, Trainer, read_recipe

OWN, BLENDED = 0.06, 0.08  # shares of a batch; the rest has one style
CONTENTS = ("content", "photographs")
STYLE_SIDE = 384  # pixels a side at which a preset's strokes are looked at


class PresetObjective(Objective):
    """Photographs and shares of styles in; per photograph the terms of its loss (b, 9) out."""

    def __init__(
        self,
        painter: network.Painter,
        book: codebook.Codebook,
        judge: perceptual.PerceptualNetwork,
        style: list[StageStyle],
        regularity: np.ndarray,
    ) -> None:
        """Let `painter` learn by what `judge` sees.

        `style` is what it sees in the presets, `regularity` (n,) how much those are in rows.
        """
        super().__init__(painter, judge)
        self.book = book
        self.content_shares = perceptual.content_share(perceptual.richness(style))[:, None]
        self.regularity = regularity[:, None]
        self.style = [StageStyle(s.mean, ops.reshape(s.gram, (book.count, -1))) for s in style]

    def call(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """See `rows` for what comes in."""
        task, shares = Task.of(inputs[:COLUMNS]), inputs[COLUMNS]
        code = self.book.code(shares, task.boldness, task.pictures)
        styles = shares[:, :-1]
        content_share = ops.matmul(styles, self.content_shares)[:, 0]
        regularity = ops.matmul(styles, self.regularity)[:, 0]
        same_style = ops.matmul(styles, ops.transpose(styles))
        return self.terms(task, code, self._wanted(styles), content_share, regularity, same_style)

    def _wanted(self, shares: Tensor) -> list[StageStyle]:
        wanted = []
        for stage in self.style:
            *_, channels = stage.mean.shape
            gram = ops.reshape(ops.matmul(shares, stage.gram), (-1, channels, channels))
            wanted.append(StageStyle(ops.matmul(shares, stage.mean), gram))
        return wanted


def rows(
    photographs: Photographs, styles: int, phase: Phase, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: a row of a task, and the shares of the styles, the same for every two rows."""
    while True:
        shares = _shares(styles, random)
        for index in random.choice(len(photographs.crops), 2, replace=False):
            yield (*photographs.one(index, shares[-1], phase, random), shares)


def _shares(styles: int, random: np.random.Generator) -> np.ndarray:
    shares, kind = np.zeros(styles + 1, np.float32), random.random()
    if kind < OWN:
        shares[-1] = 1
    elif kind < OWN + BLENDED:
        one, other = random.choice(styles, 2, replace=False)
        shares[one] = random.random()
        shares[other] = 1 - shares[one]
    else:
        shares[random.integers(styles)] = 1
    return shares


@dataclass(frozen=True)
class Setup:
    """Everything that is taught, and by what."""

    painter: network.Painter
    book: codebook.Codebook
    judge: perceptual.PerceptualNetwork
    styles: np.ndarray  # (n, STYLE_SIDE, STYLE_SIDE, 3), the presets


def train(
    recipe: Recipe,
    setup: Setup,
    contents: data.Folder,
    folder: Path,
    learner: perceptual.PerceptualNetwork | None = None,
) -> None:
    """Run `recipe`; weights, sheets and scores are kept in `folder`.

    `learner` is the judge in the precision that steps are computed in.
    """
    keras.utils.set_random_seed(recipe.seed)
    style = perceptual.style_statistics(setup.judge.features(setup.styles))
    objective = PresetObjective(
        setup.painter, setup.book, learner or setup.judge, style, regularity(setup.styles)
    )
    sheet = Sheet.of(contents.held_out, setup)

    def keep(step: int) -> None:
        setup.painter.save_weights(folder / "painter.weights.h5")
        setup.book.write(folder / "codebook.npz")
        sheet.report(step, folder)

    def photographs(phase: Phase) -> Photographs:
        crops = content_crops(contents, recipe, phase.side, folder)
        return Photographs.seen(setup.judge, crops)

    Trainer(
        objective=objective,
        recipe=recipe,
        batches=lambda phase, random: stacked(
            rows(photographs(phase), len(setup.styles), phase, random), phase.batch
        ),
        folder=folder,
        on_checkpoint=keep,
        checkpoint_seconds=recipe.options.get("checkpoint_seconds", 300.0),
    ).run()


def regularity(styles: np.ndarray, side: int = losses.MIDDLE) -> np.ndarray:
    """How much the motifs of `styles` (n, h, w, 3) stand in rows, in the mean of crops: (n,)."""
    found = [
        losses.regularity(styles[:, top : top + side, left : left + side])
        for top in range(0, styles.shape[1] - side + 1, side // 2)
        for left in range(0, styles.shape[2] - side + 1, side // 2)
    ]
    return np.mean(found, axis=0)


@dataclass(frozen=True)
class Sheet:
    """Held-out photographs in every preset, to look at, and their distances."""

    photographs: np.ndarray  # (n, side, side, 3)
    setup: Setup
    boldness: tuple[float, ...] = (0.3,)

    @staticmethod
    def of(held_out: list[data.Bytes], setup: Setup, count: int = 4, side: int = 256) -> "Sheet":
        """`count` photographs, evenly spread."""
        count = min(count, len(held_out))
        chosen = [held_out[i * len(held_out) // count] for i in range(count)]
        return Sheet(data.to_floats([data.square(p, side) for p in chosen]), setup)

    def report(self, step: int, folder: Path) -> None:
        """Write `sheets/STEP.jpg` and a line of `scores.txt`."""
        rows, scores = [], []
        count = len(self.setup.styles)
        for number in range(count + 1):
            shares = np.eye(count + 1, dtype=np.float32)[[number] * len(self.photographs)]
            painted = self._paint(shares, sheets.BOLDNESS)
            if number < count:
                scores.append(self._score(painted, number))
            first = self.setup.styles[number] if number < count else self.photographs[0]
            small = ops.image.resize(first, self.photographs.shape[1:3], antialias=True)
            rows.append(np.concatenate([np.asarray(small), *painted], axis=1))
        (content, style), worst = np.mean(scores, 0), np.max(scores, 0)
        with (folder / "scores.txt").open("a") as lines:
            print(
                f"{time.strftime('%H:%M:%S')} step {step} content {content:.4f} style {style:.4f} "
                f"worst {worst[0]:.4f} {worst[1]:.4f} own {self._own(painted):.1f} dB",
                file=lines,
            )
        half = -(-len(rows) // 2)
        rows += [np.ones_like(rows[0])] * (2 * half - len(rows))
        columns = [np.concatenate(rows[:half], 0), np.concatenate(rows[half:], 0)]
        sheets.save(folder / "sheets" / f"{step:06}.jpg", np.concatenate(columns, 1))

    def _paint(self, shares: np.ndarray, boldness: float) -> np.ndarray:
        bold = np.full(len(shares), boldness, np.float32)
        code = self.setup.book.code(shares, bold, self.photographs)
        return ops.convert_to_numpy(self.setup.painter.paint(self.photographs, code))

    def _score(self, painted: np.ndarray, number: int) -> tuple[float, float]:
        judge = self.setup.judge
        seen, photographs = judge.features(painted), judge.features(self.photographs)
        style = perceptual.style_statistics(judge.features(self.setup.styles[number][None]))
        content = perceptual.content_distance(seen, photographs)
        distance = perceptual.style_distance(seen, style)
        return float(ops.mean(content)), float(ops.mean(distance))

    def _own(self, painted: np.ndarray) -> float:
        error = np.mean(np.square(painted - self.photographs), axis=(1, 2, 3))
        return float(np.mean(-10 * np.log10(error)))


def read_styles(folder: Path, side: int = STYLE_SIDE) -> np.ndarray:
    """The presets below `folder`, in the order of their names: (n, side, side, 3)."""
    paths = sorted(folder.glob("*.jpg"))
    return data.to_floats(
        [data.square(data.decode(path, short_side=2 * side), side) for path in paths]
    )


def set_up(
    recipe: Recipe, presets: Path, judge: perceptual.PerceptualNetwork, start: Path | None
) -> Setup:
    """The painter, its codes, the judge and the styles that `recipe` wants."""
    painter = network.Painter(network.Widths(**recipe.options.get("widths", {})))
    painter.read_1.trainable = painter.read_2.trainable = False  # codes are looked up, not read
    styles = read_styles(presets)
    book = codebook.Codebook(len(styles), painter.widths.code)
    book.know(styles)
    if start:
        read_start(start, painter, book)
    return Setup(painter, book, judge, styles)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent
    parser.add_argument("--recipe", type=Path, default=here / "recipes/presets.toml")
    parser.add_argument("--data", type=Path, required=True, help="content and photographs")
    parser.add_argument("--presets", type=Path, default=here.parent / "static/styles")
    parser.add_argument("--perceptual", default="student", help="judges: a name or a folder")
    parser.add_argument("--start", type=Path, help="weights to begin with: a file of arrays")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16, for speed")
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    judge = perceptual.load_perceptual(given.perceptual)
    contents = data.together([data.read_folder(given.data / name) for name in CONTENTS])
    keras.config.set_dtype_policy(given.precision)
    learner = perceptual.load_perceptual(given.perceptual)
    setup = set_up(recipe, given.presets, judge, given.start)
    train(recipe, setup, contents, given.run, learner)


if __name__ == "__main__":
    main()
