"""How soon the page is there on a phone, and a painting on it, by Chromium's own throttling.

    python -m benchmarks.page http://127.0.0.1:8080 --photo photo.jpg

First contentful paint is the browser's own; usable is when the page's script says that it listens;
kilobytes are what came over the wire, headers included, until nothing more came. With a photo: the
seconds until its tiles and three paintings are seen, and the memory of the page's process after
thirty more: resident, which counts the pages of Chromium that all its processes share, and private,
which is what goes when the page is closed. Nothing is collected before it is read.
"""

import argparse
import shutil
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

PHONE = {"width": 390, "height": 844}
QUIET_MILLISECONDS = 1500


@dataclass(frozen=True)
class Line:
    """A network connection."""

    name: str
    latency_milliseconds: float
    down: float  # bits a second
    up: float


LINES = (
    Line("slow 4G (Lighthouse: 150 ms, 1.6 Mbit/s)", 150, 1.6e6, 0.75e6),
    Line("slow 4G (DevTools: 562 ms, 1.44 Mbit/s)", 562.5, 1.44e6, 0.675e6),
)


@dataclass
class Visit:
    """What one visit measured."""

    paint: float = 0.0  # milliseconds
    usable: float = 0.0
    bytes: float = 0.0
    requests: list[str] = field(default_factory=list)


def measure(playwright: Any, address: str, line: Line, slower: int) -> Visit:
    """Open the page once, in a browser that has never seen it."""
    browser = launch(playwright)
    context = browser.new_context(
        viewport=PHONE, device_scale_factor=3, is_mobile=True, bypass_csp=True
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    visit = Visit()
    session.on("Network.responseReceived", lambda e: visit.requests.append(e["response"]["url"]))
    session.on("Network.loadingFinished", lambda e: add(visit, e["encodedDataLength"]))
    throttle(session, line, slower)
    page.goto(address, wait_until="load")
    page.wait_for_function("performance.getEntriesByName('usable').length > 0")
    page.wait_for_timeout(QUIET_MILLISECONDS)
    visit.paint, visit.usable = page.evaluate(
        "['first-contentful-paint', 'usable']"
        ".map(name => performance.getEntriesByName(name)[0].startTime)"
    )
    browser.close()
    return visit


def throttle(session: Any, line: Line, slower: int) -> None:
    """Make network and processor as slow as a phone's."""
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": line.latency_milliseconds,
            "downloadThroughput": line.down / 8,
            "uploadThroughput": line.up / 8,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})


def paint_photo(playwright: Any, address: str, photo: str, line: Line, slower: int) -> None:
    """Print the seconds of a visit that paints a photo."""
    browser = launch(playwright)
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, bypass_csp=True)
    page.set_default_timeout(120_000)
    throttle(page.context.new_cdp_session(page), line, slower)
    page.goto(address)
    started = time.monotonic()
    page.set_input_files("#photo-file", photo)
    page.wait_for_selector("img[data-preset]", state="attached")
    print(f"first tile {time.monotonic() - started:.1f} s", end=", ")
    page.wait_for_selector("#strip:not([aria-busy])")
    print(f"all tiles {time.monotonic() - started:.1f} s")
    for number in range(1, 4):
        print(f"painting {number}: {seconds_of_a_painting(page, number):.1f} s")
    throttle(page.context.new_cdp_session(page), Line("none", 0, -8, -8), 1)
    print(f"memory with the photo on the stage: {memory(browser)}")
    for number in range(1, 31):
        seconds_of_a_painting(page, 1 + number % 20)
        if number % 10 == 0:
            print(f"memory after {number} more paintings: {memory(browser)}")
    browser.close()


def seconds_of_a_painting(page: Any, number: int) -> float:
    """Tap the tile with this number, and wait until its painting is seen."""
    shown = page.get_attribute("#stage .compare-after", "data-shown")
    started = time.monotonic()
    page.evaluate("n => document.querySelectorAll('.style-tile label')[n].click()", number)
    page.wait_for_function(
        "was => document.querySelector('#stage .compare-after').getAttribute('data-shown') !== was "
        "&& document.getElementById('painting').hidden",
        arg=shown,
    )
    return time.monotonic() - started


def memory(browser: Any) -> str:
    """Megabytes of the largest renderer process: the page's."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [each["id"] for each in found if each["type"] == "renderer"]
    rollups = [Path(f"/proc/{id}/smaps_rollup").read_text().split() for id in renderers]
    kilobytes = [
        {name: int(size) for name, size in pairwise(each) if size.isdigit()} for each in rollups
    ]
    page = max(kilobytes, key=lambda each: each["Rss:"])
    private = page["Private_Clean:"] + page["Private_Dirty:"]
    return f"{page['Rss:'] // 1024} MB resident, {private // 1024} MB private"


def launch(playwright: Any) -> Any:
    """A browser that has never seen the page."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def add(visit: Visit, count: float) -> None:
    """Count bytes that came."""
    visit.bytes += count


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="How soon the page is there on a phone.")
    parser.add_argument("address", help="of a running server")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slower", type=int, default=4, help="times that the processor is slower")
    parser.add_argument("--photo", help="a photo to paint, as large as phones make them")
    parser.add_argument("--requests", action="store_true", help="print what was asked for")
    given = parser.parse_args()
    print("| connection | first contentful paint | usable | kB | requests |\n|---|---|---|---|---|")
    with sync_playwright() as playwright:
        for line in LINES:
            runs = [
                measure(playwright, given.address, line, given.slower) for _ in range(given.runs)
            ]
            paint, usable = (
                median(getattr(r, n) for r in runs) / 1000 for n in ("paint", "usable")
            )
            size = median(each.bytes for each in runs) / 1000
            count = len(runs[-1].requests)
            print(f"| {line.name} | {paint:.2f} s | {usable:.2f} s | {size:.0f} | {count} |")
        if given.requests:
            print("\n".join(runs[-1].requests))
        if given.photo:
            paint_photo(playwright, given.address, given.photo, LINES[0], given.slower)


if __name__ == "__main__":
    main()
