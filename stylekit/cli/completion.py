"""The script with which bash, zsh or tcsh complete commands, flags, presets and files."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import shtab

from stylekit.cli.arguments import parser

FILES = ("photos", "output", "target")
"""Arguments that are files or folders."""

PREAMBLE = {
    "bash": """
_stylekit_styles() {{
  compgen -W "{presets}" -- "$1"
  compgen -f -- "$1"
}}
""",
    "zsh": """
_stylekit_styles() {{
  _alternative 'presets:preset:({presets})' 'files:picture:_files'
}}
""",
    "tcsh": "",
}
STYLES = {"bash": "_stylekit_styles", "zsh": "_stylekit_styles", "tcsh": "f"}


def script(shell: str, presets: Sequence[str]) -> str:
    """What the shell has to source; `presets` are completed after `--style`."""
    root = parser()
    for action in actions(root):
        if action.dest in FILES:
            action.complete = shtab.FILE
        elif action.dest == "styles":
            action.complete = STYLES
    preamble: Any = {
        name: text.format(presets=" ".join(presets)) for name, text in PREAMBLE.items()
    }
    return shtab.complete(root, shell, preamble=preamble)


def actions(command: argparse.ArgumentParser) -> Iterator[Any]:
    """Every flag and argument of a command and of the commands in it."""
    for action in command._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from actions(inner)
