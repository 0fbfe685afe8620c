"""Both engines at three sizes: seconds, memory, and how near they come to content and style.

    python -m benchmarks.engines [--teacher vgg19_sixteenth.npz] [--sizes 256 512 1024] [--pairs 2]

Each engine and size runs in a fresh process, so that its peak memory is its own. The first picture
of a process, for which the model is loaded, is not counted in the seconds. `cpu` is the time that
all cores worked: on a machine with other work it says more than the seconds. Distances are relative
(0: the same; 1: about what a grey picture has), as the shipped perceptual network sees them and,
with `--teacher`, as a network sees them that none of the engines looks through.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from stylekit import images
from stylekit.engines.base import FastOptions, GatysOptions, Picture

ROOT = Path(__file__).resolve().parent.parent
PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png", "motorcycle_left.png")
STYLES = ("woodblock-wave", "night-swirls", "stained-glass", "ink-wash")
LIMITS = images.Limits(max_bytes=50_000_000, max_pixels=50_000_000)
TWELVE_MEGAPIXELS = (3000, 4000)


def photograph(name: str, height: int, width: int) -> Picture:
    """A photograph of scikit-image's, cropped to the aspect and brought to the size."""
    data = (resources.files("skimage") / "data" / name).read_bytes()
    picture = images.decode(data, LIMITS).picture
    rows, columns, _ = picture.shape
    high, wide = min(rows, columns * height // width), min(columns, rows * width // height)
    top, left = (rows - high) // 2, (columns - wide) // 2
    return images.resize(picture[top : top + high, left : left + wide], height, width)


def style(name: str) -> Picture:
    """One of the presets."""
    path = ROOT / "static" / "styles" / f"{name}.jpg"
    return images.decode(path.read_bytes(), LIMITS).picture


def one(engine_name: str, height: int, width: int, count: int, teacher: str) -> dict[str, Any]:
    """Paint `count` pairs with one engine at one size, in this process."""
    began = time.perf_counter()
    engine, options = build(engine_name, max(height, width))
    engine.warm_up()
    row: dict[str, Any] = {"engine": engine_name, "height": height, "width": width}
    row["start_seconds"] = time.perf_counter() - began
    pairs = [
        (photograph(content, height, width), style(name))
        for content, name in list(zip(PHOTOGRAPHS, STYLES, strict=True))[:count]
    ]
    engine.stylize(*pairs[0], *quick(options))  # the allocator has seen this size
    clock, cpu = time.perf_counter(), time.process_time()
    painted = [engine.stylize(*pair, options) for pair in pairs]
    row["seconds"] = (time.perf_counter() - clock) / count
    row["cpu_seconds"] = (time.process_time() - cpu) / count
    row["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row["version"] = engine.version
    if height * width <= 1024 * 1024:
        row |= distances(pairs, painted, teacher)
    return row


def build(engine_name: str, longest_side: int) -> tuple[Any, Any]:
    """The engine and the options to paint with."""
    from stylekit.engines.fast import FastEngine
    from stylekit.engines.gatys import GatysEngine

    if engine_name == "fast":
        return FastEngine(), FastOptions()
    return GatysEngine(), GatysOptions(max_side=longest_side)


def quick(options: FastOptions | GatysOptions) -> tuple[Any, ...]:
    """Options for a first, uncounted picture."""
    if isinstance(options, FastOptions):
        return (options,)
    return (GatysOptions(max_side=options.max_side, iterations=8),)


def distances(
    pairs: list[tuple[Picture, Picture]], painted: list[Picture], teacher: str
) -> dict[str, float]:
    """Mean content and style distance, as each network sees them."""
    from stylekit.engines import perceptual

    eyes = {"": perceptual.load_perceptual()}
    if teacher:
        from training.teacher import load_teacher

        eyes["teacher_"] = load_teacher(Path(teacher))
    found: dict[str, list[float]] = {}
    for prefix, network in eyes.items():
        for (content, wanted), picture in zip(pairs, painted, strict=True):
            same_size = images.fit(wanted, max_pixels=picture.shape[0] * picture.shape[1])
            seen, photo, art = (
                network.features(each[np.newaxis]) for each in (picture, content, same_size)
            )
            away = perceptual.content_distance(seen, photo)
            apart = perceptual.style_distance(seen, perceptual.style_statistics(art))
            found.setdefault(f"{prefix}content", []).append(float(away[0]))
            found.setdefault(f"{prefix}style", []).append(float(apart[0]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def in_fresh_process(arguments: argparse.Namespace, *case: str) -> dict[str, Any]:
    """Run one engine and size in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.engines", "--one", *case]
    command += ["--pairs", str(arguments.pairs), "--teacher", arguments.teacher]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=quiet, stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def table(rows: list[dict[str, Any]]) -> str:
    """The rows for people, as Markdown."""
    names = ["start_seconds", "seconds", "cpu_seconds", "peak_megabytes"]
    names += [name for name in rows[0] if name.endswith(("content", "style"))]
    heads = [name.replace("_", " ") for name in names]
    lines = [f"| engine | size | {' | '.join(heads)} |", "|---" * (len(names) + 2) + "|"]
    for row in rows:
        cells = [cell(name, row.get(name)) for name in names]
        size = f"{row['width']} × {row['height']}"
        lines.append(f"| {row['engine']} | {size} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(name: str, value: float | None) -> str:
    """One number, with the digits that it deserves."""
    if value is None:
        return ""
    digits = 0 if name == "peak_megabytes" else 2 if name.endswith("seconds") else 4
    return f"{value:.{digits}f}"


def machine() -> str:
    """What it ran on, and how busy that was with other work."""
    load = os.getloadavg()[0]
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, load before the start {load:.1f}"
    )


def read_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--pairs", type=int, default=2, help="pictures per engine and size, 1 to 4")
    parser.add_argument("--teacher", default="", help="an independent network's .npz, to judge by")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "HEIGHT", "WIDTH"))
    return parser.parse_args()


def main() -> None:
    """Measure, print a table for people and, last, one line of JSON."""
    arguments = read_arguments()
    if arguments.one:
        name, height, width = arguments.one
        print(json.dumps(one(name, int(height), int(width), arguments.pairs, arguments.teacher)))
        return
    when, where = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", machine()
    print(f"{when}, {where}\n", flush=True)
    cases = [(name, str(n), str(n)) for n in arguments.sizes for name in ("fast", "gatys")]
    cases.append(("fast", *map(str, TWELVE_MEGAPIXELS)))
    rows = []
    for case in cases:
        rows.append(in_fresh_process(arguments, *case))
        print(f"{' '.join(case)}: {rows[-1]['seconds']:.2f} s", file=sys.stderr, flush=True)
    print(table(rows), flush=True)
    print(json.dumps({"benchmark": "engines", "when": when, "machine": where, "rows": rows}))


if __name__ == "__main__":
    main()
