"""What the desktop window is made of: a picture box, a form of options, one painting's thread."""

from dataclasses import fields
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from stylekit.engines.base import Engine, Picture, Progress
from stylekit.engines.registry import OPTIONS, options_from
from stylekit.errors import Cancelled, StylekitError

ADVANCED = {"style_layers"}
"""Options that the window leaves at their defaults."""


class Painting(QObject):
    """One painting, made in a thread of its own; reports by signals."""

    progressed = Signal(object)
    ended = Signal(object, str)

    def __init__(self, engine: Engine, content: Picture, style: Picture, options: Any) -> None:
        """Remember what to paint; `run` does it."""
        super().__init__()
        self.engine, self.content, self.style, self.options = engine, content, style, options
        self.cancelled = False

    def run(self) -> None:
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
        if self.cancelled:
            raise Cancelled("Cancelled.")
        self.progressed.emit(progress)


class PictureBox(QLabel):
    """Shows one picture, as large as fits; takes a dropped file where it may be chosen."""

    chosen = Signal(str)

    def __init__(self, title: str, *, choosable: bool) -> None:
        """Show `title` until there is a picture."""
        super().__init__(title)
        self.shown: Picture | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAcceptDrops(choosable)
        self.setAccessibleName(title)
        self.setStyleSheet("border: 1px dashed palette(mid); border-radius: 8px; padding: 4px;")

    def show_picture(self, picture: Picture) -> None:
        """Show `picture` (h, w, 3)."""
        self.shown = picture
        self.fit()

    def fit(self) -> None:
        """Draw the picture at the size of the box."""
        if self.shown is None:
            return
        space = self.contentsRect().size() * self.devicePixelRatio()
        pixmap = to_pixmap(self.shown).scaled(
            space, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self.setPixmap(pixmap)

    def resizeEvent(self, event: Any) -> None:
        """Keep the picture as large as the box."""
        super().resizeEvent(event)
        self.fit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Choose the first file that was dropped."""
        self.chosen.emit(event.mimeData().urls()[0].toLocalFile())


class OptionsForm(QWidget):
    """One field for each option of an engine, with its range, default and help."""

    def __init__(self, engine: str) -> None:
        """Build the fields of `engine` from its options class."""
        super().__init__()
        self.engine = engine
        self.inputs: dict[str, QWidget] = {}
        form = QFormLayout(self)
        for each in fields(OPTIONS[engine]):  # type: ignore[arg-type]
            if each.name not in ADVANCED:
                self.inputs[each.name] = field = input_for(each)
                field.setToolTip(each.metadata["help"])
                form.addRow(each.name.replace("_", " ").capitalize(), field)

    def options(self) -> Any:
        """The options as they are set."""
        return options_from(self.engine, {name: value(box) for name, box in self.inputs.items()})


def input_for(each: Any) -> QWidget:
    """The kind of input that fits an option."""
    low, high, default = each.metadata["low"], each.metadata["high"], each.default
    if isinstance(default, bool):
        return QCheckBox()
    if each.metadata["choices"]:
        box = QComboBox()
        box.addItems(each.metadata["choices"])
        return box
    number: Any = QSpinBox() if isinstance(default, int) else QDoubleSpinBox()
    number.setRange(low, high)
    number.setSingleStep(1 if isinstance(default, int) else 0.05)
    number.setValue(default)
    return number  # type: ignore[no-any-return]


def value(box: Any) -> Any:
    """What an input says."""
    if isinstance(box, QCheckBox):
        return box.isChecked()
    return box.currentText() if isinstance(box, QComboBox) else box.value()


def to_pixmap(picture: Picture) -> QPixmap:
    """A picture as Qt draws it."""
    pixels = np.ascontiguousarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    height, width, channels = pixels.shape
    image = QImage(pixels.data, width, height, channels * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy())
