"""Our engines beside the mobile Magenta model: seconds, and distances in content and style.

    python -m benchmarks.peers --magenta FOLDER --data FOLDER --vgg16 FILE --lite0 FILE [--gatys]

Two sets of pairs: held-out photographs with paintings and textures that no training saw, and
held-out photographs with the presets. The judges (`training/judging_networks.py`) took no part in
what is measured. `--optimised COUNT` adds a set: pictures that are optimised through VGG-16 itself,
which is what the small network stands in for; by the gatys engine, and with `--crowsonkb FOLDER` by
that program, too. There VGG-16 is no judge, for it is the loss.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from stylekit.engines import models
from stylekit.engines.base import GatysOptions
from stylekit.engines.fast import FastEngine
from stylekit.engines.gatys import GatysEngine
from training import data, sheets, teacher
from training.judging_networks import Judge, efficientnet_lite0, vgg16

ROOT = Path(__file__).resolve().parent.parent
SIDE = 384  # of contents and results, in pixels, unless the command line says otherwise
MAGENTA_READS, MAGENTA_PAINTS = 256, 384  # pixels a side; it takes no other size
STYLE_SHARE = 2 / 3  # of that side, at which styles are read: 256² for pictures of 384²
THREADS = models.cores()  # of every peer

Pictures = np.ndarray
"""float32, (1, height, width, 3), in [0, 1]."""

Pair = tuple[Pictures, Pictures]
"""A photograph and a style."""


@dataclass(frozen=True)
class Peer:
    """One model: how it reads a style and paints a content, (1, side, side, 3).

    The style is a square of two thirds of that side.
    """

    name: str
    read: Callable[[Pictures], Any]
    paint: Callable[[Pictures, Any], Pictures]
    most_rounds: int = 1000  # that its seconds are taken in; fewer for one that takes its time


def our_fast(boldness: float) -> Peer:
    """The fast engine: the presets' painter for presets, the other for what is no preset."""
    engine = FastEngine()
    return Peer(
        f"fast, boldness {boldness:g}",
        read=lambda style: engine.read_style(style[0]),
        paint=lambda content, code: engine.paint(content[0], code, boldness=boldness)[np.newaxis],
    )


def our_gatys(boldness: float, side: int = SIDE, perceptual: str = "student") -> Peer:
    """The gatys engine, which reads nothing beforehand."""
    engine, options = GatysEngine(perceptual), GatysOptions(max_side=side, boldness=boldness)
    through = "" if perceptual == "student" else f" through {Path(perceptual).name}"
    return Peer(
        f"gatys{through}, boldness {boldness:g}",
        read=lambda style: style,
        paint=lambda content, style: engine.stylize(content[0], style[0], options)[np.newaxis],
        most_rounds=4,
    )


def magenta(folder: Path, side: int = SIDE) -> Peer:
    """The mobile build of the TF-Hub model (Ghiasi et al. 2017).

    Styles and contents of other sizes are resized, as is what it paints.
    """
    reader = _interpreter(folder / "magenta_int8_prediction.tflite")
    painter = _interpreter(folder / "magenta_int8_transfer.tflite")

    def paint(content: Pictures, code: Pictures) -> Pictures:
        return _resized(_invoke(painter, [_resized(content, MAGENTA_PAINTS), code]), side)

    def read(style: Pictures) -> Pictures:
        return _invoke(reader, [_resized(style, MAGENTA_READS)])

    return Peer("magenta", read, paint)


def microast(folder: Path) -> Peer:
    """MicroAST (Wang et al. 2023), from its authors' repository with their weights; needs PyTorch.

    It reads the style while it paints.
    """
    import torch  # type: ignore[import-not-found]

    torch.set_num_threads(THREADS)
    sys.path.insert(0, str(folder))
    theirs = importlib.import_module("net_microAST")
    parts = {
        "content_encoder": theirs.Encoder(),
        "style_encoder": theirs.Encoder(),
        "modulator": theirs.Modulator(),
        "decoder": theirs.Decoder(),
    }
    for name, part in parts.items():
        path = folder / "models" / f"{name}_iter_160000.pth.tar"
        part.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network = theirs.TestNet(**parts).eval()

    def paint(content: Pictures, style: Pictures) -> Pictures:
        pictures = [torch.from_numpy(p.transpose(0, 3, 1, 2).copy()) for p in (content, style)]
        with torch.inference_mode():
            painted = network(*pictures).clamp(0, 1)
        return painted.numpy().transpose(0, 2, 3, 1)

    return Peer("MicroAST", read=lambda style: style, paint=paint)


def crowsonkb(folder: Path, vgg16: Path, photographs: Pictures) -> Peer:
    """crowsonkb's style-transfer-pytorch with VGG-16 and a third of its steps; needs PyTorch."""
    from benchmarks.crowsonkb import Program

    program = Program(folder, vgg16, photographs, THREADS)
    return Peer(
        "crowsonkb's program",
        read=lambda style: style,
        paint=lambda content, style: program.paint(content, style, first=300, others=150),
        most_rounds=1,
    )


def _resized(pictures: Pictures, side: int) -> Pictures:
    """Square `pictures` at `side`² pixels; judges like what Magenta paints less by Lanczos."""
    if pictures.shape[1] == side:
        return pictures
    return np.clip(tf.image.resize(pictures, (side, side), "bicubic", antialias=True), 0, 1)


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


def pairs(folder: Path, side: int = SIDE) -> Iterator[Pair]:
    """Every held-out photograph with one held-out painting and one held-out texture."""
    contents = data.read_folder(folder / "content").held_out
    for styles in ("paintings", "textures"):
        others = data.read_folder(folder / styles).held_out
        for content, style in zip(contents, others, strict=True):
            squares = [data.to_floats([data.square(p, side)]) for p in (content, style)]
            yield squares[0], squares[1]


def preset_pairs(folder: Path, presets: Path, side: int = SIDE) -> Iterator[Pair]:
    """Every preset with two held-out photographs, one of each folder."""
    held_out = [data.read_folder(folder / name).held_out for name in ("content", "photographs")]
    for number, path in enumerate(sorted(presets.glob("*.jpg"))):
        style = data.to_floats([data.square(data.decode(path, short_side=2 * side), side)])
        for contents in held_out:
            yield data.to_floats([data.square(contents[number], side)]), style


def smaller(style: Pictures) -> Pictures:
    """A style as the models read it."""
    side = round(STYLE_SHARE * style.shape[1])
    small = data.square((style[0] * 255).round().astype(np.uint8), side)
    return data.to_floats([small])


def distances(
    peers: list[Peer], judges: list[Judge], examples: list[Pair]
) -> dict[str, dict[str, float]]:
    """Geometric mean of each peer's content and style distance, by each judge.

    Distances of pairs differ a hundredfold (a pale texture, an empty sky), so that an ordinary
    mean would tell of a few pairs only.
    """
    found: dict[str, dict[str, list[float]]] = {peer.name: {} for peer in peers}
    for content, style in examples:
        painted = {p.name: p.paint(content, p.read(smaller(style))) for p in peers}
        for judge in judges:
            photograph, wanted = judge.features(content), judge.features(style)
            for name, picture in painted.items():
                seen = judge.features(picture)
                away, apart = judge.content(seen, photograph), judge.style(seen, wanted)
                for kind, value in (("content", away), ("style", apart)):
                    found[name].setdefault(f"{judge.name} {kind}", []).append(value)
    return {
        name: {key: float(np.exp(np.mean(np.log(values)))) for key, values in kinds.items()}
        for name, kinds in found.items()
    }


def seconds(peers: list[Peer], example: Pair, rounds: int) -> dict[str, dict[str, float]]:
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
            if number >= min(2, peer.most_rounds - 1):  # the first two warm up
                spent[peer.name][0].append(painted - started)
                spent[peer.name][1].append(time.perf_counter() - painted)
    return {
        name: {"paint seconds": float(np.median(paint)), "read seconds": float(np.median(read))}
        for name, (paint, read) in spent.items()
    }


def sheet(peers: list[Peer], examples: list[Pair], path: Path, count: int = 8) -> None:
    """Content, style, and what each peer makes of them, one pair a row."""
    rows = []
    for content, style in examples[:: max(1, len(examples) // count)][:count]:
        painted = [peer.paint(content, peer.read(smaller(style))) for peer in peers]
        rows.append(np.concatenate([picture[0] for picture in (content, style, *painted)], axis=1))
    sheets.save(path, np.concatenate(rows, axis=0))


def table(rows: dict[str, dict[str, float]]) -> str:
    """Rows of numbers in Markdown, the ratio to the first row behind each."""
    (first, *_), columns = rows.values(), list(next(iter(rows.values())))
    lines = [
        "| |" + "".join(f" {column} |" for column in columns),
        "|---" * (len(columns) + 1) + "|",
    ]
    for name, row in rows.items():
        cells = [f" {row[key]:.4g} (×{row[key] / first[key]:.2f}) |" for key in columns]
        lines.append(f"| {name} |" + "".join(cells))
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


def beside_teacher(given: argparse.Namespace, examples: list[Pair], judge: Judge) -> None:
    """Print what is optimised through VGG-16 itself, and in how much more time."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "vgg16")
        teacher.write_folder(given.vgg16, folder)
        peers = [our_gatys(boldness, given.side) for boldness in given.boldness]
        peers.append(our_gatys(given.boldness[0], given.side, str(folder)))
        if given.crowsonkb:
            photographs = np.concatenate([content for content, _ in examples])
            peers.append(crowsonkb(given.crowsonkb, given.vgg16, photographs))
        speed = seconds(peers, examples[0], given.rounds)
        quality = distances(peers, [judge], examples)
        rows = {peer.name: speed[peer.name] | quality[peer.name] for peer in peers}
        print(f"{len(examples)} examples\n{table(rows)}\n{json.dumps(rows)}\n", flush=True)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--magenta", type=Path, required=True, help="folder of the two .tflite")
    parser.add_argument(
        "--data", type=Path, required=True, help="content, photographs, paintings, …"
    )
    parser.add_argument("--vgg16", type=Path, required=True, help="a judge: as training reads it")
    parser.add_argument("--lite0", type=Path, required=True, help="a judge: EfficientNet-Lite0.pth")
    parser.add_argument("--presets", type=Path, default=ROOT / "static/styles")
    parser.add_argument("--microast", type=Path, help="a checkout of EndyWon/MicroAST; needs torch")
    parser.add_argument("--gatys", action="store_true", help="the gatys engine, too")
    parser.add_argument("--boldness", type=float, nargs="+", default=[0.3])
    parser.add_argument("--side", type=int, default=SIDE, help="of pictures, in pixels")
    parser.add_argument("--pairs", type=int, default=60, help="at most, of each set")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--optimised", type=int, default=0, metavar="COUNT", help="examples of it")
    parser.add_argument("--crowsonkb", type=Path, help="a checkout, for --optimised")
    parser.add_argument("--sheet", type=Path, help="where to write sheets: NAME-pairs.jpg, …")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    given = arguments()
    models.use_cores()
    peers = [magenta(given.magenta, given.side)]
    if given.microast:
        peers.append(microast(given.microast))
    peers += map(our_fast, given.boldness)
    if given.gatys:
        peers += [our_gatys(boldness, given.side) for boldness in given.boldness]
    judges = [vgg16(given.vgg16), efficientnet_lite0(given.lite0)]
    sets = {
        "pairs": list(pairs(given.data, given.side)),
        "presets": list(preset_pairs(given.data, given.presets, given.side)),
    }
    sides = f"at {given.side}², styles read at {round(STYLE_SHARE * given.side)}²"
    print(f"{machine()}\n{sides}; ×: beside {peers[0].name}\n")
    speed = seconds(peers, sets["pairs"][0], given.rounds)
    for name, everything in sets.items():
        examples = everything[:: max(1, len(everything) // given.pairs)]
        quality = distances(peers, judges, examples)
        rows = {peer.name: speed[peer.name] | quality[peer.name] for peer in peers}
        print(f"{len(examples)} {name}\n{table(rows)}\n{json.dumps(rows)}\n", flush=True)
        if given.sheet:
            sheet(peers, examples, given.sheet.with_name(f"{given.sheet.stem}-{name}.jpg"))
    if given.optimised:
        everything = [*sets["pairs"], *sets["presets"]]
        beside_teacher(given, everything[:: len(everything) // given.optimised], judges[-1])


if __name__ == "__main__":
    main()
