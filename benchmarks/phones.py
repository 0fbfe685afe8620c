"""Eight phones at one server, each as the page works: tiles, three styles, and the full size.

    python -m benchmarks.phones http://127.0.0.1:8080 --photo photo.jpg

All begin at the same moment. Printed are the answers by status, and the seconds that each step
took: the median and the longest of all phones. What is refused with 503 is sent again after
`Retry-After`, as the page does.
"""

import argparse
import io
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import httpx
from PIL import Image

SCREEN_SIDE = 1024  # pixels, as the page sends and paints them
STYLES = ("night-swirls", "woodblock-wave", "ink-wash")
STEPS = ("upload", "tiles", "painting", "full upload", "full painting")


class Phones:
    """What all of them measured."""

    def __init__(self, address: str, photo: bytes) -> None:
        """Have them paint this photo at a server."""
        self.address, self.photo, self.copy = address, photo, copy_for_screen(photo)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.answers: Counter[int] = Counter()

    def run(self, count: int) -> None:
        """Have so many paint at once."""
        start = threading.Barrier(count)
        threads = [threading.Thread(target=self.one, args=(start, n)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def one(self, start: threading.Barrier, number: int) -> None:
        """One phone, from its photo to the downloaded painting; each has an address of its own."""
        # A kept connection may be closed just as it is used again.
        alone = {"Connection": "close"}
        line = httpx.HTTPTransport(local_address=f"127.0.0.{number + 2}")
        with httpx.Client(
            base_url=self.address, timeout=300, headers=alone, transport=line
        ) as client:
            start.wait()
            sent = self.send(client, "upload", "POST", "/api/v1/uploads", content=self.copy).json()
            self.send(client, "tiles", "GET", f"/api/v1/uploads/{sent['id']}/tiles")
            for style in STYLES:
                screen = {"upload": sent["id"], "style_id": style, "format": "webp", "quality": 80}
                self.order(client, "painting", screen)
            full = self.send(
                client, "full upload", "POST", "/api/v1/uploads", content=self.photo
            ).json()
            self.order(client, "full painting", {"upload": full["id"], "style_id": STYLES[-1]})

    def order(self, client: httpx.Client, step: str, body: dict[str, object]) -> None:
        """Have it painted."""
        headers = {"Accept": "image/*"}
        self.send(client, step, "POST", "/api/v1/transfers", json=body, headers=headers)

    def send(
        self, client: httpx.Client, step: str, method: str, path: str, **how: object
    ) -> httpx.Response:
        """One request, until it is answered with something else than 503."""
        started = time.monotonic()
        while True:
            answer = client.request(method, path, **how)  # type: ignore[arg-type]
            self.answers[answer.status_code] += 1
            if answer.status_code != 503:
                self.seconds[step].append(time.monotonic() - started)
                return answer
            time.sleep(float(answer.headers.get("Retry-After", 1)))


def copy_for_screen(photo: bytes) -> bytes:
    """What the page sends first."""
    image = Image.open(io.BytesIO(photo))
    image.thumbnail((SCREEN_SIDE, SCREEN_SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Several phones at one server.")
    parser.add_argument("address", help="of a running server")
    parser.add_argument("--photo", required=True, help="as large as phones make them")
    parser.add_argument("--phones", type=int, default=8)
    given = parser.parse_args()
    phones = Phones(given.address, Path(given.photo).read_bytes())
    phones.run(given.phones)
    print("answers:", ", ".join(f"{n} of {status}" for status, n in sorted(phones.answers.items())))
    print("| step | median | longest |\n|---|---|---|")
    for step in STEPS:
        took = phones.seconds[step]
        print(f"| {step} | {median(took):.1f} s | {max(took):.1f} s |")


if __name__ == "__main__":
    main()
