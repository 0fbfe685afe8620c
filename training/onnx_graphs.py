"""Write the ONNX graphs of the shipped painters beside them, without a second copy of the weights.

    python -m training.onnx_graphs [FOLDER …]

A graph names the places of its weights in the SavedModel's own `variables.data-00000-of-00001`, as
ONNX's external data. They stand there in half precision and are made full precision when a graph is
loaded. `training.export` calls this; on its own it is for graphs that should be made anew.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

from stylekit.engines import weights
from stylekit.engines.onnx_conversion import write_graphs
from stylekit.engines.onnx_graphs import OnnxModel
from stylekit.errors import ModelBroken

VARIABLES = "variables/variables.data-00000-of-00001"
LARGE = 1024  # bytes of a constant from which it is looked for among the variables
MOST_OWN = 100_000  # bytes of large constants that a graph may keep itself
ORDERS = {2: ((0, 1), (1, 0)), 4: ((0, 1, 2, 3), (2, 3, 1, 0))}
"""How the axes of a constant may stand in the file: TensorFlow has a kernel's channels last."""


def write(folder: Path) -> None:
    """Write the graphs of the SavedModel in `folder` and its checksums anew.

    Raises:
        ModelBroken: when a graph does not do what the model does.
        ValueError: when weights of a graph are not among the model's variables.
    """
    for old in folder.glob("*.onnx"):
        old.unlink()
    model = tf.saved_model.load(str(folder))
    write_graphs(model, folder)
    whole = paint_twice(OnnxModel(folder))
    stored = (folder / VARIABLES).read_bytes()
    for path in sorted(folder.glob("*.onnx")):
        share_weights(path, stored)
    if not np.array_equal(whole, paint_twice(OnnxModel(folder))):
        raise ModelBroken(f"The graphs in {folder} paint otherwise with the model's own weights.")
    weights.write_checksums(folder)


def paint_twice(graphs: OnnxModel) -> np.ndarray:
    """What the graphs make of a picture in the style of another (1, h, w, 3)."""
    content, style = np.random.default_rng(0).random((2, 1, 64, 96, 3), np.float32)
    painted: np.ndarray = graphs.paint(content, graphs.read_style(style))  # type: ignore[attr-defined]
    return painted


def share_weights(path: Path, stored: bytes) -> None:
    """Let the constants of a graph be those of the variables in `stored`.

    Raises:
        ValueError: when too much of it is not there.
    """
    model = onnx.load(str(path))
    graph, makers, own = model.graph, [], 0
    for constant in list(graph.initializer):
        array = numpy_helper.to_array(constant)
        if array.nbytes < LARGE or array.dtype != np.float32:
            continue
        found = find(array, stored)
        if found is None:
            own += array.nbytes
            continue
        order, offset = found
        graph.initializer.remove(constant)
        graph.initializer.append(half(constant.name, array.transpose(order).shape, offset))
        makers += made_whole(constant.name, order)
    if own > MOST_OWN:
        raise ValueError(f"{own} bytes of weights in {path} are not among the model's variables.")
    nodes = [*makers, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    shorten_names(graph)
    path.write_bytes(model.SerializeToString())


def shorten_names(graph: onnx.GraphProto) -> None:
    """Number what is inside a graph: the names of TensorFlow are four fifths of it."""
    outside = {each.name for each in (*graph.input, *graph.output)} | {""}
    numbers: dict[str, str] = {}

    def short(name: str) -> str:
        return name if name in outside else numbers.setdefault(name, f"t{len(numbers)}")

    if any(each.type == onnx.AttributeProto.GRAPH for n in graph.node for each in n.attribute):
        return  # a loop or a condition looks for names outside of itself
    for node in graph.node:
        node.name = ""
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    for constant in graph.initializer:
        constant.name = short(constant.name)


def find(array: np.ndarray, stored: bytes) -> tuple[tuple[int, ...], int] | None:
    """The order of the axes, and the offset, in which `array` stands in half precision."""
    halved = array.astype(np.float16)
    if not np.array_equal(halved.astype(np.float32), array):
        return None
    for order in ORDERS.get(array.ndim, (tuple(range(array.ndim)),)):
        offset = stored.find(halved.transpose(order).tobytes())
        if offset >= 0:
            return order, offset
    return None


def half(name: str, shape: tuple[int, ...], offset: int) -> TensorProto:
    """A constant in half precision that stands in the file of the variables."""
    constant = TensorProto(
        name=f"{name}:half",
        data_type=TensorProto.FLOAT16,
        dims=shape,
        data_location=TensorProto.EXTERNAL,
    )
    place = {"location": VARIABLES, "offset": offset, "length": 2 * int(np.prod(shape))}
    for key, value in place.items():
        constant.external_data.add(key=key, value=str(value))
    return constant


def made_whole(name: str, order: tuple[int, ...]) -> list[onnx.NodeProto]:
    """Nodes that make the constant `name` of that; ONNX Runtime does it once, while it loads."""
    back = np.argsort(order).tolist()
    return [
        helper.make_node("Cast", [f"{name}:half"], [f"{name}:whole"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", [f"{name}:whole"], [name], perm=back),
    ]


def main() -> None:
    """Write them from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folders", nargs="*", type=Path, help="unless they are the shipped painters"
    )
    for folder in parser.parse_args().folders or [weights.PAINTER, weights.PRESETS]:
        write(folder)


if __name__ == "__main__":
    main()
