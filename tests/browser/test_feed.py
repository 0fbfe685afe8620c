"""The feed, seen by two visitors, and the list of one's own pictures."""

import re

import pytest
from playwright.sync_api import expect

from stylekit.jobs import Status
from tests.browser import steps
from tests.fakes import job_order, picture_bytes

pytestmark = pytest.mark.browser


def test_a_public_painting_appears_in_another_browser_by_itself(visit, photo):
    watcher = visit("/feed")
    expect(watcher.get_by_role("heading", name="Be the first")).to_be_visible()
    painter = visit("/")
    steps.start_job(painter, photo, public=True)
    steps.expect_state(painter, "done")
    card = watcher.get_by_role("article", name="Stained glass")
    expect(card).to_be_visible()
    expect(watcher.locator("#announcer")).to_have_text("New pictures: 1")

    painter.get_by_role("switch", name="Show it in the feed").uncheck()
    expect(card).to_be_hidden()


def test_a_link_from_the_feed_opens_for_nobody_else_once_it_is_taken_back(visit, photo, complaints):
    painter = visit("/")
    there = steps.start_job(painter, photo, public=True)
    steps.expect_state(painter, "done")
    watcher = visit("/feed")
    watcher.get_by_role("article", name="Stained glass").get_by_role("link").first.click()
    steps.expect_state(watcher, "done")
    painter.get_by_role("switch", name="Show it in the feed").uncheck()
    expect(painter.get_by_text("you took it back, so only you can see it")).to_be_visible()
    expect(painter.get_by_role("button", name="Copy the link")).to_be_hidden()
    assert watcher.reload().status == 404
    complaints.clear()  # the browser notes the answer 404
    painter.goto(there)
    steps.expect_state(painter, "done")


def test_the_feed_and_a_link_show_the_painting_alone_until_its_owner_shows_the_photo(visit, photo):
    painter = visit("/")
    there = steps.start_job(painter, photo, public=True)
    steps.expect_state(painter, "done")
    watcher, reader = visit("/feed"), visit(there)
    single = re.compile("is-single")
    expect(watcher.get_by_role("article").locator(".compare")).to_have_class(single)
    expect(reader.locator("#job-result .compare")).to_have_class(single)
    expect(reader.get_by_role("button", name="Side by side")).to_be_hidden()
    assert reader.locator("#job-result .compare-before").get_attribute("src") is None
    expect(painter.locator("#job-result .compare")).not_to_have_class(single)

    painter.get_by_role("switch", name="Show the photo, too").check()
    expect(painter.locator("#photo-shared-help")).to_contain_text("sees the photo, too")
    expect(watcher.get_by_role("article").locator(".compare")).not_to_have_class(single)
    reader.reload()
    expect(reader.locator("#job-result .compare")).not_to_have_class(single)
    expect(reader.get_by_role("button", name="Side by side")).to_be_visible()


def test_a_private_painting_stays_out_of_the_feed(visit, photo):
    painter = visit("/")
    steps.start_job(painter, photo)
    steps.expect_state(painter, "done")
    other = visit("/feed")
    expect(other.get_by_role("heading", name="Be the first")).to_be_visible()


def test_new_pictures_do_not_move_what_one_looks_at(visit, photo):
    painter = visit("/")
    for style in ("Stained glass", "Ink wash", "Mosaic"):
        painter.goto("/")
        steps.start_job(painter, photo, style=style, public=True)
        steps.expect_state(painter, "done")
    watcher = visit("/feed", viewport={"width": 360, "height": 500})
    expect(watcher.get_by_role("article")).to_have_count(3)
    watcher.evaluate("window.scrollTo(0, 500)")
    before = watcher.evaluate("window.scrollY")
    painter.goto("/")
    steps.start_job(painter, photo, style="Kintsugi", public=True)
    button = watcher.get_by_role("button", name="New pictures: 1")
    expect(button).to_be_visible()
    assert watcher.evaluate("window.scrollY") == before
    button.click()
    expect(watcher.get_by_role("article").first).to_have_attribute("aria-label", "Kintsugi")


def test_after_a_long_sleep_what_one_looks_at_stays_until_one_asks_for_the_newest(
    visit, transfers, complaints
):
    paint_public(transfers, range(4))
    watcher = visit("/feed", viewport={"width": 360, "height": 500})
    cards = watcher.get_by_role("article")
    expect(cards).to_have_count(4)
    watcher.evaluate("window.scrollTo(0, 500)")
    before = watcher.evaluate("window.scrollY")
    watcher.context.set_offline(True)
    paint_public(transfers, range(4, 30))  # more than a page
    watcher.context.set_offline(False)
    button = watcher.get_by_role("button", name="Many new pictures")
    expect(button).to_be_visible()
    expect(cards).to_have_count(4)
    assert watcher.evaluate("window.scrollY") == before
    button.click()
    expect(cards).to_have_count(24)
    watcher.get_by_role("button", name="Show older ones").click()
    expect(cards).to_have_count(30)  # all of them: none between the newest and the first is lost
    complaints.clear()  # the browser notes each request that did not get through


def paint_public(transfers, seeds):
    """A public picture for each seed, the last the newest."""
    for seed in seeds:
        order = job_order(style="ink-wash", content=picture_bytes(seed=seed), public=True)
        job = transfers.wait(transfers.submit(order).id, 10)
        assert job.status == Status.DONE


def test_my_pictures_are_listed_and_deleted_one_by_one_and_all_at_once(visit, photo):
    page = visit("/")
    for style in ("Stained glass", "Ink wash", "Mosaic"):
        page.goto("/")
        steps.start_job(page, photo, style=style)
        steps.expect_state(page, "done")
    page.goto("/mine")
    expect(page.get_by_role("article")).to_have_count(3)
    page.get_by_role("button", name="Delete: Ink wash").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("article")).to_have_count(3)
    page.get_by_role("button", name="Delete: Ink wash").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()


def test_nobody_sees_the_pictures_of_another(visit, photo):
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "done")
    stranger = visit("/mine")
    expect(stranger.get_by_role("heading", name="Nothing here yet")).to_be_visible()


def test_a_quick_painting_is_kept_and_shown_in_the_feed(visit, photo):
    page = visit("/")
    steps.paint(page, photo, "Mosaic")
    page.get_by_role("button", name="Keep", exact=True).click()
    link = page.get_by_role("link", name="Its page")
    expect(link).to_be_focused()
    steps.choose_style(page, "Ink wash")  # another one, which is not kept
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show again: Mosaic").click()
    link.click()
    steps.expect_state(page, "done")
    page.get_by_role("switch", name="Show it in the feed").check()
    other = visit("/feed")
    expect(other.get_by_role("article")).to_have_count(1)
    page.goto("/mine")
    expect(page.get_by_role("article")).to_contain_text("In the feed")


def test_cards_load_small_pictures(visit, tmp_path):
    photo = tmp_path / "large.png"
    photo.write_bytes(picture_bytes(700, 900))
    painter = visit("/")
    steps.start_job(painter, photo, public=True)
    steps.expect_state(painter, "done")
    painter.get_by_role("switch", name="Show the photo, too").check()
    watcher = visit("/feed")
    for image in (".compare-before", ".compare-after"):
        picture = watcher.get_by_role("article").locator(image)
        expect(picture).to_have_js_property("naturalWidth", 640)
        answer = watcher.request.get(picture.get_attribute("src"))
        assert answer.headers["content-type"] == "image/webp"


def test_a_picture_that_was_not_painted_is_known_by_its_photo(visit, photo, gatys):
    gatys.go_on.clear()
    page = visit("/")
    steps.start_job(page, photo)
    steps.expect_state(page, "running")
    page.get_by_role("button", name="Cancel").click()
    steps.expect_state(page, "cancelled")
    gatys.go_on.set()
    page.goto("/mine")
    card = page.get_by_role("article")
    expect(card).to_contain_text("Cancelled")
    expect(card.locator(".card-none img")).to_have_js_property("complete", True)
    assert card.locator(".card-none img").evaluate("image => image.naturalWidth") == 120


def test_the_feed_is_walked_by_page_up_and_page_down(visit, photo):
    page = visit("/")
    for style in ("Stained glass", "Ink wash"):
        page.goto("/")
        steps.start_job(page, photo, style=style, public=True)
        steps.expect_state(page, "done")
    page.goto("/feed")
    first, second = (page.get_by_role("article", name=name) for name in ("Ink wash", "Stained"))
    first.get_by_role("link").focus()
    page.keyboard.press("PageDown")
    expect(second).to_be_focused()
    page.keyboard.press("PageDown")  # there is no third
    expect(second).to_be_focused()
    page.keyboard.press("PageUp")
    expect(first).to_be_focused()
    expect(second).to_have_attribute("aria-posinset", "2")
    expect(second).to_have_attribute("aria-setsize", "2")
