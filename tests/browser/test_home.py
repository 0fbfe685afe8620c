"""The whole way from a photo to a painting on the visitor's disk."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import DESKTOP, PHONE
from tests.fakes import picture_bytes

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_photo_becomes_a_painting_that_can_be_downloaded(visit, photo, viewport):
    page = visit("/", viewport=viewport)
    steps.paint(page, photo, "Stained glass")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "beach-stained-glass.jpg"
    with Image.open(download.value.path()) as painting:
        assert (painting.format, painting.size) == ("JPEG", (120, 160))


def test_the_preview_of_a_photo_is_upright(visit, photo):
    page = visit("/")
    steps.choose_photo(page, photo)
    size = page.eval_on_selector("#photo-preview", "i => [i.naturalWidth, i.naturalHeight]")
    assert size == [120, 160]
    expect(page.locator("#photo-caption")).to_contain_text("120 × 160")


def test_a_style_picture_of_ones_own_is_used(visit, photo, tmp_path, fast):
    own = tmp_path / "carpet.png"
    own.write_bytes(picture_bytes(40, 40, color=(0.9, 0.1, 0.1)))
    page = visit("/")
    steps.choose_photo(page, photo)
    with page.expect_file_chooser() as chooser:
        page.locator("label[for=style-own]").click()
    chooser.value.set_files(own)
    expect(page.locator("#own-words")).to_have_text("carpet.png")
    steps.expect_result(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "beach-my-style.jpg"


def test_a_pasted_picture_and_a_dropped_one_are_photos(visit):
    page = visit("/")
    for event, holder in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        page.evaluate(GIVE, [event, holder, list(picture_bytes(30, 50 + len(event)))])
        caption = page.locator("#photo-caption")
        expect(caption).to_contain_text(f"{50 + len(event)} × 30")


GIVE = """([kind, holder, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: "image/png" }));
  const event = new Event(kind, { bubbles: true, cancelable: true });
  event[holder] = files;
  document.getElementById("stage").dispatchEvent(event);
}"""


def test_the_comparing_slider_follows_keys_and_the_pointer(visit, photo):
    page = visit("/")
    steps.paint(page, photo)
    slider = page.get_by_role("slider", name="How much of the original photo is uncovered")
    expect(slider).to_have_value("0")  # the whole painting is seen at first
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("1")
    box = page.locator("#stage .compare").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 60)
    page.mouse.up()
    expect(slider).to_have_value("20")
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator("#stage .compare")).to_have_attribute("data-view", "sides")


def test_strength_nought_gives_the_photo_back(visit, tmp_path):
    photo = tmp_path / "grey.png"
    photo.write_bytes(picture_bytes(32, 32, color=(0.5, 0.5, 0.5)))
    page = visit("/")
    page.get_by_role("slider", name="Strength").fill("0")
    expect(page.locator("#strength-value")).to_have_text("0 %")
    steps.paint(page, photo)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as painting:
        assert painting.convert("RGB").getpixel((16, 16)) == pytest.approx((128, 128, 128), abs=2)


def test_the_size_of_the_strokes_is_sent_and_shown_with_what_is_kept(visit, photo):
    page = visit("/")
    page.get_by_role("slider", name="Size of the strokes").fill("3")
    expect(page.locator("#stroke-size-value")).to_have_text("× 2.8")
    steps.paint(page, photo)
    page.get_by_role("button", name="Keep", exact=True).click()
    page.locator("#result-page").click()
    facts = page.locator("#job-settings")
    expect(facts).to_contain_text("Size of the strokes")
    expect(facts).to_contain_text("2.8")


class TestPhotosLargerThanTheLimit:
    """The browser makes them smaller, and only them."""

    @pytest.fixture
    def settings(self, settings):
        from dataclasses import replace

        return replace(settings, max_pixels=10_000)

    def test_are_shrunk_and_painted(self, visit, tmp_path):
        photo = tmp_path / "wide.png"
        photo.write_bytes(picture_bytes(150, 300))
        page = visit("/")
        steps.choose_photo(page, photo)
        # The presets are larger than this limit, too; a small style of one's own is not.
        own = tmp_path / "own.png"
        own.write_bytes(picture_bytes(40, 40, color=(0.9, 0.1, 0.1)))
        page.set_input_files("#own-file", own)
        steps.expect_result(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        with Image.open(download.value.path()) as painting:
            width, height = painting.size
        assert width * height <= 10_000
        assert width / height == pytest.approx(2, rel=0.02)


def test_a_photo_that_the_browser_cannot_show_is_painted_all_the_same(visit, tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    photo = tmp_path / "IMG_0001.HEIC"
    image = Image.open(io.BytesIO(picture_bytes(60, 80)))
    pillow_heif.from_pillow(image).save(photo)
    page = visit("/")
    steps.choose_photo(page, photo)
    expect(page.locator("#photo-note")).to_contain_text("This browser cannot show its format")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    size = page.eval_on_selector("#stage .compare-after", "i => [i.naturalWidth, i.naturalHeight]")
    assert size == [80, 60]


def test_without_javascript_a_plain_form_answers_with_the_picture(visit, photo, complaints):
    page = visit("/", java_script_enabled=False)
    expect(page.get_by_role("heading", name="Without JavaScript")).to_be_visible()
    expect(page.locator("#studio")).to_be_hidden()
    page.set_input_files("#plain-content", photo)
    with page.expect_response("**/api/v1/transfers") as answer:
        page.get_by_role("button", name="Transfer").click()
    assert answer.value.ok
    assert answer.value.headers["content-type"] == "image/jpeg"
    page.wait_for_timeout(500)
    complaints.clear()  # the browser's own page around a picture has inline styles
