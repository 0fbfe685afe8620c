"""Which paintings to make of many photographs and styles, and where each goes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylekit import images
from stylekit.errors import BadRequest

OUTPUT_FORMATS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}


@dataclass(frozen=True)
class Commission:
    """One painting to make: a photograph, a style and where the result goes."""

    photo: Path
    style: str
    output: Path


def plan(
    photos_or_folders: Sequence[Path],
    styles: Sequence[str],
    output: Path | None,
    format: str | None = None,
) -> list[Commission]:
    """Which paintings to make, and where each goes.

    Raises:
        BadRequest: when several pictures would go into one file, or a folder holds none.
    """
    photos = list(pictures_in(photos_or_folders))
    named = [str(path) for each in styles for path in style_paths(each)]
    if output and is_picture(output):
        refuse_one_file(output, len(photos) * len(named))
        return [Commission(photos[0], named[0], output)]
    folder = output or Path()
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[Path] = set()
    return [
        Commission(photo, style, free_name(folder / file_name(photo, style, format), taken))
        for photo in photos
        for style in named
    ]


def refuse_one_file(output: Path, count: int) -> None:
    """Raise `BadRequest` where `count` pictures cannot go into the file `output`."""
    if count > 1:
        raise BadRequest(f"{count} pictures do not fit into {output}; name a folder instead.")
    if output.suffix.lower() not in OUTPUT_FORMATS:
        raise BadRequest(f"{output}: pictures are written as {', '.join(OUTPUT_FORMATS)}.")


def free_name(path: Path, taken: set[Path]) -> Path:
    """`path`, or with -2, -3 … before its ending where this batch has used it already."""
    free, number = path, 1
    while free in taken:
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    taken.add(free)
    return free


def pictures_in(paths: Iterable[Path]) -> Iterable[Path]:
    """The pictures among `paths`, with folders opened (one level, in order of name)."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(each for each in path.iterdir() if is_picture(each))
        if not inside:
            raise BadRequest(f"There are no pictures in {path}.")
        yield from inside


def style_paths(style: str) -> Iterable[Path | str]:
    """A style as it was typed, or the pictures in it where it is a folder."""
    return pictures_in([Path(style)]) if Path(style).is_dir() else [style]


def is_picture(path: Path) -> bool:
    """Whether the name ends like a picture's."""
    return path.suffix.lower() in images.SUFFIXES


def file_name(photo: Path, style: str, format: str | None) -> str:
    """`photo-style.ext`, in the photo's own format unless another was asked for."""
    suffix = f".{format}".replace("jpeg", "jpg") if format else photo.suffix.lower()
    return f"{photo.stem}-{Path(style).stem}{suffix if suffix in OUTPUT_FORMATS else '.jpg'}"
