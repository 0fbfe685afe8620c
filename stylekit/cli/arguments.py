"""The words of the command line: commands, flags and their help."""

import argparse
from collections.abc import Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from stylekit import __version__, images
from stylekit.cli.earlier import as_apply
from stylekit.engines.base import REFINING_STEPS
from stylekit.engines.registry import FAST, GATYS, OPTIONS
from stylekit.worker.arguments import add_worker_flags

LOCAL_SERVER = "http://127.0.0.1:8080"
MAX_REFINE_SECONDS = 3600  # seconds
SHELLS = ("bash", "zsh", "tcsh")

EXIT_CODES = """\
exit codes:
  0    done
  1    something failed; standard error says what
  2    wrong usage
  130  interrupted
  141  whoever read the output stopped reading"""

EXAMPLES = """\
examples:
  stylekit styles                                          the presets
  stylekit apply photo.jpg -s woodblock-wave               writes photo-woodblock-wave.jpg
  stylekit apply photo.jpg -s my-painting.jpg -o out.png   a style of your own
  stylekit serve                                           the web application"""

APPLY_EXAMPLES = """\
examples:
  stylekit apply photo.jpg -s ink-wash --strength 0.7
  stylekit apply photo.jpg -s ink-wash -s mosaic -o painted/       each in both styles
  stylekit apply holiday/ --recursive -s ink-wash -o painted/      the same folders below painted/
  stylekit apply photo.jpg -s ink-wash --refine 10                 ten seconds finer than quick
  stylekit apply photo.jpg -s ink-wash --engine gatys              the finest result
  curl -s https://host/photo.jpg | stylekit apply - -s ink-wash > painted.jpg

The shipped painters start at once. The gatys engine and other models load TensorFlow first, which
takes some seconds. A server has them loaded: --server http://127.0.0.1:8080, where one runs.

"""


COMPLETION_EXAMPLES = """\
examples:
  stylekit completion bash > ~/.local/share/bash-completion/completions/stylekit
  stylekit completion zsh > ~/.zfunc/_stylekit     where ~/.zfunc is in fpath"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for; prints the help, or the mistake, and ends the program where it must."""
    root = parser()
    if not arguments:
        root.print_help()
        root.exit(0)
    said = root.parse_args(as_apply(arguments))
    if said.command == "apply" and said.force and said.skip_existing:
        root.error("--force and --skip-existing exclude each other")
    if said.command == "apply" and said.refine is not None:
        refine_quick_picture(said, root)
    return said


def refine_quick_picture(said: argparse.Namespace, root: argparse.ArgumentParser) -> None:
    """Have the finest engine go on from the quick picture for `--refine` seconds."""
    if not 0 < said.refine <= MAX_REFINE_SECONDS:
        root.error(f"--refine is {said.refine:g}; it can be up to {MAX_REFINE_SECONDS} seconds")
    said.engine, said.start, said.seconds = GATYS.name, "fast", said.refine
    if said.iterations is None:
        said.iterations = REFINING_STEPS


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="stylekit",
        description="Repaint photographs in the style of any picture.",
        epilog=f"{EXAMPLES}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"stylekit {__version__}")
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_apply(commands)
    add_remote(commands)
    add_styles(commands)
    add_serve(commands)
    add_worker(commands)
    add_doctor(commands)
    add_quick_start(commands)
    add_completion(commands)
    return root


# apply ----------------------------------------------------------------------------------------


def add_apply(commands: Any) -> None:
    """`stylekit apply`: photographs × styles."""
    command = described(commands, "apply", "repaint photographs", APPLY_EXAMPLES + EXIT_CODES)
    add_apply_flags(command, server="")


def add_remote(commands: Any) -> None:
    """`stylekit remote apply`: the same, painted by a server."""
    command = commands.add_parser("remote", help="let a running server do it (apply --server)")
    actions = command.add_subparsers(required=True, metavar="apply")
    apply = described(actions, "apply", "repaint photographs on a server", EXIT_CODES)
    add_apply_flags(apply, server=LOCAL_SERVER)


def described(commands: Any, name: str, help: str, epilog: str) -> argparse.ArgumentParser:
    """A command whose help ends with `epilog`, line for line."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help.capitalize()}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return command


def add_apply_flags(command: argparse.ArgumentParser, *, server: str) -> None:
    """What to paint, where to, by whom, and how."""
    add_inputs(command)
    add_outputs(command)
    command.add_argument("--engine", choices=tuple(OPTIONS), default=FAST.name, help="default fast")
    command.add_argument(
        "--refine",
        type=float,
        metavar="SECONDS",
        help="paint quickly, then go on from that picture with the gatys engine for so long",
    )
    command.add_argument(
        "--server",
        metavar="URL",
        default=server,
        help=f"let this server paint (default {server})" if server else "let this server paint",
    )
    command.add_argument(
        "--api-key", default="", metavar="KEY", help="of the server (default STYLEKIT_API_KEY)"
    )
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    command.add_argument("--json", action="store_true", help="one JSON object a picture, on a line")
    add_options(command)
    command.set_defaults(command="apply")


def add_inputs(command: argparse.ArgumentParser) -> None:
    """Photographs and styles."""
    command.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTO",
        help="pictures or folders of pictures; - is standard input",
    )
    command.add_argument(
        "-s",
        "--style",
        action="append",
        required=True,
        metavar="STYLE",
        dest="styles",
        help="name of a preset (see `stylekit styles`), a picture, a folder of pictures, or -; "
        "may be given more than once",
    )
    command.add_argument(
        "-r", "--recursive", action="store_true", help="also the folders in the folders"
    )


def add_outputs(command: argparse.ArgumentParser) -> None:
    """Where the results go, and as what."""
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        help="a picture (.jpg, .png, .webp) to write, a folder, or - for standard output; "
        "default: PHOTO-STYLE.jpg in this folder",
    )
    command.add_argument(
        "--format",
        choices=tuple(images.OUTPUTS),
        help="of the result; default: the photo's own, PNG for others",
    )
    command.add_argument("--force", action="store_true", help="replace files that exist")
    command.add_argument(
        "--skip-existing", action="store_true", help="leave files that exist, paint the others"
    )


# The engines' options -------------------------------------------------------------------------


def add_options(command: argparse.ArgumentParser) -> None:
    """One flag for each option, with what each engine that has it says of it."""
    known: dict[str, dict[str, Field[Any]]] = {}
    for engine, kind in OPTIONS.items():
        for each in fields(kind):  # type: ignore[arg-type]
            known.setdefault(each.name, {})[engine] = each
    groups: dict[str, Any] = {}
    for by_engine in known.values():
        title = " and ".join(by_engine)
        if title not in groups:
            groups[title] = command.add_argument_group(
                f"options of the {title} engine{'s' if len(by_engine) > 1 else ''}"
            )
        add_option(groups[title], by_engine)


def add_option(group: Any, by_engine: dict[str, Field[Any]]) -> None:
    """The flag of one option; left out, the engine's default holds."""
    each, *others = by_engine.values()
    flag, text = "--" + each.name.replace("_", "-"), explained(by_engine).replace("%", "%%")
    default: Any = each.default
    if isinstance(default, bool):
        group.add_argument(flag, action=argparse.BooleanOptionalAction, help=text)
    elif isinstance(default, tuple):
        group.add_argument(flag, nargs=len(default), type=float, metavar="N", help=text)
    elif choices := [choice for e in (each, *others) for choice in e.metadata["choices"]]:
        group.add_argument(flag, choices=list(dict.fromkeys(choices)), help=text)
    else:
        whole = all(isinstance(e.default, int) for e in (each, *others))
        group.add_argument(flag, type=int if whole else float, metavar="N", help=text)


def explained(by_engine: dict[str, Field[Any]]) -> str:
    """Help, range and default; for each engine, where they differ."""
    texts = {engine: one_explained(each) for engine, each in by_engine.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{engine}: {text}" for engine, text in texts.items())


def one_explained(each: Field[Any]) -> str:
    """`help (0 to 1, default 1)`."""
    about, default = each.metadata, each.default
    if isinstance(default, bool):
        return f"{about['help']} (default {'yes' if default else 'no'})"
    if about["choices"]:
        return f"{about['help']} (default {default})"
    numbers = default if isinstance(default, tuple) else (default,)
    usual = " ".join(map(plain, numbers))
    return f"{about['help']} ({plain(about['low'])} to {plain(about['high'])}, default {usual})"


def plain(number: Any) -> str:
    """A number without zeros that say nothing: 1 for 1.0."""
    return f"{number:g}" if isinstance(number, float) else str(number)


def given_options(said: argparse.Namespace) -> dict[str, Any]:
    """The engine options that were typed, whichever engine they belong to."""
    names = {each.name for kind in OPTIONS.values() for each in fields(kind)}  # type: ignore[arg-type]
    return {name: getattr(said, name) for name in names if getattr(said, name) is not None}


# The other commands ---------------------------------------------------------------------------


def add_styles(commands: Any) -> None:
    """`stylekit styles`: list the catalogue, or push it into a bucket."""
    command = commands.add_parser("styles", help="list the preset styles, or copy them elsewhere")
    command.add_argument("--json", action="store_true", help="one JSON object a style, on a line")
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


def add_doctor(commands: Any) -> None:
    """`stylekit doctor`: looks at the settings and tries every part."""
    command = commands.add_parser(
        "doctor", help="say what is set, what can be reached and what is missing"
    )
    command.set_defaults(command="doctor")


def add_quick_start(commands: Any) -> None:
    """`stylekit quick-start`: a painter of one's own in a form that loads at once."""
    command = commands.add_parser(
        "quick-start", help="let the model in STYLEKIT_MODEL start as quickly as the shipped one"
    )
    command.set_defaults(command="quick-start")


def add_completion(commands: Any) -> None:
    """`stylekit completion`: what a shell needs to complete our words."""
    command = described(
        commands, "completion", "print a script for completion by Tab", COMPLETION_EXAMPLES
    )
    command.add_argument("shell", choices=SHELLS)
    command.set_defaults(command="completion")
