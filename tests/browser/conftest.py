"""A server of the test's own with tinting engines, and headless Chromium."""

import pytest

from stylekit.settings import Settings
from tests.fakes import PATIENCE_MILLISECONDS, picture_bytes

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1440, "height": 900}


@pytest.fixture
def settings(tmp_path):
    """The shipped presets, and everything else in a folder of the test's own."""
    return Settings(
        data=tmp_path / "data",
        secret="a secret of the tests",
        lease_seconds=5.0,
        refine_seconds=0,  # by itself; `test_refine.py` has it
    )


@pytest.fixture
def address(server):
    """The address of the running application."""
    return server


@pytest.fixture
def complaints():
    """What the browser's console said; a test that expects an answer of 4xx or 5xx clears it."""
    return []


@pytest.fixture
def visit(chromium, address, complaints):
    """`visit("/feed", viewport=PHONE)`: a page of a new visitor, who notes every complaint."""
    contexts = []

    def go(path="/", viewport=DESKTOP, **context):
        # Without animations, for speed; nothing that the tests look at depends on them.
        made = chromium.new_context(
            viewport=viewport, base_url=address, reduced_motion="reduce", **context
        )
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        listen(page, complaints)
        page.goto(path)
        return page

    yield go
    for made in contexts:
        made.close()
    assert complaints == []


def listen(page, complaints):
    """Note errors, warnings and violations of the content security policy.

    Only 409 is no complaint: a preview that was asked for just as the job was cancelled.
    """

    def noted(message):
        if message.type in ("error", "warning") and "409 (CONFLICT)" not in message.text:
            complaints.append(message.text)

    page.on("console", noted)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def photo(tmp_path):
    """A photo file, stored lying on its side as phones do: upright it is 120 wide, 160 high."""
    path = tmp_path / "beach.jpg"
    path.write_bytes(picture_bytes(120, 160, "jpeg", orientation=6))
    return path
