"""The window: two pictures in, one painting out."""

import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidgetItem,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from stylekit import images
from stylekit.catalogue import open_catalogue
from stylekit.desktop.threads import TILE_SIDE, Batch, Painting, Refining, Tiles
from stylekit.desktop.widgets import OptionsForm, PictureBox, StyleTiles
from stylekit.engines.base import FastOptions, Picture, Progress
from stylekit.engines.registry import ENGINES, FAST, GATYS, Engines, build_engines, starting_quickly
from stylekit.errors import StylekitError
from stylekit.settings import Settings, from_environment

OPEN_FILTER = f"Pictures ({' '.join(f'*{suffix}' for suffix in sorted(images.SUFFIXES))})"
SAVE_FILTER = "JPEG (*.jpg);;PNG (*.png);;WebP (*.webp)"


def open_window() -> int:
    """Open the window; returns the exit code when it is closed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    application = QApplication.instance() or QApplication(sys.argv)
    window = Window(from_environment(os.environ))
    window.show()
    return application.exec()


class Window(QMainWindow):
    """Choose a photograph, tap a style, watch, refine, save. Needs no server."""

    def __init__(self, settings: Settings, engines: Engines | None = None) -> None:
        """Build the window; the model is loaded with the first painting."""
        super().__init__()
        self.refine_seconds = settings.refine_seconds
        self.engines = engines or build_engines(starting_quickly(settings))
        self.catalogue = open_catalogue(settings)
        self.source: images.Source | None = None
        self.work: Painting | Batch | None = None
        self.tiles: Tiles | None = None
        self.painted: Picture | None = None
        self.quick: FastOptions | None = None  # of the painting that is shown, if it can go on
        self.folder = str(Path.home())
        self.setWindowTitle("Stylekit")
        self.resize(1240, 820)
        self._build()
        self._list_presets()
        self._update_buttons()

    # What it looks like ---------------------------------------------------------------------

    def _build(self) -> None:
        """Inputs on the left, the painting on the right."""
        self.photo = PictureBox("Drop a photograph here", choosable=True)
        self.style_picture = PictureBox("Tap a style below, or drop a picture", choosable=True)
        self.result = PictureBox("The painting appears here", choosable=False)
        self.photo.chosen.connect(self.choose_photo)
        self.style_picture.chosen.connect(self._choose_style)
        whole = QWidget()
        columns = QHBoxLayout(whole)
        columns.addLayout(self._build_inputs(), 2)
        columns.addLayout(self._build_result(), 3)
        self.setCentralWidget(whole)

    def _build_inputs(self) -> QVBoxLayout:
        """Photograph and style side by side, the presets, the engine and its options."""
        column = QVBoxLayout()
        pictures, buttons = QHBoxLayout(), QHBoxLayout()
        pictures.addWidget(self.photo)
        pictures.addWidget(self.style_picture)
        buttons.addWidget(self._button("&Open photograph …", self._open_photo, "Ctrl+O"))
        buttons.addWidget(self._button("Your own s&tyle …", self._open_style, "Ctrl+T"))
        self.presets = StyleTiles(TILE_SIDE)
        self.presets.itemClicked.connect(self.tap)
        self.presets.itemActivated.connect(self.tap)
        column.addLayout(pictures, 2)
        column.addLayout(buttons)
        column.addWidget(self.presets, 4)
        column.addLayout(self._build_options(), 2)
        return column

    def _build_options(self) -> QVBoxLayout:
        """The engine, and a form for the options of each."""
        column = QVBoxLayout()
        self.engine = QComboBox()
        names = [name for name, each in ENGINES.items() if each.is_installed]
        self.engine.addItems(names)
        self.engine.setAccessibleName("Engine")
        self.forms = QStackedWidget()
        self.option_forms = {name: OptionsForm(name) for name in names}
        for form in self.option_forms.values():
            scroll = QScrollArea()
            scroll.setWidget(form)
            scroll.setWidgetResizable(True)
            self.forms.addWidget(scroll)
        self.engine.currentIndexChanged.connect(self.forms.setCurrentIndex)
        column.addWidget(self.engine)
        column.addWidget(self.forms, 1)
        return column

    def _build_result(self) -> QVBoxLayout:
        """The painting, its progress and what can be done with it."""
        column = QVBoxLayout()
        column.addWidget(self.result, 1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.says = QLabel("Choose a photograph and a style.")
        self.says.setWordWrap(True)
        column.addWidget(self.bar)
        column.addWidget(self.says)
        row = QHBoxLayout()
        self.paint_button = self._button("&Paint", self.paint, "Ctrl+Return")
        self.finer_button = self._button("&Finer", self._refine, "Ctrl+R")
        self.good_button = self._button("Goo&d", self._find_good, "Ctrl+D")
        self.many_button = self._button("Paint &many …", self._open_many, "Ctrl+M")
        self.cancel_button = self._button("&Cancel", self._cancel, "Esc")
        self.save_button = self._button("Save &image …", self._save_image, "Ctrl+S")
        self.grid_button = self._button("Save &grid …", self._save_grid, "Ctrl+G")
        for each in (self.paint_button, self.finer_button, self.good_button, self.cancel_button):
            row.addWidget(each)
        for each in (self.many_button, self.save_button, self.grid_button):
            row.addWidget(each)
        column.addLayout(row)
        return column

    def _button(self, text: str, action: Any, keys: str) -> QPushButton:
        """A button that keys press, too."""
        button = QPushButton(text)
        button.clicked.connect(action)
        button.setToolTip(keys)
        QShortcut(QKeySequence(keys), self, activated=button.click)  # type: ignore[call-overload]
        return button

    def _list_presets(self) -> None:
        """Show the catalogue as a wall of small pictures."""
        for style in self.catalogue.all():
            picture = decode(self.catalogue.read(style)).on_white()
            self.presets.add(style, images.fit(picture, longest_side=TILE_SIDE))

    # Choosing -------------------------------------------------------------------------------

    def _open_photo(self) -> None:
        """Ask for a photograph."""
        self.choose_photo(self._ask_for_file("Open photograph"))

    def _open_style(self) -> None:
        """Ask for a style picture."""
        self._choose_style(self._ask_for_file("Open style"))

    def _ask_for_file(self, title: str) -> str:
        """A path, or '' when the person thought better of it."""
        path, _ = QFileDialog.getOpenFileName(self, title, self.folder, OPEN_FILTER)
        self.folder = str(Path(path).parent) if path else self.folder
        return path

    def choose_photo(self, path: str) -> None:
        """Take the picture at `path` as the photograph, and show the presets on it."""
        source = self._read(path)
        if source is not None:
            self._leave_refining()
            self.source, self.painted, self.quick = source, None, None
            self.photo.show_picture(source.on_white())
            self._start_tiles(source.picture)
            self._update_buttons()

    def _choose_style(self, path: str) -> None:
        """Take the picture at `path` as the style."""
        source = self._read(path)
        if source is not None:
            self._leave_refining()
            self.quick = None
            self.style_picture.show_picture(source.on_white())
            self.presets.clearSelection()
            self._update_buttons()

    def tap(self, item: QListWidgetItem) -> None:
        """Take a preset as the style; with a photograph, that is a painting."""
        self._leave_refining()
        self.quick = None
        style = self.catalogue.get(item.data(Qt.ItemDataRole.UserRole))
        self.style_picture.show_picture(decode(self.catalogue.read(style)).on_white())
        self._update_buttons()
        if self.engine.currentText() == FAST.name:
            self.paint()

    def _read(self, path: str) -> images.Source | None:
        """A picture file; what is wrong with it is said in words."""
        if not path:
            return None
        try:
            return decode(Path(path).read_bytes())
        except (StylekitError, OSError) as error:
            self.says.setText(f"{Path(path).name}: {error}")
            return None

    def _start_tiles(self, photo: Picture) -> None:
        """Paint every preset on the photograph, small, while nothing else is painted."""
        self._stop_tiles()
        self.tiles = Tiles(self.engines, self.catalogue, photo)
        self.tiles.painted.connect(self.presets.show_tile)
        self.tiles.start()

    def _stop_tiles(self) -> None:
        """No more tiles of the photograph before."""
        if self.tiles is not None:
            self.tiles.end()
            self.tiles = None

    # Painting -------------------------------------------------------------------------------

    def paint(self) -> None:
        """Paint with the engine and the options that are set."""
        name, style = self.engine.currentText(), self.style_picture.shown
        if self.source is None or style is None or self.work is not None:
            return
        options = self.option_forms[name].options()
        self.quick = None
        work = Painting(self.engines.get(name), self.source.picture, style, options)
        self._begin_painting(work)

    def _refine(self, checked: bool = False, seconds: float = 0.0) -> None:
        """Go on from the quick painting with the slow engine; for 0 seconds until it is good."""
        style = self.style_picture.shown
        if self.source is None or style is None or self.quick is None or self.work is not None:
            return
        engine = self.engines.get(GATYS.name)
        work = Refining(engine, self.source.picture, style, self.quick, seconds)
        self._begin_painting(work)

    def _find_good(self) -> None:
        """End refining with the picture as it stands."""
        if isinstance(self.work, Refining):
            self.work.is_good = True

    def _begin_painting(self, work: Painting) -> None:
        """Start one painting."""
        work.progressed.connect(self._show_progress)
        work.ended.connect(self._finish)
        self._begin(work)

    def _leave_refining(self) -> None:
        """Stop refining, because something else is painted; the quick painting is left."""
        if isinstance(self.work, Refining):
            self._stop_work()
            self._show_painted()

    def _open_many(self) -> None:
        """Ask for photographs and a folder, and paint them all in the style."""
        files, _ = QFileDialog.getOpenFileNames(self, "Paint many", self.folder, OPEN_FILTER)
        folder = files and QFileDialog.getExistingDirectory(self, "Where to", self.folder)
        if folder:
            self.paint_many([Path(file) for file in files], Path(folder))

    def paint_many(self, photos: list[Path], folder: Path) -> None:
        """Paint many photographs into a folder."""
        style, name = self.style_picture.shown, self.engine.currentText()
        if style is None or self.work is not None:
            return
        options = self.option_forms[name].options()
        work = Batch(self.engines.get(name), photos, style, options, folder)
        work.progressed.connect(self._show_share)
        work.ended.connect(self._finish_many)
        self._begin(work)

    def _begin(self, work: Painting | Batch) -> None:
        """Let it run; the tiles wait meanwhile."""
        self.work = work
        if self.tiles is not None:
            self.tiles.may_go_on.clear()
        is_refining = isinstance(work, Refining)
        self.says.setText("Painting finer …" if is_refining else "Loading the model …")
        self.bar.setValue(0)
        work.start()
        self._update_buttons()

    def _show_progress(self, progress: Progress) -> None:
        """Move the bar, say what is left, show the picture as it stands."""
        if self.sender() is not self.work:
            return
        left = f", {progress.eta_seconds:.0f} s left" if progress.eta_seconds is not None else ""
        self._show_share(progress.fraction, f"{progress.stage or 'working'}{left}")
        if progress.preview is not None:
            self.result.show_picture(progress.preview)

    def _show_share(self, fraction: float, words: str) -> None:
        """Move the bar and say what is being done."""
        self.bar.setValue(min(int(fraction * 1000), 990))
        what = "Painting finer" if isinstance(self.work, Refining) else "Painting"
        self.says.setText(f"{what}: {words}")

    def _finish(self, painted: Picture | None, reason: str) -> None:
        """Show the painting, or why there is none; a quick one goes on for some seconds."""
        work = self.work
        if not isinstance(work, Painting) or self.sender() is not work:
            return
        if painted is not None:
            self.painted = painted
        self._show_painted()
        refined = isinstance(work, Refining)
        words = "Done." if painted is not None else reason or "Cancelled."
        if refined and painted is None:
            words = "The quick painting is left as it was."
        self._end_work(words, is_done=painted is not None)
        if painted is not None and can_go_on(work.options):
            self.quick = work.options
            self._update_buttons()
            if self.refine_seconds:
                self._refine(seconds=self.refine_seconds)

    def _show_painted(self) -> None:
        """Show the last painting that came to its end."""
        if self.painted is not None and self.source is not None:
            self.result.show_picture(images.on_white(self.painted, self.source.alpha))

    def _finish_many(self, written: list[Path], wrong: list[str]) -> None:
        """Say how many were written, and what went wrong with the others."""
        self._end_work(f"{len(written)} written. {' '.join(wrong)}", is_done=not wrong)

    def _end_work(self, words: str, *, is_done: bool) -> None:
        """Let go of what was painted; the tiles go on."""
        self._stop_work()
        self.bar.setValue(1000 if is_done else 0)
        self.says.setText(words)
        if self.tiles is not None:
            self.tiles.may_go_on.set()
        self._update_buttons()

    def _cancel(self) -> None:
        """Ask what is painted to stop; it does within a second."""
        if self.work is not None:
            self.work.cancelled = True
            self.says.setText("Cancelling …")

    def _stop_work(self) -> None:
        """Wait for the painting's thread to end."""
        if self.work is not None:
            self.work.end()
            self.work = None

    # Saving ---------------------------------------------------------------------------------

    def _save_image(self) -> None:
        """Ask for a name and write the painting."""
        if self.painted is not None:
            self._save(self.painted, "painted.jpg", self.source.alpha if self.source else None)

    def _save_grid(self) -> None:
        """Ask for a name and write photograph | style | painting, side by side."""
        shown = (self.photo.shown, self.style_picture.shown, self.result.shown)
        pictures = [each for each in shown if each is not None]
        if len(pictures) == len(shown):
            self._save(images.grid(pictures, columns=3), "grid.jpg")

    def _save(self, picture: Picture, name: str, alpha: Any = None) -> None:
        """Write a picture where the person says, in the format that the name's ending says."""
        suggestion = str(Path(self.folder) / name)
        path, _ = QFileDialog.getSaveFileName(self, "Save", suggestion, SAVE_FILTER)
        if path:
            self.write(picture, Path(path), alpha)

    def write(self, picture: Picture, path: Path, alpha: Any = None) -> None:
        """Write a picture; what goes wrong is said in words."""
        try:
            format = images.OUTPUT_SUFFIXES.get(path.suffix.lower(), "jpeg")
            path.write_bytes(images.encode(picture, format, alpha=alpha))
        except (StylekitError, OSError) as error:
            self.says.setText(f"{path.name}: {error}")
        else:
            self.says.setText(f"Saved {path.name}.")

    def _update_buttons(self) -> None:
        """What can be pressed now."""
        idle, has_style = self.work is None, self.style_picture.shown is not None
        ready = self.source is not None and has_style and idle
        self.paint_button.setEnabled(ready)
        self.finer_button.setEnabled(ready and self.quick is not None)
        self.good_button.setEnabled(isinstance(self.work, Refining))
        self.many_button.setEnabled(has_style and idle)
        self.cancel_button.setEnabled(not idle)
        self.save_button.setEnabled(self.painted is not None and idle)
        self.grid_button.setEnabled(self.painted is not None and idle)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop painting before the window goes."""
        self._stop_tiles()
        self._stop_work()
        event.accept()


def can_go_on(options: Any) -> bool:
    """Whether a painting can be refined: a quick one that is all painting, where the engine is."""
    return isinstance(options, FastOptions) and options.strength == 1 and GATYS.is_installed


def decode(data: bytes) -> images.Source:
    """A picture file of this machine: as large as memory allows."""
    return images.decode(data, images.LOCAL_LIMITS)
