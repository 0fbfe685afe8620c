"""The style catalogue: named pictures in a file store."""

import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stylekit import images
from stylekit.errors import (
    BadRequest,
    BadSettings,
    StyleNotFound,
)
from stylekit.settings import Settings
from stylekit.storage import FileStore, FolderStore, check_key, open_store
from stylekit.storage.cache import Cache

CATALOGUE = "catalogue.json"
MAX_NAME_LENGTH = 80  # letters of a name that are compared and repeated to the caller
FRESH_SECONDS = 300.0  # a copy from a bucket is used this long before it is asked for again


@dataclass(frozen=True, kw_only=True)
class Style:
    """One preset."""

    id: str
    number: int  # its place in the catalogue, from 1
    name: str
    description: str
    file: str  # its key in the store
    palette: tuple[str, ...]  # its main colours, #rrggbb


class Catalogue:
    """The presets of one store, in order. Safe to share between threads."""

    def __init__(
        self, store: FileStore, cache: Path | None = None, *, fresh_seconds: float = FRESH_SECONDS
    ) -> None:
        """Read from `store`; with a `cache` folder, keep copies there, where asking takes time."""
        self._cache = None
        if cache is not None:
            self._cache = Cache(store, FolderStore(cache), fresh_seconds=fresh_seconds)
        self._read = self._cache.read if self._cache else store.read

    def all(self) -> list[Style]:
        """Every style, in order.

        Raises:
            FileNotStored: when the store has no catalogue.
            StorageUnavailable: when it cannot be reached and there is no copy.
            BadSettings: when the catalogue cannot be understood.
        """
        styles = parse(self._read(CATALOGUE))
        if self._cache:
            self._cache.keep_only({CATALOGUE, *(style.file for style in styles)})
        return styles

    def get(self, name: str | int) -> Style:
        """The style with this id, name or number (counted from 1).

        Raises:
            StyleNotFound: with the nearest names.
        """
        styles = self.all()
        wanted = str(name)[:MAX_NAME_LENGTH].strip().lower()
        for style in styles:
            if wanted in (style.id.lower(), style.name.lower(), str(style.number)):
                return style
        raise StyleNotFound(
            f"There is no style {str(name)[:MAX_NAME_LENGTH]!r}; {_hint(wanted, styles)}"
        )

    def read(self, style: Style) -> bytes:
        """The picture file of a style.

        Raises:
            FileNotStored, StorageUnavailable.
        """
        return self._read(style.file)


def _hint(wanted: str, styles: list[Style]) -> str:
    """What may have been meant."""
    if wanted.lstrip("-").isdigit():
        return f"they are numbered 1 to {len(styles)}."
    names = {name.lower(): style.id for style in styles for name in (style.id, style.name)}
    near = dict.fromkeys(names[each] for each in get_close_matches(wanted, names, n=4, cutoff=0.5))
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(style.id for style in styles)}."


def parse(data: bytes) -> list[Style]:
    """The styles of a catalogue file: a JSON list of id, name, description, file, palette.

    Raises:
        BadSettings: naming the entry and what is wrong with it.
    """
    try:
        entries = json.loads(data)
    except ValueError as error:
        raise BadSettings(f"{CATALOGUE} is not JSON: {error}.") from None
    if not isinstance(entries, list):
        raise BadSettings(f"{CATALOGUE} has to be a list of styles.")
    styles = [_style(number, entry) for number, entry in enumerate(entries, start=1)]
    ids = [style.id for style in styles]
    for id in ids:
        if ids.count(id) > 1:
            raise BadSettings(f"{CATALOGUE} has two styles {id!r}.")
    return styles


def _style(number: int, entry: Any) -> Style:
    try:
        return Style(
            id=str(entry["id"]),
            number=number,
            name=str(entry["name"]),
            description=str(entry.get("description", "")),
            file=check_key(str(entry["file"])),
            palette=tuple(str(color) for color in entry.get("palette", ())),
        )
    except (KeyError, TypeError, AttributeError, BadRequest) as error:
        raise BadSettings(f"Entry {number} of {CATALOGUE} is wrong: {error}") from None


def push(source: FileStore, target: FileStore) -> list[str]:
    """Copy a catalogue with its pictures to another store; returns the keys that were written.

    The list is written last, so that it never names a picture that is not there yet.
    """
    catalogue = source.read(CATALOGUE)
    keys = list(dict.fromkeys(style.file for style in parse(catalogue)))
    for key in keys:
        data = source.read(key)
        target.write(key, data, content_type=images.mime_type(data))
    target.write(CATALOGUE, catalogue, content_type="application/json")
    return [*keys, CATALOGUE]


def open_catalogue(settings: Settings) -> Catalogue:
    """The catalogue that the settings name, with a cache on disk where it lies in a bucket."""
    cache = settings.data / "styles" if settings.topology.has_styles_bucket else None
    return Catalogue(open_store(settings.styles_url), cache)
