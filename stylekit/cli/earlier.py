"""The command line of the earlier system, said in today's words."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from stylekit.cli.report import say

EPOCHS = 3000
"""How many it took unless it was told otherwise. One epoch was one step of its optimiser."""

ENOUGH_STEPS = 600
"""After so many steps our optimiser (L-BFGS, coarse to fine) changes nothing that one can see."""

TODAYS = ("-h", "--help", "--version")


def as_apply(arguments: Sequence[str]) -> list[str]:
    """`-c CONTENT -s STYLE -e EPOCHS -o OUT` as `apply …`; anything else as it is.

    It wrote over what was there. So does this, and says so, but not over what it reads.
    """
    if not arguments or not arguments[0].startswith("-") or arguments[0] in TODAYS:
        return list(arguments)
    said = parser().parse_args(arguments)
    steps = min(said.epochs, ENOUGH_STEPS)
    if steps < said.epochs:
        say(f"{said.epochs} epochs: {steps} steps of this optimiser are enough, and are taken.")
    apply = ["apply", said.content_image, "--style", said.style_image, "--output", said.output]
    return [*apply, "--engine", "gatys", "--iterations", str(steps), *over_existing(said)]


def over_existing(said: argparse.Namespace) -> list[str]:
    """The flag that replaces what is there, unless that is the photograph or the style."""
    output = Path(said.output)
    if not output.exists():
        return []
    if any(same_file(output, Path(each)) for each in (said.content_image, said.style_image)):
        return []  # it is refused
    say(f"{output} is replaced.")
    return ["--force"]


def same_file(one: Path, other: Path) -> bool:
    """Whether two names are of one file."""
    return other.exists() and one.samefile(other)


def parser() -> argparse.ArgumentParser:
    """Its flags."""
    flags = argparse.ArgumentParser(
        prog="stylekit",
        description="The flags of the earlier command line; `stylekit --help` has today's.",
    )
    flags.add_argument("-c", "--content_image", required=True, help="the photograph")
    flags.add_argument("-s", "--style_image", required=True, help="the style")
    flags.add_argument(
        "-e",
        "--epochs",
        type=positive,
        default=EPOCHS,
        help=f"steps of the optimiser (default {EPOCHS}; at most {ENOUGH_STEPS} are taken)",
    )
    flags.add_argument("-o", "--output", default="style_output.png", help="the picture to write")
    return flags


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
