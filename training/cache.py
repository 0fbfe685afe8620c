"""What the perceptual networks see in crops of contents and styles, computed once."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from training import colors, data, network

NAMES = ("crops", "content", "numbers", "wanted", "palette")  # of what is stored, beside Grams
READ_SHARE = 2 / 3  # of the size that a style is painted at: 384² are painted in what 256² say


@dataclass(frozen=True)
class Eyes:
    """Two networks, which may be one and the same."""

    reader: perceptual.PerceptualNetwork  # reads styles for the painter; ships with it
    judge: perceptual.PerceptualNetwork  # says how good a painted picture is; only in training


@dataclass(frozen=True)
class Seen:
    """Crops, and what their styles and contents are, to be learnt from many times."""

    crops: np.ndarray  # (n, side, side, 3), uint8; empty for styles
    content: np.ndarray  # (n, side/8, side/8, c), float16; empty for styles
    numbers: np.ndarray  # (n, 745): what the painter reads of them as styles
    wanted: np.ndarray  # (n, 736): means and deviations of the judge's features
    grams: list[np.ndarray]  # five of (n, c, c), of the judge's features
    palette: np.ndarray  # (n, 32, 7): which colours there are, by `colors.palette`

    def save(self, path: Path) -> None:
        """Write to `path`, uncompressed: reading must be faster than computing."""
        grams = {f"gram{stage}": gram for stage, gram in enumerate(self.grams)}
        np.savez(path, **{name: getattr(self, name) for name in NAMES}, **grams)


def load(path: Path) -> Seen:
    """Read what `save` wrote."""
    with np.load(path) as stored:
        grams = [stored[f"gram{stage}"] for stage in range(5)]
        return Seen(**{name: stored[name] for name in NAMES}, grams=grams)


def as_read(pictures: perceptual.Tensor) -> perceptual.Tensor:
    """Square pictures (b, side, side, 3) at the size at which they are read as styles."""
    side = round(READ_SHARE * pictures.shape[1])
    return ops.image.resize(pictures, (side, side), antialias=True)


class Looker(keras.Model):
    """Pictures in, all that is cached of them out; a model, so that every backend compiles it."""

    def __init__(self, eyes: Eyes) -> None:
        """Look through `eyes`."""
        super().__init__(dtype="float32")
        self.reader = eyes.reader.model
        self.judge = eyes.judge.model

    def call(self, pictures: perceptual.Tensor) -> list[perceptual.Tensor]:
        """The judge's content features, what is read, the judge's style numbers, colours, Grams."""
        features = self.judge(pictures)
        numbers = network.style_numbers(features)
        small = as_read(pictures)
        read = network.style_numbers(self.reader(small))
        read = ops.concatenate([read, colors.color_numbers(small)], axis=-1)
        grams = [perceptual.gram_matrix(stage) for stage in features]
        palette = colors.palette(pictures)
        return [features[perceptual.CONTENT_STAGE], read, numbers, palette, *grams]


def look(eyes: Eyes, crops: list[data.Bytes], keep_content: bool, batch: int = 16) -> Seen:
    """Look at `crops` of one size."""
    looker, rows = Looker(eyes), []
    looker.compile(jit_compile=False)
    for start in range(0, len(crops), batch):
        pictures = data.to_floats(crops[start : start + batch])
        content, *style = looker.predict_on_batch(pictures)
        rows.append([content.astype(np.float16) if keep_content else content[:0], *style])
    content, numbers, wanted, palette, *grams = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    kept = np.stack(crops) if keep_content else np.zeros(0)
    return Seen(kept, content, numbers, wanted, grams, palette)


def look_once(
    path: Path,
    eyes: Eyes,
    pictures: list[data.Bytes],
    crop: data.Crops,
    keep_content: bool,
) -> Seen:
    """`look` at the crops that `crop` says of `pictures`, or read what an earlier run saw."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        look(eyes, list(crop.of(pictures)), keep_content).save(path)
    return load(path)


def together(parts: list[Seen]) -> Seen:
    """Several as one, without crops and contents."""
    numbers = np.concatenate([part.numbers for part in parts])
    wanted = np.concatenate([part.wanted for part in parts])
    grams = [np.concatenate(stage) for stage in zip(*(p.grams for p in parts), strict=True)]
    palette = np.concatenate([part.palette for part in parts])
    return Seen(np.zeros(0), np.zeros(0), numbers, wanted, grams, palette)
