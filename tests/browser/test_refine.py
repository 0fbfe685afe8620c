"""A quick painting goes on: by itself, on request, until it is good."""

import pytest
from playwright.sync_api import expect

from stylekit.settings import Settings
from tests.browser import steps

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(tmp_path):
    """The page refines by itself."""
    return Settings(data=tmp_path / "data", secret="a secret of the tests", refine_seconds=4)


def expect_shown(page, count):
    """So many pictures were on the stage one after the other: paintings and previews."""
    expect(page.locator("#stage .compare-after")).to_have_attribute("data-shown", str(count))


def refining(page):
    return page.locator("#refining")


def jobs(page):
    """What the server still has of this visitor."""
    return page.request.get("/api/v1/jobs").json()["jobs"]


def test_a_quick_painting_is_refined_by_itself_and_leaves_no_job(visit, photo, wait, gatys):
    page = visit("/")
    orders = []
    page.on("request", lambda sent: sent.method == "POST" and orders.append(sent))
    steps.paint(page, photo, "Mosaic")
    expect(refining(page)).to_be_hidden()
    wait(lambda: gatys.painted == 1)
    wait(lambda: jobs(page) == [])
    order = next(sent.post_data_json for sent in orders if "gatys" in (sent.post_data or ""))
    assert order["options"]["start"] == "fast"
    assert order["options"]["seconds"] == 4
    assert "upload" in order
    page.reload()  # the finer one is what is kept
    steps.expect_result(page)
    expect(page.get_by_role("button", name="Show again:")).to_have_count(1)


def test_on_a_slow_line_nothing_is_painted_on_unless_somebody_asks(visit, photo, gatys, wait):
    page = visit("/")
    page.evaluate(
        "Object.defineProperty(navigator, 'connection', { value: { effectiveType: '3g' } })"
    )
    steps.paint(page, photo, "Mosaic")
    finer = page.get_by_role("button", name="Finer")
    expect(finer).to_be_visible()
    assert gatys.painted == 0
    finer.click()
    wait(lambda: gatys.painted == 1)


def test_it_is_shown_as_it_comes_and_ends_when_it_is_good(visit, photo, wait, gatys):
    gatys.go_on.clear()
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    expect(refining(page)).to_be_visible()
    expect_shown(page, 2)
    page.get_by_role("button", name="Good").click()
    expect(refining(page)).to_be_hidden()
    expect_shown(page, 3)
    wait(lambda: jobs(page) == [])
    gatys.go_on.set()


def test_another_style_stops_it(visit, photo, wait, gatys):
    gatys.go_on.clear()
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    expect(refining(page)).to_be_visible()
    gatys.go_on.set()
    steps.choose_style(page, "Ink wash")
    expect(page.get_by_role("button", name="Show again:")).to_have_count(2)
    expect(refining(page)).to_be_hidden()
    wait(lambda: jobs(page) == [])


def test_what_was_asked_for_and_stopped_leaves_the_painting_and_no_complaint(
    visit, photo, wait, gatys
):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    wait(lambda: gatys.painted == 1)
    finer = page.get_by_role("button", name="Finer")
    expect(finer).to_be_visible()
    before = steps.pixels(page)
    gatys.go_on.clear()
    finer.click()
    wait(lambda: steps.pixels(page) != before)
    with page.expect_download():
        page.get_by_role("button", name="Download").click()
    expect(refining(page)).to_be_hidden()
    expect(page.get_by_role("alert")).to_be_hidden()
    wait(lambda: steps.pixels(page) == before)
    gatys.go_on.set()
    wait(lambda: jobs(page) == [])


def test_half_a_painting_is_left_as_it_is(visit, photo, gatys):
    page = visit("/")
    page.get_by_role("slider", name="Strength").fill("50")
    steps.paint(page, photo, "Mosaic")
    expect(page.get_by_role("button", name="Finer")).to_be_hidden()
    assert gatys.painted == 0


def test_on_request_it_goes_on_until_it_is_done_and_is_kept_so(visit, photo, wait, gatys):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    wait(lambda: gatys.painted == 1)
    page.get_by_role("button", name="Finer").click()
    wait(lambda: gatys.painted == 2)
    expect(refining(page)).to_be_hidden()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Its page")).to_be_visible()
    assert [job["engine"] for job in jobs(page)] == ["gatys"]
