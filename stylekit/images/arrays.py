"""Pictures as arrays: scale, fit, keep colours, lay out side by side."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture: TypeAlias = NDArray[np.float32]
"""float32, (height, width, 3), sRGB, [0, 1], upright."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""How bright red, green and blue look (ITU-R BT.709)."""

_BAND_PIXELS = 2**17  # worked on at once, so that 40 megapixels need no second 40 megapixels
_TINY = np.float32(1e-6)


def bands(height: int, width: int) -> Iterator[slice]:
    """Slices of rows, few enough to stay in the processor's cache."""
    rows = max(1, _BAND_PIXELS // max(1, width))
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def resize(picture: Picture, height: int, width: int) -> Picture:
    """The picture at another size, by Lanczos on floats: no aliasing, no bands of 8-bit colour."""
    if picture.shape[:2] == (height, width):
        return picture
    resized = np.empty((height, width, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        scaled = plane.resize((width, height), Image.Resampling.LANCZOS)
        resized[..., channel] = np.asarray(scaled)
    return np.clip(resized, 0, 1, out=resized)  # Lanczos overshoots at edges


def fit(
    picture: Picture, *, longest_side: int | None = None, max_pixels: int | None = None
) -> Picture:
    """The picture made smaller until it keeps both limits; one that does comes back as it is."""
    height, width, _ = picture.shape
    scale = 1.0
    if longest_side is not None:
        scale = min(scale, longest_side / max(height, width))
    if max_pixels is not None:
        scale = min(scale, (max_pixels / (height * width)) ** 0.5)
    if scale == 1:
        return picture
    shorter, longer = sorted((max(1, round(height * scale)), max(1, round(width * scale))))
    if max_pixels is not None and shorter * longer > max_pixels:
        longer = max(1, max_pixels // shorter)
    return resize(picture, *((longer, shorter) if height > width else (shorter, longer)))


def keep_colors(painted: Picture, content: Picture) -> Picture:
    """The strokes of `painted` in the colours of `content`, in the size of `painted`.

    Each pixel has the luminance of `painted` and the hue of `content`; where both together would
    leave the gamut, the colour becomes paler rather than another one.
    """
    height, width, _ = painted.shape
    content = resize(content, height, width)
    kept = np.empty_like(painted)
    for band in bands(height, width):
        kept[band] = _recolored(painted[band], content[band])
    return kept


def _recolored(painted: Picture, content: Picture) -> Picture:
    brightness = np.clip(painted @ LUMINANCE, 0, 1)  # (h, w)
    color = content - (content @ LUMINANCE)[..., None]  # (h, w, 3), of no luminance itself
    red, green, blue = np.moveaxis(color, -1, 0)
    most = np.maximum(np.maximum(red, green), blue)
    least = np.minimum(np.minimum(red, green), blue)
    # How much of the colour fits below white, and above black.
    share = np.minimum(1, (1 - brightness) / np.maximum(most, _TINY))
    share = np.minimum(share, brightness / np.maximum(-least, _TINY))
    recolored: Picture = np.clip(brightness[..., None] + share[..., None] * color, 0, 1)
    return recolored


def grid(pictures: Sequence[Picture], *, columns: int, gap: int = 8) -> Picture:
    """One sheet with the pictures in rows, each centred in its cell, on white."""
    rows = [pictures[at : at + columns] for at in range(0, len(pictures), columns)]
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    widths = [max(p.shape[1] for p in pictures[at::columns]) for at in range(len(rows[0]))]
    size = (sum(heights) + gap * (len(heights) + 1), sum(widths) + gap * (len(widths) + 1), 3)
    sheet = np.ones(size, np.float32)
    top = gap
    for row, cell_height in zip(rows, heights, strict=True):
        left = gap
        for picture, cell_width in zip(row, widths, strict=False):
            height, width, _ = picture.shape
            y, x = top + (cell_height - height) // 2, left + (cell_width - width) // 2
            sheet[y : y + height, x : x + width] = picture
            left += cell_width + gap
        top += cell_height + gap
    return sheet
