"""By keyboard, on narrow screens, in light and dark."""

import pytest
from playwright.sync_api import expect

from tests.browser import steps

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 768, 1440, 2560, 3840)


def test_a_painting_is_made_with_the_keyboard_alone(visit, photo):
    page = visit("/")
    choosers = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#photo-file")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    choosers[0].set_files(photo)
    expect(page.locator("#stage")).to_have_attribute("data-state", "photo")
    tab_to(page, "input[name=style]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=style]").nth(2)).to_be_checked()
    steps.expect_result(page)
    expect(page.locator("input[name=style]").nth(2)).to_be_focused()  # nobody took it away
    expect(page.locator("#painting")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Download")).to_be_focused()
    tab_to(page, "#strength")
    with page.expect_response("**/api/v1/transfers"):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#strength-value")).to_have_text("95 %")


def tab_to(page, selector):
    """Press Tab until this element has the focus."""
    for _ in range(40):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")


@pytest.mark.parametrize("path", ["/", "/feed", "/mine"])
def test_no_page_scrolls_sideways(visit, path):
    page = visit(path)
    for width in WIDTHS:
        steps.resize(page, width, 700)
        assert not steps.scrolls_sideways(page), f"{path} at {width} px"


def test_a_result_fits_a_narrow_phone(visit, photo):
    page = visit("/", viewport={"width": 320, "height": 560})
    steps.paint(page, photo)
    assert not steps.scrolls_sideways(page)
    steps.choose_finest(page)
    page.get_by_text("More settings").click()
    assert not steps.scrolls_sideways(page)


def test_each_slider_has_its_name_and_its_number_in_one_line_on_a_narrow_phone(visit):
    page = visit("/", viewport={"width": 320, "height": 560})
    for name in ("strength", "stroke-size"):
        page.locator(f"#{name}").press("Home")  # the longest number of the second: × 0.5
        label = page.locator(f"label[for={name}]").bounding_box()
        number = page.locator(f"#{name}-value").bounding_box()
        slider = page.locator(f"#{name}").bounding_box()
        assert label["y"] == pytest.approx(number["y"], abs=4)
        assert label["height"] < 1.5 * number["height"], "the label is broken into two lines"
        assert label["x"] + label["width"] <= number["x"] + 1
        assert max(each["x"] + each["width"] for each in (number, slider)) <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours_until_told_otherwise(visit, scheme):
    page = visit("/", color_scheme=scheme)
    other = "light" if scheme == "dark" else "dark"
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", scheme)
    page.get_by_role("button", name="Dark or light").click()
    expect(root).to_have_attribute("data-bs-theme", other)
    page.goto("/feed")
    expect(root).to_have_attribute("data-bs-theme", other)


@pytest.mark.parametrize("path", ["/", "/feed", "/mine"])
def test_every_control_has_a_name_and_every_picture_a_text(visit, path):
    page = visit(path)
    assert page.evaluate(NAMELESS) == []


NAMELESS = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
    || e.labels?.length || e.textContent.trim() || e.title || e.querySelector("img")?.alt;
  const controls = document.querySelectorAll("main button, main a, main input, main select");
  const nameless = [...controls].filter((e) => e.checkVisibility() && !named(e));
  const mute = [...document.images].filter((e) => !e.hasAttribute("alt"));
  return [...nameless, ...mute].map((e) => e.outerHTML);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(visit, photo, scheme, width, complaints):
    # Its script is brought in from outside, which the page's own policy forbids.
    page = visit(
        "/", viewport={"width": width, "height": 700}, color_scheme=scheme, bypass_csp=True
    )
    assert steps.findings(page) == []
    steps.paint(page, photo)
    assert steps.findings(page) == []
    steps.choose_finest(page)
    page.get_by_text("More settings").click()
    assert steps.findings(page) == []
    for path in ("/feed", "/mine", "/api/v1/docs", "/nowhere"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert steps.findings(page) == [], path
    complaints.clear()  # the browser notes the answer 404


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_nothing_in_the_middle_of_things(
    visit, photo, fast, gatys, scheme, width, complaints
):
    page = visit(
        "/", viewport={"width": width, "height": 700}, color_scheme=scheme, bypass_csp=True
    )
    fast.go_on.clear()
    steps.choose_photo(page, photo)
    steps.choose_style(page, "Mosaic")
    expect(page.locator("#painting")).to_be_visible()
    assert steps.findings(page) == [], "painting"
    fast.go_on.set()
    steps.expect_result(page)

    gatys.go_on.clear()
    page.get_by_role("button", name="Finer").click()
    expect(page.locator("#refining")).to_be_visible()
    assert steps.findings(page) == [], "refining"
    gatys.go_on.set()

    page.get_by_role("button", name="Full screen").click()
    assert steps.findings(page) == [], "full screen"
    page.get_by_role("button", name="Close", exact=True).click()

    page.set_input_files("#photo-file", [photo, photo])
    expect(page.locator("#batch")).to_be_visible()
    assert steps.findings(page) == [], "several photos"

    page.context.set_offline(True)
    steps.choose_style(page, "Ink wash")
    expect(page.get_by_role("alert")).to_be_visible()
    assert steps.findings(page) == [], "an error"
    page.context.set_offline(False)

    page.get_by_role("button", name="Delete: Mosaic").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert steps.findings(page) == [], "the history"
    complaints.clear()  # the browser notes what did not get through


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_axe_finds_nothing_in_any_dialog(visit, photo, locale):
    page = visit("/", locale=locale, bypass_csp=True)
    steps.choose_photo(page, photo)
    page.locator("#style-mosaic + label").click()
    steps.expect_result(page)
    page.locator("#result-large").click()
    assert steps.findings_in_every_look(page) == []
    page.keyboard.press("Escape")
    page.locator("#result-keep").click()
    page.locator("#result-page").click()
    steps.expect_state(page, "done")
    page.locator("#do-delete").click()
    expect(page.locator("#confirm")).to_be_visible()
    assert steps.findings_in_every_look(page) == []
    page.goto("/mine")
    page.locator(".card-delete").click()
    expect(page.locator("#confirm")).to_be_visible()
    assert steps.findings_in_every_look(page) == []
