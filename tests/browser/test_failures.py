"""Whatever goes wrong is said in words, with a way on."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.fakes import picture_bytes

pytestmark = pytest.mark.browser


def test_the_finest_painting_without_a_photo_asks_for_one(visit):
    page = visit("/")
    steps.choose_finest(page)
    steps.press_paint(page)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Choose or take a photo first.")
    with page.expect_file_chooser():
        notice.get_by_role("button", name="Choose a photo").click()


def test_a_file_that_is_no_picture_is_refused_by_name(visit, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    page = visit("/")
    page.set_input_files("#photo-file", notes)
    expect(page.get_by_role("alert")).to_contain_text("notes.txt is not a picture")


@pytest.mark.parametrize(
    ("data", "words"), [(b"no picture", "is not a picture"), (b"", "beach.jpg is empty")]
)
def test_a_file_with_the_name_of_a_picture_alone_is_refused_at_once(visit, tmp_path, data, words):
    file = tmp_path / "beach.jpg"
    file.write_bytes(data)
    page = visit("/")
    page.set_input_files("#photo-file", file)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(words)
    expect(page.locator("#stage")).to_have_attribute("data-state", "empty")
    page.set_input_files("#own-file", file)
    expect(notice).to_contain_text(words)
    with page.expect_file_chooser() as chooser:
        notice.get_by_role("button", name="Choose another file").click()
    assert chooser.value.element.get_attribute("id") == "own-file"


def test_a_damaged_picture_is_explained_and_another_can_be_chosen(visit, photo, complaints):
    photo.write_bytes(photo.read_bytes()[:900])
    page = visit("/")
    steps.choose_photo(page, photo)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("That picture does not work")
    expect(notice.get_by_role("button", name="Choose another photo")).to_be_visible()
    expect(notice.get_by_role("button", name="Try again")).to_be_hidden()  # the same again
    complaints.clear()  # the browser notes the answer 400


def test_offline_is_said_and_nothing_is_lost(visit, photo, complaints):
    page = visit("/")
    steps.choose_photo(page, photo)
    page.context.set_offline(True)
    steps.choose_style(page, "Mosaic")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("You are offline")
    page.context.set_offline(False)
    notice.get_by_role("button", name="Try again").click()
    steps.expect_result(page)
    complaints.clear()  # the browser notes the request that did not get through


def test_a_painting_can_be_stopped(visit, photo, fast):
    fast.go_on.clear()
    page = visit("/")
    steps.choose_photo(page, photo)
    steps.choose_style(page, "Mosaic")
    expect(page.locator("#painting-words")).to_contain_text("Painting")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#painting")).to_be_hidden()
    expect(page.locator("#stage")).to_have_attribute("data-state", "photo")
    fast.go_on.set()


class TestAFullHouse:
    """One place, nobody may wait."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, painters=1, waiting_painters=0, wait_seconds=0.5)

    def test_is_waited_for_without_a_word_of_trouble(self, visit, photo, parts, complaints):
        page = visit("/")
        with parts.executor.slot("fast"):
            steps.choose_photo(page, photo)
            steps.choose_style(page, "Mosaic")
            expect(page.locator("#painting-words")).to_contain_text("Waiting for a place")
        steps.expect_result(page)
        expect(page.get_by_role("alert")).to_be_hidden()
        complaints.clear()  # the browser notes the answers 503

    def test_is_said_when_it_lasts_and_tried_again_by_itself(self, visit, photo, complaints):
        page = visit("/")
        steps.choose_photo(page, photo)
        busy = {"error": {"code": "busy", "message": "All places are taken.", "id": "1"}}
        answer = {"status": 503, "headers": {"Retry-After": "1"}, "json": busy}
        page.route("**/api/v1/transfers", lambda route: route.fulfill(**answer))
        steps.choose_style(page, "Mosaic")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("Every place is taken")
        expect(notice).to_contain_text("Trying again in")
        page.unroute("**/api/v1/transfers")
        steps.expect_result(page)
        complaints.clear()  # the browser notes the answers 503


class TestPicturesWithTooManyBytes:
    """The browser makes smaller what it can show; of the rest the page says what is too much."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, max_request_bytes=250_000)

    @pytest.fixture
    def scan(self, tmp_path):
        """300 kB in a format that the browser cannot show."""
        path = tmp_path / "scan.tif"
        path.write_bytes(picture_bytes(250, 400, "tiff"))
        return path

    @pytest.fixture
    def page(self, visit):
        return visit("/")

    def test_a_style_that_cannot_be_made_smaller_is_refused_by_name(self, page, photo, scan):
        steps.choose_photo(page, photo)
        page.set_input_files("#own-file", scan)
        expect(page.locator("#own-words")).to_contain_text("this browser cannot show it")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("The style picture is too large: scan.tif has 300 kB")
        expect(notice).to_contain_text("the most we can send is 125 kB")
        with page.expect_file_chooser() as chooser:
            notice.get_by_role("button", name="Choose another style picture").click()
        assert chooser.value.element.get_attribute("id") == "own-file"

    def test_a_photo_that_cannot_be_made_smaller_is_refused_when_it_is_chosen(self, page, scan):
        steps.choose_photo(page, scan)
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("The photo is too large: scan.tif has 300 kB")
        expect(notice).to_contain_text("the most we can send is 240 kB")
        expect(notice.get_by_role("button", name="Choose another photo")).to_be_visible()

    @pytest.fixture
    def stubborn(self, page, tmp_path):
        """`stubborn(1500)` chooses a photo whose copies take 1.5 s each and are never smaller."""
        path = tmp_path / "scan.bmp"
        path.write_bytes(picture_bytes(250, 400, "bmp"))

        def choose(milliseconds):
            page.evaluate(COPIES_STAY_LARGE, milliseconds)
            steps.choose_photo(page, path)

        return choose

    def test_a_photo_that_stays_too_large_is_refused_in_the_end(self, page, stubborn):
        stubborn(0)
        expect(page.get_by_role("alert")).to_contain_text("The photo is too large: scan.bmp")

    def test_making_a_photo_smaller_can_be_stopped(self, page, stubborn):
        stubborn(1500)
        steps.choose_style(page, "Mosaic")
        expect(page.locator("#painting-words")).to_contain_text("Getting the photo ready")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#painting")).to_be_hidden()
        expect(page.get_by_role("alert")).to_be_hidden()


COPIES_STAY_LARGE = """milliseconds => {
  HTMLCanvasElement.prototype.toBlob = (done) => {
    setTimeout(() => done(new Blob([new Uint8Array(400_000)])), milliseconds);
  };
}"""


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (429, "That was a lot at once"),
        (502, "The server is away for a moment"),
        (503, "The server is away for a moment"),
        (200, "The server is away for a moment"),  # the page of a network that wants a login
    ],
)
def test_a_proxys_own_page_is_no_riddle(visit, photo, complaints, status, title):
    page = visit("/")
    steps.choose_photo(page, photo)
    html = "<html><h1>nginx</h1></html>"
    answer = {"status": status, "content_type": "text/html", "body": html}
    page.route("**/api/v1/transfers", lambda route: route.fulfill(**answer))
    steps.choose_style(page, "Mosaic")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(title)
    expect(notice).not_to_contain_text(re.compile(f"{status}|nginx|undefined"))
    page.unroute("**/api/v1/transfers")
    notice.get_by_role("button", name="Try again").click()
    steps.expect_result(page)
    complaints.clear()  # the browser notes the answers from 400 on


def test_a_picture_of_which_nothing_came_is_no_painting(visit, photo, complaints):
    page = visit("/")
    steps.choose_photo(page, photo)
    page.route(
        "**/api/v1/transfers", lambda route: route.fulfill(content_type="image/webp", body="")
    )
    steps.choose_style(page, "Mosaic")
    expect(page.get_by_role("alert")).to_contain_text("The server is away for a moment")
    complaints.clear()
