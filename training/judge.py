"""How well a perceptual network sees what the teacher sees, and what pictures come of it.

    python -m training.judge --data FOLDER --teacher FILE [--lite0 FILE] [--perceptual NAME …]

Everything is on pictures that no training saw. What counts are pictures optimised through the
network, judged by networks whose loss they are not: for the student, its teacher, and one that has
nothing to do with either.
"""

import argparse
import json
from itertools import combinations
from pathlib import Path

import numpy as np
from keras import ops

from stylekit.engines import perceptual
from stylekit.engines.base import GatysOptions
from stylekit.engines.gatys import GatysEngine
from training import data, distill, teacher
from training.judging_networks import Judge, efficientnet_lite0, vgg16

SIDE = 256  # of pictures that are compared
PAINTED_SIDE = 384  # of pictures that are optimised
RIDGE = 1e-3  # of the features' variance, in the regression


def explained(
    measured: perceptual.PerceptualNetwork,
    other: perceptual.PerceptualNetwork,
    pictures: data.Batch,
) -> list[float]:
    """Per stage: the share of the other's variance that a linear map of `measured` explains.

    The map is fitted on every other picture, and tried on the rest.
    """
    shares = []
    for stage in range(len(perceptual.VIEW_CHANNELS)):
        halves = [
            [_places(network, pictures[part::2], stage) for network in (measured, other)]
            for part in (0, 1)
        ]
        (seen, wanted), (new, truth) = halves
        mean, target = seen.mean(0), wanted.mean(0)
        square = (seen - mean).T @ (seen - mean)
        square += RIDGE * np.trace(square) / len(square) * np.eye(len(square))
        found = np.linalg.solve(square, (seen - mean).T @ (wanted - target))
        missed = np.mean((truth - target - (new - mean) @ found) ** 2)
        shares.append(float(1 - missed / np.mean(np.var(truth, axis=0))))
    return shares


def _places(
    network: perceptual.PerceptualNetwork, pictures: data.Batch, stage: int, most: int = 400
) -> np.ndarray:
    """What is seen at some places of each picture: (n, c)."""
    rows = []
    for picture in pictures:
        seen = ops.convert_to_numpy(network.features(picture[None])[stage])[0]
        flat = seen.reshape(-1, seen.shape[-1])
        rows.append(flat[:: max(1, len(flat) // most)])
    return np.concatenate(rows)


def style_distances(measured: perceptual.PerceptualNetwork, pictures: data.Batch) -> np.ndarray:
    """Per pair of pictures and stage, the distance of their styles: (pairs, 5)."""
    features = [measured.features(picture[None]) for picture in pictures]
    styles = [perceptual.style_statistics(seen) for seen in features]
    rows = []
    for one, two in combinations(range(len(pictures)), 2):
        stages = zip(features[one], styles[two], strict=True)
        rows.append([float(perceptual.stage_style_distance(*stage)[0]) for stage in stages])
    return np.array(rows)


def compare(
    measured: perceptual.PerceptualNetwork, other: perceptual.PerceptualNetwork, folder: Path
) -> dict[str, list[float]]:
    """Variance explained and correlations of style distances, stage by stage."""
    held_out = [data.read_folder(folder / name).held_out for name in distill.FOLDERS]
    pictures = data.to_floats([data.square(picture, SIDE) for some in held_out for picture in some])
    logs = [
        np.log(style_distances(network, pictures[1::5]) + 1e-6) for network in (measured, other)
    ]
    correlations = [float(np.corrcoef(logs[0][:, n], logs[1][:, n])[0, 1]) for n in range(5)]
    return {
        "variance explained": explained(measured, other, pictures[::3]),
        "correlation of style distances": correlations,
    }


def optimised(name: str, judges: list[Judge], folder: Path, count: int) -> dict[str, float]:
    """Geometric mean distances of `count` pictures optimised through the network `name`."""
    contents = data.read_folder(folder / "content").held_out
    styles = data.read_folder(folder / "paintings").held_out
    engine, options = GatysEngine(name), GatysOptions(max_side=PAINTED_SIDE)
    found: dict[str, list[float]] = {}
    for index in range(0, len(contents), len(contents) // count):
        pair = (data.square(p[index], PAINTED_SIDE) for p in (contents, styles))
        content, style = (data.to_floats([picture]) for picture in pair)
        painted = engine.stylize(content[0], style[0], options)[np.newaxis]
        for judge in judges:
            seen, photograph, wanted = map(judge.features, (painted, content, style))
            found.setdefault(f"{judge.name} content", []).append(judge.content(seen, photograph))
            found.setdefault(f"{judge.name} style", []).append(judge.style(seen, wanted))
    return {kind: float(np.exp(np.mean(np.log(values)))) for kind, values in found.items()}


def main() -> None:
    """Judge from the command line; a line of JSON for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True, help="VGG-16, which judges, too")
    parser.add_argument("--lite0", type=Path, help="a judge of another family: EfficientNet-Lite0")
    parser.add_argument("--perceptual", nargs="+", default=["student"], help="names or folders")
    parser.add_argument("--pictures", type=int, default=6, help="how many are optimised")
    given = parser.parse_args()
    judges = [vgg16(given.teacher)] + ([efficientnet_lite0(given.lite0)] if given.lite0 else [])
    for name in given.perceptual:
        measured = perceptual.load_perceptual(name)
        seen = compare(measured, teacher.load_teacher(given.teacher), given.data)
        painted = optimised(name, judges, given.data, given.pictures)
        print(json.dumps({"network": name, **seen, **painted}), flush=True)


if __name__ == "__main__":
    main()
