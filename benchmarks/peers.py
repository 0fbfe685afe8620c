"""Our engines beside the mobile Magenta model: seconds, and distances in content and style."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from stylekit.engines import models, perceptual, weights
from stylekit.engines.base import GatysOptions
from stylekit.engines.gatys import GatysEngine
from training import data, sheets, teacher

SIDE = 384  # of contents and results, in pixels
STYLE_SIDE = 256  # that styles are read at
THREADS = 2

Pictures = np.ndarray
"""float32, (1, height, width, 3), in [0, 1]."""


@dataclass(frozen=True)
class Peer:
    """One model: how it reads a style (1, 256, 256, 3) and paints a content (1, 384, 384, 3)."""

    name: str
    read: Callable[[Pictures], np.ndarray]
    paint: Callable[[Pictures, np.ndarray], Pictures]
    most_rounds: int = 1000  # that its seconds are taken in; fewer for one that takes its time


def our_painter(folder: Path, name: str, quickly: bool) -> Peer:
    """A SavedModel of ours; `quickly`, as the fast engine uses it on this processor."""
    weights.verify(folder)
    module = tf.saved_model.load(str(folder))
    paint = models.quickest_paint(module) if quickly else module.paint
    return Peer(
        name,
        read=lambda style: np.asarray(module.read_style(tf.constant(style))),
        paint=lambda content, code: np.asarray(paint(tf.constant(content), code)),
    )


def our_gatys() -> Peer:
    """The gatys engine, which reads nothing beforehand."""
    engine, options = GatysEngine(), GatysOptions(max_side=SIDE)
    return Peer(
        "gatys",
        read=lambda style: style,
        paint=lambda content, style: engine.stylize(content[0], style[0], options)[np.newaxis],
        most_rounds=4,
    )


def magenta(folder: Path) -> Peer:
    """The mobile build of the TF-Hub model (Ghiasi et al. 2017)."""
    reader = _interpreter(folder / "magenta_int8_prediction.tflite")
    painter = _interpreter(folder / "magenta_int8_transfer.tflite")
    return Peer(
        "magenta",
        read=lambda style: _invoke(reader, [style]),
        paint=lambda content, code: _invoke(painter, [content, code]),
    )


def _interpreter(path: Path) -> tf.lite.Interpreter:
    interpreter = tf.lite.Interpreter(str(path), num_threads=THREADS)
    interpreter.allocate_tensors()
    return interpreter


def _invoke(interpreter: tf.lite.Interpreter, inputs: list[np.ndarray]) -> np.ndarray:
    wanted = {tuple(detail["shape"]): detail["index"] for detail in interpreter.get_input_details()}
    for value in inputs:
        interpreter.set_tensor(wanted[value.shape], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def pairs(folder: Path) -> Iterator[tuple[Pictures, Pictures]]:
    """Every held-out photograph with one held-out painting and one held-out texture."""
    contents = data.read_folder(folder / "content").held_out
    for styles in ("paintings", "textures"):
        others = data.read_folder(folder / styles).held_out
        for content, style in zip(contents, others, strict=True):
            squares = [data.to_floats([data.square(p, SIDE)]) for p in (content, style)]
            yield squares[0], squares[1]


def smaller(style: Pictures) -> Pictures:
    """A style as the models read it."""
    small = data.square((style[0] * 255).round().astype(np.uint8), STYLE_SIDE)
    return data.to_floats([small])


def distances(
    peers: list[Peer], eyes: list[perceptual.PerceptualNetwork], examples: list[tuple]
) -> dict[str, dict[str, float]]:
    """Geometric mean of each peer's content and style distance in each network's features.

    Distances of pairs differ a hundredfold (a pale texture, an empty sky), so that an ordinary
    mean would tell of a few pairs only.
    """
    found: dict[str, dict[str, list[float]]] = {peer.name: {} for peer in peers}
    for content, style in examples:
        painted = {p.name: p.paint(content, p.read(smaller(style))) for p in peers}
        for network in eyes:
            target = network.features(content)
            wanted = perceptual.style_statistics(network.features(style))
            for name, picture in painted.items():
                seen = network.features(picture)
                values = (
                    perceptual.content_distance(seen, target),
                    perceptual.style_distance(seen, wanted),
                )
                for kind, value in zip(("content", "style"), values, strict=True):
                    key = f"{kind} ({network.name})"
                    found[name].setdefault(key, []).append(float(value[0]))
    return {
        name: {key: float(np.exp(np.mean(np.log(values)))) for key, values in kinds.items()}
        for name, kinds in found.items()
    }


def seconds(peers: list[Peer], example: tuple, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds to paint and to read a style, taken in turns so that all share every load."""
    content, style = example[0], smaller(example[1])
    codes = {peer.name: peer.read(style) for peer in peers}
    spent: dict[str, list[list[float]]] = {peer.name: [[], []] for peer in peers}
    for number in range(rounds + 2):
        for peer in (peer for peer in peers if number < peer.most_rounds):
            started = time.perf_counter()
            peer.paint(content, codes[peer.name])
            painted = time.perf_counter()
            peer.read(style)
            if number >= 2:  # the first two warm up
                spent[peer.name][0].append(painted - started)
                spent[peer.name][1].append(time.perf_counter() - painted)
    return {
        name: {"paint seconds": float(np.median(paint)), "read seconds": float(np.median(read))}
        for name, (paint, read) in spent.items()
    }


def sheet(peers: list[Peer], examples: list[tuple], path: Path, count: int = 8) -> None:
    """Content, style, and what each peer makes of them, one pair a row."""
    rows = []
    for content, style in examples[:: max(1, len(examples) // count)][:count]:
        painted = [peer.paint(content, peer.read(smaller(style))) for peer in peers]
        rows.append(np.concatenate([picture[0] for picture in (content, style, *painted)], axis=1))
    sheets.save(path, np.concatenate(rows, axis=0))


def table(rows: dict[str, dict[str, float]]) -> str:
    """Rows of numbers as text, the first row's ratio to each behind it."""
    (first, *_), columns = rows.values(), list(next(iter(rows.values())))
    lines = [f"{'':14}" + "".join(f"{column:>20}" for column in columns)]
    for name, row in rows.items():
        cells = [f"{row[key]:.4f} ({row[key] / first[key]:.2f})" for key in columns]
        lines.append(f"{name:14}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


def machine() -> str:
    """Where and when this ran."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    load = os.getloadavg()[0]
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    return (
        f"{when} UTC, {os.cpu_count()} × {processor}, load {load:.1f}, TensorFlow {tf.__version__}"
    )


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--magenta", type=Path, required=True, help="folder of the two .tflite")
    parser.add_argument(
        "--data", type=Path, required=True, help="holds content, paintings, textures"
    )
    parser.add_argument("--teacher", type=Path, help="vgg19_sixteenth.npz, to judge by it as well")
    parser.add_argument("--painter", type=Path, default=weights.PAINTER, help="our SavedModel")
    parser.add_argument("--gatys", action="store_true", help="the gatys engine, too")
    parser.add_argument("--other", type=Path, help="another SavedModel of ours to compare with")
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--sheet", type=Path, help="where to write a sheet to look at")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    given = arguments()
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    peers = [magenta(given.magenta), our_painter(given.painter, "ours", quickly=True)]
    if models.multiplies_bfloat16():
        peers.append(our_painter(given.painter, "ours, float32", quickly=False))
    if given.other:
        peers.append(our_painter(given.other, "other", quickly=True))
    if given.gatys:
        peers.append(our_gatys())
    eyes = [perceptual.load_perceptual()]
    if given.teacher:
        eyes.insert(0, teacher.load_teacher(given.teacher))
    everything = list(pairs(given.data))
    examples = everything[:: max(1, len(everything) // given.pairs)]
    speed, quality = seconds(peers, examples[0], given.rounds), distances(peers, eyes, examples)
    rows = {peer.name: speed[peer.name] | quality[peer.name] for peer in peers}
    if given.sheet:
        sheet(peers, examples, given.sheet)
    print(f"{machine()}\n{len(examples)} held-out pairs at {SIDE}², styles read at {STYLE_SIDE}²")
    print(f"\nIn brackets: relative to {peers[0].name}\n\n{table(rows)}\n")
    print(json.dumps({"machine": machine(), "pairs": len(examples), "rows": rows}))


if __name__ == "__main__":
    main()
