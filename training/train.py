"""Teach the painter of any style.

Every step repaints a few photographs, each in a style of its own and with a boldness drawn by
chance, and asks the perceptual network how far the result is from the photograph's content and
from the style. Some must come back unchanged, some are between two styles.
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
from training import cache, colors, data, network, sheets
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

OWN, BLENDED = 0.08, 0.10  # shares of a batch; the rest has one style
USUAL = 1.9  # regularity of paintings
CONTENTS = ("content", "photographs")
STYLES = {"paintings": 0.1, "paintings2": 0.45, "textures": 0.15}  # shares; presets have the rest


class AnyStyleObjective(Objective):
    """Photographs and styles in; per photograph the terms of its loss (b, 9) out."""

    def call(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """See `rows` for what comes in."""
        task = Task.of(inputs[:COLUMNS])
        numbers, others, share, *stages = inputs[COLUMNS:]
        share = share[:, None]
        one, other = (self.painter.read(each, task.boldness) for each in (numbers, others))
        code = share * one + (1 - share) * other
        wanted = [StageStyle(*each) for each in zip(stages[:5], stages[5:], strict=True)]
        content_share = perceptual.content_share(perceptual.richness(wanted))
        return self.terms(task, code, wanted, content_share, ops.full_like(task.own, USUAL))


@dataclass(frozen=True)
class Readings:
    """Photographs, and what the painter is told of each where its style is its own."""

    photographs: Photographs
    numbers: np.ndarray  # (n, 745)


def rows(
    readings: Readings, styles: cache.Styles, phase: Phase, random: np.random.Generator
) -> Iterator[Inputs]:
    """Without end: a row of a task, numbers of two styles, the first's share, what is wanted."""
    while True:
        index, *pair = map(
            int, random.integers([len(readings.numbers), *[len(styles.numbers)] * 2])
        )
        kind = random.random()
        share = np.float32(random.random() if OWN <= kind < OWN + BLENDED else 1)
        task = readings.photographs.one(index, float(kind < OWN), phase, random)
        numbers = [styles.numbers[row] for row in pair]
        if kind < OWN:
            numbers = [readings.numbers[index]] * 2
        yield (*task, *numbers, share, *styles.mixed(*pair, float(share)))


@dataclass(frozen=True, kw_only=True)
class Materials:
    """The pictures to learn from, and where what is seen in them is kept."""

    contents: data.Folder
    styles: list[data.Folder]
    shares: list[float]  # of each folder of styles
    folder: Path

    def see_contents(self, networks: cache.Networks, recipe: Recipe, side: int) -> Readings:
        """Crops of the photographs at `side`, looked at."""
        crops = content_crops(self.contents, recipe, side, self.folder)
        photographs = Photographs.seen(networks.judge, crops)
        return Readings(photographs, cache.read_crops(networks.reader, photographs.crops))

    def see_styles(self, networks: cache.Networks, recipe: Recipe) -> cache.Styles:
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
            seen.append(cache.extract_once(path, networks, folder.training, crop))
        return cache.together(seen)


def train(
    recipe: Recipe,
    materials: Materials,
    networks: cache.Networks,
    run_folder: Path,
    learner: perceptual.PerceptualNetwork | None = None,
    start: Path | None = None,
) -> network.Painter:
    """Run `recipe`; the painter, also kept as `painter.weights.h5` in the run's folder.

    `learner` is the judge in the precision that steps are computed in.
    """
    keras.utils.set_random_seed(recipe.seed)
    painter = network.Painter(network.Widths(**recipe.options.get("widths", {})))
    styles = materials.see_styles(networks, recipe)
    strokes = styles.numbers[:, : -colors.COLORS]
    deviation = strokes.std(0) + 0.1 * np.abs(strokes.mean(0)) + 1e-3
    painter.typical.assign(np.stack([strokes.mean(0), deviation]))
    if start:
        read_start(start, painter)
    held_out = sheets.HeldOut.of(materials.contents.held_out, materials.styles[0].held_out)

    def keep(step: int) -> None:
        painter.save_weights(run_folder / "painter.weights.h5")
        held_out.report(step, painter, networks, run_folder)

    Trainer(
        objective=AnyStyleObjective(painter, learner or networks.judge),
        recipe=recipe,
        batches=lambda phase, random: stacked(
            rows(materials.see_contents(networks, recipe, phase.side), styles, phase, random),
            phase.batch,
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
    parser.add_argument("--data", type=Path, required=True, help=f"{[*CONTENTS, *STYLES]}")
    parser.add_argument("--perceptual", default="student", help="reads the styles: a folder")
    parser.add_argument("--presets", type=Path, default=here.parent / "static/styles")
    parser.add_argument("--start", type=Path, help="weights to begin with: a file of arrays")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16, for speed")
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    given = parser.parse_args()
    networks, materials = load_networks(given.perceptual), read_materials(given)
    keras.config.set_dtype_policy(given.precision)
    learner = perceptual.load_perceptual(given.perceptual)
    train(read_recipe(given.recipe), materials, networks, given.run, learner, given.start)


def load_networks(name: str) -> cache.Networks:
    """One network that both reads and judges."""
    network = perceptual.load_perceptual(name)
    return cache.Networks(reader=network, judge=network)


def read_materials(given: argparse.Namespace) -> Materials:
    """The pictures below `--data`, and the presets as more styles: those that people use most."""
    folders = [data.read_folder(given.data / name) for name in STYLES]
    presets = data.read_folder(given.presets, held_out=0)
    return Materials(
        contents=data.together([data.read_folder(given.data / name) for name in CONTENTS]),
        styles=[*folders, presets],
        shares=[*STYLES.values(), 1 - sum(STYLES.values())],
        folder=given.run / "seen",
    )


if __name__ == "__main__":
    main()
