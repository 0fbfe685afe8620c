"""A painter's functions as ONNX graphs: they start in a fifth of a second, without TensorFlow."""

import os
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from stylekit.engines import models, weights
from stylekit.errors import ModelBroken, PaintingFailed

OPERATORS = 18
"""Version of ONNX's set of operators."""

PAINT = "paint.onnx"
"""Stands in every folder of graphs."""

Arrays = NDArray[Any]


class Graph:
    """One function, called with batches of float32 arrays; returns its first answer."""

    def __init__(self, path: Path) -> None:
        """Nothing is loaded before the first call."""
        self._path = path

    def __call__(self, *arrays: Arrays) -> Arrays:
        """Run it.

        Raises:
            PaintingFailed: when ONNX Runtime cannot.
        """
        names = [each.name for each in self._session.get_inputs()]
        try:
            answers = self._session.run(None, dict(zip(names, arrays, strict=True)))
        except Exception as error:  # ONNX Runtime has a class of its own for each way to fail
            raise PaintingFailed(f"The model could not paint this picture: {error}") from error
        first: Arrays = answers[0]
        return first

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = models.cores()
        options.log_severity_level = 3  # errors
        try:
            return onnxruntime.InferenceSession(self._path, options, ["CPUExecutionProvider"])
        except Exception as error:
            raise ModelBroken(f"ONNX Runtime cannot load {self._path}: {error}") from error


class OnnxModel:
    """Has the functions of a SavedModel as attributes, each a `Graph`."""

    def __init__(self, folder: Path) -> None:
        """Find the graphs of a folder."""
        for path in folder.glob("*.onnx"):
            setattr(self, path.stem, Graph(path))


def folder_for(source: str) -> Path:
    """Where the graphs of a model are: beside it, as the shipped ones have them, or in the cache.

    There a folder is named by the model's fingerprint, which no other model has.
    """
    beside = models.folder_of(source)
    if "://" not in source and (beside / PAINT).is_file():
        return beside
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "stylekit", f"onnx-{OPERATORS}-{models.fingerprint(source)}")


def is_ready(source: str) -> bool:
    """Whether the graphs of a model are there."""
    return (folder_for(source) / PAINT).is_file()


def can_start(source: str) -> bool:
    """Whether they are there, and ONNX Runtime, too."""
    return find_spec("onnxruntime") is not None and all(map(is_ready, models.sources(source)))


def load(source: str) -> OnnxModel:
    """The graphs of a model.

    Raises:
        ModelBroken: when they were not made yet, or do not match the checksums beside them.
    """
    folder = folder_for(source)
    if not is_ready(source):
        raise ModelBroken(
            f"There are no ONNX graphs of the model {source or 'shipped'}; "
            "`stylekit quick-start` makes them."
        )
    if (folder / weights.CHECKSUMS).is_file():
        weights.verify(folder)
    return OnnxModel(folder)
