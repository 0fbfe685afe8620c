"""The whole way from a photo to a painting on the visitor's disk."""

import io
import zipfile

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
    assert steps.painting_size(page) == [80, 60]


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


def test_a_sample_photo_is_on_the_stage_after_one_tap(visit):
    page = visit("/", viewport=PHONE)
    page.get_by_role("button", name="A cat").click()
    expect(page.locator("#stage")).to_have_attribute("data-state", "photo")
    expect(page.locator("#photo-caption")).to_contain_text("cat.webp")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)


def test_the_examples_of_an_empty_feed_lead_to_their_photo(visit):
    page = visit("/feed")
    page.get_by_role("link", name="A cup of coffee").click()
    expect(page.locator("#photo-caption")).to_contain_text("coffee.webp")
    assert page.url.endswith("/")


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_painting_of_ours_brings_its_settings_back(visit, photo, tmp_path, format):
    page = visit("/")
    page.get_by_role("slider", name="Boldness").fill("20")
    painted = tmp_path / f"painted.{format}"
    steps.paint(page, photo, "Mosaic")
    answer = page.request.post(
        "/api/v1/transfers",
        headers={"Accept": f"image/{format}"},
        multipart={
            "content": {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo.read_bytes()},
            "style": "ink-wash",
            "options": '{"boldness": 0.8}',
            "format": format,
        },
    )
    painted.write_bytes(answer.body())
    page.set_input_files("#photo-file", painted)
    expect(page.get_by_role("alert")).to_contain_text("its style and settings are back")
    expect(page.get_by_role("radio", name="Ink wash")).to_be_checked()
    expect(page.locator("#boldness-value")).to_have_text("80 %")
    expect(page.locator("#photo-caption")).to_contain_text("beach.jpg")
    page.get_by_role("button", name="Paint this picture itself").click()
    expect(page.locator("#photo-caption")).to_contain_text(f"painted.{format}")


@pytest.mark.parametrize(
    ("name", "words"),
    [("clip.mp4", "is a video"), ("logo.svg", "Save it as PNG"), ("site.ico", "is an icon")],
)
def test_what_cannot_be_painted_is_told_before_it_is_sent(visit, tmp_path, name, words):
    file = tmp_path / name
    file.write_bytes(b"something")
    page = visit("/")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.set_input_files("#photo-file", file)
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert sent == []


def test_the_finest_has_three_sliders_and_sends_what_they_say(visit, photo, gatys):
    gatys.step_seconds = 0.0
    page = visit("/")
    steps.choose_finest(page)
    expect(page.get_by_role("slider")).to_have_count(3)
    page.get_by_role("slider", name="Detail").fill("0")
    page.get_by_role("slider", name="Boldness").fill("90")
    steps.choose_photo(page, photo)
    steps.choose_style(page, "Mosaic")
    with page.expect_request("**/api/v1/transfers") as order:
        steps.press_paint(page)
    options = order.value.post_data_json["options"]
    assert (options["max_side"], options["boldness"]) == (256, 0.9)


def test_several_photos_become_a_zip_file(visit, photo, tmp_path):
    other, broken = tmp_path / "wood.png", tmp_path / "notes.txt"
    other.write_bytes(picture_bytes(40, 50))
    broken.write_text("no picture")
    page = visit("/")
    page.set_input_files("#photo-file", [photo, other, broken])
    expect(page.locator("#batch-words")).to_contain_text("Photos: 3")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    page.get_by_role("button", name="Paint all").click()
    expect(page.locator("#batch-words")).to_have_text("Painted: 2 of 3")
    expect(page.locator("#batch-left")).to_contain_text("notes.txt was left out")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    assert download.value.suggested_filename == "mosaic.zip"
    with zipfile.ZipFile(download.value.path()) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["beach-mosaic.jpg", "wood-mosaic.png"]
        with packed.open("wood-mosaic.png") as file, Image.open(file) as painting:
            assert painting.size == (50, 40)
    page.set_input_files("#photo-file", photo)
    expect(page.locator("#batch")).to_be_hidden()


def test_before_and_after_are_one_picture(visit, photo):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    with page.expect_download() as download:
        page.get_by_role("button", name="Before and after").click()
    assert download.value.suggested_filename == "beach-mosaic-before-after.jpg"
    with Image.open(download.value.path()) as both:
        assert both.size == (120 + 3 + 120, 160)


def test_a_mouse_drags_the_strip_and_chooses_nothing(visit):
    page = visit("/")
    box = page.locator("#style-mosaic + label").bounding_box()
    tile = page.locator("#style-ink-wash + label").bounding_box()
    page.mouse.move(tile["x"] + 40, tile["y"] + 40)
    page.mouse.down()
    page.mouse.move(tile["x"] - 60, tile["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.locator("input[name=style]:checked")).to_have_count(0)
    assert page.locator("#style-mosaic + label").bounding_box()["x"] < box["x"] - 50
    page.locator("#style-ink-wash + label").click()
    expect(page.locator("#style-ink-wash")).to_be_checked()
