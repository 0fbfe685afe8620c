"""A photo goes up once, is seen in every style, and comes down in full size when it is wanted."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.fakes import picture_bytes

pytestmark = pytest.mark.browser

STYLES = 24


@pytest.fixture
def large(tmp_path):
    """A photo that is larger than what is painted for the screen."""
    path = tmp_path / "view.jpg"
    path.write_bytes(picture_bytes(1100, 1500, "jpeg"))
    return path


def watch(page, part):
    """The requests to addresses that end so, as they are sent."""
    seen = []
    page.on("request", lambda request: request.url.endswith(part) and seen.append(request))
    return seen


def test_every_tile_shows_the_photo_in_its_style(visit, photo):
    page = visit("/")
    preset = page.locator("#style-woodblock-wave + label img")
    before = preset.get_attribute("src")
    steps.choose_photo(page, photo)
    expect(page.locator("#strip img[data-preset]")).to_have_count(STYLES)
    assert preset.get_attribute("src").startswith("data:image/webp;base64,")
    assert preset.get_attribute("data-preset") == before
    expect(preset).to_have_js_property("complete", True)


def test_it_goes_up_once_however_many_styles_are_tapped(visit, photo):
    page = visit("/")
    uploads, orders = watch(page, "/api/v1/uploads"), watch(page, "/api/v1/transfers")
    steps.paint(page, photo, "Mosaic")
    for style in ("Ink wash", "Night swirls"):
        with page.expect_response("**/api/v1/transfers"):
            steps.choose_style(page, style)
    assert len(uploads) == 1
    assert len(orders) == 3
    assert all(len(order.post_data) < 1000 for order in orders)


def test_a_large_one_is_painted_small_and_comes_down_in_full(visit, large):
    page = visit("/")
    uploads = watch(page, "/api/v1/uploads")
    steps.paint(page, large, "Mosaic")
    assert max(steps.painting_size(page)) == 1024
    assert len(uploads) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "view-mosaic.jpg"
    with Image.open(download.value.path()) as painting:
        assert painting.size == (1500, 1100)
    assert len(uploads) == 2
    with page.expect_download():  # it is there already
        page.get_by_role("button", name="Download").click()
    assert len(uploads) == 2


def test_one_that_the_browser_cannot_show_comes_down_in_full_as_well(visit, tmp_path):
    photo = tmp_path / "view.tif"
    photo.write_bytes(picture_bytes(1100, 1500, "tiff"))
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    assert max(steps.painting_size(page)) == 1024
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as painting:
        assert painting.size == (1500, 1100)


def test_an_upload_whose_time_is_up_is_sent_again(visit, photo, parts, complaints):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    for key in list(parts.files.list("uploads/")):
        parts.files.delete(key)
    with page.expect_response(
        lambda answer: answer.url.endswith("/api/v1/transfers") and answer.ok
    ):
        steps.choose_style(page, "Ink wash")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#painting")).to_be_hidden()
    complaints.clear()  # the browser notes the answer 404


def test_letting_a_slider_go_paints_again(visit, photo):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    with page.expect_request("**/api/v1/transfers") as order:
        page.get_by_role("slider", name="Strength").fill("40")
    assert order.value.post_data_json["options"]["strength"] == 0.4


def test_who_holds_the_painting_sees_the_photo(visit, photo):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    frame = page.locator("#stage .compare")
    box = frame.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(frame).to_have_attribute("data-uncovered", "100")
    page.mouse.up()
    expect(frame).to_have_attribute("data-uncovered", "0")


def test_the_painting_is_seen_in_full_screen(visit, photo):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    page.get_by_role("button", name="Full screen").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Full screen")).to_be_focused()


@pytest.mark.parametrize(
    "viewport",
    [{"width": 360, "height": 640}, {"width": 390, "height": 844}, PHONE],
    ids=lambda size: f"{size['width']}x{size['height']}",
)
def test_painting_styles_and_actions_are_one_screen_of_a_phone(visit, photo, viewport):
    page = visit("/", viewport=viewport)
    steps.paint(page, photo, "Mosaic")
    places = [
        page.locator("#stage"),
        page.locator(".style-tile", has=page.locator("#style-mosaic")),
        page.get_by_role("button", name="Download"),
    ]
    assert page.evaluate("window.scrollY") == 0
    bottom = 0
    for place in places:
        box = place.bounding_box()
        assert box["y"] >= bottom - 1, "one covers the other"
        bottom = box["y"] + box["height"]
        assert bottom <= viewport["height"]


def test_the_browser_keeps_no_painting_decoded_that_is_no_longer_seen(visit, chromium, tmp_path):
    path = tmp_path / "view.jpg"
    path.write_bytes(picture_bytes(1000, 1024, "jpeg"))
    page = visit("/", viewport=PHONE)
    steps.paint(page, path, "Mosaic")
    before = decoded_megabytes(chromium, page)
    for style in ("Ink wash", "Night swirls", "Stained glass", "Burning sky", "Neon circuit"):
        with page.expect_response("**/api/v1/transfers"):
            steps.choose_style(page, style)
        expect(page.locator("#painting")).to_be_hidden()
    assert decoded_megabytes(chromium, page) < before + 8  # each has 4


def decoded_megabytes(browser, page):
    """What Chromium's cache of decoded pictures holds, by its own count."""
    session = browser.new_browser_cdp_session()
    events, complete = [], []
    session.on("Tracing.dataCollected", lambda event: events.extend(event["value"]))
    session.on("Tracing.tracingComplete", lambda event: complete.append(event))
    categories = {
        "includedCategories": ["disabled-by-default-memory-infra"],
        "excludedCategories": ["*"],
        "memoryDumpConfig": {"triggers": []},
    }
    session.send("Tracing.start", {"traceConfig": categories, "transferMode": "ReportEvents"})
    session.send("Tracing.requestMemoryDump", {"levelOfDetail": "detailed"})
    session.send("Tracing.end")
    while not complete:
        page.wait_for_timeout(50)
    session.detach()
    dumps = [e["args"]["dumps"].get("allocators", {}) for e in events if e["ph"] == "v"]
    caches = [dump["cc/image_memory"] for dump in dumps if "cc/image_memory" in dump]
    return sum(int(cache["attrs"]["size"]["value"], 16) for cache in caches) / 2**20
