"""What visitors do, in words."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect


def choose_photo(page: Page, path) -> None:
    page.set_input_files("#photo-file", path)
    expect(page.locator("#stage")).to_have_attribute("data-state", "photo")


def choose_style(page: Page, name: str) -> None:
    page.locator(".style-tile label", has_text=name).click()
    expect(page.get_by_role("radio", name=name)).to_be_checked()


def choose_finest(page: Page) -> None:
    page.locator("label[for=mode-gatys]").click()


def paint(page: Page, photo, style: str = "Woodblock wave") -> None:
    """The whole way to a quick painting: one photo, one tap."""
    choose_photo(page, photo)
    choose_style(page, style)
    expect_result(page)


def press_paint(page: Page) -> None:
    """Order the finest painting; a quick one needs no button."""
    page.get_by_role("button", name="Paint", exact=True).click()


def expect_result(page: Page) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-state", "result")


def painting_size(page: Page) -> list[int]:
    """Width and height of the painting on the stage, in pixels of its own."""
    return page.eval_on_selector("#stage .compare-after", "canvas => [canvas.width, canvas.height]")


def pixels(page: Page) -> list[int]:
    """What is seen of the painting on the stage, coarsely."""
    return page.evaluate("""() => {
      const painting = document.querySelector("#stage .compare-after");
      const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      canvas.getContext("2d").drawImage(painting, 0, 0, 8, 8);
      return [...canvas.getContext("2d").getImageData(0, 0, 8, 8).data];
    }""")


def start_job(page: Page, photo, *, style: str = "Stained glass", public: bool = False) -> str:
    """Order the finest result; the page of the job, by its path."""
    choose_photo(page, photo)
    choose_finest(page)
    choose_style(page, style)
    if public:
        page.get_by_role("switch", name="Show it in the feed").check()
    press_paint(page)
    page.wait_for_url("**/display?id=*")
    return page.url


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("#job")).to_have_attribute("data-state", state)


def resize(page: Page, width: int, height: int) -> None:
    """Give the window another size, and wait until the page has been laid out for it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => window.innerWidth === width", arg=width)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


TRANSITIONS_END = """Promise.allSettled(document.getAnimations()
    .filter(each => each.effect.getTiming().iterations !== Infinity)
    .map(each => each.finished)).then(() => null)"""


def findings(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds wrong, and where, once colours have come to rest."""
    page.evaluate(TRANSITIONS_END)
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


def findings_in_every_look(page: Page) -> list[tuple[object, ...]]:
    """What axe finds wrong on a phone and on a desktop, in light and in dark."""
    found = []
    for width, height in ((360, 640), (1280, 800)):
        resize(page, width, height)
        for scheme in ("light", "dark"):
            page.evaluate(
                "scheme => { document.documentElement.dataset.bsTheme = scheme; }", scheme
            )
            resize(page, width, height)  # waits until it is drawn
            found += [(width, scheme, *each) for each in findings(page)]
    return found
