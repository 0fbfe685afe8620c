"""Who paints the pictures of a batch: this process, or a server."""

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from stylekit import images
from stylekit.cli.arguments import given_options
from stylekit.cli.batches import File, Item
from stylekit.client import Client, ServerError
from stylekit.client import Job as RemoteJob
from stylekit.engines.base import Picture, Progress
from stylekit.engines.registry import build_engines, options_from
from stylekit.errors import PaintingFailed
from stylekit.settings import Settings

OnFraction = Callable[[float, str], None]
"""Hears how much of a painting is done, 0 to 1, and a few words."""

BUSY_SECONDS = 120.0  # a server that refuses because it is busy is asked again this long


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
        from stylekit import wiring  # a server that paints needs none of it

        if not settings.runtime and said.engine == "fast" and count <= FEW:
            settings = replace(settings, runtime=quickest_start(settings))
        self.options = options_from(said.engine, given_options(said))
        self.engine = build_engines(settings).get(said.engine)
        self.catalogue = wiring.build_catalogue(settings)
        self.read: dict[str | File, Picture] = {}

    def paint(self, item: Item, on_fraction: OnFraction) -> bytes:
        """Decode, paint, encode."""

        def on_progress(progress: Progress) -> None:
            left = f"{progress.eta_seconds:.0f} s left" if progress.eta_seconds else progress.stage
            on_fraction(progress.fraction, left)

        from stylekit.transfers.requests import result_format

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


def quickest_start(settings: Settings) -> str:
    """ONNX Runtime where it is installed and `stylekit quick-start` was run; else TensorFlow."""
    from stylekit.engines import onnx_graphs

    return "onnx" if onnx_graphs.can_start(settings.model) else "tensorflow"


class RemotePainter:
    """Lets a server paint, and brings the result back."""

    notes: tuple[str, ...] = ()

    def __init__(self, said: Namespace, settings: Settings) -> None:
        """Check the options here, so that a typing error costs no upload."""
        self.options = given_options(said)
        options_from(said.engine, self.options)
        self.engine = said.engine
        self.client = Client(said.server, api_key=said.api_key or settings.api_key)

    def paint(self, item: Item, on_fraction: OnFraction) -> bytes:
        """Fast paintings come with the answer; others are submitted, waited for and fetched."""
        style = item.style if isinstance(item.style, str) else item.style.data
        photo, format = item.photo.data, item.format or ""
        if self.engine == "fast":
            return self.paint_now(photo, style, format)

        def on_job(job: RemoteJob) -> None:
            left = f"{job.eta_seconds:.0f} s left" if job.eta_seconds else job.stage or job.status
            on_fraction(job.progress, left)

        job = self.client.submit(photo, style, engine=self.engine, format=format, **self.options)
        try:
            self.client.wait(job, on_job)
        except KeyboardInterrupt:
            self.client.cancel(job)
            raise
        return self.client.result(job)

    def paint_now(self, photo: bytes, style: str | bytes, format: str) -> bytes:
        """The answer to one request, which is asked again while the server is busy."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self.client.paint(photo, style, format=format, **self.options)
            except ServerError as error:
                if error.status not in (429, 503) or time.monotonic() > deadline:
                    raise
                time.sleep(error.retry_after or 1.0)
