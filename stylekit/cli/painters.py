"""Who paints the pictures of a batch in this process; `remote` lets a server do it."""

from argparse import Namespace
from collections.abc import Callable
from typing import Protocol

from stylekit import images
from stylekit.catalogue import open_catalogue
from stylekit.cli.arguments import given_options
from stylekit.cli.batches import File, Item
from stylekit.engines.base import Picture, Progress
from stylekit.engines.registry import build_engines, options_from, starting_quickly
from stylekit.errors import PaintingFailed
from stylekit.painting.task import result_format
from stylekit.settings import Settings

OnFraction = Callable[[float, str], None]
"""Hears how much of a painting is done, 0 to 1, and a few words."""

FEW = 30
"""Pictures, up to which a quick start saves more time than TensorFlow's quicker painting does."""


class Painter(Protocol):
    """Makes the paintings of a batch, one after the other."""

    notes: tuple[str, ...]  # what to know of the last photograph: that it was cut off, for one

    def paint(self, item: Item, on_fraction: OnFraction) -> bytes:
        """The finished picture's file, in the item's format or in the one that fits the photo."""
        ...


class LocalPainter:
    """Paints in this process. Styles are read once each."""

    notes: tuple[str, ...] = ()

    def __init__(self, said: Namespace, settings: Settings, count: int = 1) -> None:
        """Check the options and find the engine and the catalogue; nothing is loaded yet."""
        if said.engine == "fast" and count <= FEW:
            settings = starting_quickly(settings)
        self.options = options_from(said.engine, given_options(said))
        self.engine = build_engines(settings).get(said.engine)
        self.catalogue = open_catalogue(settings)
        self.read: dict[str | File, Picture] = {}

    def paint(self, item: Item, on_fraction: OnFraction) -> bytes:
        """Decode, paint, encode."""

        def on_progress(progress: Progress) -> None:
            left = f"{progress.eta_seconds:.0f} s left" if progress.eta_seconds else progress.stage
            on_fraction(progress.fraction, left)

        content = images.decode(item.photo.data, images.LOCAL_LIMITS)
        self.notes = content.notes
        style = self.style(item.style)
        try:
            painted = self.engine.stylize(content.picture, style, self.options, on_progress)
        except MemoryError:
            height, width, _ = content.picture.shape
            raise PaintingFailed(f"No memory to paint {width} × {height} pixels.") from None
        return images.encode(painted, result_format(item.format, content), alpha=content.alpha)

    def style(self, style: str | File) -> Picture:
        """The style's picture.

        Raises:
            StyleNotFound: when there is no preset of that name.
        """
        if style not in self.read:
            if isinstance(style, File):
                data = style.data
            else:
                data = self.catalogue.read(self.catalogue.get(style))
            self.read[style] = images.decode(data, images.LOCAL_LIMITS).as_style()
        return self.read[style]
