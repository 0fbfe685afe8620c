"""Optimises the pixels, coarse to fine."""

import itertools
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylekit import images
from stylekit.engines import models, weights
from stylekit.engines.base import (
    Engine,
    FastOptions,
    GatysOptions,
    OnProgress,
    Picture,
    Progress,
    ignore_progress,
)
from stylekit.engines.fast import FastEngine
from stylekit.engines.lbfgs import Vector, minimise, new_moves
from stylekit.engines.recoloring import recolor
from stylekit.engines.scales import SMALLEST_SIDE, Reporter, Scale, plan_scales
from stylekit.engines.upsampling import enlarge
from stylekit.errors import PaintingFailed

ALGORITHM = 14  # raise it when the same request would give another picture
TIMID, BOLD = 11.5, 0.23  # what content counts at boldness 0 and 1; between them by ratio
STYLE_SHARE = 15.0  # style beside content where both weights are 1
COLOR_SHARE = 3.0  # the style's colours beside content: stage by stage they are held too loosely
NAMED_NETWORKS = ("vgg16", "vgg19")  # whose weights Keras has
MARGIN = 8  # pixels at least of mirrored photograph around what is painted: clean borders
MULTIPLE = 16  # the network halves four times; what is left over it would not see
SHIFT = (5, 11)  # pixels down and across from loss to loss; odd, so that all places take turns
TERMS = ("content", "style", "color", "smoothness")  # of the loss


class GatysEngine(Engine):
    """Changes a photograph's pixels until a network sees its content and the style's style in them.

    Gatys, Ecker & Bethge (2015), https://arxiv.org/abs/1508.06576, with five differences: the
    losses are relative to content and style, so that the weights mean the same for every pair; the
    picture grows from coarse to fine, which settles large shapes cheaply; the photograph gets the
    style's colours before it is looked at; the network is small; and every few steps the picture is
    moved by some pixels under it, so that what is painted suits no squares of the network's own.
    """

    name = "gatys"

    def __init__(self, perceptual: str = "student", fast: FastEngine | None = None) -> None:
        """Look through `student` (shipped), `vgg16`, `vgg19` or a folder.

        `fast` paints a first picture where the options ask for it.
        """
        self._perceptual = perceptual
        self._fast = fast or FastEngine()
        self._lock = threading.Lock()
        self._graph: LossGraph | None = None

    @cached_property
    def version(self) -> str:  # type: ignore[override]  # read from files, when asked for
        """Changes whenever the same request would give another picture."""
        return f"gatys-{ALGORITHM}-{self._network_version()}-{self._fast.version}"

    def _network_version(self) -> str:
        if self._perceptual in NAMED_NETWORKS:
            return self._perceptual
        folder = weights.PERCEPTUAL if self._perceptual == "student" else self._perceptual
        return models.fingerprint(str(folder))

    def warm_up(self) -> None:
        """Load the network and run it once, so that the first caller does not wait."""
        grey = np.full((64, 64, 3), 0.5, np.float32)
        self.stylize(grey, grey, GatysOptions(iterations=1))

    def stylize(
        self,
        content: Picture,
        style: Picture,
        options: GatysOptions,
        on_progress: OnProgress = ignore_progress,
    ) -> Picture:
        """Repaint `content` (h, w, 3) in the style of `style` (any size); returns (h, w, 3).

        Raises:
            Cancelled: when `on_progress` raised it; it is called after every step.
            PaintingFailed: when a loss is not finite, or memory runs out.
            ModelBroken: when the perceptual network cannot be loaded.
        """
        plan = plan_scales(content.shape[0], content.shape[1], options)
        reporter = Reporter(plan, on_progress, options.seconds)
        model = recolor(images.fit(content, longest_side=options.max_side), style)
        painted = self._first(content, model, style, plan[0], options)
        for scale in plan:
            small = with_margin(images.resize(model, scale.height, scale.width))
            losses = self._loaded().losses(small, shrink_style(style, scale, options), options)
            before = with_margin(images.resize(painted, scale.height, scale.width))
            painted = without_margin(optimise(losses, before, scale, reporter), scale)
            if reporter.is_enough:
                break
            reporter.finish_scale()
        painted = finish(painted, content, options)
        on_progress(Progress(fraction=1.0, eta_seconds=0.0, stage="done"))
        return painted

    def _first(
        self, content: Picture, model: Picture, style: Picture, scale: Scale, options: GatysOptions
    ) -> Picture:
        """The picture that the painting starts from, at the first scale.

        `model` is the content in the style's colours: what the painting is held to.
        """
        if options.start == "noise":
            shape = (scale.height, scale.width, 3)
            return np.random.default_rng(options.seed).random(shape, np.float32)
        if options.start == "fast":
            shrunk = images.fit(content, longest_side=options.max_side)
            look = FastOptions(boldness=options.boldness, style_scale=max(0.5, options.style_scale))
            return self._fast.stylize(shrunk, style, look)
        return images.resize(model, scale.height, scale.width)

    def _loaded(self) -> "LossGraph":
        with self._lock:
            if self._graph is None:
                models.use_cores()
                from stylekit.engines.perceptual import load_perceptual

                precision = "mixed_bfloat16" if models.multiplies_bfloat16() else "float32"
                self._graph = LossGraph(load_perceptual(self._perceptual, precision))
            return self._graph


def shrink_style(style: Picture, scale: Scale, options: GatysOptions) -> Picture:
    """The style with the scale's number of pixels times `style_scale`²: strokes keep their size.

    A small style is not blown up for a large photograph: blurred strokes would be painted.
    """
    height, width, _ = style.shape
    beside = min(1.0, math.sqrt(scale.height * scale.width / (height * width)))
    factor = beside * options.style_scale
    return images.resize(
        style, max(SMALLEST_SIDE, round(height * factor)), max(SMALLEST_SIDE, round(width * factor))
    )


@dataclass(frozen=True)
class Look:
    """What the objective says of a picture: its loss, the terms of it, and its gradient."""

    loss: float
    parts: dict[str, float]
    gradient: Picture


Loss = Callable[[Picture], Look]


class LossGraph:
    """The perceptual network as one graph that serves every size and is traced once."""

    def __init__(self, network: Any) -> None:
        """Wrap a `PerceptualNetwork`."""
        import tensorflow as tf

        self._network = network
        pictures = tf.TensorSpec((1, None, None, 3))
        self._see = tf.function(network.features, input_signature=[pictures])
        seen = self._see.get_concrete_function().structured_outputs
        sizes = [stage.shape[-1] for stage in seen]
        signature = [
            pictures,
            [tf.TensorSpec((1, None, None, c)) for c in sizes],
            [tuple(map(tf.TensorSpec, ((1, c), (1, c, c)))) for c in [3, *sizes]],
            tf.TensorSpec(len(TERMS)),
            tf.TensorSpec(len(sizes)),
        ]
        self._measure = tf.function(self._differentiate, input_signature=signature)

    def losses(self, content: Picture, style: Picture, options: GatysOptions) -> Iterator[Loss]:
        """The loss of a picture of the content's size, for this content and style, without end.

        Every loss moves the picture on by some pixels before the network looks at it. What only
        fits the squares that the network averages in, and nobody else sees, does not last.
        """
        import tensorflow as tf

        from stylekit.engines import perceptual

        colors_and_stages = [_batch(style), *self._see(_batch(style))]
        styles = perceptual.style_statistics(colors_and_stages)
        style_seen = [(each.mean, each.gram) for each in styles]
        shares = tf.constant(shares_of(options, perceptual.richness(styles[1:])), tf.float32)
        layers = tf.constant(options.style_layers, tf.float32)

        for number in itertools.count():
            shift = (number * SHIFT[0] % MULTIPLE, number * SHIFT[1] % MULTIPLE)
            content_seen = self._see(_batch(np.roll(content, shift, axis=(0, 1))))
            targets = (content_seen, style_seen, shares, layers)
            yield partial(self._look, shift=shift, targets=targets)

    def _look(self, picture: Picture, *, shift: tuple[int, int], targets: tuple[Any, ...]) -> Look:
        import tensorflow as tf

        moved = _batch(np.roll(picture, shift, axis=(0, 1)))
        try:
            loss, terms, gradient = self._measure(moved, *targets)
        except tf.errors.OpError as error:
            raise PaintingFailed(f"The optimiser had to stop: {error.message}") from error
        measured = dict(zip(TERMS, terms.numpy().tolist(), strict=True))
        back = (-shift[0], -shift[1])
        return Look(float(loss), measured, np.roll(gradient.numpy()[0], back, axis=(0, 1)))

    def _differentiate(
        self, pictures: Any, content_seen: Any, style_seen: Any, shares: Any, layers: Any
    ) -> tuple[Any, Any, Any]:
        import tensorflow as tf

        from stylekit.engines import perceptual

        with tf.GradientTape() as tape:
            tape.watch(pictures)
            seen = self._network.features(pictures)
            colors, *style = [perceptual.StageStyle(*each) for each in style_seen]
            terms = tf.stack(
                [
                    perceptual.content_distance(seen, content_seen)[0],
                    perceptual.style_distance(seen, style, tf.unstack(layers))[0],
                    perceptual.stage_style_distance(pictures, colors)[0],
                    perceptual.smoothness(pictures)[0],
                ]
            )
            loss = tf.reduce_sum(shares * terms)
        return loss, terms, tape.gradient(loss, pictures)


def shares_of(options: GatysOptions, richness: Any) -> list[float]:
    """How much each of the `TERMS` counts in the loss, for a style of this richness (1,)."""
    from stylekit.engines import perceptual

    content = options.content_weight * TIMID * (BOLD / TIMID) ** options.boldness
    content *= float(perceptual.content_share(richness)[0])
    style = options.style_weight * float(perceptual.style_share(richness)[0])
    return [content, STYLE_SHARE * style, COLOR_SHARE * style, options.smoothness]


def _batch(picture: Picture) -> Any:
    import tensorflow as tf

    return tf.constant(picture[np.newaxis])


def with_margin(picture: Picture) -> Picture:
    """Surround `picture` with its mirror image, up to sides that are multiples of `MULTIPLE`.

    What the optimiser makes of the outermost pixels, which little holds, is cut off afterwards.
    """
    margins = []
    for side in picture.shape[:2]:
        total = 2 * MARGIN + -(side + 2 * MARGIN) % MULTIPLE
        margins.append((MARGIN, total - MARGIN))
    return np.pad(picture, (*margins, (0, 0)), mode="symmetric")


def without_margin(picture: Picture, scale: Scale) -> Picture:
    """Undo `with_margin`."""
    return picture[MARGIN : MARGIN + scale.height, MARGIN : MARGIN + scale.width]


class ScaleOver(Exception):
    """The scale's time is over before its steps are."""


def optimise(losses: Iterator[Loss], start: Picture, scale: Scale, reporter: Reporter) -> Picture:
    """Walk the scale's steps down the losses from `start` (h, w, 3), reporting each look."""
    walk, moves = Walk(start, scale, reporter), new_moves()
    with suppress(ScaleOver):
        for steps in scale.walks:
            walk.loss, walk.least = next(losses), math.inf
            minimise(walk.objective, walk.best.ravel(), steps=steps, moves=moves)
    return walk.best


@dataclass
class Walk:
    """The best picture so far, the loss that it goes down now, and who is told."""

    best: Picture
    scale: Scale
    reporter: Reporter
    loss: Loss = field(init=False)
    least: float = math.inf
    parts: dict[str, float] = field(default_factory=dict)  # of the best picture's loss

    def objective(self, point: Vector) -> tuple[float, NDArray[np.float32]]:
        """Look at a picture, remember it if it is the best, and tell whoever listens.

        Raises:
            ScaleOver: when the time is over.
            PaintingFailed: when there is no going on.
        """
        picture = point.reshape(self.best.shape)
        look = self.loss(picture)
        if not math.isfinite(look.loss) or not np.isfinite(look.gradient).all():
            raise PaintingFailed(
                "The loss or its gradient is not finite: no picture comes of that."
            )
        if look.loss < self.least:
            self.best, self.least, self.parts = picture, look.loss, look.parts
        self.reporter.report(without_margin(self.best, self.scale), self.parts)
        if self.reporter.is_scale_over:
            raise ScaleOver
        return look.loss, look.gradient.ravel()


def finish(painted: Picture, content: Picture, options: GatysOptions) -> Picture:
    """Bring the painting to the photograph's size, with its colours where they were asked for."""
    enlarged = enlarge(painted, content)
    return images.keep_colors(enlarged, content) if options.preserve_colors else enlarged
