"""The command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from tqdm import tqdm

from stylekit import images, serving, styles, wiring
from stylekit.batches import OUTPUT_FORMATS, Commission, is_picture, plan
from stylekit.engines.base import OPTIONS, Engine, Picture, Progress, options_from
from stylekit.errors import StylekitError
from stylekit.settings import Settings, from_environment
from stylekit.storage import open_store

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
EARLIER_STEPS_PER_EPOCH = 100
"""Optimiser steps that the earlier command line took for each of its epochs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = parser().parse_args(as_apply(given))
    try:
        return int(parsed.run(parsed, from_environment(os.environ)) or 0)
    except StylekitError as error:
        return fail(str(error))
    except OSError as error:
        return fail(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def fail(message: str) -> int:
    """Say what went wrong where a shell user looks for it."""
    print(f"stylekit: {message}", file=sys.stderr)
    return EXIT_FAILED


def as_apply(arguments: list[str]) -> list[str]:
    """The earlier command line, `-c CONTENT -s STYLE -e EPOCHS -o OUT`, said in today's words."""
    if not arguments or arguments[0] not in ("-c", "-s", "-e", "-o"):
        return arguments
    earlier = argparse.ArgumentParser(prog="stylekit")
    earlier.add_argument("-c", dest="content", required=True)
    earlier.add_argument("-s", dest="style", required=True)
    earlier.add_argument("-e", dest="epochs", type=int, default=1)
    earlier.add_argument("-o", dest="output", required=True)
    said = earlier.parse_args(arguments)
    steps = str(said.epochs * EARLIER_STEPS_PER_EPOCH)
    apply = ["apply", said.content, "--style", said.style, "--output", said.output]
    return [*apply, "--engine", "gatys", "--iterations", steps]


# The commands and their flags ---------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="stylekit", description="Repaint photographs in the style of any picture."
    )
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_apply(commands)
    add_styles(commands)
    add_serve(commands)
    return root


def add_apply(commands: Any) -> None:
    """`stylekit apply`: photographs × styles, painted here."""
    command = commands.add_parser("apply", help="repaint photographs on this machine")
    command.add_argument("photos", nargs="+", type=Path, help="pictures, or folders of pictures")
    command.add_argument(
        "-s", "--style", action="append", required=True, metavar="STYLE", dest="styles",
        help="name of a preset (see `stylekit styles`), a picture, or a folder of pictures; "
        "may be given more than once",
    )  # fmt: skip
    command.add_argument(
        "-o", "--output", type=Path, help="a picture to write, or a folder for several"
    )
    command.add_argument("--engine", choices=tuple(OPTIONS), default="fast")
    command.add_argument(
        "--format", choices=("jpeg", "png", "webp"), help="of the result; default: the photo's own"
    )
    command.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_options(command)
    command.set_defaults(run=run_apply)


def add_options(command: argparse.ArgumentParser) -> None:
    """One flag for each option of each engine; the help says which engines know it."""
    seen: dict[str, argparse.Action] = {}
    for engine, kind in OPTIONS.items():
        group = command.add_argument_group(f"options of the {engine} engine")
        for each in fields(kind):  # type: ignore[arg-type]
            if each.name not in seen:
                seen[each.name] = add_option(group, each)


def add_option(group: Any, each: Any) -> argparse.Action:
    """The flag of one option; left out, the engine's default holds."""
    flag = "--" + each.name.replace("_", "-")
    text = f"{each.metadata['help']} (default {each.default})"
    if isinstance(each.default, bool):
        action = group.add_argument(flag, action="store_true", default=None, help=text)
    elif isinstance(each.default, tuple):
        count = len(each.default)
        action = group.add_argument(flag, nargs=count, type=float, metavar="W", help=text)
    else:
        choices = each.metadata["choices"] or None
        kind = type(each.default)
        action = group.add_argument(flag, type=kind, choices=choices, metavar="X", help=text)
    return action  # type: ignore[no-any-return]


def add_styles(commands: Any) -> None:
    """`stylekit styles`: list the catalogue, or push it into a bucket."""
    command = commands.add_parser("styles", help="list the preset styles, or copy them elsewhere")
    command.set_defaults(run=run_styles)
    actions = command.add_subparsers(metavar="push")
    push = actions.add_parser("push", help="copy the catalogue to a folder or a bucket")
    push.add_argument("target", help="folder or gs://bucket/prefix")
    push.set_defaults(run=run_push)


def add_serve(commands: Any) -> None:
    """`stylekit serve`: the web application, here."""
    command = commands.add_parser("serve", help="start the web application on this machine")
    command.add_argument("--host", help="address to listen on (default HOST, or 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default PORT, or 8080)")
    command.set_defaults(run=run_serve)


# apply --------------------------------------------------------------------------------------


def run_apply(said: argparse.Namespace, settings: Settings) -> int:
    """Paint every photograph in every style; goes on after a bad one and says so at the end."""
    options = options_from(said.engine, given_options(said))
    commissions = plan(said.photos, said.styles, said.output, said.format)
    engine = wiring.build_engines(settings).get(said.engine)
    palette = StyleReader(settings)
    limits = images.Limits(max_bytes=settings.max_request_bytes, max_pixels=settings.max_pixels)
    failures = 0
    with tqdm(total=len(commissions), unit="picture", disable=said.quiet) as bar:
        for each in commissions:
            try:
                repaint(each, engine, options, palette, limits, bar)
            except (StylekitError, OSError) as error:
                failures += 1
                bar.write(f"stylekit: {each.photo}: {error}", file=sys.stderr)
    return EXIT_FAILED if failures else 0


def given_options(said: argparse.Namespace) -> dict[str, Any]:
    """The engine options that were typed, whichever engine they belong to."""
    names = {each.name for kind in OPTIONS.values() for each in fields(kind)}  # type: ignore[arg-type]
    return {name: getattr(said, name) for name in names if getattr(said, name) is not None}


class StyleReader:
    """Style pictures by path or by the name of a preset, each read once."""

    def __init__(self, settings: Settings) -> None:
        """Read presets from the catalogue that the settings name."""
        self.catalogue = wiring.build_catalogue(settings)
        self.limits = images.Limits(
            max_bytes=settings.max_request_bytes, max_pixels=settings.max_pixels
        )
        self.read: dict[str, Picture] = {}

    def picture(self, style: str) -> Picture:
        """The style's picture; a file of that name goes before a preset.

        Raises:
            StyleNotFound: when it is neither a file nor a preset.
        """
        if style not in self.read:
            file = Path(style)
            named = file.is_file() or is_picture(file)
            data = file.read_bytes() if named else self.catalogue.read(self.catalogue.get(style))
            self.read[style] = images.decode(data, self.limits).picture
        return self.read[style]


def repaint(
    each: Commission, engine: Engine, options: Any, palette: StyleReader, limits: Any, bar: Any
) -> None:
    """Make one painting and write it, whole or not at all."""
    content = images.decode(each.photo.read_bytes(), limits)
    bar.set_description(f"{each.photo.name} in {Path(each.style).stem}")
    done = bar.n

    def show(progress: Progress) -> None:
        bar.n = done + min(progress.fraction, 0.99)
        bar.refresh()

    painted = engine.stylize(content.picture, palette.picture(each.style), options, show)
    bar.n = done
    bar.update(1)
    format = OUTPUT_FORMATS.get(each.output.suffix.lower(), "jpeg")
    data = images.encode(painted, format, alpha=content.alpha)
    temporary = each.output.with_name(f".{each.output.name}.part")
    temporary.write_bytes(data)
    temporary.replace(each.output)


# styles and serve ---------------------------------------------------------------------------


def run_styles(said: argparse.Namespace, settings: Settings) -> int:
    """One line for each preset: its number, its name for `--style`, and what it is like."""
    for style in wiring.build_catalogue(settings).all():
        print(f"{style.number:3}  {style.id:24}  {style.description}")
    return 0


def run_push(said: argparse.Namespace, settings: Settings) -> int:
    """Copy the catalogue; says what was written."""
    for key in styles.push(open_store(settings.styles_url), open_store(said.target)):
        print(f"{said.target.rstrip('/')}/{key}")
    return 0


def run_serve(said: argparse.Namespace, settings: Settings) -> int:
    """Start gunicorn, print the address once it answers, and stay until it ends."""
    return serving.serve(settings, host=said.host or settings.host, port=said.port or settings.port)
