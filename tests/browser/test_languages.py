"""The page in other languages, Arabic from right to left among them."""

import re

import pytest
from playwright.sync_api import expect

from stylekit.web.languages import LANGUAGES
from tests.browser import steps
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser


def test_the_language_is_chosen_in_the_frame_of_every_page(visit):
    page = visit("/feed", locale="de-DE")
    expect(page.get_by_role("heading", name="Die Galerie")).to_be_visible()
    page.get_by_label("Sprache").click()
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", name="La galería")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("Elige una foto para empezar.")).to_be_visible()


def test_a_photo_is_painted_from_right_to_left(visit, photo):
    page = visit("/", locale="ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    steps.choose_photo(page, photo)
    expect(page.locator("#action-hint")).to_have_text("المس أسلوبًا.")
    page.locator(".style-tile label", has_text="فسيفساء").click()
    steps.expect_result(page)
    expect(page.locator("#stage .compare-after")).to_have_attribute(
        "aria-label", re.compile("فسيفساء")
    )
    stage, settings = page.locator("#stage"), page.locator(".studio-settings")
    assert stage.bounding_box()["x"] > settings.bounding_box()["x"]  # what comes first is right


def test_the_strip_goes_on_to_the_left_in_arabic(visit):
    page = visit("/", locale="ar")
    first, own = page.locator(".style-tile").nth(1), page.locator(".style-own")
    assert own.bounding_box()["x"] >= first.bounding_box()["x"]
    expect(page.locator("#strip-back")).to_be_disabled()
    page.locator("#strip-on").click()
    expect(page.locator("#strip-back")).to_be_enabled()
    assert page.eval_on_selector("#strip", "strip => strip.scrollLeft") < 0


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_page_scrolls_sideways_in_any_language(visit, code, photo):
    page = visit("/feed", viewport={"width": 320, "height": 640}, locale=code)
    assert not steps.scrolls_sideways(page)
    page.goto("/")
    steps.choose_photo(page, photo)
    page.locator("#style-mosaic + label").click()
    steps.expect_result(page)
    for width in (320, 360, 768, 1280):
        steps.resize(page, width, 640)
        assert not steps.scrolls_sideways(page), width


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_bar_of_the_page_is_one_line_on_a_phone(visit, code):
    page = visit("/", viewport=PHONE, locale=code)
    assert page.locator(".masthead").bounding_box()["height"] < 70
