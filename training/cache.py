"""What the perceptual networks see in crops of styles, computed once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.perceptual import StageStyle
from training import colors, data, network

READ_SHARE = 2 / 3  # of the size that a style is painted at: 384² are painted in what 256² say


@dataclass(frozen=True)
class Networks:
    """Two networks, which may be one and the same."""

    reader: perceptual.PerceptualNetwork  # reads styles for the painter; ships with it
    judge: perceptual.PerceptualNetwork  # says how good a painted picture is; only in training


@dataclass(frozen=True)
class Styles:
    """Styles as the painter reads them, and as the judge sees them."""

    numbers: np.ndarray  # (n, 745)
    means: list[np.ndarray]  # five of (n, c)
    grams: list[np.ndarray]  # five of (n, c, c)

    def save(self, path: Path) -> None:
        """Write to `path`, uncompressed: reading must be faster than computing."""
        stages = {f"mean{n}": mean for n, mean in enumerate(self.means)}
        stages |= {f"gram{n}": gram for n, gram in enumerate(self.grams)}
        np.savez(path, numbers=self.numbers, **stages)

    def mixed(self, one: int, other: int, share: float) -> list[np.ndarray]:
        """Means, then Grams, of a picture of which `share` is in one style: ten arrays."""
        return [share * a[one] + (1 - share) * a[other] for a in (*self.means, *self.grams)]


def load(path: Path) -> Styles:
    """Read what `save` wrote."""
    with np.load(path) as stored:
        means, grams = ([stored[f"{kind}{n}"] for n in range(5)] for kind in ("mean", "gram"))
        return Styles(stored["numbers"], means, grams)


def as_read(pictures: perceptual.Tensor) -> perceptual.Tensor:
    """Square pictures (b, side, side, 3) at the size at which they are read as styles."""
    side = round(READ_SHARE * pictures.shape[1])
    return ops.image.resize(pictures, (side, side), antialias=True)


class FeatureExtractor(keras.Model):
    """Pictures in, all that is cached of them out; a model, so that every backend compiles it."""

    def __init__(self, networks: Networks) -> None:
        """Look through `networks`."""
        super().__init__(dtype="float32")
        self.reader = networks.reader.model
        self.judge = networks.judge.model

    def call(self, pictures: perceptual.Tensor) -> list[perceptual.Tensor]:
        """What is read, then means and Grams of what the judge sees."""
        style = perceptual.style_statistics(self.judge(pictures))
        return [read(self.reader, as_read(pictures)), *unpacked(style)]


def read(reader: keras.Model, pictures: perceptual.Tensor) -> perceptual.Tensor:
    """What a painter is told of pictures (b, h, w, 3) as styles: (b, 745)."""
    numbers = network.style_numbers(reader(pictures))
    return ops.concatenate([numbers, colors.color_numbers(pictures)], axis=-1)


def read_crops(
    reader: perceptual.PerceptualNetwork, crops: Sequence[data.Bytes], batch: int = 16
) -> np.ndarray:
    """What a painter is told of `crops` of one size as styles: (n, 745)."""
    rows = [
        ops.convert_to_numpy(read(reader.model, data.to_floats(crops[start : start + batch])))
        for start in range(0, len(crops), batch)
    ]
    return np.concatenate(rows)


def unpacked(style: list[StageStyle]) -> list[perceptual.Tensor]:
    """Five means, then five Grams."""
    return [stage.mean for stage in style] + [stage.gram for stage in style]


def extract(networks: Networks, crops: Iterable[data.Bytes], batch: int = 16) -> Styles:
    """What the networks see in `crops` of one size."""
    extractor, rows, crops = FeatureExtractor(networks), [], list(crops)
    extractor.compile(jit_compile=False)
    for start in range(0, len(crops), batch):
        pictures = data.to_floats(crops[start : start + batch])
        rows.append(extractor.predict_on_batch(pictures))
    numbers, *stages = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Styles(numbers, stages[:5], stages[5:])


def extract_once(
    path: Path, networks: Networks, pictures: list[data.Bytes], crop: data.Crops
) -> Styles:
    """`extract` from the crops that `crop` says of `pictures`, or read what an earlier run saw."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        extract(networks, crop.of(pictures)).save(path)
    return load(path)


def together(parts: list[Styles]) -> Styles:
    """Several as one."""
    means, grams = (
        [np.concatenate(stage) for stage in zip(*each, strict=True)]
        for each in ([part.means for part in parts], [part.grams for part in parts])
    )
    return Styles(np.concatenate([part.numbers for part in parts]), means, grams)
