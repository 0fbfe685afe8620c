"""`python -m training.presets --out static/styles` paints every preset and writes the catalogue."""

import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image

from training.presets.catalogue import PRESETS, Preset
from training.presets.colour import dominant
from training.presets.fields import Picture

MOST_BYTES = 165_000  # for one picture, so that all 24 stay below 4 MB


def jpeg(picture: Picture) -> bytes:
    """Pack a picture as JPEG, as good as `MOST_BYTES` allows."""
    pixels = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    for quality in range(88, 60, -2):
        packed = io.BytesIO()
        pixels.save(packed, "JPEG", quality=quality, optimize=True, progressive=True)
        if packed.tell() <= MOST_BYTES:
            break
    return packed.getvalue()


def entry(preset: Preset, picture: Picture) -> dict[str, str | list[str]]:
    """Say of one preset what the catalogue says."""
    return {
        "id": preset.id,
        "name": preset.name,
        "description": preset.description,
        "file": f"{preset.id}.jpg",
        "palette": dominant(picture),
    }


def paint_into(folder: Path, only: list[str]) -> None:
    """Paint the presets (all, or those named) into a folder, and renew its catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "catalogue.json"
    known = {e["id"]: e for e in json.loads(listing.read_text())} if listing.exists() else {}
    for preset in PRESETS:
        if only and preset.id not in only and preset.id in known:
            continue
        start = time.perf_counter()
        picture = preset.paint()
        packed = jpeg(picture)
        (folder / f"{preset.id}.jpg").write_bytes(packed)
        known[preset.id] = entry(preset, picture)
        seconds = time.perf_counter() - start
        print(f"{preset.id:20} {seconds:5.1f} s {len(packed) / 1000:5.0f} kB", flush=True)
    # Name and sentence come from the code even for a picture that was not painted again.
    renewed = [
        known[p.id] | {"name": p.name, "description": p.description, "file": f"{p.id}.jpg"}
        for p in PRESETS
    ]
    listing.write_text(json.dumps(renewed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and paint."""
    parser = argparse.ArgumentParser(prog="python -m training.presets", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("static/styles"), help="folder to fill")
    parser.add_argument("--only", nargs="*", default=[], metavar="ID", help="paint these alone")
    options = parser.parse_args()
    paint_into(options.out, options.only)


if __name__ == "__main__":
    main()
