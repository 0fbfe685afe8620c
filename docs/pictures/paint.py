"""Paints the picture of README and home page: a public-domain photograph and three repaintings."""

from pathlib import Path

import numpy as np
from skimage import data

import stylekit
from stylekit import images

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "static" / "pictures"
SIDE = 320  # pixels of each picture
STYLES = ("night-swirls", "kintsugi", "ink-wash")


def main() -> None:
    """Write before-after.jpg beside this file, and a smaller one for the page."""
    photo = images.resize(data.astronaut().astype(np.float32) / 255, 2 * SIDE, 2 * SIDE)
    row = [photo, *(stylekit.stylize(photo, style) for style in STYLES)]
    sheet = images.grid([images.resize(each, SIDE, SIDE) for each in row], columns=len(row))
    (HERE / "before-after.jpg").write_bytes(images.encode(sheet, "jpeg", quality=85))
    small = images.grid([images.resize(each, SIDE // 2, SIDE // 2) for each in row], columns=4)
    PAGE.mkdir(exist_ok=True)
    (PAGE / "before-after.webp").write_bytes(images.encode(small, "webp", quality=75))


if __name__ == "__main__":
    main()
