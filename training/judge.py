"""How well the perceptual network sees what the teacher sees, on pictures never trained on."""

import argparse
import json
from itertools import combinations
from pathlib import Path

import numpy as np
from keras import ops

from stylekit.engines import perceptual
from training import data, distill, teacher

SIDE = 256


def feature_errors(
    eyes: perceptual.PerceptualNetwork,
    other: perceptual.PerceptualNetwork,
    pictures: data.Batch,
) -> list[float]:
    """Per stage: squared error over the variance of the other's features, mean of pictures."""
    errors = []
    for picture in pictures:
        pairs = zip(eyes.features(picture[None]), other.features(picture[None]), strict=True)
        arrays = [[ops.convert_to_numpy(stage) for stage in pair] for pair in pairs]
        errors.append([np.mean((a - b) ** 2) / np.mean(np.var(b, (1, 2))) for a, b in arrays])
    return [float(error) for error in np.mean(errors, axis=0)]


def style_distances(eyes: perceptual.PerceptualNetwork, pictures: data.Batch) -> np.ndarray:
    """Per pair of pictures and stage, the distance of their styles: (pairs, 5)."""
    features = [eyes.features(picture[None]) for picture in pictures]
    styles = [perceptual.style_statistics(seen) for seen in features]
    rows = []
    for one, two in combinations(range(len(pictures)), 2):
        stages = zip(features[one], styles[two], strict=True)
        rows.append([float(perceptual.stage_style_distance(*stage)[0]) for stage in stages])
    return np.array(rows)


def judge(
    eyes: perceptual.PerceptualNetwork, other: perceptual.PerceptualNetwork, folder: Path
) -> dict[str, list[float]]:
    """Errors and correlations, stage by stage, over the held-out pictures below `folder`."""
    held_out = [data.read_folder(folder / name).held_out for name in distill.FOLDERS]
    pictures = data.to_floats([data.square(picture, SIDE) for some in held_out for picture in some])
    errors = feature_errors(eyes, other, pictures)
    logs = [np.log(style_distances(network, pictures[1::3]) + 1e-6) for network in (eyes, other)]
    correlations = [float(np.corrcoef(logs[0][:, n], logs[1][:, n])[0, 1]) for n in range(5)]
    whole = [np.log(np.exp(log).mean(1)) for log in logs]
    return {
        "relative feature error": errors,
        "correlation of style distances": correlations,
        "correlation over all stages": [float(np.corrcoef(*whole)[0, 1])],
    }


def main() -> None:
    """Judge from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--perceptual", default="student")
    given = parser.parse_args()
    eyes = perceptual.load_perceptual(given.perceptual)
    print(json.dumps(judge(eyes, teacher.load_teacher(given.teacher), given.data)))


if __name__ == "__main__":
    main()
