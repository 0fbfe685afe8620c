"""One pass through a SavedModel."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

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

Code: TypeAlias = NDArray[np.float32]
"""What a model reads from a style, (n,). For a model that reads none, the style picture itself."""

ALGORITHM = 1  # raise it when the same model and request would give another picture
WORKING_PIXELS = 768 * 768  # larger photographs are painted at this size, then enlarged
STYLE_PIXELS = (
    288 * 288
)  # the size of style pictures in training: their strokes are read at that scale
PLAIN_STYLE_SIDE = 256  # what a model that has only the plain call was trained on
STEP = 16  # the networks halve a picture four times
CODES_KEPT = 32


class FastEngine(Engine):
    """Repaints a photograph in a fraction of a second with an arbitrary-stylization network.

    A model has the call of the TF-Hub module, `model(content, style)[0]`. One that also has
    `read_style(style)` and `paint(content, code)` keeps style codes, blends them, and changes
    strength by moving the code; with the plain call alone, strength mixes pixels.
    """

    name = "fast"

    def __init__(
        self,
        model: str = "",
        *,
        download_seconds: float = models.DOWNLOAD_SECONDS,
        runtime: str = "tensorflow",
    ) -> None:
        """Take the shipped SavedModel (""), one in a folder, or an https:// or gs:// handle.

        A handle that TF-Hub's cache does not hold is fetched within `download_seconds` or not.
        The `runtime` onnx starts sooner and paints more slowly; `onnx_graphs` makes what it needs.
        """
        self._runtime = runtime
        self._source = model
        self._download_seconds = download_seconds
        self._lock = threading.Lock()
        self._model: Any = None
        self._codes: OrderedDict[bytes, Code] = OrderedDict()

    @cached_property
    def version(self) -> str:  # type: ignore[override]  # read from files, when asked for
        """Changes whenever the same request would give another picture."""
        return f"fast-{ALGORITHM}-{models.fingerprint(self._source)}"

    def warm_up(self) -> None:
        """Load the model and run it once, so that the first caller does not wait."""
        grey = np.full((64, 64, 3), 0.5, np.float32)
        self.paint(grey, self.read_style(grey))

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
        painted = self.paint(content, code, options.strength, options.style_scale)
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
        code = self._read(style)
        with self._lock:
            self._codes[key] = code
            while len(self._codes) > CODES_KEPT:
                self._codes.popitem(last=False)
        return code

    def paint(
        self, content: Picture, code: Code, strength: float = 1.0, style_scale: float = 1.0
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
        painted = self._paint_small(small, code, strength)
        return enlarge(painted, content)

    def blend(self, codes: Sequence[Code], weights: Sequence[float]) -> Code:
        """The style between several: the mean of their codes with these weights.

        Raises:
            BadRequest: when the model has no style codes, or the weights do not fit.
        """
        if len(codes) != len(weights) or not sum(weights) > 0 or min(weights) < 0:
            raise BadRequest(f"{len(codes)} styles cannot be blended with the weights {weights}.")
        if codes[0].ndim != 1:
            raise BadRequest("This model has no style codes, so it cannot blend styles.")
        blended: Code = np.average(np.stack(codes), axis=0, weights=weights).astype(np.float32)
        return blended

    def _read(self, style: Picture) -> Code:
        model = self._loaded()
        if not _has_codes(model):
            return images.resize(style, PLAIN_STYLE_SIDE, PLAIN_STYLE_SIDE)
        height, width = working_size(style.shape[0], style.shape[1], STYLE_PIXELS)
        code: Code = _run(model.read_style, _padded(images.resize(style, height, width), 16))[0]
        return code

    def _paint_small(self, content: Picture, code: Code, strength: float) -> Picture:
        height, width, _ = content.shape
        padded = _padded(content, STEP)
        model = self._loaded()
        if _has_codes(model):
            paint = models.quickest_paint(model)
            painted = _run(paint, padded, self._moved(content, code, strength))
        else:
            painted = _run(model, padded, code)
        share = strength if not _has_codes(model) else paint_share(strength)
        picture = finite(np.clip(painted[0][:height, :width], 0, 1))
        return content + np.float32(share) * (picture - content) if share < 1 else picture

    def _moved(self, content: Picture, code: Code, strength: float) -> Code:
        if strength == 1:
            return code
        own = self._read(content)
        return own + np.float32(strength) * (code - own)

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                if self._runtime == "onnx":
                    self._model = onnx_graphs.load(self._source)
                else:
                    self._model = models.load(self._source, self._download_seconds)
            return self._model


def paint_share(strength: float) -> float:
    """How much of the picture is paint and how much photograph, at a strength.

    The code alone does not lead back to the photograph exactly: a network paints a picture in its
    own style only nearly as it was. So the photograph is blended in where strength is small: all
    of it at 0, an eighth at one half, none at 1.
    """
    return 1 - (1 - strength) ** 3


def _has_codes(model: Any) -> bool:
    return hasattr(model, "read_style") and hasattr(model, "paint")


def _padded(picture: Picture, step: int) -> Picture:
    """Mirror the lower and right edge until both sides are multiples of `step`, at least 16."""
    height, width, _ = picture.shape
    down, right = (max(16, -(-side // step) * step) - side for side in (height, width))
    return np.pad(picture, ((0, down), (0, right), (0, 0)), mode="symmetric")


def _run(function: Any, *arrays: NDArray[np.float32]) -> NDArray[np.float32]:
    """Call a function of the model on batches of one; its first answer, with its batch."""
    if isinstance(function, onnx_graphs.Graph):
        return function(*(array[np.newaxis] for array in arrays))
    import tensorflow as tf

    try:
        answer = function(*(tf.constant(array[np.newaxis]) for array in arrays))
    except tf.errors.OpError as error:
        raise PaintingFailed(f"The model could not paint this picture: {error.message}") from error
    first = answer[0] if isinstance(answer, list | tuple) else answer
    array: NDArray[np.float32] = first.numpy()
    return array
