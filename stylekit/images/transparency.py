"""Alpha: colours of transparent pixels, and pictures on white."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylekit.images.arrays import Picture, bands
from stylekit.images.samples import full_scale, to_unit

Plane = NDArray[np.float32]
"""float32, (height, width), [0, 1]."""


def on_white(picture: Picture, alpha: Plane | None) -> Picture:
    """The picture (h, w, 3) as it looks on white paper."""
    if alpha is None:
        return picture
    shown = np.empty_like(picture)
    for band in bands(*alpha.shape):
        cover = alpha[band][..., None]
        shown[band] = picture[band] * cover + (1 - cover)
    return shown


def extend_visible(picture: Picture, alpha: Plane) -> None:
    """Give what is wholly hidden the colours of what is visible around it, in place.

    What a file stores under alpha 0 is of no meaning, often black, and an engine that looks at it
    would paint it into the edge. Halves the picture until nothing is hidden, and fills on the way
    back (push-pull: Gortler et al. 1996, "The Lumigraph", 3.4).
    """
    if alpha.min() > 0:
        return
    if alpha.max() <= 0:  # nothing to see at all
        picture[...] = 1
        return
    _fill(picture, alpha)


def rows_filled(values: NDArray[Any], rows: int) -> NDArray[Any]:
    """Stored samples (h, w, c) of which only so many rows are there, continued downwards."""
    colors = to_unit(values)
    weight = np.zeros(values.shape[:2], np.float32)
    weight[: max(1, rows)] = 1
    _fill(colors, weight)
    filled: NDArray[Any] = np.rint(colors * np.float32(full_scale(values.dtype)))
    return filled.astype(values.dtype)


def _fill(colors: Picture, weight: Plane) -> None:
    """Replace the colours (h, w, 3) whose weight (h, w) is zero."""
    if weight.min() > 0:
        return
    small_colors, small_weight = _halved(colors, weight)
    _fill(small_colors, small_weight)
    for channel in range(colors.shape[2]):
        _enlarge_into(colors[..., channel], small_colors[..., channel], weight)


def _enlarge_into(plane: Plane, small: Plane, weight: Plane) -> None:
    """Where the weight is zero, the small plane in the size of the large one, in few rows each."""
    (height, width), (small_height, small_width) = plane.shape, small.shape
    image = Image.fromarray(np.ascontiguousarray(small))
    for band in bands(height, width):
        top, bottom = (row * small_height / height for row in (band.start, band.stop))
        box = (0, top, small_width, bottom)
        rows = image.resize((width, band.stop - band.start), Image.Resampling.BILINEAR, box)
        np.copyto(plane[band], np.asarray(rows), where=weight[band] <= 0)


def _halved(colors: Picture, weight: Plane) -> tuple[Picture, Plane]:
    """Half as many rows and columns: the visible colours' mean of each two by two."""
    height, width = (-(-side // 2) for side in weight.shape)
    total = np.zeros((height, width), np.float32)
    sums = np.zeros((height, width, colors.shape[2]), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            part = weight[down::2, right::2]
            rows, columns = part.shape
            total[:rows, :columns] += part
            for channel in range(colors.shape[2]):
                sums[:rows, :columns, channel] += colors[down::2, right::2, channel] * part
    sums /= np.maximum(total, np.float32(1e-6))[..., None]
    return sums, np.minimum(total, 1)
