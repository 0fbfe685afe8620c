"""Small real stand-ins: an engine that tints, pictures made in code, three plain styles."""

import io
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylekit import wiring
from stylekit.engines.base import Engine, Enough, OnProgress, Picture, Progress, ignore_progress
from stylekit.jobs import JobStore
from stylekit.logs import add_job
from stylekit.queues.base import Queue
from stylekit.settings import PROJECT_ROOT
from stylekit.transfers.maintenance import Maintenance
from stylekit.transfers.requests import Order
from stylekit.transfers.service import Transfers
from stylekit.wiring import Parts

PATIENCE_MILLISECONDS = 20_000  # of a browser on a busy machine
COLORS = {"vermilion": (0.89, 0.26, 0.2), "celadon": (0.67, 0.88, 0.69), "indigo": (0.2, 0.1, 0.5)}
"""The presets of `style_folder`, in the order of the catalogue."""


class TintEngine(Engine):
    """Moves the content's colours towards the style's mean, in steps that can be slowed or held."""

    version = ""

    def __init__(self, name: str = "fast", *, steps: int = 4, step_seconds: float = 0.0) -> None:
        """Take `steps` steps of `step_seconds`; clear `go_on` to hold it between two steps.

        Held, it reports all the while; with `speaks` cleared it is held and says nothing.
        """
        self.name = name
        self.version = f"tint-{name}-1"
        self.steps = steps
        self.step_seconds = step_seconds
        self.go_on = threading.Event()
        self.go_on.set()
        self.speaks = threading.Event()
        self.speaks.set()
        self.fail_with: BaseException | None = None
        self.content: Picture | None = None  # the last that was painted
        self.painted = self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def stylize(
        self,
        content: Picture,
        style: Picture,
        options: object,
        on_progress: OnProgress = ignore_progress,
    ) -> Picture:
        """The content (h, w, 3), tinted by `strength` (1 where the options have none)."""
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._tint(content, style, float(getattr(options, "strength", 1.0)), on_progress)
        finally:
            with self._lock:
                self.at_once -= 1

    def _tint(
        self, content: Picture, style: Picture, strength: float, on_progress: OnProgress
    ) -> Picture:
        mean = style.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        picture = content
        for step in range(self.steps):
            share = np.float32(0.5 * strength * (step + 1) / self.steps)
            picture = content + share * (mean - content)
            eta = self.step_seconds * (self.steps - step - 1)
            now = Progress(
                fraction=(step + 1) / self.steps,
                eta_seconds=eta,
                preview=picture,
                stage=f"step {step + 1} of {self.steps}",
            )
            try:
                on_progress(now)
                self._rest(on_progress, picture)
            except Enough:
                break
            if self.fail_with is not None and step + 1 == self.steps // 2:
                raise self.fail_with
        self.painted += 1
        self.content = content
        return picture

    def _rest(self, on_progress: OnProgress, picture: Picture) -> None:
        time.sleep(self.step_seconds)
        self.speaks.wait()
        while not self.go_on.wait(0.02):
            on_progress(Progress(fraction=0.5, preview=picture, stage="held"))

    def warm_up(self) -> None:
        """Nothing to load."""


def picture(height: int = 48, width: int = 64, *, seed: int = 0) -> Picture:
    """A smooth picture (h, w, 3) that differs with `seed` and has no two corners alike."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    tilt = 0.1 * (seed % 7)
    red, green = x / max(width - 1, 1), y / max(height - 1, 1)
    blue = 0.5 + 0.5 * np.sin(6 * red + 4 * green + seed)
    return np.clip(np.stack([red * (1 - tilt), green, blue], axis=-1), 0, 1).astype(np.float32)


def printed_by(program: str) -> str:
    """What a Python program prints, run in a process of its own."""
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def picture_bytes(
    height: int = 48,
    width: int = 64,
    format: str = "png",
    *,
    orientation: int = 1,
    alpha: bool = False,
    seed: int = 0,
    color: tuple[float, float, float] | None = None,
) -> bytes:
    """A picture file of these stored pixels, with an EXIF orientation tag where it is not 1."""
    pixels = picture(height, width, seed=seed)
    if color is not None:
        pixels = np.broadcast_to(np.float32(color), pixels.shape)
    image = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    if alpha:
        image.putalpha(Image.linear_gradient("L").resize((width, height)))
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, format.upper().replace("JPG", "JPEG"), exif=exif)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    """What a viewer shows of a picture file, as float32 (h, w, 3), not turned by any tag."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float32) / 255


def alpha(data: bytes) -> np.ndarray:
    """How opaque a picture file is, as whole numbers (h, w)."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.getchannel("A"))


def style_folder(folder: Path) -> Path:
    """A folder with a catalogue of three plain styles, one for each of `COLORS`."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, color in COLORS.items():
        (folder / f"{name}.png").write_bytes(picture_bytes(64, 64, color=color))
        entries.append(
            {
                "id": name,
                "name": name.title(),
                "description": f"Plain {name}.",
                "file": f"{name}.png",
                "palette": ["#" + "".join(f"{round(255 * c):02x}" for c in color)],
            }
        )
    (folder / "catalogue.json").write_text(json.dumps(entries))
    return folder


def order(**changes: Any) -> Order:
    """A photograph in the first preset's style, to be painted now."""
    return Order(**{"content": picture_bytes(), "style": "vermilion", "owner": "me", **changes})


def job_order(**changes: Any) -> Order:
    """The same for the engine that takes its time."""
    return order(**{"engine": "gatys", **changes})


def run_out(jobs: JobStore, id: str) -> None:
    """Let the lease of a job whose worker is dead run out now."""
    job = jobs.get(id)
    jobs.claims.report(
        id,
        job.fence,
        fraction=job.fraction,
        eta_seconds=job.eta_seconds,
        stage=job.stage,
        preview_version=job.preview_version,
        lease_seconds=-1,
    )


def stored(parts: Parts) -> list[str]:
    """The keys of all that is kept of any job."""
    return sorted(parts.files.list("jobs/"))


def with_queue(parts: Parts, queue: Queue, **changes: Any) -> Transfers:
    """The same application with another queue, as if a broker were configured."""
    return wiring.build_transfers(
        replace(parts.settings, queue="amqp://somewhere", **changes),
        access=parts.access,
        requests=parts.transfers.requests,
        files=parts.files,
        queue=queue,
        events=parts.events,
        executor=parts.executor,
    )


def maintenance_with(parts: Parts, queue: Queue, **changes: Any) -> Maintenance:
    """What keeps the same application in order, with another queue."""
    settings = replace(parts.settings, queue="amqp://somewhere", **changes)
    return wiring.build_maintenance(settings, parts.jobs, parts.files, queue, parts.events)


@contextmanager
def listening(caplog: Any) -> Iterator[list[logging.LogRecord]]:
    """The lines that are written in the block, each with the job that it is about."""
    caplog.handler.addFilter(add_job)
    with caplog.at_level(logging.INFO, logger="stylekit"):
        yield caplog.records
    caplog.handler.removeFilter(add_job)
