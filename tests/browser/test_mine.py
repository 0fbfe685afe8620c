"""One's own pictures, when there are more than fit a page, and while they are painted."""

import re

import pytest
from playwright.sync_api import expect

from stylekit.jobs import Status
from tests.browser import steps
from tests.fakes import job_order, picture_bytes

pytestmark = pytest.mark.browser

PAGE = 24  # pictures


@pytest.fixture
def painter(visit, photo, gatys):
    """A visitor whose first picture is being painted until `gatys.go_on` is set."""
    gatys.go_on.clear()
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    expect(page.locator("#job-preview")).to_be_visible()
    return page


@pytest.fixture
def paint(painter, transfers):
    """`paint(24)` paints so many quick pictures for the same visitor, and keeps them."""
    owner = transfers.access.find(painter.url.split("id=")[1]).owner

    def quickly(count):
        for seed in range(count):
            order = job_order(
                engine="fast", style="ink-wash", content=picture_bytes(seed=seed), owner=owner
            )
            job = transfers.wait(transfers.submit(order).id, 10)
            assert job.status == Status.DONE

    return quickly


def test_older_ones_are_asked_for_once_however_often_one_clicks(painter, paint):
    paint(PAGE)
    asked = []
    painter.on("request", lambda request: "before=" in request.url and asked.append(request.url))
    painter.goto("/mine")
    cards = painter.get_by_role("article")
    expect(cards).to_have_count(PAGE)
    painter.get_by_role("button", name="Show older ones").evaluate("b => { b.click(); b.click(); }")
    expect(cards).to_have_count(PAGE + 1)
    painter.wait_for_load_state("networkidle")
    expect(cards).to_have_count(PAGE + 1)
    assert len(asked) == 1


def test_what_is_painted_is_followed_beyond_the_first_page(painter, paint, gatys):
    paint(PAGE)
    painter.goto("/mine")
    painter.get_by_role("button", name="Show older ones").click()
    oldest = painter.get_by_role("article").nth(PAGE)
    expect(oldest).to_contain_text("Being painted")
    gatys.go_on.set()
    expect(oldest).to_have_attribute("data-state", "done")


def test_what_is_deleted_elsewhere_goes_while_one_watches(painter, complaints):
    address = painter.locator("#job").get_attribute("data-job")
    painter.goto("/mine")
    expect(painter.get_by_role("article")).to_have_count(1)
    painter.request.delete(address)
    expect(painter.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    complaints.clear()  # the browser notes the answer 410


def test_a_preview_that_has_gone_leaves_the_photo_and_no_broken_picture(painter):
    painter.route("**/preview?*", too_late)
    with painter.expect_response(lambda response: response.status == 409):
        painter.goto("/mine")
    shown = painter.get_by_role("article").locator(".card-waiting img")
    expect(shown).to_have_js_property("naturalWidth", 120)


def test_the_page_of_a_job_shows_its_photo_where_the_preview_has_gone(painter):
    painter.route("**/preview?*", too_late)
    with painter.expect_response(lambda response: response.status == 409):
        painter.reload()
    expect(painter.locator("#job-photo")).to_be_visible()
    expect(painter.locator("#job-preview")).to_be_hidden()


def too_late(route):
    """The server's own 409, which it gives for the result of what is not done."""
    route.continue_(url=re.sub(r"/preview\?.*", "/result", route.request.url))
