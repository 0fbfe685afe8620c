"""Pigments, papers and light: how fields become colour."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.presets.fields import Field, Picture, Rng, blur, clouds


def rgb(code: str) -> NDArray[np.float32]:
    """Turn '#rrggbb' into three numbers in [0, 1]."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def inks(codes: str) -> NDArray[np.float32]:
    """Turn '#rrggbb #rrggbb …' into (count, 3)."""
    return np.stack([rgb(code) for code in codes.split()])


def ramp(t: Field, codes: str) -> NDArray[np.float32]:
    """Run through the colours as `t` goes from 0 to 1."""
    stops = inks(codes)
    place = np.clip(t, 0, 1) * (len(stops) - 1)
    low = np.minimum(place.astype(int), len(stops) - 2)
    part = (place - low)[..., None]
    return (stops[low] * (1 - part) + stops[low + 1] * part).astype(np.float32)


def ground(size: int, code: str) -> Picture:
    """One colour everywhere."""
    return np.broadcast_to(rgb(code), (size, size, 3)).astype(np.float32)


def over(below: Picture, above: NDArray[np.float32], cover: Field) -> Picture:
    """Lay opaque paint where `cover` is 1."""
    return below + (above - below) * cover[..., None]


def glaze(below: Picture, pigment: NDArray[np.float32], cover: Field) -> Picture:
    """Lay transparent ink: it darkens what lies below by its own colour."""
    return below * (1 - cover[..., None] * (1 - pigment))


def jitter(colours: NDArray[np.float32], amount: float, rng: Rng) -> NDArray[np.float32]:
    """Vary colours (count, 3) in lightness, and half as much in hue."""
    light = rng.normal(0, amount, (len(colours), 1))
    hue = rng.normal(0, amount / 2, colours.shape)
    return np.clip(colours + light + hue, 0, 1).astype(np.float32)


def lit(picture: Picture, height: Field, relief: float, gloss: float = 0.0) -> Picture:
    """Light a surface from the upper left; `height` is in pixels when `relief` is 1."""
    dy, dx = np.gradient(height * relief)
    up = 1 / np.sqrt(1 + dx**2 + dy**2)
    toward = (0.5 * dx + 0.6 * dy) * -up + 0.62 * up
    shade = 0.35 + 0.65 * toward / 0.62
    shine = gloss * np.clip(toward + 0.02, 0, 1) ** 14
    return (picture * shade[..., None] + shine[..., None]).astype(np.float32)


def paper(size: int, rng: Rng, tooth: float = 1.0) -> Field:
    """Give the height of a rough sheet, mean 0 and deviation `tooth`."""
    grain = blur(rng.standard_normal((size, size)).astype(np.float32), 0.9)
    fibres = clouds(size, 6, rng, 3)
    sheet = grain / grain.std() + 0.6 * fibres
    return tooth * sheet / sheet.std()


def grained(picture: Picture, rng: Rng, amount: float) -> Picture:
    """Add the fine unevenness of a real surface."""
    return picture + amount * paper(picture.shape[0], rng)[..., None]


def dominant(picture: Picture, count: int = 5) -> list[str]:
    """Find the colours that say most about a picture, dark to light, as '#rrggbb'."""
    points = picture[::8, ::8].reshape(-1, 3)
    order = np.argsort(points.sum(axis=1), kind="stable")
    middles = points[order[np.linspace(0, len(points) - 1, count).astype(int)]]
    for _ in range(25):
        nearest = ((points[:, None] - middles) ** 2).sum(-1).argmin(1)
        groups: Sequence[NDArray[np.float32]] = [points[nearest == i] for i in range(count)]
        middles = np.stack(
            [g.mean(0) if len(g) else m for g, m in zip(groups, middles, strict=True)]
        )
    middles = middles[np.argsort(middles.sum(axis=1), kind="stable")]
    return [
        "#" + "".join(f"{round(float(v) * 255):02x}" for v in np.clip(m, 0, 1)) for m in middles
    ]
