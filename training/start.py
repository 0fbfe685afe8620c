"""Write the weights of a SavedModel as a file that a training can begin with (`--start`).

    python -m training.start presets --out start.npz
    python -m training.start FOLDER OTHER_FOLDER --out mean.npz

A painter of presets comes back with codes that are the shares of its styles, one more than it has
styles: its recipe must say so (`widths = { code = 25, … }`). Weights come back in half precision.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stylekit.engines import weights
from training import codebook, export, network
from training.trainer import read_recipe

PRESETS_RECIPE = Path(__file__).parent / "recipes/presets.toml"


def read_saved_model(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the SavedModel in `folder`, by the paths of the variables that they are for.

    Raises:
        ValueError: when they were exported from another network than `training/network.py` makes.
    """
    module = tf.saved_model.load(str(folder))
    if not hasattr(module, "known"):
        return _arrays(network.Painter().variables, module.weights)
    codes, colors, thumbnails = module.known
    widths = read_recipe(PRESETS_RECIPE).options["widths"] | {"code": codes.shape[1]}
    painter = network.Painter(network.Widths(**widths))
    book = codebook.Codebook(colors.shape[0], codes.shape[1])
    needed = [v for v in painter.variables if export.KnownStyles.needs(v)]
    known = _arrays(book.variables, [codes, colors, thumbnails])
    return _arrays(needed, module.weights) | known


def mean(folders: list[Path]) -> dict[str, np.ndarray]:
    """The mean of the arrays of several SavedModels that were exported from one network.

    Weights before and after a short phase of training lie so near together that their mean paints
    between the two (Wortsman et al. 2022).
    """
    read = [read_saved_model(folder) for folder in folders]
    return {name: np.mean([arrays[name] for arrays in read], axis=0) for name in read[0]}


def _arrays(variables: list[keras.Variable], stored: list[tf.Variable]) -> dict[str, np.ndarray]:
    found, wanted = [tuple(v.shape) for v in stored], [tuple(v.shape) for v in variables]
    if found != wanted:
        raise ValueError(f"The SavedModel was exported from another network: {found}, not {wanted}")
    pairs = zip(variables, stored, strict=True)
    return {variable.path: value.numpy().astype(np.float32) for variable, value in pairs}


def main() -> None:
    """Write from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "which", nargs="+", help="painter, presets, or a folder with a SavedModel; or several"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write: NAME.npz")
    given = parser.parse_args()
    np.savez(given.out, **mean([_folder(name) for name in given.which]))


def _folder(name: str) -> Path:
    shipped = weights.HERE / name
    return shipped if shipped.is_dir() else Path(name)


if __name__ == "__main__":
    main()
