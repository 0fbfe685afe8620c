"""A painter's functions as ONNX graphs: they start in half a second, and without TensorFlow."""

import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylekit.engines import models, onnx_operators
from stylekit.errors import ModelBroken

OPERATORS = 18
"""Version of ONNX's set of operators."""

Arrays = NDArray[Any]


class Graph:
    """One function, called with batches of float32 arrays; returns its first answer."""

    def __init__(self, path: Path) -> None:
        """Nothing is loaded before the first call."""
        self._path = path

    def __call__(self, *arrays: Arrays) -> Arrays:
        """Run it."""
        names = [each.name for each in self._session.get_inputs()]
        answers = self._session.run(None, dict(zip(names, arrays, strict=True)))
        first: Arrays = answers[0]
        return first

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = models.cores()
        options.log_severity_level = 3  # errors
        return onnxruntime.InferenceSession(self._path, options, ["CPUExecutionProvider"])


class OnnxModel:
    """Has the functions of a SavedModel as attributes, each a `Graph`."""

    def __init__(self, folder: Path) -> None:
        """Find the graphs of a folder."""
        for path in folder.glob("*.onnx"):
            setattr(self, path.stem, Graph(path))


def folder_for(source: str) -> Path:
    """Where the graphs of a model are kept: by its fingerprint, which no other model has."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "stylekit", f"onnx-{OPERATORS}-{models.fingerprint(source)}")


def is_ready(source: str) -> bool:
    """Whether the graphs of a model are there."""
    return folder_for(source).is_dir()


def can_start(source: str) -> bool:
    """Whether they are there, and ONNX Runtime, too."""
    return find_spec("onnxruntime") is not None and all(map(is_ready, models.sources(source)))


def load(source: str) -> OnnxModel:
    """The graphs of a model.

    Raises:
        ModelBroken: when they were not made yet.
    """
    if not is_ready(source):
        raise ModelBroken(
            f"There are no ONNX graphs of the model {source or 'shipped'}; "
            "`stylekit quick-start` makes them."
        )
    return OnnxModel(folder_for(source))


def convert(source: str) -> Path:
    """Make the graphs of a SavedModel and compare them with it; returns their folder.

    Raises:
        ModelBroken: when the model has no style codes, or a graph does not do the same.
    """
    model = models.load(source)
    folder = folder_for(source)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary, "made")
        made.mkdir()
        for name, function in functions_of(model):
            write_graph(function, made / f"{name}.onnx")
        check_alike(model, OnnxModel(made))
        if not folder.is_dir():
            made.rename(folder)
    return folder


def functions_of(model: Any) -> Iterator[tuple[str, Any]]:
    """The functions that paint and read styles, in full precision."""
    if not hasattr(model, "read_style") or not hasattr(model, "paint"):
        raise ModelBroken("The model has no style codes; TensorFlow has to run it.")
    for name in ("read_style", "paint", "knows", "with_boldness"):
        if hasattr(model, name):
            yield name, getattr(model, name)


def write_graph(function: Any, path: Path) -> None:
    """Convert one function of a SavedModel."""
    import tensorflow as tf
    import tf2onnx

    (positional, _), *_ = [each.structured_input_signature for each in function.concrete_functions]
    tf2onnx.convert.from_function(
        tf.function(lambda *arrays: function(*arrays)),
        input_signature=[tf.TensorSpec(each.shape, each.dtype, each.name) for each in positional],
        opset=OPERATORS,
        output_path=str(path),
        custom_op_handlers=onnx_operators.handlers(),
    )


TOLERANCE = 0.01
"""Of a pixel in [0, 1]; half a per cent of a difference cannot be seen."""


def check_alike(model: Any, graphs: OnnxModel) -> None:
    """Raise `ModelBroken` unless the graphs paint a test picture as the SavedModel does."""
    import tensorflow as tf

    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    picture = np.stack([x / 127, y / 95, 0.5 + 0.5 * np.sin(x * y / 300)], axis=-1)[np.newaxis]
    code = model.read_style(tf.constant(picture))
    painted = model.paint(tf.constant(picture), code).numpy()
    try:
        again = graphs.paint(picture, graphs.read_style(picture))  # type: ignore[attr-defined]
    except Exception as error:  # ONNX Runtime has a class of its own for each way to fail
        raise ModelBroken(f"ONNX Runtime cannot run this model: {error}") from error
    worst = float(np.abs(painted - again).max())
    if not worst <= TOLERANCE:
        raise ModelBroken(f"The ONNX graphs paint otherwise than the model, by {worst:g}.")
