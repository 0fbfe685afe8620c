"""Makes the ONNX graphs of a SavedModel's functions, and compares them with it (tf2onnx)."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stylekit.engines import models, onnx_operators
from stylekit.engines.onnx_graphs import OPERATORS, OnnxModel, folder_for
from stylekit.errors import ModelBroken, PaintingFailed

TOLERANCE = 0.01
"""Of a pixel in [0, 1]; half a per cent of a difference cannot be seen."""


def convert(source: str) -> Path:
    """Make the graphs of a SavedModel, unless they are there; returns their folder.

    Raises:
        ModelBroken: when the model has no style codes, or a graph does not do the same.
    """
    folder = folder_for(source)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            made = Path(temporary, "made")
            made.mkdir()
            write_graphs(models.load(source), made)
            if not folder.is_dir():
                made.rename(folder)
    return folder


def write_graphs(model: Any, folder: Path) -> None:
    """Write a graph for each function of a loaded model, in full precision, and try them.

    Raises:
        ModelBroken: when the model has no style codes, or a graph does not do the same.
    """
    for name, function, inputs in functions_of(model):
        write_graph(function, inputs, folder / f"{name}.onnx")
    check_alike(model, OnnxModel(folder))


def functions_of(model: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    """The functions that paint and read styles: name, function, and what it takes."""
    if not models.has_codes(model):
        raise ModelBroken("The model has no style codes; TensorFlow has to run it.")
    for name in ("read_style", "knows", "with_boldness"):
        if hasattr(model, name):
            function = getattr(model, name)
            yield name, function, inputs_of(function)
    yield "paint", *painting_function(model)


def inputs_of(function: Any) -> list[Any]:
    """What a function of a SavedModel takes, in its order."""
    import tensorflow as tf

    (given, _), *_ = [each.structured_input_signature for each in function.concrete_functions]
    return [tf.TensorSpec(each.shape, each.dtype, each.name) for each in given]


def painting_function(model: Any) -> tuple[Any, list[Any]]:
    """The signature `paint` where there is one, for one picture: without a loop over a batch."""
    import tensorflow as tf

    signature: Any = getattr(model, "signatures", {}).get("paint")
    named = signature.structured_input_signature[1] if signature else {}
    if set(named) != {"content", "code"}:
        return model.paint, inputs_of(model.paint)

    def paint(content: Any, code: Any) -> Any:
        return signature(content=content, code=code)

    specs = [named["content"], named["code"]]
    return paint, [tf.TensorSpec((1, *each.shape[1:]), each.dtype, each.name) for each in specs]


def write_graph(function: Any, inputs: list[Any], path: Path) -> None:
    """Convert one function."""
    import tensorflow as tf
    import tf2onnx

    tf2onnx.convert.from_function(
        tf.function(lambda *arrays: function(*arrays)),
        input_signature=inputs,
        opset=OPERATORS,
        output_path=str(path),
        custom_op_handlers=onnx_operators.handlers(),
    )


def check_alike(model: Any, graphs: OnnxModel) -> None:
    """Raise `ModelBroken` unless the graphs paint a test picture as the SavedModel does."""
    import tensorflow as tf

    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    picture = np.stack([x / 127, y / 95, 0.5 + 0.5 * np.sin(x * y / 300)], axis=-1)[np.newaxis]
    code = model.read_style(tf.constant(picture))
    painted = model.paint(tf.constant(picture), code).numpy()
    try:
        again = graphs.paint(picture, graphs.read_style(picture))  # type: ignore[attr-defined]
    except (ModelBroken, PaintingFailed) as error:
        raise ModelBroken(f"ONNX Runtime cannot run this model: {error}") from error
    worst = float(np.abs(painted - again).max())
    if not worst <= TOLERANCE:
        raise ModelBroken(f"The ONNX graphs paint otherwise than the model, by {worst:g}.")
