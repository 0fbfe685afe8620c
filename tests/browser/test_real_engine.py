"""Once with the engines that ship."""

import pytest
from playwright.sync_api import expect

from stylekit import wiring
from tests.browser import steps
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.tensorflow]


@pytest.fixture
def parts(settings):
    built = wiring.build(settings)
    built.engines.get("fast").warm_up()
    yield built
    built.close()


def test_a_photo_is_painted_quickly_and_then_finely(visit, photo):
    page = visit("/", viewport=PHONE)
    steps.choose_photo(page, photo)
    steps.choose_style(page, "Night swirls")
    expect(page.locator("#stage")).to_have_attribute("data-state", "result", timeout=120_000)
    assert steps.painting_size(page) == [120, 160]

    steps.choose_finest(page)
    page.get_by_role("slider", name="Detail").fill("0")
    page.get_by_text("More settings").click()
    page.get_by_label("Steps").fill("20")
    steps.press_paint(page)
    page.wait_for_url("**/display?id=*")
    expect(page.locator("#job")).to_have_attribute("data-state", "done", timeout=300_000)
    size = page.eval_on_selector(
        "#job-result .compare-after", "i => [i.naturalWidth, i.naturalHeight]"
    )
    assert size == [120, 160]
