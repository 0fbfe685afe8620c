"""`stylekit apply`: every photograph in every style, painted here or by a server."""

import os
import sys
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from stylekit import images
from stylekit.cli import batches
from stylekit.cli.batches import PIPE, Item
from stylekit.cli.painters import LocalPainter, Painter
from stylekit.cli.report import Report, say, say_skipped
from stylekit.errors import BadRequest, StylekitError
from stylekit.settings import Settings

EXIT_FAILED = 1


def apply(said: Namespace, settings: Settings) -> int:
    """Paint one after the other; goes on after a bad one, says so, and fails at the end.

    Raises:
        BadRequest, OSError: before anything is painted, where it could not be written.
    """
    items = items_of(said)
    painter = painter_for(said, settings, len(items))
    report = Report(len(items), quiet=said.quiet, as_json=said.json)
    wanted = list(batches.without_existing(items)) if said.skip_existing else items
    for item in items:
        if item not in wanted:
            report.skip(item)
    try:
        for item in wanted:
            paint(item, painter, report, force=said.force)
    finally:
        report.end()
    if said.engine == "fast" and not (said.server or said.quiet) and sys.stderr.isatty():
        offer_server(settings.port)
    return EXIT_FAILED if report.failed else 0


def painter_for(said: Namespace, settings: Settings, count: int) -> Painter:
    """Who paints so many pictures."""
    if not said.server:
        return LocalPainter(said, settings, count)
    from stylekit.cli.remote import RemotePainter  # with a client for HTTP, which takes time

    return RemotePainter(said, settings)


def offer_server(port: int) -> None:
    """Say that a server on this machine, whose model is loaded, would have been quicker."""
    import urllib.request

    server = f"http://127.0.0.1:{port}"
    try:
        with urllib.request.urlopen(f"{server}/readyz", timeout=0.5):
            say(f"a server runs here, and is quicker: --server {server}")
    except OSError:
        pass  # none does, or it is not ready


def items_of(said: Namespace) -> list[Item]:
    """What to paint, and room for it.

    Raises:
        BadRequest, OSError: where a result has no place to go.
    """
    outputs = said.output if said.output and not batches.is_one_file(said.output) else None
    found = batches.find(said.photos, recursive=said.recursive, besides=outputs)
    if not said.quiet:
        say_skipped(found.skipped)
    styles = batches.find_styles(said.styles)
    items = batches.plan(found.files, styles, said.output, said.format)
    refuse_misused_pipes(items, said)
    if not (said.force or said.skip_existing):
        batches.refuse_existing(items)
    batches.make_folders(items)
    return items


def refuse_misused_pipes(items: list[Item], said: Namespace) -> None:
    """Raise `BadRequest` where standard input or output would have to be two things."""
    read = [each for item in items for each in (item.photo, item.style)]
    piped = {id(each) for each in read if getattr(each, "path", None) == PIPE}
    if len(piped) > 1:
        raise BadRequest("Standard input is one picture: the photograph or the style.")
    if any(item.output == PIPE for item in items):
        if said.json:
            raise BadRequest("Standard output takes the picture or --json, not both.")
        if sys.stdout.isatty():
            raise BadRequest("A picture is not written to a terminal; name a file with -o.")


def paint(item: Item, painter: Painter, report: Report, *, force: bool) -> None:
    """Paint and write one picture, and report how it went."""
    report.begin(item)
    started = time.monotonic()
    try:
        data = painter.paint(item, report.progress)
        if item.format is None and images.format_of(data) == "PNG":
            item = replace(item, output=item.output.with_suffix(".png"))
        write(item.output, data, force=force)
        report.tell(item, painter.notes)
    except BrokenPipeError:
        raise
    except (StylekitError, OSError) as error:
        report.fail(item, error)
    else:
        report.done(item, time.monotonic() - started)


def write(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; without `force`, never over another one.

    Raises:
        FileExistsError: where it has appeared since it was looked for.
    """
    if path == PIPE:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        if force:
            temporary.replace(path)
        else:
            place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def place(temporary: Path, path: Path) -> None:
    """Give a file its name, unless another file has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileExistsError(17, "File exists; --force replaces it", str(path)) from None
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(17, "File exists; --force replaces it", str(path)) from None
        temporary.replace(path)
