"""What the desktop window does in threads: one painting, the tiles, many photographs."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from stylekit import images
from stylekit.catalogue import Catalogue
from stylekit.engines.base import (
    REFINING_STEPS,
    Engine,
    Enough,
    FastOptions,
    GatysOptions,
    Picture,
    Progress,
)
from stylekit.engines.registry import Engines, options_from
from stylekit.errors import Cancelled, StylekitError

QUICK_SIDE, FINE_SIDE = 640, 1024  # pixels refined at in some seconds, and where there is time
TILE_PAINTED_SIDE, TILE_SIDE = 256, 98  # pixels that a tile is painted at, and shown at


class Work(QObject):
    """Something that takes a while, in a thread of its own; reports by signals."""

    finished = Signal()

    def __init__(self) -> None:
        """Nothing runs before `start`."""
        super().__init__()
        self.cancelled = False
        self.thread_of_its_own = QThread()
        self.moveToThread(self.thread_of_its_own)
        self.thread_of_its_own.started.connect(self.run)

    def start(self) -> None:
        """Begin."""
        self.thread_of_its_own.start()

    def run(self) -> None:
        """Do it, and say that it has ended."""
        try:
            self.work()
        except Cancelled:
            pass
        finally:
            self.finished.emit()

    def work(self) -> None:
        """What there is to do."""
        raise NotImplementedError

    def end(self) -> None:
        """Stop, and wait until it has stopped."""
        self.cancelled = True
        self.thread_of_its_own.quit()
        self.thread_of_its_own.wait()

    def stop_here(self) -> None:
        """Raise `Cancelled` where it was asked for."""
        if self.cancelled:
            raise Cancelled("Cancelled.")


class Painting(Work):
    """One painting."""

    progressed = Signal(object)
    ended = Signal(object, str)

    def __init__(self, engine: Engine, content: Picture, style: Picture, options: Any) -> None:
        """Remember what to paint."""
        super().__init__()
        self.engine, self.content, self.style, self.options = engine, content, style, options
        self.is_good = False  # found good as it stands: the painting ends with what it shows

    def work(self) -> None:
        """Paint, then say how it ended: the picture, or None and the reason ('' if cancelled)."""
        try:
            painted = self.engine.stylize(self.content, self.style, self.options, self.on_progress)
        except Cancelled:
            self.ended.emit(None, "")
        except StylekitError as error:
            self.ended.emit(None, str(error))
        except Exception as error:
            self.ended.emit(None, f"Something broke: {error}")
        else:
            self.ended.emit(painted, "")

    def on_progress(self, progress: Progress) -> None:
        """Pass progress on to the window; stop here when the person asked for it."""
        self.stop_here()
        self.progressed.emit(progress)
        if self.is_good and progress.preview is not None:
            raise Enough


class Refining(Painting):
    """Goes on from a quick painting, for so many seconds; 0 until it is done or found good."""

    def __init__(
        self, engine: Engine, content: Picture, style: Picture, quick: FastOptions, seconds: float
    ) -> None:
        """Paint as boldly and as broadly as the quick painting was made."""
        options = GatysOptions(
            start="fast",
            iterations=REFINING_STEPS,
            seconds=seconds,
            boldness=quick.boldness,
            style_scale=quick.style_scale,
            preserve_colors=quick.preserve_colors,
            max_side=QUICK_SIDE if seconds else FINE_SIDE,
        )
        super().__init__(engine, content, style, options)


class Tiles(Work):
    """Every preset on one's own photograph, small, one after the other."""

    painted = Signal(int, object)

    def __init__(self, engines: Engines, catalogue: Catalogue, photo: Picture) -> None:
        """Paint a small copy of `photo`; while `may_go_on` is cleared, nothing is begun."""
        super().__init__()
        self.engines, self.catalogue = engines, catalogue
        self.photo = images.fit(photo, longest_side=TILE_PAINTED_SIDE)
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def work(self) -> None:
        """Emit the row of each preset with its tile; one that cannot be painted is left out."""
        engine = self.engines.get("fast")
        options = options_from("fast", {})
        for row, preset in enumerate(self.catalogue.all()):
            while not self.may_go_on.wait(0.1):
                self.stop_here()
            style = images.decode(self.catalogue.read(preset), images.LOCAL_LIMITS).on_white()
            try:
                tile = engine.stylize(self.photo, style, options, self.on_progress)
            except Cancelled:
                raise
            except StylekitError:
                continue
            self.painted.emit(row, images.fit(tile, longest_side=TILE_SIDE))

    def on_progress(self, progress: Progress) -> None:
        """Stop where it was asked for."""
        self.stop_here()


class Batch(Work):
    """Many photographs in one style, into a folder. No file is replaced."""

    progressed = Signal(float, str)
    ended = Signal(list, list)

    def __init__(
        self, engine: Engine, photos: Sequence[Path], style: Picture, options: Any, folder: Path
    ) -> None:
        """Remember what to paint, and where it goes."""
        super().__init__()
        self.engine, self.photos, self.style = engine, photos, style
        self.options, self.folder = options, folder

    def work(self) -> None:
        """Paint one after the other; says which files were written, and what went wrong."""
        written: list[Path] = []
        wrong: list[str] = []
        for number, photo in enumerate(self.photos):
            try:
                written.append(self.paint(photo, number))
            except Cancelled:
                break
            except (StylekitError, OSError) as error:
                wrong.append(f"{photo.name}: {error}")
        self.ended.emit(written, wrong)

    def paint(self, photo: Path, number: int) -> Path:
        """Paint one; returns the file that was written."""

        def on_progress(progress: Progress) -> None:
            self.stop_here()
            share = (number + min(progress.fraction, 0.99)) / len(self.photos)
            self.progressed.emit(share, photo.name)

        content = images.decode(photo.read_bytes(), images.LOCAL_LIMITS)
        painted = self.engine.stylize(content.picture, self.style, self.options, on_progress)
        kept = images.FORMATS[content.format].kept_as
        format = "png" if kept == "jpeg" and content.alpha is not None else kept
        path = free_name(self.folder / f"{photo.stem}-painted{images.OUTPUTS[format].suffixes[0]}")
        path.write_bytes(images.encode(painted, format, alpha=content.alpha))
        return path


def free_name(path: Path) -> Path:
    """`path`, or with -2, -3 … before its ending where there is such a file."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
