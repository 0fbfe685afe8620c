"""What every painter is trained by: the terms of its loss, and photographs to learn from."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import StageStyle, Tensor
from training import colors, data, faces, losses, network
from training.trainer import Phase, Recipe

TIMID, BOLD = 6.0, 0.6  # what content counts at boldness 0 and 1; between them by ratio
# What the stages count, fine to coarse: in the fine ones a painter is three times as far from its
# styles as the gatys engine is, in the coarse ones it is as near.
STAGES = (2.5, 2.5, 1.6, 0.8, 0.8)
PALE = 0.05  # a style distance that is small
LINES = 0  # the stage at which lines are held, those of the photograph in the style's colours
IN_FACES = 4.0  # what content counts there, beside what it counts by `perceptual.detail`
CONTENT_CELL = 8  # pixels a side of what the coarsest stage that holds content sees as one place
ZOOM = (0.6, 1.5)  # by how much crops of photographs are enlarged
# Pixels, down and across, of what is painted that the judge does not see: some before, the others
# behind what it sees. It averages over squares of 2 to 16 pixels, which so have no fixed place on
# the grid that the painter computes in.
HIDDEN = 16
# Pixels a side of the two slopes that are painted beside every photograph, against checkerboards.
# Both have one size: of a smaller one a painter learns to put the checkerboard the other way round.
SLOPE = 256


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What counts how much, unless a phase says otherwise; all but the last are terms' weights."""

    content: float = 1.0  # times what the boldness says
    style: float = 10.0
    near_style: float = 1.0  # of its logarithm: the last tenths are worth as much as the first
    hatching: float = 1.0
    grid: float = 20.0
    regular: float = 0.0  # motifs in rows, more than the style has
    in_common: float = 0.0  # colours that paintings of one style have at the same place
    checkerboard: float = 0.0
    own: float = 10.0  # absolute difference, where the style is the picture itself
    most_bend: float = 0.3  # about as far as hatching counts; what bends more is an edge


class Objective(keras.Model):
    """A painter and the network that judges it."""

    def __init__(self, painter: network.Painter, judge: perceptual.PerceptualNetwork) -> None:
        """Let `painter` learn by what `judge` sees."""
        super().__init__(dtype="float32")
        self.painter = painter
        self.judge = judge.model
        self.judge.trainable = False
        self.judge_lines = keras.Model(self.judge.inputs, self.judge.outputs[LINES])

    def terms(
        self,
        task: "Task",
        code: Tensor,
        wanted: list[StageStyle],
        content_share: Tensor,
        regularity: Tensor,
        same_style: Tensor | float = 0.0,
    ) -> Tensor:
        """The terms (b, 9) of the loss of what comes of `task` with this code.

        `wanted` is the style to come near to, `content_share` (b,) what content counts for it, and
        `regularity` (b,) its own; `same_style` (b, b) is 1 where two pictures have one style.
        """
        painted = self.painter.paint(task.pictures, code, task.noise)
        shown = window(painted, task.corners)
        seen = [ops.cast(stage, "float32") for stage in self.judge(shown)]
        plain = colors.recolor(task.pictures, code[:, -colors.COLORS :])
        lines = self.judge_lines(window(plain, task.corners))
        views = {**task.views, LINES: ops.cast(lines, "float32")}
        counts = content_counts(views, task.faces)
        content = perceptual.content_distance(seen, views, counts)
        style = perceptual.style_distance(seen, wanted, STAGES)
        strange = 1 - task.own
        terms = [
            strange * content_share * TIMID * ops.power(BOLD / TIMID, task.boldness) * content,
            strange * style,
            strange * ops.log1p(style / PALE),
            losses.hatching(painted, task.pictures, task.counts[0, -1]),
            losses.grid(painted),
            strange * ops.relu(losses.regularity(painted) - regularity),
            strange * losses.in_common(painted - plain, same_style),
            strange * self._checkerboard(task, code),
            task.own * ops.mean(ops.abs(painted - task.pictures), axis=(1, 2, 3)),
        ]
        return task.counts[:, :-1] * ops.stack(terms, axis=-1)

    def _checkerboard(self, task: "Task", code: Tensor) -> Tensor:
        if not task.slopes.shape[1]:
            return ops.zeros_like(task.own)
        painted, again = (self.painter.paint(task.slopes, code, each) for each in task.slope_noise)
        return losses.checkerboard(painted, again)


@dataclass(frozen=True)
class Task:
    """Photographs to paint, and how; one row a picture."""

    pictures: Tensor  # (b, side, side, 3)
    views: dict[int, Tensor]  # what the judge sees in a part, at the stages that hold content
    faces: Tensor  # (b, h / 8, w / 8): shares of faces in that part
    corners: Tensor  # (b, 2): pixels above and left of that part, at most HIDDEN
    noise: network.Noise
    slopes: Tensor  # (b, SLOPE, SLOPE, 3), or without a pixel where checkerboards do not count
    slope_noise: tuple[network.Noise, network.Noise]
    own: Tensor  # (b,): 1 where the picture's style is its own
    boldness: Tensor  # (b,)
    counts: Tensor  # (b, 10): the phase's `LossWeights`

    @staticmethod
    def of(columns: tuple[Tensor, ...]) -> "Task":
        """Undo `Photographs.one` of a batch."""
        pictures, fine, coarse, marks, corners, *drawn, own, boldness, counts = columns
        views = {2: ops.cast(fine, "float32"), 3: ops.cast(coarse, "float32")}
        faces = ops.cast(marks, "float32")
        noise, slope_noise = tuple(drawn[:3]), (tuple(drawn[4:7]), tuple(drawn[7:]))
        drawn = [noise, drawn[3], slope_noise]
        return Task(pictures, views, faces, corners, *drawn, own, boldness, counts)


COLUMNS = 18  # of a task


def content_counts(views: dict[int, Tensor], faces: Tensor) -> dict[int, Tensor]:
    """Factors of errors at each place of each stage's view (b, h, w, c), given shares of `faces`.

    Outside of faces, busy places count twice as much as calm ones, not four times (`detail`): what
    is painted by another hand than its surroundings looks like a photograph among motifs.
    """
    counts = {}
    for stage, view in views.items():
        finer = CONTENT_CELL >> stage
        marks = ops.repeat(ops.repeat(faces, finer, axis=1), finer, axis=2)
        counts[stage] = IN_FACES * marks + (1 - marks) * ops.rsqrt(perceptual.detail(view))
    return counts


def window(pictures: Tensor, corners: Tensor) -> Tensor:
    """The part of each of `pictures` (b, h, w, c) that begins at its corner (b, 2), down, across.

    It is smaller by HIDDEN pixels down and across.
    """
    _, height, width, _ = ops.shape(pictures)
    down, across = (
        ops.one_hot(corners[:, axis, None] + np.arange(side - HIDDEN), side, dtype=pictures.dtype)
        for axis, side in enumerate((height, width))
    )
    return ops.einsum("bxw,bywc->byxc", across, ops.einsum("byh,bhwc->bywc", down, pictures))


def content_crops(
    contents: data.Folder, recipe: Recipe, side: int, folder: Path
) -> list[data.Bytes]:
    """What `recipe` learns to paint at `side` pixels: crops of photographs, faces, plain slopes.

    They are larger by HIDDEN pixels, so that what is painted may begin anywhere among those. Their
    fourth channel marks faces, which are looked for once and kept in `folder`.
    """
    count, options = recipe.options["content_crops"][str(side)], recipe.options
    crop = data.Crops(count=count, side=side + HIDDEN, zoom=ZOOM, seed=recipe.seed)
    random = np.random.default_rng(recipe.seed)
    slopes = [
        faces.marked(data.slope(crop.side, random), [])
        for _ in range(int(count * options.get("slopes", 0)))
    ]
    pictures, found = contents.training, [[]] * len(contents.training)
    if portraits := int(count * options.get("portraits", 0)):
        found = faces.find_once(folder / "faces.json", pictures)
    pictures = [faces.marked(*each) for each in zip(pictures, found, strict=True)]
    around = [
        faces.portrait(picture, face)
        for picture, each in zip(pictures, found, strict=True)
        for face in each
    ]
    close = replace(crop, count=portraits if around else 0)
    return [*crop.of(pictures), *close.of(around), *slopes]


@dataclass(frozen=True)
class Photographs:
    """Crops of photographs, and what is in them but for HIDDEN pixels about them."""

    crops: np.ndarray  # (n, side + HIDDEN, side + HIDDEN, 3), uint8
    fine: np.ndarray  # (n, (side - HIDDEN) / 4, (side - HIDDEN) / 4, 64), float16
    coarse: np.ndarray  # (n, (side - HIDDEN) / 8, (side - HIDDEN) / 8, 128), float16
    faces: np.ndarray  # (n, (side - HIDDEN) / 8, (side - HIDDEN) / 8), float16: shares of faces

    @staticmethod
    def seen(
        judge: perceptual.PerceptualNetwork, crops: list[data.Bytes], batch: int = 16
    ) -> "Photographs":
        """Look at `crops` of one size, whose fourth channel marks faces."""
        judge.model.compile(jit_compile=False)
        inside = slice(HIDDEN, -HIDDEN)
        columns: list[list[np.ndarray]] = [[], [], []]
        for start in range(0, len(crops), batch):
            shown = data.to_floats(crops[start : start + batch])[:, inside, inside]
            seen = judge.model.predict_on_batch(shown[..., :3])
            found_in = (seen[2], seen[3], _means_of_cells(shown[..., 3]))
            for kept, found in zip(columns, found_in, strict=True):
                kept.append(np.asarray(found, np.float16))
        fine, coarse, marks = (np.concatenate(kept) for kept in columns)
        return Photographs(np.stack(crops)[..., :3], fine, coarse, marks)

    def one(
        self, index: int, own: float, phase: Phase, random: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """A row of a `Task`: a crop, mirrored half the time, with noise and boldness by chance."""
        columns = (self.crops, self.fine, self.coarse, self.faces)
        crop, *views = (column[index] for column in columns)
        if random.random() < 0.5:  # what the judge sees of it is mirrored, too, or nearly
            crop, *views = (view[:, ::-1] for view in (crop, *views))
        top, left = random.integers(HIDDEN + 1, size=2)
        picture = crop[top : top + phase.side, left : left + phase.side] / np.float32(255)
        corners = np.array([HIDDEN - top, HIDDEN - left], np.int32)
        weights = LossWeights(**phase.loss)
        side = SLOPE if weights.checkerboard else 0
        drawn = [*_noise(phase.side, phase, random), data.slope(side, random) / np.float32(255)]
        drawn += [*_noise(side, phase, random), *_noise(side, phase, random)]
        counts = np.array(astuple(weights), np.float32)
        bold = np.float32(random.random())
        return (picture, *views, corners, *drawn, np.float32(own), bold, counts)


def _noise(side: int, phase: Phase, random: np.random.Generator) -> list[np.ndarray]:
    """The maps of noise for a picture of `side` pixels a side."""
    shapes = [(side // pixels, side // pixels, network.MAPS) for pixels in network.NOISY]
    return [phase.noise * network.smooth_noise(random, shape) for shape in shapes]


def _means_of_cells(marks: np.ndarray) -> np.ndarray:
    """Means of `marks` (n, h, w) over cells of CONTENT_CELL² pixels."""
    count, height, width = marks.shape
    side = CONTENT_CELL
    return marks.reshape(count, height // side, side, width // side, side).mean(axis=(2, 4))


def read_start(path: Path, *models: keras.Model) -> None:
    """Begin with the weights in the file at `path` instead of such as are drawn at random."""
    with np.load(path, allow_pickle=False) as stored:
        for variable in (variable for model in models for variable in model.variables):
            if variable.path in stored:
                variable.assign(stored[variable.path])


def stacked(rows: Iterator[tuple[np.ndarray, ...]], batch: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Batches of rows, column by column, without end."""
    while True:
        yield tuple(
            np.stack(column) for column in zip(*(next(rows) for _ in range(batch)), strict=True)
        )
