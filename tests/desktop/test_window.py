import os
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from stylekit.desktop.threads import Refining
from stylekit.desktop.widgets import ADVANCED
from stylekit.desktop.window import Window
from stylekit.engines.registry import OPTIONS, Engines
from stylekit.settings import Settings
from tests.fakes import TintEngine, alpha, picture_bytes


@pytest.fixture(scope="module")
def application():
    return QApplication.instance() or QApplication([])


@pytest.fixture
def engine():
    return TintEngine(steps=5)


@pytest.fixture
def finest():
    return TintEngine("gatys", steps=5)


@pytest.fixture
def window(application, engine, finest, tmp_path):
    engines = Engines({"fast": lambda: engine, "gatys": lambda: finest})
    window = Window(Settings(data=tmp_path), engines)
    window.show()
    yield window
    window.close()


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(data.astronaut()[:90, :120]).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.01)
    assert condition()


def choose(window, photo, row=3):
    """A photograph and a preset, with nothing painted yet but tiles."""
    window.choose_photo(photo)
    window.engine.setCurrentText("gatys")  # there, a tap only chooses
    window.tap(window.presets.item(row))
    return window


def idle(window):
    return lambda: window.work is None


def test_the_catalogue_is_shown_as_a_wall_of_24(window):
    assert window.presets.count() == 24
    assert not window.presets.item(0).icon().isNull()


def test_nothing_can_be_painted_before_photo_and_style_are_chosen(window, photo):
    assert not window.paint_button.isEnabled()
    window.choose_photo(photo)
    assert not window.paint_button.isEnabled()
    choose(window, photo, 0)
    assert window.paint_button.isEnabled()


def test_a_tap_on_a_style_is_a_painting_that_goes_on_for_some_seconds(window, photo, finest):
    finest.go_on.clear()
    window.choose_photo(photo)
    window.tap(window.presets.item(0))
    wait_until(refining(window))
    assert window.says.text().startswith("Painting finer")
    options = window.work.options
    assert (options.start, options.seconds, options.max_side) == ("fast", 4.0, 640)
    finest.go_on.set()
    wait_until(idle(window))
    assert window.says.text() == "Done."
    assert finest.painted == 1
    assert window.save_button.isEnabled()


def refining(window):
    return lambda: isinstance(window.work, Refining)


def test_finer_goes_on_until_it_is_good(window, photo, finest):
    window.choose_photo(photo)
    window.tap(window.presets.item(0))
    wait_until(lambda: window.finer_button.isEnabled() and finest.painted == 1)
    finest.steps, finest.step_seconds = 2000, 0.02
    before = window.painted
    window.finer_button.click()
    assert (window.work.options.seconds, window.work.options.max_side) == (0.0, 1024)
    wait_until(lambda: window.bar.value() > 0)
    assert not window.finer_button.isEnabled()
    window.good_button.click()
    wait_until(idle(window))
    assert window.says.text() == "Done."
    assert window.painted is not before
    assert not window.good_button.isEnabled()


def test_refining_that_is_stopped_leaves_the_quick_painting(window, photo, finest):
    finest.steps, finest.step_seconds = 2000, 0.02
    window.choose_photo(photo)
    window.tap(window.presets.item(0))
    wait_until(lambda: refining(window)() and window.bar.value() > 0)
    window.cancel_button.click()
    wait_until(idle(window))
    assert window.says.text() == "The quick painting is left as it was."
    assert np.array_equal(window.result.shown, window.painted)
    assert window.finer_button.isEnabled()


def test_another_style_does_not_wait_for_refining(window, photo, finest):
    finest.steps, finest.step_seconds = 2000, 0.02
    window.choose_photo(photo)
    window.tap(window.presets.item(0))
    wait_until(refining(window))
    first = window.work
    window.tap(window.presets.item(5))
    wait_until(lambda: refining(window)() and window.work is not first)
    assert not np.array_equal(window.work.style, first.style)


def test_what_is_half_photograph_is_not_refined(window, photo):
    window.option_forms["fast"].inputs["strength"].setValue(0.5)
    window.choose_photo(photo)
    window.tap(window.presets.item(0))
    wait_until(lambda: window.says.text() == "Done.")
    assert window.work is None
    assert not window.finer_button.isEnabled()


def test_every_style_is_shown_on_ones_own_photo(window, photo):
    before = shown(window, 7)
    window.choose_photo(photo)
    wait_until(lambda: shown(window, 23) != before and shown(window, 7) != before)
    assert shown(window, 7) != before


def shown(window, row):
    """The pixels of a tile."""
    return window.presets.item(row).icon().pixmap(50, 50).toImage().bits().tobytes()


def test_a_painting_is_shown_and_can_be_saved_alone_and_as_a_grid(window, photo, tmp_path):
    choose(window, photo).paint_button.click()
    wait_until(lambda: window.save_button.isEnabled())
    assert window.says.text() == "Done."
    assert window.bar.value() == 1000
    window.write(window.painted, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as saved:
        assert saved.size == (120, 90)


def test_transparency_is_saved(window, tmp_path):
    (tmp_path / "faded.png").write_bytes(picture_bytes(40, 60, alpha=True))
    choose(window, str(tmp_path / "faded.png")).paint_button.click()
    wait_until(lambda: window.save_button.isEnabled())
    window.write(window.painted, tmp_path / "out.png", window.source.alpha)
    assert alpha((tmp_path / "out.png").read_bytes()).min() < 10


def test_many_photographs_are_painted_into_a_folder_and_none_is_replaced(window, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    choose(window, photo)
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(2):
        window.paint_many([Path(photo), bad], out)
        wait_until(idle(window))
    assert sorted(each.name for each in out.iterdir()) == [
        "photo-painted-2.png",
        "photo-painted.png",
    ]
    assert window.says.text().startswith("1 written. bad.jpg: ")


def test_previews_appear_while_painting(window, photo, finest):
    finest.go_on.clear()
    choose(window, photo).paint_button.click()
    wait_until(lambda: 0 < window.bar.value() < 1000)
    assert window.result.shown is not None
    assert not window.paint_button.isEnabled()
    finest.go_on.set()
    wait_until(idle(window))


def test_a_painting_can_be_cancelled(window, photo, finest):
    finest.steps, finest.step_seconds = 2000, 0.05
    choose(window, photo).paint_button.click()
    wait_until(lambda: window.bar.value() > 0)
    window.cancel_button.click()
    wait_until(idle(window))
    assert window.says.text() == "Cancelled."
    assert window.paint_button.isEnabled()


def test_closing_the_window_stops_the_painting(window, photo, finest):
    finest.steps, finest.step_seconds = 200, 0.05
    choose(window, photo).paint_button.click()
    wait_until(lambda: window.bar.value() > 0)
    window.close()
    assert window.work is None
    assert window.tiles is None


def test_a_file_that_is_no_picture_is_named_in_words(window, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    window.choose_photo(str(tmp_path / "notes.txt"))
    assert window.says.text().startswith("notes.txt: ")
    assert window.source is None


def test_every_control_has_a_name_for_screen_readers(window):
    for widget in (window.photo, window.style_picture, window.result, window.presets):
        assert widget.accessibleName()
    assert window.engine.accessibleName() == "Engine"
    assert window.presets.item(0).data(Qt.ItemDataRole.UserRole)


@pytest.mark.parametrize("engine_name", OPTIONS)
def test_every_option_of_an_engine_is_in_its_form_and_reaches_the_engine(window, engine_name):
    form = window.option_forms[engine_name]
    known = {each.name: each for each in fields(OPTIONS[engine_name])}
    assert set(form.inputs) == set(known) - ADVANCED
    assert form.options() == OPTIONS[engine_name]()
    form.inputs["style_scale"].setValue(2)
    assert np.isclose(form.options().style_scale, 2)
