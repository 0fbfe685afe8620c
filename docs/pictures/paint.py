"""Paints the pictures of README and page: public-domain photographs, and repaintings of them."""

from pathlib import Path

import numpy as np
from skimage import data

import stylekit
from stylekit import images

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "static" / "pictures"
SIDE = 320  # pixels of each picture
STYLES = ("night-swirls", "burning-sky", "woodblock-wave")

SAMPLES = {
    "cat": (data.chelsea, "autumn-oils"),
    "coffee": (data.coffee, "night-swirls"),
    "astronaut": (data.astronaut, "stained-glass"),
}
"""Photographs to try, and the style in which an empty feed shows each. Origins: README.md here."""

STEPS = 40  # of refining
SAMPLE_SIDE = 640  # pixels, the longest
EXAMPLE_SIDE = 360
THUMBNAIL_SIDE = 120


def main() -> None:
    """Write before-after.jpg beside this file, and the page's pictures."""
    PAGE.mkdir(exist_ok=True)
    photo = images.resize(data.astronaut().astype(np.float32) / 255, 2 * SIDE, 2 * SIDE)
    row = [photo, *(painted(photo, style) for style in STYLES)]
    sheet = images.grid([images.resize(each, SIDE, SIDE) for each in row], columns=len(row))
    (HERE / "before-after.jpg").write_bytes(images.encode(sheet, "jpeg", quality=85))
    small = images.grid([images.resize(each, SIDE // 2, SIDE // 2) for each in row], columns=4)
    (PAGE / "before-after.webp").write_bytes(images.encode(small, "webp", quality=75))
    for name, (load, style) in SAMPLES.items():
        write_sample(name, load().astype(np.float32) / 255, style)


def painted(photo: images.Picture, style: str) -> images.Picture:
    """What the page has made after a few seconds: the quick picture, refined."""
    return stylekit.stylize(
        photo, style, engine="gatys", start="fast", iterations=STEPS, max_side=640
    )


def write_sample(name: str, photo: images.Picture, style: str) -> None:
    """The photograph to paint, its thumbnail, and the painting of it that an empty feed shows."""
    photo = images.fit(photo, longest_side=SAMPLE_SIDE)
    painting = square(painted(photo, style))
    files = {
        f"{name}.webp": (photo, 80),
        f"{name}-small.webp": (images.resize(square(photo), THUMBNAIL_SIDE, THUMBNAIL_SIDE), 70),
        f"{name}-painted.webp": (images.resize(painting, EXAMPLE_SIDE, EXAMPLE_SIDE), 70),
    }
    for file, (picture, quality) in files.items():
        (PAGE / file).write_bytes(images.encode(picture, "webp", quality=quality))


def square(picture: images.Picture) -> images.Picture:
    """What is in the middle."""
    height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


if __name__ == "__main__":
    main()
