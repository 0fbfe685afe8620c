"""Operators of TensorFlow that tf2onnx does not know, or gets wrong, as ONNX has them."""

from typing import Any

import numpy as np
from onnx import TensorProto

from stylekit.errors import ModelBroken


def handlers() -> dict[str, tuple[Any, list[Any]]]:
    """What `tf2onnx.convert` takes as `custom_op_handlers`."""
    return {
        "ScaleAndTranslate": (resize, []),
        "Bitcast": (look_at_bits, []),
        "FloorMod": (remainder, []),
    }


def resize(graph: Any, node: Any, name: str, args: Any) -> None:
    """`tf.image.resize(…, antialias=True)` of pictures (b, h, w, c): ONNX resizes (b, c, h, w)."""
    pictures, size = node.input[:2]
    result = taken_out(graph, node)
    channels_first = graph.make_node("Transpose", [pictures], attr={"perm": [0, 3, 1, 2]})
    shape = graph.make_node("Shape", channels_first.output)
    ends = [graph.make_const(f"{name}_{end}", np.array([end], np.int64)) for end in (0, 2)]
    kept = graph.make_node("Slice", [shape.output[0], *(end.output[0] for end in ends)])
    wanted = graph.make_node("Cast", [size], attr={"to": TensorProto.INT64})
    sizes = graph.make_node("Concat", [kept.output[0], wanted.output[0]], attr={"axis": 0})
    how = {"mode": "linear", "antialias": 1, "coordinate_transformation_mode": "half_pixel"}
    resized = graph.make_node(
        "Resize", [channels_first.output[0], "", "", sizes.output[0]], attr=how
    )
    graph.make_node("Transpose", resized.output, attr={"perm": [0, 2, 3, 1]}, name=name, **result)


def look_at_bits(graph: Any, node: Any, name: str, args: Any) -> None:
    """Keras looks at the bits of floats only to sort -0.0 before 0.0; the whole part will do."""
    number = node.input[0]
    result = taken_out(graph, node)
    graph.make_node("Cast", [number], attr={"to": result["dtypes"][0]}, name=name, **result)


def remainder(graph: Any, node: Any, name: str, args: Any) -> None:
    """What is left of a division of whole numbers, which tf2onnx gets wrong below 0.

    Raises:
        ModelBroken: for other numbers.
    """
    inputs, result = list(node.input), taken_out(graph, node)
    if result["dtypes"][0] not in (TensorProto.INT32, TensorProto.INT64):
        raise ModelBroken("The model has remainders of fractions; TensorFlow has to run it.")
    graph.make_node("Mod", inputs, name=name, **result)


def taken_out(graph: Any, node: Any) -> dict[str, list[Any]]:
    """Remove a node; returns what the one in its place has to give."""
    (output,) = node.output
    result = {
        "outputs": [output],
        "shapes": [graph.get_shape(output)],
        "dtypes": [graph.get_dtype(output)],
    }
    graph.remove_node(node.name)
    return result
