"""A photograph with every kind of alpha channel, in every format that can hold it."""

import numpy as np
from PIL import Image

from tests.images.scenes import file_of, photo

HEIGHT, WIDTH = 96, 128
PHOTO = np.asarray(photo("coffee").resize((WIDTH, HEIGHT)))
DOWN, RIGHT = np.mgrid[0:HEIGHT, 0:WIDTH]
IN_DISC = np.hypot(DOWN - HEIGHT / 2, RIGHT - WIDTH / 2) < HEIGHT / 3

ALPHAS = {
    "cut-out": np.where(IN_DISC, 255, 0),
    "half": np.full((HEIGHT, WIDTH), 128),
    "shades": 64 + RIGHT * 190 // (WIDTH - 1),
}
"""How opaque: all or nothing, half everywhere, more and more to the right."""

WRITERS = {
    "PNG": {},
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "HEIF": {"quality": 100, "chroma": 444},
    "TIFF": {},
    "JXL": {"lossless": True},
}
CASES = [(format, kind) for format in WRITERS for kind in ALPHAS] + [("GIF", "cut-out")]


def hidden_black(alpha: np.ndarray) -> np.ndarray:
    """The photograph with this alpha, black where nothing is to be seen (h, w, 4)."""
    colors = np.where(alpha[..., None] > 0, PHOTO, 0)
    return np.dstack([colors, alpha]).astype(np.uint8)


def file(format: str, kind: str) -> bytes:
    """A file of that format with that kind of alpha."""
    image = Image.fromarray(hidden_black(ALPHAS[kind]))
    return file_of(image, format, **WRITERS.get(format, {}))


def furthest(shown: np.ndarray, kind: str) -> tuple[float, float]:
    """How far pixels (h, w, 4) are from the photograph: colours in the mean, alpha at most."""
    seen = ALPHAS[kind] > 0
    colors = np.abs(shown[..., :3].astype(int) - PHOTO)[seen].mean()
    return float(colors), float(np.abs(shown[..., 3].astype(int) - ALPHAS[kind]).max())
