"""Fields to paint with: soft noise, clouds, cells, cracks and streams, one number per pixel."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

Field: TypeAlias = NDArray[np.float32]
"""float32, (height, width): one number per pixel."""

Picture: TypeAlias = NDArray[np.float32]
"""float32, (height, width, 3), sRGB, [0, 1], upright."""

Rng: TypeAlias = np.random.Generator


def grid(size: int, oversample: int = 1) -> tuple[Field, Field]:
    """Give the y and x of every (sub)pixel, in pixels."""
    line = (np.arange(size * oversample, dtype=np.float32) + 0.5) / oversample - 0.5
    y, x = np.meshgrid(line, line, indexing="ij")
    return y, x


def shrink(picture: NDArray[np.float32], oversample: int) -> NDArray[np.float32]:
    """Average blocks of subpixels: smooth edges for what was painted too large."""
    height, width = picture.shape[:2]
    blocks = (height // oversample, oversample, width // oversample, oversample)
    return picture.reshape(*blocks, *picture.shape[2:]).mean(axis=(1, 3), dtype=np.float32)


def _spline(length: int, cell: float, offset: float) -> tuple[NDArray[np.float32], int]:
    place = np.arange(length) / cell + 1 + offset
    first = np.floor(place).astype(int)
    t = place - first
    weights = np.zeros((length, int(first.max()) + 3), np.float32)
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    for shift, piece in enumerate(pieces):
        weights[np.arange(length), first - 1 + shift] = piece / 6
    return weights, weights.shape[1]


def hills(size: int, cell: float | tuple[float, float], rng: Rng) -> Field:
    """Soft hills about `cell` pixels wide (height, width), mean 0 and deviation 1 or so."""
    tall, wide = cell if isinstance(cell, tuple) else (cell, cell)
    rows, row_count = _spline(size, tall, rng.random())
    columns, column_count = _spline(size, wide, rng.random())
    knots = rng.standard_normal((row_count, column_count)).astype(np.float32) * 2
    return rows @ knots @ columns.T


def clouds(
    size: int,
    cell: float | tuple[float, float],
    rng: Rng,
    octaves: int = 5,
    gain: float = 0.5,
) -> Field:
    """Hills upon hills, each layer half as wide; mean 0 and deviation 1."""
    tall, wide = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        shape = (max(tall / 2**octave, 1.0), max(wide / 2**octave, 1.0))
        total += gain**octave * hills(size, shape, rng)
    return (total - total.mean()) / total.std()


def even(field: Field) -> Field:
    """Spread the values over [0, 1] so that every level covers the same area."""
    ranks = np.empty(field.size, np.float32)
    ranks[np.argsort(field, axis=None, kind="stable")] = np.linspace(
        0, 1, field.size, dtype=np.float32
    )
    return ranks.reshape(field.shape)


def step(low: float | Field, high: float | Field, value: Field) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high` (or fall, when `high` is lower)."""
    t = np.clip((value - low) / (np.asarray(high) - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def blur(field: NDArray[np.float32], pixels: float) -> NDArray[np.float32]:
    """Blur a field or a picture, its edges reflected."""
    spread = (pixels, pixels, 0)[: field.ndim]
    return ndimage.gaussian_filter(field, spread, mode="reflect")


def sample(field: NDArray[np.float32], y: Field, x: Field) -> NDArray[np.float32]:
    """Read a field or a picture at any place, mirrored beyond its edges."""
    if field.ndim == 3:
        return np.stack([sample(field[..., c], y, x) for c in range(field.shape[2])], -1)
    return ndimage.map_coordinates(field, (y, x), order=1, mode="mirror", output=np.float32)


def shaken(field: NDArray[np.float32], pixels: float, cell: float, rng: Rng) -> NDArray[np.float32]:
    """Move every point of a field by soft noise, as a hand, a wet paper or a fire would."""
    size = field.shape[0]
    y, x = grid(size)
    dy, dx = (pixels * clouds(size, cell, rng, 3) for _ in range(2))
    return sample(field, y + dy, x + dx)


def slid(field: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Move a field; what comes in at the edge repeats the edge."""
    y, x = (np.arange(length) for length in field.shape[:2])
    rows, columns = np.clip(y - down, 0, y[-1]), np.clip(x - right, 0, x[-1])
    return field[rows[:, None], columns[None]]


class Cells(NamedTuple):
    """Which seed is nearest, how far it is, and how far the border with the next one is."""

    index: NDArray[np.intp]
    distance: Field
    border: Field


def cells(seeds: NDArray[np.floating], y: Field, x: Field) -> Cells:
    """Divide the plane among `seeds` (y, x), each pixel to the nearest."""
    places = np.stack([y, x], -1)
    distances, nearest = cKDTree(seeds).query(places, k=2)
    gap = np.linalg.norm(seeds[nearest[..., 0]] - seeds[nearest[..., 1]], axis=-1)
    border = (distances[..., 1] ** 2 - distances[..., 0] ** 2) / (2 * np.maximum(gap, 1e-3))
    return Cells(nearest[..., 0], distances[..., 0].astype(np.float32), border.astype(np.float32))


def scatter(size: int, spacing: float, rng: Rng, margin: float = 40) -> NDArray[np.float32]:
    """Scatter places (y, x) about `spacing` apart: a jittered grid, in shuffled order."""
    line = np.arange(-margin, size + margin, spacing)
    places = np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    places = places + rng.uniform(-0.5, 0.5, places.shape) * spacing
    return rng.permutation(places).astype(np.float32)


def wobbly_grid(size: int, rng: Rng, pixels: float, cell: float) -> tuple[Field, Field]:
    """Give the y and x of every pixel as a hand that trembles would place them."""
    y, x = grid(size)
    return y + pixels * clouds(size, cell, rng, 3), x + pixels * clouds(size, cell, rng, 3)


def stream(psi: Field) -> Field:
    """Give the direction along the level lines of `psi`, in radians."""
    dy, dx = np.gradient(psi)
    return np.arctan2(dx, -dy).astype(np.float32)
