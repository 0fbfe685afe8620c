"""Prints what an image installs: `python requirements.py cpu|gpu` (Dockerfile).

* `cpu`: tensorflow-cpu, a third of the size. tensorflow-hub asks for the package tensorflow itself
  and is left out; a SavedModel in a folder needs no hub.
* `gpu`: TensorFlow with NVIDIA's libraries, and everything else.
"""

import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent


def requirements(flavour: str, source: Path = SOURCE) -> list[str]:
    """The pinned lines of requirements.txt, in that flavour."""
    if flavour not in ("cpu", "gpu"):
        raise SystemExit(f"The flavour is {flavour!r}; it can be cpu or gpu.")
    lines = (source / "requirements.txt").read_text().split("\n")
    pinned = [line.strip() for line in lines if line.strip() and line[0] != "#"]
    return [changed for line in pinned if (changed := in_flavour(line, flavour))]


def in_flavour(line: str, flavour: str) -> str:
    """The line as the image needs it; empty if not at all."""
    name, _, version = line.partition("==")
    if name == "tensorflow":
        kind = "tensorflow-cpu" if flavour == "cpu" else "tensorflow[and-cuda]"
        return f"{kind}=={version}"
    return "" if flavour == "cpu" and name in ("tensorflow-hub", "setuptools") else line


if __name__ == "__main__":
    print("\n".join(requirements(*sys.argv[1:])))
