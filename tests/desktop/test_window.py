import os
import time

import numpy as np
import pytest
from PIL import Image
from skimage import data

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from stylekit.desktop.window import Window
from stylekit.engines.registry import Engines
from stylekit.settings import Settings
from tests.fakes import TintEngine


@pytest.fixture(scope="module")
def application():
    return QApplication.instance() or QApplication([])


@pytest.fixture
def engine():
    return TintEngine(steps=5)


@pytest.fixture
def window(application, engine, tmp_path):
    engines = Engines({"fast": lambda: engine, "gatys": lambda: engine})
    window = Window(Settings(data=tmp_path), engines)
    window.show()
    yield window
    window.close()


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(data.astronaut()[:90, :120]).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.01)
    assert condition()


def ready(window, photo):
    window.choose_photo(photo)
    window.presets.setCurrentRow(3)
    return window


def test_the_catalogue_is_shown_as_a_strip_of_24(window):
    assert window.presets.count() == 24
    assert not window.presets.item(0).icon().isNull()


def test_nothing_can_be_painted_before_photo_and_style_are_chosen(window, photo):
    assert not window.paint_button.isEnabled()
    window.choose_photo(photo)
    assert not window.paint_button.isEnabled()
    window.presets.setCurrentRow(0)
    assert window.paint_button.isEnabled()


def test_a_painting_is_shown_and_can_be_saved_alone_and_as_a_grid(window, photo, tmp_path):
    ready(window, photo).paint_button.click()
    wait_until(lambda: window.save_button.isEnabled())
    assert window.says.text() == "Done."
    assert window.bar.value() == 1000
    window.write(window.painted, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as saved:
        assert saved.size == (120, 90)


def test_previews_appear_while_painting(window, photo, engine):
    engine.go_on.clear()
    ready(window, photo).paint_button.click()
    wait_until(lambda: 0 < window.bar.value() < 1000)
    assert window.result.shown is not None
    assert not window.paint_button.isEnabled()
    engine.go_on.set()
    wait_until(lambda: window.painting is None)


def test_a_painting_can_be_cancelled(window, photo, engine):
    engine.steps, engine.step_seconds = 2000, 0.05
    ready(window, photo).paint_button.click()
    wait_until(lambda: window.bar.value() > 0)
    window.cancel_button.click()
    wait_until(lambda: window.painting is None)
    assert window.says.text() == "Cancelled."
    assert window.paint_button.isEnabled()


def test_closing_the_window_stops_the_painting(window, photo, engine):
    engine.steps, engine.step_seconds = 200, 0.05
    ready(window, photo).paint_button.click()
    wait_until(lambda: window.bar.value() > 0)
    window.close()
    assert window.painter is None


def test_a_file_that_is_no_picture_is_named_in_words(window, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    window.choose_photo(str(tmp_path / "notes.txt"))
    assert window.says.text().startswith("notes.txt: ")
    assert window.photo.shown is None


def test_every_control_has_a_name_for_screen_readers(window):
    for widget in (window.photo, window.style_picture, window.result, window.presets):
        assert widget.accessibleName()
    assert window.engine.accessibleName() == "Engine"
    assert window.presets.item(0).data(Qt.ItemDataRole.UserRole)


def test_settings_of_the_form_reach_the_engine(window):
    form = window.forms.currentWidget()
    form.inputs["strength"].setValue(0.25)
    assert np.isclose(form.options().strength, 0.25)
