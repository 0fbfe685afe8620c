"""Batches of content and style crops."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from keras import ops
from numpy.typing import NDArray
from PIL import Image

from training import colors

Bytes = NDArray[np.uint8]
"""uint8, (height, width, 3): a decoded picture, a quarter of the size of its floats; or with a
fourth channel, which marks places in it."""

Batch = NDArray[np.float32]
"""float32, (pictures, height, width, 3), in [0, 1]."""

HELD_OUT = 30  # pictures of each folder that no training sees
SHORT_SIDE = 320  # pixels: what is larger is decoded at this size, so that a crop holds a motif
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Folder:
    """The pictures of one folder, decoded once."""

    training: list[Bytes]
    held_out: list[Bytes]


def read_folder(folder: Path, held_out: int = HELD_OUT) -> Folder:
    """Decode the pictures of `folder`; `held_out` of them, evenly spread by name, are set apart."""
    pictures = [decode(path) for path in paths_in(folder)]
    apart = {index * len(pictures) // held_out for index in range(held_out)} if held_out else set()
    return Folder(
        training=[picture for index, picture in enumerate(pictures) if index not in apart],
        held_out=[picture for index, picture in enumerate(pictures) if index in apart],
    )


def paths_in(folder: Path) -> list[Path]:
    """The picture files in `folder`, by name; none where there is no such folder."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)


def together(folders: list[Folder]) -> Folder:
    """Several folders as one."""
    return Folder(
        training=[picture for folder in folders for picture in folder.training],
        held_out=[picture for folder in folders for picture in folder.held_out],
    )


def decode(path: Path, short_side: int = SHORT_SIDE) -> Bytes:
    """The picture at `path` as RGB bytes, at most `short_side` pixels on its short side."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    height, width, _ = picture.shape
    scale = min(1.0, short_side / min(height, width))
    return picture if scale == 1 else resize(picture, round(scale * height), round(scale * width))


def resize(picture: Bytes, height: int, width: int) -> Bytes:
    """`picture` at another size, each of its three or four channels by itself."""
    mode = "RGB" if picture.shape[-1] == 3 else "RGBX"
    image = Image.frombytes(mode, picture.shape[1::-1], picture.tobytes())
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def square(picture: Bytes, side: int) -> Bytes:
    """The middle of `picture`, as large a square as there is, at side × side."""
    height, width, _ = picture.shape
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return resize(picture[top : top + edge, left : left + edge], side, side)


def crop(
    picture: Bytes, side: int, random: np.random.Generator, zoom: tuple[float, float] = (0.6, 1.6)
) -> Bytes:
    """A random square of `picture`, enlarged by `zoom`, mirrored half the time, at side × side."""
    height, width, _ = picture.shape
    edge = int(min(side / random.uniform(*zoom), height, width))
    top, left = random.integers(height - edge + 1), random.integers(width - edge + 1)
    square = picture[top : top + edge, left : left + edge]
    if random.random() < 0.5:
        square = square[:, ::-1]
    return resize(square, side, side)


def slope(side: int, random: np.random.Generator) -> Bytes:
    """A sky as no camera takes it: one colour fading into another, at side × side.

    Whatever is drawn there at equal distances is the painter's own grid.
    """
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * rows + np.sin(angle) * columns
    middle, step = random.uniform(0.1, 0.9, 3), random.uniform(-0.5, 0.5, 3)
    picture = np.clip(middle + along[..., None] * step, 0, 1)
    return np.asarray((255 * picture).round(), np.uint8)


def odd_pictures(batch: Batch, random: np.random.Generator) -> Batch:
    """Change a batch into what no camera makes, but half-trained painters and optimisers do.

    Half stay as they are; others are blended with their neighbour, get noise, another contrast and
    brightness, or their colours turned, so that the network learns to see all of these.
    """
    changed = batch.copy()
    for index in range(len(batch)):
        if random.random() < 1 / 2:
            change = random.choice([_blend, _noise, _contrast, _colors])
            changed[index] = change(changed[index], batch[index - 1], random)
    return np.clip(changed, 0, 1)


def _blend(picture: Batch, other: Batch, random: np.random.Generator) -> Batch:
    return picture + random.uniform(0, 0.5) * (other - picture)


def _noise(picture: Batch, _: Batch, random: np.random.Generator) -> Batch:
    cell = random.choice([1, 1, 2, 4])  # coarser cells look like the blocks of an upsampling
    side = -(-len(picture) // cell)
    noise = random.normal(0, 1, (side, side, random.choice([1, 3]))).astype(np.float32)
    noise = noise.repeat(cell, 0).repeat(cell, 1)[: len(picture), : len(picture)]
    return picture + np.float32(random.exponential(0.08)) * noise


def _contrast(picture: Batch, _: Batch, random: np.random.Generator) -> Batch:
    middle = picture.mean((0, 1))
    return middle + (picture - middle) * random.uniform(0.2, 1.8) + random.uniform(-0.2, 0.2)


def _colors(picture: Batch, _: Batch, random: np.random.Generator) -> Batch:
    gains = random.uniform(0.5, 1.5, 3).astype(np.float32)
    return picture[..., random.permutation(3)] * gains


@dataclass(frozen=True, kw_only=True)
class Crops:
    """How many crops of what size are cut, always the same for the same seed."""

    count: int
    side: int  # in pixels
    zoom: tuple[float, float]
    seed: int
    recolored: float = 0.0  # share that gets the colours of another of the pictures

    def of(self, pictures: list[Bytes]) -> Iterator[Bytes]:
        """The crops, from one picture after the other."""
        random = np.random.default_rng(self.seed)
        for index in range(self.count):
            square = crop(pictures[index % len(pictures)], self.side, random, self.zoom)
            if self.recolored and random.random() < self.recolored:
                square = recolored(square, pictures[random.integers(len(pictures))])
            yield square


def recolored(picture: Bytes, like: Bytes) -> Bytes:
    """`picture` in the colours of `like`: the strokes of one painter, the palette of another."""
    wanted = colors.color_numbers(to_floats([like]))
    painted = ops.convert_to_numpy(colors.recolor(to_floats([picture]), wanted))
    return np.asarray((255 * painted[0]).round(), np.uint8)


def to_floats(pictures: list[Bytes]) -> Batch:
    """Pictures of one size as a batch of floats in [0, 1]."""
    return np.stack(pictures).astype(np.float32) / 255
