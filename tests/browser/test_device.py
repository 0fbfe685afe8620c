"""What stays in the browser: the photo, the choices and the last paintings."""

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.fakes import picture_bytes

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit, photo):
    """One painting is on the stage, and kept."""
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    expect(history(page)).to_have_count(1)
    return page


def history(page):
    return page.get_by_role("button", name="Show again:")


def test_a_reload_brings_photo_style_settings_and_painting_back(page):
    with page.expect_response("**/api/v1/transfers"):
        page.get_by_role("slider", name="Strength").fill("40")
    expect(history(page)).to_have_count(2)
    before = steps.pixels(page)
    orders = []
    page.on("request", lambda request: "transfers" in request.url and orders.append(request))
    page.reload()
    steps.expect_result(page)
    assert steps.pixels(page) == before
    expect(page.get_by_role("radio", name="Mosaic")).to_be_checked()
    expect(page.locator("#strength-value")).to_have_text("40 %")
    expect(page.locator("#photo-caption")).to_contain_text("beach.jpg (120 × 160")
    assert orders == []


def test_going_away_and_back_loses_nothing(page):
    before = steps.pixels(page)
    page.get_by_role("link", name="Feed").click()
    page.go_back()
    steps.expect_result(page)
    assert steps.pixels(page) == before


def test_the_painting_stays_while_the_next_one_fails(page, complaints):
    before = steps.pixels(page)
    page.context.set_offline(True)
    steps.choose_style(page, "Ink wash")
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    steps.expect_result(page)
    assert steps.pixels(page) == before
    page.context.set_offline(False)
    complaints.clear()  # the browser notes the request that did not get through


def test_the_painting_stays_when_the_next_one_is_stopped(page, fast):
    before = steps.pixels(page)
    fast.go_on.clear()
    steps.choose_style(page, "Ink wash")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#painting")).to_be_hidden()
    assert steps.pixels(page) == before
    fast.go_on.set()


def test_a_tap_on_the_history_brings_picture_and_settings_back(page, tmp_path):
    before = steps.pixels(page)
    other = tmp_path / "forest.png"
    other.write_bytes(picture_bytes(90, 60, color=(0.1, 0.5, 0.2)))
    page.get_by_role("slider", name="Size of the strokes").fill("2")
    expect(history(page)).to_have_count(2)
    with page.expect_response("**/api/v1/transfers"):
        page.set_input_files("#photo-file", other)
    expect(history(page)).to_have_count(3)
    history(page).last.click()
    expect(page.locator("#photo-caption")).to_contain_text("beach.jpg")
    expect(page.locator("#stroke-size-value")).to_have_text("× 1")
    steps.expect_result(page)
    assert steps.pixels(page) == before


def test_a_deleted_painting_can_be_taken_back(page):
    page.get_by_role("button", name="Delete: Mosaic").click()
    expect(history(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(history(page)).to_have_count(1)
    page.reload()
    expect(history(page)).to_have_count(1)


def test_one_tap_deletes_everything_from_the_device(page):
    page.get_by_role("button", name="Delete them from this device").click()
    expect(page.locator("#stage")).to_have_attribute("data-state", "empty")
    expect(page.locator("#history")).to_be_hidden()
    page.reload()
    expect(page.locator("#history")).to_be_hidden()
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") <= 1


def test_no_more_than_24_are_kept(page):
    for number in range(25):
        with page.expect_response("**/api/v1/transfers"):
            page.get_by_role("slider", name="Strength").fill(str(5 * (number % 2) + 10))
        expect(page.locator("#painting")).to_be_hidden()
    expect(history(page)).to_have_count(24)
    page.reload()
    expect(history(page)).to_have_count(24)


def test_the_page_opens_without_a_connection_with_all_that_was_there(page, complaints):
    page.evaluate("navigator.serviceWorker.ready")
    before = steps.pixels(page)
    page.context.set_offline(True)
    page.reload()
    steps.expect_result(page)
    assert steps.pixels(page) == before
    steps.choose_style(page, "Ink wash")
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    page.context.set_offline(False)
    complaints.clear()  # the browser notes what it could not fetch


def test_a_photo_that_another_app_shares_is_on_the_stage(page, tmp_path):
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(SHARE, list(picture_bytes(30, 50)))
    expect(page.locator("#photo-caption")).to_contain_text("from the gallery.png (50 × 30")
    assert page.url.endswith("/")


SHARE = """bytes => {
  const file = new File([new Uint8Array(bytes)], "from the gallery.png", { type: "image/png" });
  const how = { action: "/share", method: "post", enctype: "multipart/form-data" };
  const form = Object.assign(document.createElement("form"), how);
  const input = Object.assign(document.createElement("input"), { type: "file", name: "photo" });
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""


def test_the_page_offers_itself_as_an_app_below_a_painting_until_somebody_says_no(page):
    offer = page.get_by_role("button", name="Install")
    # What Chromium sends to a page that can be installed; it does not where nobody looks.
    ask = "window.dispatchEvent(new Event('beforeinstallprompt', { cancelable: true }))"
    assert not page.evaluate(ask)  # the browser does not ask by itself
    expect(offer).to_be_visible()
    page.get_by_role("button", name="No, thanks").click()
    expect(offer).to_be_hidden()
    page.reload()
    steps.expect_result(page)
    page.evaluate(ask)
    expect(offer).to_be_hidden()
