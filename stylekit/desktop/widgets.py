"""What the desktop window is made of: a picture box, tiles of styles, a form of options."""

from dataclasses import fields
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from stylekit.catalogue import Style
from stylekit.engines.base import Picture
from stylekit.engines.registry import ENGINES, options_from

ADVANCED = {"style_layers"}
"""Options that the window leaves at their defaults."""

SLIDER_HIGH = 4.0  # numbers up to here have a slider, others a box to type in


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


class StyleTiles(QListWidget):
    """The presets as a wall of small pictures: of themselves or, once painted, of one's photo."""

    def __init__(self, side: int) -> None:
        """An empty wall of tiles, each as long as `side` at most."""
        super().__init__()
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(side, side))
        self.setGridSize(QSize(side + 14, side + 28))
        self.setUniformItemSizes(True)
        self.setAccessibleName("Preset styles")

    def add(self, style: Style, picture: Picture) -> None:
        """Put a preset at the end of the wall."""
        item = QListWidgetItem(QIcon(to_pixmap(picture)), style.name)
        item.setData(Qt.ItemDataRole.UserRole, style.id)
        item.setToolTip(style.description)
        self.addItem(item)

    def show_tile(self, row: int, picture: Picture) -> None:
        """Show another picture for the preset of that row."""
        item = self.item(row)
        if item is not None:
            item.setIcon(QIcon(to_pixmap(picture)))


class Share(QWidget):
    """A slider for a number of a small range, which it says beside itself."""

    STEPS_PER_ONE = 100

    def __init__(self, low: float, high: float, default: float, name: str) -> None:
        """Stand at the default."""
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low * self.STEPS_PER_ONE), round(high * self.STEPS_PER_ONE))
        self.slider.setAccessibleName(name)
        self.says = QLabel()
        self.says.setMinimumWidth(36)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.says)
        self.slider.valueChanged.connect(lambda: self.says.setText(f"{self.value():.2f}"))
        self.setValue(default)
        self.says.setText(f"{default:.2f}")

    def value(self) -> float:
        """The number."""
        return self.slider.value() / self.STEPS_PER_ONE

    def setValue(self, number: float) -> None:
        """Move to a number."""
        self.slider.setValue(round(number * self.STEPS_PER_ONE))


class OptionsForm(QWidget):
    """One field for each option of an engine, with its range, default and help."""

    def __init__(self, engine: str) -> None:
        """Build the fields of `engine` from its options class."""
        super().__init__()
        self.engine = engine
        self.inputs: dict[str, QWidget] = {}
        form = QFormLayout(self)
        for each in fields(ENGINES[engine].options):  # type: ignore[arg-type]
            if each.name not in ADVANCED:
                self.inputs[each.name] = field = input_for(each)
                field.setToolTip(each.metadata["help"])
                words = each.name.replace("_", " ").capitalize()
                form.addRow(ENGINES[engine].labels.get(each.name, words), field)

    def options(self) -> Any:
        """The options as they are set."""
        return options_from(self.engine, {name: value(box) for name, box in self.inputs.items()})


def input_for(each: Any) -> QWidget:
    """The kind of input that fits an option."""
    low, high, default = each.metadata["low"], each.metadata["high"], each.default
    if isinstance(default, bool):
        check = QCheckBox()
        check.setChecked(default)
        return check
    if each.metadata["choices"]:
        box = QComboBox()
        box.addItems(each.metadata["choices"])
        box.setCurrentText(default)
        return box
    if isinstance(default, float) and high <= SLIDER_HIGH:
        return Share(low, high, default, each.name)
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
