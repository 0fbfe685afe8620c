"""One job, watched from submission to its end."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from stylekit.errors import PaintingFailed
from tests.browser import steps
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser

PREVIEWS_SEEN = "window.seen = new Set(); new MutationObserver(() => { const i = document.getElementById('job-preview'); if (!i.hidden && i.src) window.seen.add(i.src); }).observe(document.getElementById('job-preview'), { attributes: true });"  # noqa: E501


@pytest.fixture
def gatys(gatys):
    """Slow enough to be watched."""
    gatys.steps, gatys.step_seconds = 6, 0.4
    return gatys


def percent(page) -> int:
    return int(re.sub(r"\D", "", page.locator("#job-percent").inner_text()) or 0)


def test_a_job_is_watched_from_submission_to_result(visit, photo, gatys):
    gatys.steps, gatys.step_seconds = 12, 0.7
    page = visit("/")
    steps.start_job(page, photo)
    page.evaluate(PREVIEWS_SEEN)
    steps.expect_state(page, "running")
    seen = []
    while page.locator("#job").get_attribute("data-state") == "running":
        seen.append(percent(page))
        page.wait_for_timeout(100)
    steps.expect_state(page, "done")
    assert seen == sorted(seen)
    assert max(seen) < 100
    assert page.evaluate("window.seen.size") >= 3
    expect(page.get_by_role("heading", name="Your painting is ready")).to_be_visible()
    expect(page.locator("#job-facts")).to_contain_text("in 7 days")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()
    assert download.value.suggested_filename == "photo-stained-glass.jpg"
    with Image.open(download.value.path()) as painting:
        assert (painting.format, painting.size) == ("JPEG", (120, 160))


def test_a_job_is_cancelled_and_started_again(visit, photo, gatys):
    gatys.go_on.clear()
    page = visit("/", viewport=PHONE)
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    page.get_by_role("button", name="Cancel").click()
    steps.expect_state(page, "cancelled")
    gatys.go_on.set()
    page.get_by_role("button", name="Try again").click()
    steps.expect_state(page, "done")


def test_a_reload_in_the_middle_goes_on(visit, photo, gatys):
    gatys.go_on.clear()
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    expect(page.locator("#job-preview")).to_be_visible()
    page.reload()
    steps.expect_state(page, "running")
    expect(page.locator("#job-preview")).to_be_visible()
    gatys.go_on.set()
    steps.expect_state(page, "done")


def test_a_lost_connection_is_said_and_survived(visit, photo, gatys, complaints):
    gatys.go_on.clear()
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    page.context.set_offline(True)
    expect(page.locator("#job-lost")).to_contain_text("Connection lost")
    gatys.go_on.set()
    page.context.set_offline(False)
    expect(page.locator("#job-lost")).to_be_hidden()
    steps.expect_state(page, "done")
    complaints.clear()  # the browser notes each request that did not get through


class TestWithoutLiveEvents:
    """A server that has no stream to spare answers 503; the page asks instead."""

    @pytest.fixture
    def settings(self, settings):
        from dataclasses import replace

        return replace(settings, max_streams=0)

    def test_the_page_asks_instead(self, visit, photo, gatys, complaints):
        gatys.go_on.clear()
        page = visit("/")
        steps.start_job(page, photo)
        steps.expect_state(page, "running")
        expect(page.locator("#job-preview")).to_be_visible()
        gatys.go_on.set()
        steps.expect_state(page, "done")
        complaints.clear()  # the browser notes the refused stream


def test_a_failed_job_says_why_and_can_be_tried_again(visit, photo, gatys):
    gatys.fail_with = PaintingFailed("The loss was not finite at 512 px.")
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "failed")
    expect(page.locator("#job-text")).to_have_text("The loss was not finite at 512 px.")
    gatys.fail_with = None
    page.get_by_role("button", name="Try again").click()
    steps.expect_state(page, "done")


def test_a_job_is_run_again_with_other_settings(visit, photo, gatys):
    gatys.step_seconds = 0.0
    page = visit("/")
    first = steps.start_job(page, photo)
    steps.expect_state(page, "done")
    page.get_by_text("Run again with other settings").click()
    page.get_by_role("button", name="Run again", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("It has these settings already")
    page.get_by_role("button", name="Change the seed").click()
    expect(page.get_by_label("Seed")).to_be_focused()
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Run again", exact=True).click()
    page.wait_for_url(lambda url: "display" in url and url != first)
    steps.expect_state(page, "done")
    expect(page.locator("#job-settings")).to_contain_text("Seed7")


def test_a_deleted_job_is_gone_for_everybody(visit, photo, gatys, complaints):
    gatys.step_seconds = 0.0
    page = visit("/")
    address = steps.start_job(page, photo)
    steps.expect_state(page, "done")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/mine")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="This painting is gone")).to_be_visible()
    complaints.clear()  # the browser notes the answer 410


def test_a_job_that_is_deleted_elsewhere_is_gone_while_one_watches(visit, photo, gatys, complaints):
    gatys.go_on.clear()
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    page.context.request.delete(page.locator("#job").get_attribute("data-job"))
    expect(page.get_by_role("heading", name="This painting is gone")).to_be_visible()
    expect(page.locator("#job-text")).to_contain_text("deleted by its owner")
    expect(page.get_by_role("link", name="Another photo")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    gatys.go_on.set()
    complaints.clear()  # the browser notes the answer 410


def test_the_painting_stands_where_its_preview_stood(visit, photo, gatys):
    gatys.go_on.clear()
    page = visit("/", viewport=PHONE)
    steps.start_job(page, photo)
    preview = page.locator("#job-preview")
    expect(preview).to_be_visible()
    before = preview.bounding_box()
    gatys.go_on.set()
    steps.expect_state(page, "done")
    assert page.locator("#job-result .compare").bounding_box() == pytest.approx(before, abs=1)


def test_a_stranger_with_the_link_may_look_but_not_act(visit, photo, gatys):
    gatys.step_seconds = 0.0
    page = visit("/")
    address = steps.start_job(page, photo)
    steps.expect_state(page, "done")
    stranger = visit(address)
    steps.expect_state(stranger, "done")
    expect(stranger.get_by_role("heading", name="The painting is ready")).to_be_visible()
    expect(stranger.get_by_role("link", name="Download", exact=True)).to_be_visible()
    expect(stranger.get_by_role("button", name="Delete")).to_be_hidden()
    expect(stranger.get_by_role("switch", name="Show it in the feed")).to_be_hidden()


@pytest.mark.parametrize("path", ["/display?id=unknown", "/display", "/nothing-here"])
def test_an_unknown_address_has_a_page_with_ways_on(visit, path, complaints):
    page = visit(path)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_role("link", name="Paint a photo")).to_be_visible()
    complaints.clear()  # the browser notes the answer 404


def test_the_photo_of_a_job_is_painted_in_another_style(visit, photo):
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "done")
    page.get_by_role("link", name="Another style").click()
    expect(page.locator("#photo-caption")).to_contain_text("120 × 160")
    assert page.url.endswith("/")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
