"""The window: two pictures in, one painting out."""

import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QThread
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from stylekit import images, wiring
from stylekit.desktop.widgets import OptionsForm, Painting, PictureBox, to_pixmap
from stylekit.engines.base import Picture, Progress
from stylekit.engines.registry import OPTIONS, Engines, build_engines
from stylekit.errors import StylekitError
from stylekit.settings import Settings, from_environment

OPEN_FILTER = f"Pictures ({' '.join(f'*{suffix}' for suffix in sorted(images.SUFFIXES))})"
SAVE_FILTER = "JPEG (*.jpg);;PNG (*.png);;WebP (*.webp)"
THUMBNAIL = 96  # pixels


def main() -> int:
    """Open the window; returns the exit code when it is closed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    application = QApplication.instance() or QApplication(sys.argv)
    window = Window(from_environment(os.environ))
    window.show()
    return application.exec()


class Window(QMainWindow):
    """Choose a photograph and a style, paint, watch, save. Needs no server."""

    def __init__(self, settings: Settings, engines: Engines | None = None) -> None:
        """Build the window; the model is loaded with the first painting."""
        super().__init__()
        self.settings = settings
        self.engines = engines or build_engines(settings)
        self.catalogue = wiring.build_catalogue(settings)
        self.limits = images.Limits(
            max_bytes=settings.max_picture_bytes, max_pixels=settings.max_pixels
        )
        self.painting: Painting | None = None
        self.painter: QThread | None = None
        self.painted: Picture | None = None
        self.folder = str(Path.home())
        self.setWindowTitle("Stylekit")
        self.resize(1180, 740)
        self.setAcceptDrops(True)
        self._build()
        self._list_presets()
        self._update_buttons()

    # What it looks like ---------------------------------------------------------------------

    def _build(self) -> None:
        """Inputs on the left, the painting on the right."""
        self.photo = PictureBox("Drop a photograph here", choosable=True)
        self.style_picture = PictureBox("Choose a preset, or drop a style picture", choosable=True)
        self.result = PictureBox("The painting appears here", choosable=False)
        self.photo.chosen.connect(self.choose_photo)
        self.style_picture.chosen.connect(self._choose_style)
        whole = QWidget()
        columns = QHBoxLayout(whole)
        columns.addLayout(self._build_inputs(), 2)
        columns.addLayout(self._build_canvas(), 3)
        self.setCentralWidget(whole)

    def _build_inputs(self) -> QVBoxLayout:
        """Photograph, style, presets, engine and its options."""
        column = QVBoxLayout()
        column.addWidget(self.photo, 3)
        column.addWidget(self._button("&Open photograph …", self._open_photo, "Ctrl+O"))
        column.addWidget(self.style_picture, 3)
        self.presets = QListWidget()
        self.presets.setViewMode(QListWidget.ViewMode.IconMode)
        self.presets.setFlow(QListWidget.Flow.LeftToRight)
        self.presets.setWrapping(False)
        self.presets.setMovement(QListWidget.Movement.Static)
        self.presets.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.presets.setFixedHeight(THUMBNAIL + 52)
        self.presets.setAccessibleName("Preset styles")
        self.presets.currentItemChanged.connect(self._choose_preset)
        column.addWidget(self.presets)
        column.addWidget(self._button("Open your own &style …", self._open_style, "Ctrl+T"))
        self.engine = QComboBox()
        self.engine.addItems(list(OPTIONS))
        self.engine.setAccessibleName("Engine")
        self.forms = QStackedWidget()
        self.option_forms = {name: OptionsForm(name) for name in OPTIONS}
        for form in self.option_forms.values():
            self.forms.addWidget(form)
        self.engine.currentIndexChanged.connect(self.forms.setCurrentIndex)
        column.addWidget(self.engine)
        column.addWidget(self.forms)
        return column

    def _build_canvas(self) -> QVBoxLayout:
        """The painting, its progress and what can be done with it."""
        column = QVBoxLayout()
        column.addWidget(self.result, 1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(True)
        self.says = QLabel("Choose a photograph and a style.")
        self.says.setWordWrap(True)
        column.addWidget(self.bar)
        column.addWidget(self.says)
        row = QHBoxLayout()
        self.paint_button = self._button("&Paint", self.paint, "Ctrl+Return")
        self.cancel_button = self._button("&Cancel", self.cancel, "Esc")
        self.save_button = self._button("Save &image …", self._save_image, "Ctrl+S")
        self.grid_button = self._button("Save &grid …", self._save_grid, "Ctrl+G")
        for each in (self.paint_button, self.cancel_button, self.save_button, self.grid_button):
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
        """Show the catalogue as a strip of small pictures."""
        for style in self.catalogue.all():
            picture = images.fit(self._decode(self.catalogue.read(style)), longest_side=THUMBNAIL)
            item = QListWidgetItem(QIcon(to_pixmap(picture)), style.name)
            item.setData(Qt.ItemDataRole.UserRole, style.id)
            item.setToolTip(style.description)
            self.presets.addItem(item)

    # Choosing -------------------------------------------------------------------------------

    def _decode(self, data: bytes) -> Picture:
        """The picture in `data`, within the limits of the settings."""
        return images.decode(data, self.limits).on_white()

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
        """Take the picture at `path` as the photograph."""
        self._show_file(self.photo, path)

    def _choose_style(self, path: str) -> None:
        """Take the picture at `path` as the style."""
        if self._show_file(self.style_picture, path):
            self.presets.clearSelection()

    def _choose_preset(self, item: QListWidgetItem | None) -> None:
        """Take a preset as the style."""
        if item is not None:
            style = self.catalogue.get(item.data(Qt.ItemDataRole.UserRole))
            self.style_picture.show_picture(self._decode(self.catalogue.read(style)))
            self._update_buttons()

    def _show_file(self, box: PictureBox, path: str) -> bool:
        """Read a picture into a box; what is wrong with it is said in words."""
        if not path:
            return False
        try:
            box.show_picture(self._decode(Path(path).read_bytes()))
        except (StylekitError, OSError) as error:
            self.says.setText(f"{Path(path).name}: {error}")
            return False
        self._update_buttons()
        return True

    # Painting -------------------------------------------------------------------------------

    def paint(self) -> None:
        """Start painting, in a thread of its own."""
        photo, style = self.photo.shown, self.style_picture.shown
        if photo is None or style is None or self.painting is not None:
            return
        form = self.option_forms[self.engine.currentText()]
        engine = self.engines.get(self.engine.currentText())
        self.painting = Painting(engine, photo, style, form.options())
        self.painter = QThread(self)
        self.painting.moveToThread(self.painter)
        self.painting.progressed.connect(self._show_progress)
        self.painting.ended.connect(self._finish)
        self.painter.started.connect(self.painting.run)
        self.says.setText("Loading the model …")
        self.bar.setValue(0)
        self.painter.start()
        self._update_buttons()

    def _show_progress(self, progress: Progress) -> None:
        """Move the bar, say what is left, show the picture as it stands."""
        self.bar.setValue(min(int(progress.fraction * 1000), 990))
        left = f", {progress.eta_seconds:.0f} s left" if progress.eta_seconds is not None else ""
        self.says.setText(f"Painting: {progress.stage or 'working'}{left}")
        if progress.preview is not None:
            self.result.show_picture(progress.preview)

    def _finish(self, painted: Picture | None, reason: str) -> None:
        """Show the painting, or why there is none."""
        self._stop_thread()
        self.painted = painted
        if painted is not None:
            self.result.show_picture(painted)
            self.bar.setValue(1000)
        else:
            self.bar.setValue(0)
        self.says.setText("Done." if painted is not None else reason or "Cancelled.")
        self._update_buttons()

    def cancel(self) -> None:
        """Ask the painting to stop; it does within a second."""
        if self.painting is not None:
            self.painting.cancelled = True
            self.says.setText("Cancelling …")

    def _stop_thread(self) -> None:
        """Wait for the painting's thread to end."""
        if self.painter is not None:
            self.painter.quit()
            self.painter.wait()
        self.painting = self.painter = None

    # Saving ---------------------------------------------------------------------------------

    def _save_image(self) -> None:
        """Ask for a name and write the painting."""
        if self.painted is not None:
            self._save(self.painted, "painted.jpg")

    def _save_grid(self) -> None:
        """Ask for a name and write photograph | style | painting, side by side."""
        shown = (self.photo.shown, self.style_picture.shown, self.painted)
        pictures = [each for each in shown if each is not None]
        if len(pictures) == len(shown):
            self._save(images.grid(pictures, columns=3), "grid.jpg")

    def _save(self, picture: Picture, name: str) -> None:
        """Write a picture where the person says, in the format that the name's ending says."""
        suggestion = str(Path(self.folder) / name)
        path, _ = QFileDialog.getSaveFileName(self, "Save", suggestion, SAVE_FILTER)
        if path:
            self.write(picture, Path(path))

    def write(self, picture: Picture, path: Path) -> None:
        """Write a picture; what goes wrong is said in words."""
        try:
            format = images.OUTPUT_SUFFIXES.get(path.suffix.lower(), "jpeg")
            path.write_bytes(images.encode(picture, format))
        except (StylekitError, OSError) as error:
            self.says.setText(f"{path.name}: {error}")
        else:
            self.says.setText(f"Saved {path.name}.")

    def _update_buttons(self) -> None:
        """What can be pressed now."""
        busy = self.painting is not None
        ready = self.photo.shown is not None and self.style_picture.shown is not None
        self.paint_button.setEnabled(ready and not busy)
        self.cancel_button.setEnabled(busy)
        self.save_button.setEnabled(self.painted is not None and not busy)
        self.grid_button.setEnabled(self.painted is not None and not busy)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop painting before the window goes."""
        self.cancel()
        self._stop_thread()
        event.accept()
