"""Samples to look at, and their distances, on pictures never trained on."""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines import perceptual
from training import cache, data, network

BOLDNESS = 0.3  # of what is shown


@dataclass(frozen=True)
class HeldOut:
    """A few contents and styles."""

    contents: data.Batch  # (n, side, side, 3)
    styles: data.Batch  # (m, side, side, 3)

    @staticmethod
    def of(
        contents: list[data.Bytes], styles: list[data.Bytes], count: int = 6, side: int = 256
    ) -> "HeldOut":
        """`count` of each, evenly spread, at side × side."""
        count = min(count, len(contents), len(styles))
        rows = [
            [data.square(pictures[i * len(pictures) // count], side) for i in range(count)]
            for pictures in (contents, styles)
        ]
        return HeldOut(*(data.to_floats(row) for row in rows))

    @staticmethod
    def _read(
        painter: network.Painter, networks: cache.Networks, pictures: data.Batch
    ) -> data.Batch:
        numbers = cache.read(networks.reader.model, cache.as_read(pictures))
        return painter.read(numbers, ops.full((len(pictures),), BOLDNESS))

    def report(
        self,
        step: int,
        painter: network.Painter,
        networks: cache.Networks,
        folder: Path,
    ) -> None:
        """Write `sheets/STEP.jpg` and a line of `scores.txt`."""
        grid, scores = [], []
        codes = self._read(painter, networks, self.styles)
        own = self._read(painter, networks, self.contents)
        wanted = perceptual.style_statistics(networks.judge.features(self.styles))
        returned = np.asarray(ops.convert_to_numpy(painter.paint(self.contents, own)))
        for content in self.contents:
            pictures = np.repeat(content[None], len(self.styles), 0)
            painted = painter.paint(pictures, codes)
            seen = networks.judge.features(painted)
            distance = perceptual.content_distance(seen, networks.judge.features(pictures))
            style = perceptual.style_distance(seen, wanted)
            scores.append([float(ops.mean(distance)), float(ops.mean(style))])
            grid.append(ops.convert_to_numpy(painted))
        error = np.mean(np.square(returned - self.contents), axis=(1, 2, 3))
        content_score, style_score = np.mean(scores, axis=0)
        with (folder / "scores.txt").open("a") as lines:
            print(
                f"{time.strftime('%H:%M:%S')} step {step} content {content_score:.4f} "
                f"style {style_score:.4f} own {np.mean(-10 * np.log10(error)):.1f} dB",
                file=lines,
            )
        rows = [
            np.concatenate([c, *row, r], 1)
            for c, row, r in zip(self.contents, grid, returned, strict=True)
        ]
        blank = np.ones_like(self.contents[0])
        save(
            folder / "sheets" / f"{step:06}.jpg",
            np.concatenate([np.concatenate([blank, *self.styles, blank], 1), *rows], 0),
        )


def save(path: Path, picture: np.ndarray) -> None:
    """Write a picture in [0, 1] as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keras.utils.save_img(path, np.clip(picture, 0, 1) * 255, scale=False, quality=92)
