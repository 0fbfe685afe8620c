"""The words of the command line: commands, flags and their help."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from stylekit import __version__
from stylekit.engines.base import OPTIONS
from stylekit.worker.arguments import add_worker_flags

EARLIER_STEPS_PER_EPOCH = 100
"""Optimiser steps that the earlier command line took for each of its epochs."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """What was asked for; prints the help, or the mistake, and ends the program where it must."""
    return parser().parse_args(as_apply(arguments))


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


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="stylekit", description="Repaint photographs in the style of any picture."
    )
    root.add_argument("--version", action="version", version=f"stylekit {__version__}")
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_apply(commands)
    add_remote(commands)
    add_styles(commands)
    add_serve(commands)
    add_worker(commands)
    return root


def add_apply(commands: Any) -> None:
    """`stylekit apply`: photographs × styles, painted here."""
    command = commands.add_parser("apply", help="repaint photographs on this machine")
    add_commission(command)
    command.set_defaults(command="apply")


def add_remote(commands: Any) -> None:
    """`stylekit remote apply`: the same, painted by a server."""
    command = commands.add_parser("remote", help="let a running server do it")
    actions = command.add_subparsers(required=True, metavar="apply")
    apply = actions.add_parser("apply", help="repaint photographs on a server")
    apply.add_argument("--server", default="http://127.0.0.1:8080", help="address of the server")
    apply.add_argument("--api-key", default="", help="default: STYLEKIT_API_KEY")
    add_commission(apply)
    apply.set_defaults(command="remote apply")


def add_commission(command: argparse.ArgumentParser) -> None:
    """The flags that say what to paint, how, and where to."""
    command.add_argument("photos", nargs="+", type=Path, help="pictures, or folders of pictures")
    command.add_argument(
        "-s",
        "--style",
        action="append",
        required=True,
        metavar="STYLE",
        dest="styles",
        help="name of a preset (see `stylekit styles`), a picture, or a folder of pictures; "
        "may be given more than once",
    )
    command.add_argument(
        "-o", "--output", type=Path, help="a picture to write, or a folder for several"
    )
    command.add_argument("--engine", choices=tuple(OPTIONS), default="fast")
    command.add_argument(
        "--format", choices=("jpeg", "png", "webp"), help="of the result; default: the photo's own"
    )
    command.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_options(command)


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
    command.set_defaults(command="styles")
    actions = command.add_subparsers(metavar="push")
    push = actions.add_parser("push", help="copy the catalogue to a folder or a bucket")
    push.add_argument("target", help="folder or gs://bucket/prefix")
    push.set_defaults(command="styles push")


def add_serve(commands: Any) -> None:
    """`stylekit serve`: the web application, here."""
    command = commands.add_parser("serve", help="start the web application on this machine")
    command.add_argument("--host", help="address to listen on (default HOST, or 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default PORT, or 8080)")
    command.set_defaults(command="serve")


def add_worker(commands: Any) -> None:
    """`stylekit worker`: paints what web processes put into the broker's queues."""
    command = commands.add_parser("worker", help="paint what others submit (needs STYLEKIT_QUEUE)")
    add_worker_flags(command)
    command.set_defaults(command="worker")


def given_options(said: argparse.Namespace) -> dict[str, Any]:
    """The engine options that were typed, whichever engine they belong to."""
    names = {each.name for kind in OPTIONS.values() for each in fields(kind)}  # type: ignore[arg-type]
    return {name: getattr(said, name) for name in names if getattr(said, name) is not None}
