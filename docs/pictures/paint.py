"""Paints the README's picture: a public-domain photograph and three repaintings, side by side."""

from pathlib import Path

import numpy as np
from skimage import data

import stylekit
from stylekit import images

HERE = Path(__file__).parent
SIDE = 320  # pixels of each picture
STYLES = ("night-swirls", "kintsugi", "ink-wash")


def main() -> None:
    """Write before-after.jpg beside this file."""
    photo = images.resize(data.astronaut().astype(np.float32) / 255, 2 * SIDE, 2 * SIDE)
    row = [photo, *(stylekit.stylize(photo, style) for style in STYLES)]
    sheet = images.grid([images.resize(each, SIDE, SIDE) for each in row], columns=len(row))
    (HERE / "before-after.jpg").write_bytes(images.encode(sheet, "jpeg", quality=85))


if __name__ == "__main__":
    main()
