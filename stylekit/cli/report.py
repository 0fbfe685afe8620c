"""What the command line says while it paints: a bar, a line for each picture, what was skipped."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from stylekit.cli.batches import MAX_NAMED, PIPE, Item


def say(words: str) -> None:
    """One line for people, to standard error."""
    print(f"stylekit: {words}", file=sys.stderr)


def in_words(error: Exception) -> str:
    """What went wrong, as a shell user expects it: the file and the reason, no error numbers."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def say_skipped(skipped: Sequence[Path]) -> None:
    """Name what was found in the folders and is not painted."""
    if skipped:
        named = ", ".join(map(str, skipped[:MAX_NAMED])) + (
            " …" if len(skipped) > MAX_NAMED else ""
        )
        say(f"skipped, not a picture or a folder inside: {named} ({len(skipped)})")


def code_of(error: Exception) -> str:
    """The stable name of an error: `not_a_picture`, `file_not_found`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower().removesuffix("_error")
    return str(getattr(error, "code", words))


class Report:
    """A bar on standard error where that is a terminal; a line for each picture on standard output.

    The line is the name of the file that was written or, `as_json`, an object. Failures are said
    in words on standard error, too. `quiet` leaves only those.
    """

    def __init__(self, total: int, *, quiet: bool, as_json: bool) -> None:
        """Begin at none of `total` pictures."""
        self.quiet, self.as_json = quiet, as_json
        self.painted = self.failed = 0
        self.bar = tqdm(
            total=total, unit="picture", disable=quiet or not sys.stderr.isatty(), file=sys.stderr
        )

    def begin(self, item: Item) -> None:
        """Say what is being painted."""
        self.bar.set_description(f"{item.photo.path.name} in {item.style_name}")

    def progress(self, fraction: float, words: str) -> None:
        """Move the bar within the picture."""
        self.bar.n = self.painted + round(min(fraction, 0.99), 2)
        self.bar.set_postfix_str(words, refresh=False)
        self.bar.refresh()

    def tell(self, item: Item, notes: Iterable[str]) -> None:
        """What to know of a photograph that was painted all the same."""
        for note in notes:
            self.bar.write(f"stylekit: {item.photo.path}: {note}", file=sys.stderr)

    def done(self, item: Item, seconds: float) -> None:
        """A picture was painted and written."""
        self.painted += 1
        self.bar.n = self.painted
        self.bar.refresh()
        if self.as_json:
            self.line(item, "done", seconds=round(seconds, 3))
        elif item.output != PIPE and not self.quiet:
            self.bar.write(str(item.output), file=sys.stdout)

    def fail(self, item: Item, error: Exception) -> None:
        """A picture could not be painted; the bar does not count it."""
        self.failed += 1
        self.bar.n = self.painted
        words = in_words(error)
        where = "" if isinstance(error, OSError) else f"{item.photo.path}: "
        self.bar.write(f"stylekit: {where}{words}", file=sys.stderr)
        if self.as_json:
            self.line(item, "failed", error={"code": code_of(error), "message": words})

    def skip(self, item: Item) -> None:
        """A picture is there already."""
        self.bar.total = max(0, self.bar.total - 1)
        if self.as_json:
            self.line(item, "skipped")

    def line(self, item: Item, status: str, **more: Any) -> None:
        """One object on one line."""
        said = {
            "photo": str(item.photo.path),
            "style": str(getattr(item.style, "path", item.style)),
            "output": str(item.output),
            "status": status,
            **more,
        }
        self.bar.write(json.dumps(said), file=sys.stdout)

    def end(self) -> None:
        """Close the bar; where something failed, it ends short of its end and says so."""
        if self.failed:
            self.bar.set_postfix_str(f"{self.failed} failed", refresh=False)
        self.bar.close()
