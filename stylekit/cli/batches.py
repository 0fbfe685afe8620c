"""Which paintings to make of many photographs and styles, and where each goes."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from stylekit import images
from stylekit.errors import BadRequest

PIPE = Path("-")
"""Standard input among what is read, standard output among what is written."""

HEAD_BYTES = 256
MAX_NAMED = 5


@dataclass(frozen=True)
class File:
    """Something to read: a file, or standard input."""

    path: Path
    below: Path = Path()  # the folders between the folder that was named and this file

    @property
    def data(self) -> bytes:
        """All of it; standard input is read once and kept, for it cannot be read again."""
        return self._standard_input if self.path == PIPE else self.path.read_bytes()

    @cached_property
    def _standard_input(self) -> bytes:
        return sys.stdin.buffer.read()

    @property
    def name(self) -> str:
        """Without folders and ending, for the names of what is painted."""
        return "stdin" if self.path == PIPE else self.path.stem


@dataclass(frozen=True)
class Item:
    """One painting to make: a photograph, a style and where the result goes."""

    photo: File
    style: str | File  # the name of a preset, or a picture
    output: Path
    format: str | None  # to write; None: JPEG, or PNG where the photograph is transparent

    @property
    def style_name(self) -> str:
        """As a person would say it."""
        return self.style if isinstance(self.style, str) else self.style.name

    def places(self) -> list[Path]:
        """Where the result may go."""
        if self.output == PIPE:
            return []
        return [self.output, self.output.with_suffix(".png")] if not self.format else [self.output]

    def exists(self) -> bool:
        """Whether there is a result already, or something else in its place."""
        return any(place.exists() for place in self.places())


@dataclass
class Found:
    """What there is to read in the folders and files that were named."""

    files: list[File] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


# What is read ---------------------------------------------------------------------------------


def find(paths: Iterable[Path], *, recursive: bool = False, besides: Path | None = None) -> Found:
    """The files among `paths`, and the pictures in the folders among them, in order of name.

    A picture is known by its content, whatever its name; what only has the name of one is kept,
    too, so that whoever paints it says what is wrong. The folder `besides`, where the results go,
    is not looked into.

    Raises:
        BadRequest: when a folder holds no picture.
    """
    found = Found()
    for path in paths:
        if path == PIPE or not path.is_dir():
            found.files.append(File(path))
            continue
        before = len(found.files)
        walk(path, Path(), found, recursive=recursive, besides=besides)
        if len(found.files) == before:
            deeper = "" if recursive else " itself; --recursive looks into the folders in it, too"
            raise BadRequest(f"There are no pictures in {path}{deeper}.")
    return found


def walk(folder: Path, below: Path, found: Found, *, recursive: bool, besides: Path | None) -> None:
    """Add the pictures of a folder to what was found."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if recursive and not path.name.startswith(".") and not same(path, besides):
                walk(path, below / path.name, found, recursive=True, besides=besides)
            else:
                found.skipped.append(path)
        elif is_picture(path):
            found.files.append(File(path, below))
        else:
            found.skipped.append(path)


def same(path: Path, other: Path | None) -> bool:
    """Whether both are one folder."""
    return other is not None and other.exists() and path.samefile(other)


def is_picture(path: Path) -> bool:
    """Whether the file begins like a picture, or is called one and will be said to be none."""
    return format_of(path) is not None or path.suffix.lower() in images.SUFFIXES


def format_of(path: Path) -> str | None:
    """The format that the first bytes announce; None for what is no picture or cannot be read."""
    try:
        with path.open("rb") as file:
            return images.format_of(file.read(HEAD_BYTES))
    except OSError:
        return None


def find_styles(styles: Sequence[str]) -> list[str | File]:
    """Presets by name, pictures, and the pictures in folders; a file goes before a preset.

    Raises:
        BadRequest: when a folder holds no picture.
    """
    found: list[str | File] = []
    for style in styles:
        path = Path(style)
        is_file = path == PIPE or path.exists() or bool(path.suffix)
        found.extend(find([path]).files if is_file else [style])
    return found


# What is written ------------------------------------------------------------------------------


def plan(
    photos: Sequence[File],
    styles: Sequence[str | File],
    output: Path | None,
    format: str | None = None,
) -> list[Item]:
    """Which paintings to make, and where each goes.

    Raises:
        BadRequest: when several pictures would go into one file, or the file's name says a format
            that is not written.
    """
    if output is None and any(photo.path == PIPE for photo in photos):
        output = PIPE
    if output is not None and is_one_file(output):
        refuse_one_file(output, len(photos) * len(styles), format)
        named = images.OUTPUT_SUFFIXES.get(output.suffix.lower(), format)
        return [Item(photos[0], styles[0], output, named)]
    taken: set[Path] = set()
    return [
        item_in(output or Path(), photo, style, format, taken)
        for photo in photos
        for style in styles
    ]


def item_in(
    folder: Path, photo: File, style: str | File, format: str | None, taken: set[Path]
) -> Item:
    """A painting whose result goes into a folder, under a name that is not taken yet."""
    fitting, depends = (format, False) if format else format_like(photo.path)
    name = free_name(folder / photo.below / file_name(photo, style, fitting), taken)
    return Item(photo, style, name, None if depends else fitting)


def is_one_file(output: Path) -> bool:
    """Whether it is a file (by its ending, or standard output) and not a folder."""
    return output == PIPE or (bool(output.suffix) and not output.is_dir())


def refuse_one_file(output: Path, count: int, format: str | None) -> None:
    """Raise `BadRequest` where `count` pictures cannot go into the file `output`."""
    if output != PIPE and output.suffix.lower() not in images.OUTPUT_SUFFIXES:
        raise BadRequest(f"{output}: pictures are written as {', '.join(images.OUTPUT_SUFFIXES)}.")
    if count > 1:
        raise BadRequest(f"{count} pictures do not fit into {output}; name a folder instead.")
    if format and output != PIPE and images.OUTPUT_SUFFIXES[output.suffix.lower()] != format:
        raise BadRequest(f"{output} and --format {format} are two formats; say one of them.")


def free_name(path: Path, taken: set[Path]) -> Path:
    """`path`, or with -2, -3 … before its ending where this batch has used it already."""
    free, number = path, 1
    while free in taken:
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    taken.add(free)
    return free


def file_name(photo: File, style: str | File, format: str) -> str:
    """`photo-style.ext`, with the photo's own ending where it means that format."""
    own = photo.path.suffix.lower()
    usual = images.OUTPUTS[format].suffixes[0]
    suffix = own if images.OUTPUT_SUFFIXES.get(own) == format else usual
    return f"{photo.name}-{style if isinstance(style, str) else style.name}{suffix}"


def format_like(photo: Path) -> tuple[str, bool]:
    """The format to write for a photograph, and whether it depends on the photograph's alpha."""
    known = format_of(photo)
    if known is None:  # not there, or no picture; whoever reads it will say so
        return images.OUTPUT_SUFFIXES.get(photo.suffix.lower(), "jpeg"), False
    kept = images.FORMATS[known].kept_as
    return kept, kept == "jpeg" and known != "JPEG"


# What may be written over ---------------------------------------------------------------------


def without_existing(items: Sequence[Item]) -> Iterator[Item]:
    """The items whose results are not there yet."""
    return (item for item in items if not item.exists())


def refuse_existing(items: Sequence[Item]) -> None:
    """Raise `BadRequest` where a result would replace a file."""
    there = [str(item.output) for item in items if item.exists()]
    if not there:
        return
    named = ", ".join(there[:MAX_NAMED]) + (" …" if len(there) > MAX_NAMED else "")
    what = f"{named} exists" if len(there) == 1 else f"{len(there)} files exist ({named})"
    raise BadRequest(f"{what}; --force replaces, --skip-existing leaves what is there.")


def make_folders(items: Sequence[Item]) -> None:
    """Make the folders of the results, and see that each can be written to.

    Raises:
        OSError: naming the folder that cannot be.
    """
    for folder in sorted({item.output.parent for item in items if item.output != PIPE}):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".stylekit-{os.getpid()}"
        probe.touch()
        probe.unlink()
