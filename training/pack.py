"""Pack the pictures that trainings read into a folder small enough to send to another machine.

    python -m training.pack --data FOLDER --out FOLDER

Trainings read the packed folder as they read the other: the same pictures, in the same order, so
that the same ones are held out.
"""

import argparse
from pathlib import Path

from PIL import Image

from training import data

QUALITY = 78  # of WebP: what it loses is less than what is lost by shrinking


def pack(folder: Path, out: Path) -> int:
    """Write the pictures of `folder` to `out`, at the size at which trainings read them.

    Returns the bytes written.
    """
    out.mkdir(parents=True, exist_ok=True)
    total = 0
    for number, path in enumerate(data.paths_in(folder)):
        packed = out / f"{number:05}.webp"
        Image.fromarray(data.decode(path)).save(packed, "WEBP", quality=QUALITY, method=4)
        total += packed.stat().st_size
    return total


def main() -> None:
    """Pack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folders of pictures")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    for folder in sorted(path for path in given.data.iterdir() if any(data.paths_in(path))):
        print(f"{folder.name:12} {pack(folder, given.out / folder.name) / 1e6:6.1f} MB", flush=True)


if __name__ == "__main__":
    main()
