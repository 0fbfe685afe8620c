"""To be killed by tests: `python -m tests.painting.process FOLDER ENGINES [HOW_MANY]`.

It submits so many jobs, says "submitted", and paints until it is killed or told to stop.
"""

import sys
import time
from pathlib import Path

from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.settings import Settings
from stylekit.transfers.requests import Order
from tests.fakes import TintEngine, picture_bytes, style_folder

LEASE = 60.0
"""Seconds. No pause of a busy machine looks like a worker that died."""


def settings_in(folder: Path) -> Settings:
    """The settings that every process of a test shares."""
    return Settings(data=folder / "data", styles=str(folder / "styles"), lease_seconds=LEASE)


def tinting() -> Engines:
    """Engines that take more than half a second."""
    return Engines(
        {name: lambda name=name: TintEngine(name, step_seconds=0.15) for name in ("fast", "gatys")}
    )


def order(number: int) -> Order:
    """The fast and the slow engine in turn, another photograph each time."""
    engine = ("fast", "gatys")[number % 2]
    options = {"iterations": 8, "max_side": 64} if engine == "gatys" else {}
    return Order(
        content=picture_bytes(seed=number), style=1, owner="me", engine=engine, options=options
    )


def main(folder: Path, engines: str, how_many: int) -> None:
    """Submit, and paint until killed."""
    style_folder(folder / "styles")
    parts = wiring.build(settings_in(folder), tinting() if engines == "tinting" else None)
    for number in range(how_many):
        parts.transfers.submit(order(number))
    print("submitted", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
