"""Brings a painting made at a working size to the photograph's size and detail."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylekit import images
from stylekit.engines.base import Picture
from stylekit.errors import PaintingFailed

Plane = NDArray[np.float32]
"""float32, (height, width, channels)."""

STRIP_ROWS = 128  # rows enlarged at a time: memory stays bounded whatever the picture's size
WINDOW = (
    4  # radius, in pixels of the small painting, over which painting and photograph are compared
)
NOISE = 1e-3  # variance below which the photograph counts as flat and lends no detail
MOST_GAIN = 1.2  # detail is never amplified more than this


def working_size(height: int, width: int, pixels: int) -> tuple[int, int]:
    """The size at which a picture is painted: at most `pixels`, the same aspect."""
    shrink = min(1.0, math.sqrt(pixels / (height * width)))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def enlarge(painted: Picture, content: Picture) -> Picture:
    """Bring `painted` (h, w, 3) to the size of `content` (H, W, 3): strokes and fine detail.

    The painting is interpolated, and the photograph's detail that the small size could not hold is
    laid over it, as strongly as the painting follows the photograph there: a local linear model
    like the fast guided filter's (He & Sun 2015, https://arxiv.org/abs/1505.00996), of which only
    the slope is used, so that strokes which the photograph does not explain stay as they are.
    """
    if painted.shape == content.shape:
        return painted
    height, width, _ = painted.shape
    luminance = brightness(images.resize(content, height, width))  # (h, w, 1)
    fields = np.concatenate([painted, slopes(painted, luminance), luminance], axis=2)  # (h, w, 7)
    return _blend_strips(_widen(fields, content.shape[1]), content)


def brightness(picture: Picture) -> Plane:
    """Rec. 709 luma of a picture (h, w, 3): (h, w, 1)."""
    weights = np.array([[0.2126], [0.7152], [0.0722]], np.float32)
    luma: Plane = picture @ weights
    return luma


def slopes(painted: Picture, luminance: Plane) -> Plane:
    """How much each channel of `painted` moves with the photograph's `luminance`: (h, w, 3)."""
    planes = np.concatenate(
        [luminance, luminance * luminance, painted, painted * luminance], axis=2
    )  # (h, w, 8)
    means = box_mean(planes, WINDOW)
    light, light_squared, paint, together = np.split(means, [1, 2, 5], axis=2)
    variance = np.maximum(light_squared - light * light, 0)
    slope = (together - paint * light) / (variance + NOISE)
    smooth: Plane = box_mean(np.clip(slope, -MOST_GAIN, MOST_GAIN), WINDOW)
    return smooth


def box_mean(planes: Plane, radius: int) -> Plane:
    """Mean over the square window of `radius` around each pixel, or what of it exists."""
    return _row_mean(_row_mean(planes, radius).swapaxes(0, 1), radius).swapaxes(0, 1)


def _row_mean(planes: Plane, radius: int) -> Plane:
    rows = planes.shape[0]
    sums = np.zeros((rows + 1, *planes.shape[1:]), np.float64)
    np.cumsum(planes, axis=0, out=sums[1:])
    first = np.maximum(np.arange(rows) - radius, 0)
    last = np.minimum(np.arange(rows) + radius + 1, rows)
    counts = (last - first)[:, None, None]
    mean: Plane = ((sums[last] - sums[first]) / counts).astype(np.float32)
    return mean


@dataclass(frozen=True)
class Taps:
    """Which four samples, with which weights, make each sample of an enlarged line."""

    indices: NDArray[np.intp]  # (4, n)
    weights: Plane  # (4, n)

    def along_rows(self, planes: Plane, first: int, last: int) -> Plane:
        """Rows `first` to `last` of `planes` (h, w, c) enlarged downwards: (last - first, w, c)."""
        taken: Plane = sum(
            planes[index[first:last]] * weight[first:last, None, None]
            for index, weight in zip(self.indices, self.weights, strict=True)
        )
        return taken


def cubic_taps(small: int, large: int) -> Taps:
    """Catmull-Rom interpolation from `small` to `large` samples, pixel centres aligned."""
    places = (np.arange(large) + 0.5) * small / large - 0.5
    base = np.floor(places)
    t = places - base
    weights = np.stack(
        [
            ((2 - t) * t - 1) * t / 2,
            ((3 * t - 5) * t * t + 2) / 2,
            ((4 - 3 * t) * t + 1) * t / 2,
            (t - 1) * t * t / 2,
        ]
    )
    indices = base.astype(np.intp) + np.arange(-1, 3)[:, None]
    return Taps(np.clip(indices, 0, small - 1), weights.astype(np.float32))


def _widen(fields: Plane, width: int) -> Plane:
    taps = cubic_taps(fields.shape[1], width)
    across = np.ascontiguousarray(fields.swapaxes(0, 1))  # (w, h, c)
    return np.ascontiguousarray(taps.along_rows(across, 0, width).swapaxes(0, 1))


def _blend_strips(fields: Plane, content: Picture) -> Picture:
    height = content.shape[0]
    taps = cubic_taps(fields.shape[0], height)
    result = np.empty_like(content)

    def blend(first: int) -> None:
        last = min(first + STRIP_ROWS, height)
        strip = taps.along_rows(fields, first, last)
        paint, slope, coarse = np.split(strip, [3, 6], axis=2)
        detail = brightness(content[first:last]) - coarse
        np.clip(paint + slope * detail, 0, 1, out=result[first:last])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(blend, range(0, height, STRIP_ROWS)))
    return result


def finite(picture: Picture) -> Picture:
    """The picture, if every number in it is one.

    Raises:
        PaintingFailed: when it holds a NaN or an infinity.
    """
    if not np.isfinite(picture).all():
        raise PaintingFailed("The painting came out with numbers that are not finite.")
    return picture
