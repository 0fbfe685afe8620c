"""The shipped SavedModels and the perceptual network's weights, each with its card and checksum."""

import hashlib
from pathlib import Path

from stylekit.errors import ModelBroken

HERE = Path(__file__).parent
PAINTER = HERE / "painter"  # of any style
PRESETS = HERE / "presets"  # of the 24 presets alone
PERCEPTUAL = HERE / "perceptual"
CHECKSUMS = "SHA256SUMS"


def verify(folder: Path) -> None:
    """Compare every file that `folder/SHA256SUMS` lists with its checksum.

    Raises:
        ModelBroken: when the list or a listed file is missing, or a file was changed.
    """
    checksums = folder / CHECKSUMS
    if not checksums.is_file():
        raise ModelBroken(f"The model in {folder} has no {CHECKSUMS}.")
    for line in checksums.read_text().splitlines():
        expected, name = line.split(maxsplit=1)
        verify_file(folder / name, expected)


def verify_file(path: Path, expected: str) -> None:
    """Raise `ModelBroken` unless the file at `path` has the SHA-256 `expected`."""
    if not path.is_file():
        raise ModelBroken(f"The model's file {path} is missing.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise ModelBroken(f"{path} has the SHA-256 {found[:12]}…; its list says {expected[:12]}….")


def write_checksums(folder: Path) -> None:
    """Write `folder/SHA256SUMS` over every other file below `folder`; `sha256sum -c` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    ]
    (folder / CHECKSUMS).write_text("".join(lines))
