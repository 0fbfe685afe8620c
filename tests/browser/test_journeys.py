"""From the first look to the last click, with the network cut at every step and the server gone."""

import threading

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from stylekit.web import create_app
from tests.browser import steps
from tests.browser.conftest import DESKTOP
from tests.fakes import picture_bytes

pytestmark = pytest.mark.browser


class Server:
    """A server that goes away and comes back at the same address, with all that it had."""

    def __init__(self, settings, parts):
        self.app, self.port = create_app(settings, parts), 0
        self.start()

    def start(self):
        self._serving = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self._serving.daemon_threads = True
        self.port = self._serving.server_port
        threading.Thread(target=self._serving.serve_forever, daemon=True).start()

    def stop(self):
        self._serving.shutdown()
        self._serving.server_close()


@pytest.fixture
def server(settings, parts):
    server = Server(settings, parts)
    yield server
    server.stop()


@pytest.fixture
def address(server):
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def large(tmp_path):
    """More pixels than are painted for the screen."""
    path = tmp_path / "large.jpg"
    path.write_bytes(picture_bytes(900, 1200, "jpeg"))
    return path


@pytest.fixture(
    params=[
        ("the network is cut", {"width": 360, "height": 640}),
        ("the network is cut", {"width": 390, "height": 844}),
        ("the network is cut", DESKTOP),
        ("the server is gone", {"width": 360, "height": 640}),
    ],
    ids=lambda how: f"{how[0]} at {how[1]['width']}",
)
def how(request):
    """Why nobody answers, and on a window of which size."""
    return request.param


@pytest.fixture
def page(visit, how):
    return visit("/", viewport=how[1])


@pytest.fixture
def away(how, server):
    """`away(page)`, and `away(page, False)` when it is over; the words that the page has for it."""

    def cut(page, is_away=True):
        page.context.set_offline(is_away)
        return "You are offline"

    def kill(page, is_away=True):
        (server.stop if is_away else server.start)()
        return "The server does not answer"

    return cut if how[0] == "the network is cut" else kill


def nobody_answers(page, away, act):
    """The way on that the page offers for what was done while nobody answered."""
    painting = page.locator("#stage .compare-after[data-shown]")
    before = steps.pixels(page) if painting.count() else None
    words = away(page)
    act()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(words)
    assert before is None or steps.pixels(page) == before  # the painting stays on the screen
    away(page, False)
    return notice.get_by_role("button", name="Try again")


def test_what_is_painted_while_nobody_answers_is_painted_afterwards(page, away, large, complaints):
    steps.choose_photo(page, large)
    nobody_answers(page, away, lambda: steps.choose_style(page, "Mosaic")).click()
    steps.expect_result(page)
    nobody_answers(page, away, lambda: steps.choose_style(page, "Ink wash")).click()
    painting = page.get_by_role("img", name="Your photo in the style Ink wash")
    expect(painting).to_be_visible()
    again = nobody_answers(page, away, page.get_by_role("button", name="Download").click)
    with page.expect_download() as download:
        again.click()
    assert download.value.suggested_filename == "large-ink-wash.jpg"
    nobody_answers(page, away, page.get_by_role("button", name="Keep", exact=True).click).click()
    expect(page.get_by_role("link", name="Its page")).to_be_visible()
    complaints.clear()  # the browser notes each request that did not get through


def test_a_job_is_shown_and_deleted_after_nobody_answered(page, away, photo, complaints):
    steps.start_job(page, photo)
    steps.expect_state(page, "done")
    shown = page.get_by_role("switch", name="Show it in the feed")
    again = nobody_answers(page, away, shown.click)
    expect(shown).not_to_be_checked()
    again.click()
    expect(shown).to_be_checked()

    def delete():
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    nobody_answers(page, away, delete).click()
    page.wait_for_url("**/mine")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    complaints.clear()  # the browser notes each request that did not get through


def test_an_answer_that_breaks_off_is_asked_for_again(visit, photo, complaints):
    page = visit("/")
    steps.choose_photo(page, photo)
    page.route("**/api/v1/transfers", lambda route: route.abort("connectionreset"), times=1)
    steps.choose_style(page, "Mosaic")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    steps.expect_result(page)
    complaints.clear()
