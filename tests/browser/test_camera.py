"""A photo by the camera of a desktop: Chromium's own fake camera, which shows a green picture."""

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def chromium(chromium):
    """One with a camera."""
    from tests.conftest import chromium_path

    browser = chromium.browser_type.launch(
        executable_path=chromium_path(),
        args=["--no-sandbox", "--use-fake-device-for-media-stream"],
    )
    yield browser
    browser.close()


def test_a_photo_is_taken_and_painted_and_the_camera_goes_off(visit):
    page = visit("/", permissions=["camera"])
    page.get_by_role("button", name="Use the camera").click()
    take = page.get_by_role("button", name="Take the photo")
    expect(take).to_be_focused()
    take.click()
    expect(page.locator("#webcam")).to_be_hidden()
    expect(page.locator("#photo-caption")).to_contain_text("webcam.jpg")
    assert page.evaluate("document.getElementById('webcam-video').srcObject === null")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_axe_finds_nothing_in_the_dialog_of_the_camera(visit, locale):
    page = visit("/", permissions=["camera"], locale=locale, bypass_csp=True)
    page.locator("#photo-webcam").click()
    expect(page.locator("#webcam-take")).to_be_focused()
    assert steps.findings_in_every_look(page) == []
    page.keyboard.press("Escape")
    page.context.clear_permissions()
    page.locator("#photo-webcam").click()
    expect(page.locator("#webcam-words")).not_to_be_empty()
    assert steps.findings_in_every_look(page) == []


def test_a_camera_that_may_not_be_used_is_explained_and_the_page_goes_on(visit):
    page = visit("/")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator("#webcam-words")).to_contain_text("This page may not use the camera")
    expect(page.get_by_role("button", name="Take the photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Use the camera")).to_be_focused()


def test_phones_have_the_camera_of_their_own(visit):
    page = visit("/", viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.get_by_text("Take one", exact=True)).to_be_visible()
    expect(page.locator("#photo-webcam")).to_be_hidden()
