"""One pass through a SavedModel."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylekit import images
from stylekit.engines import models, onnx_graphs
from stylekit.engines.base import (
    Engine,
    FastOptions,
    OnProgress,
    Picture,
    Progress,
    ignore_progress,
)
from stylekit.engines.upsampling import enlarge, finite, working_size
from stylekit.errors import BadRequest, PaintingFailed

ALGORITHM = 3  # raise it when the same model and request would give another picture
WORKING_PIXELS = 768 * 768  # larger photographs are painted at this size, then enlarged
# The size of style pictures in training: their strokes are read at that scale.
STYLE_PIXELS = 288 * 288
PLAIN_STYLE_SIDE = 256  # what a model that has only the plain call was trained on
STEP = 32  # the networks halve a picture at most five times
CODES_KEPT = 32


@dataclass(frozen=True)
class Code:
    """A style as one of the painters has read it."""

    painter: "Painter"
    numbers: NDArray[np.float32]  # (n,); of a model that reads no codes, the style picture itself


class FastEngine(Engine):
    """Repaints a photograph in a fraction of a second with one of two networks.

    One knows the presets by sight and was taught on nothing else; the other takes any style. A
    model has the call of the TF-Hub module, `model(content, style)[0]`. One that also has
    `read_style(style)` and `paint(content, code)` keeps style codes, blends them, and changes
    strength by moving the code; with the plain call alone, strength mixes pixels.
    """

    name = "fast"

    def __init__(
        self,
        model: str = "",
        *,
        presets: str | None = None,
        download_seconds: float = models.DOWNLOAD_SECONDS,
        runtime: str = "tensorflow",
    ) -> None:
        """Take the shipped SavedModels (""), one in a folder, or an https:// or gs:// handle.

        `presets` is the folder of a model that knows some styles by sight; unless given, it is the
        shipped one beside the shipped one. A handle that TF-Hub's cache does not hold is fetched
        within `download_seconds` or not. The `runtime` onnx needs no TensorFlow, starts sooner and
        paints more slowly, with graphs that stand beside the shipped models (`onnx_graphs`).
        """
        known = models.beside(model) if presets is None else presets
        self._any_style = Painter(model, download_seconds, runtime)
        self._presets = Painter(known, download_seconds, runtime) if known else None
        self._lock = threading.Lock()
        self._codes: OrderedDict[bytes, Code] = OrderedDict()

    @cached_property
    def version(self) -> str:  # type: ignore[override]  # read from files, when asked for
        """Changes whenever the same request would give another picture."""
        sources = [each.source for each in (self._any_style, self._presets) if each]
        return "-".join(["fast", str(ALGORITHM), *map(models.fingerprint, sources)])

    def warm_up(self) -> None:
        """Load the models and run them once, so that the first caller does not wait."""
        grey = np.full((64, 64, 3), 0.5, np.float32)
        for painter in (self._presets, self._any_style):
            if painter:
                painter.paint(grey, painter.read(grey), 1.0, None)

    def stylize(
        self,
        content: Picture,
        style: Picture,
        options: FastOptions,
        on_progress: OnProgress = ignore_progress,
    ) -> Picture:
        """Repaint `content` (h, w, 3) in the style of `style` (any size); returns (h, w, 3).

        Raises:
            Cancelled: when `on_progress` raised it.
            PaintingFailed: when no finite picture could be made.
            ModelBroken: when the model cannot be loaded.
        """
        on_progress(Progress(fraction=0.0, stage="reading the style"))
        code = self.read_style(style)
        on_progress(Progress(fraction=0.2, stage="painting"))
        painted = self.paint(
            content, code, options.strength, options.style_scale, boldness=options.boldness
        )
        if options.preserve_colors:
            painted = images.keep_colors(painted, content)
        on_progress(Progress(fraction=1.0, stage="done"))
        return painted

    def read_style(self, style: Picture) -> Code:
        """The code of a style picture (any size), kept for the next time."""
        key = hashlib.blake2b(style.tobytes(), digest_size=16).digest()
        key += repr(style.shape).encode()
        with self._lock:
            if key in self._codes:
                self._codes.move_to_end(key)
                return self._codes[key]
        code = self.read_styles([style])[0]
        with self._lock:
            self._codes[key] = code
            while len(self._codes) > CODES_KEPT:
                self._codes.popitem(last=False)
        return code

    def read_styles(self, styles: Sequence[Picture]) -> list[Code]:
        """The codes of several styles, all by one painter, so that they can be blended."""
        presets = self._presets
        known = presets is not None and all(presets.knows(style) for style in styles)
        painter = presets if presets is not None and known else self._any_style
        return [Code(painter, painter.read(style)) for style in styles]

    def paint(
        self,
        content: Picture,
        code: Code,
        strength: float = 1.0,
        style_scale: float = 1.0,
        *,
        boldness: float | None = None,
    ) -> Picture:
        """Paint `content` (h, w, 3) with a style code; `strength` 0 gives `content` back, 1 all.

        Photographs above `WORKING_PIXELS` are painted at that size, so that strokes keep their size
        beside the picture, and enlarged along the photograph's own detail. Strokes are
        `style_scale` times as large where it is painted at a size that many times smaller.
        """
        if strength == 0:
            return content.copy()
        height, width = working_size(content.shape[0], content.shape[1], WORKING_PIXELS)
        height, width = (max(1, round(side / style_scale)) for side in (height, width))
        small = images.resize(content, height, width)
        painted = code.painter.paint(small, code.numbers, strength, boldness)
        return enlarge(painted, content)

    def blend(self, codes: Sequence[Code], weights: Sequence[float]) -> Code:
        """The style between several: the mean of their codes with these weights.

        Raises:
            BadRequest: when the model has no style codes, the weights do not fit, or the codes are
                of two painters (`read_styles` reads several by one).
        """
        if len(codes) != len(weights) or not sum(weights) > 0 or min(weights) < 0:
            raise BadRequest(f"{len(codes)} styles cannot be blended with the weights {weights}.")
        if any(code.painter is not codes[0].painter for code in codes):
            raise BadRequest("A preset and another style were read apart; read them together.")
        if codes[0].numbers.ndim != 1:
            raise BadRequest("This model has no style codes, so it cannot blend styles.")
        numbers = np.average(np.stack([c.numbers for c in codes]), axis=0, weights=weights)
        return Code(codes[0].painter, numbers.astype(np.float32))


class Painter:
    """One SavedModel, loaded when it is needed first."""

    def __init__(self, source: str, download_seconds: float, runtime: str) -> None:
        """Say where it comes from, and what runs it: see `models.load` and `onnx_graphs`."""
        self.source = source
        self._runtime = runtime
        self._download_seconds = download_seconds
        self._lock = threading.Lock()
        self._model: Any = None

    def knows(self, style: Picture) -> bool:
        """Whether `style` (any size) is one of those that the model was taught on."""
        model = self._loaded()
        return hasattr(model, "knows") and bool(_run(model.knows, _padded(style, 16)))

    def read(self, style: Picture) -> NDArray[np.float32]:
        """The numbers (n,) that describe `style` (any size), or the style at the model's size."""
        model = self._loaded()
        if not _has_codes(model):
            return images.resize(style, PLAIN_STYLE_SIDE, PLAIN_STYLE_SIDE)
        height, width = working_size(style.shape[0], style.shape[1], STYLE_PIXELS)
        small = images.resize(style, height, width)
        numbers: NDArray[np.float32] = _run(model.read_style, _padded(small, 16))[0]
        return numbers

    def paint(
        self,
        content: Picture,
        numbers: NDArray[np.float32],
        strength: float,
        boldness: float | None,
    ) -> Picture:
        """Paint `content` (h, w, 3) at its own size."""
        height, width, _ = content.shape
        padded, model = _padded(content, STEP), self._loaded()
        if _has_codes(model):
            share = strength
            if boldness is not None and hasattr(model, "with_boldness"):
                numbers = _run(model.with_boldness, numbers, boldness)[0]
            elif boldness is not None:
                share *= boldness_share(boldness)
            if share < 1:
                own = self.read(content)
                numbers = own + np.float32(share) * (numbers - own)
            painted = _run(models.quickest_paint(model), padded, numbers)
        else:
            painted = _run(model, padded, numbers)
        paint = strength if not _has_codes(model) else paint_share(strength)
        picture = finite(np.clip(painted[0][:height, :width], 0, 1))
        return content + np.float32(paint) * (picture - content) if paint < 1 else picture

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                if self._runtime == "onnx":
                    self._model = onnx_graphs.load(self.source)
                else:
                    self._model = models.load(self.source, self._download_seconds)
            return self._model


def paint_share(strength: float) -> float:
    """How much of the picture is paint and how much photograph, at a strength.

    The code alone does not lead back to the photograph exactly: a network paints a picture in its
    own style only nearly as it was. So the photograph is blended in where strength is small: all
    of it at 0, an eighth at one half, none at 1.
    """
    return 1 - (1 - strength) ** 3


def boldness_share(boldness: float) -> float:
    """How far to move the code of a painter that was not taught to be bold: 0.6 to 1.

    Nearer to the photograph's own code it keeps more of the photograph. Beyond the style's it would
    be no bolder, only further from both (docs/experiments.md).
    """
    return min(1.0, 0.6 + 4 / 3 * boldness)


def _has_codes(model: Any) -> bool:
    return hasattr(model, "read_style") and hasattr(model, "paint")


def _padded(picture: Picture, step: int) -> Picture:
    """Mirror the lower and right edge until both sides are multiples of `step`, at least 16."""
    height, width, _ = picture.shape
    down, right = (max(16, -(-side // step) * step) - side for side in (height, width))
    return np.pad(picture, ((0, down), (0, right), (0, 0)), mode="symmetric")


def _batched(given: NDArray[np.float32] | float) -> NDArray[np.float32]:
    """A number as it is, an array as a batch of one."""
    array = np.asarray(given, np.float32)
    return array[np.newaxis] if array.ndim else array


def _run(function: Any, *given: NDArray[np.float32] | float) -> NDArray[np.float32]:
    """Call a function of the model on batches of one; its first answer, with its batch."""
    if isinstance(function, onnx_graphs.Graph):
        return function(*(_batched(x) for x in given))
    import tensorflow as tf

    try:
        answer = function(*(tf.constant(_batched(x)) for x in given))
    except tf.errors.OpError as error:
        raise PaintingFailed(f"The model could not paint this picture: {error.message}") from error
    first = answer[0] if isinstance(answer, list | tuple) else answer
    array: NDArray[np.float32] = first.numpy()
    return array
