"""What each command does. What takes long to import is imported by the command that needs it."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from stylekit.catalogue import open_catalogue, push
from stylekit.cli.apply import apply
from stylekit.cli.arguments import parse
from stylekit.cli.report import in_words, say
from stylekit.errors import BadSettings, StylekitError
from stylekit.settings import Settings, from_environment, is_installed
from stylekit.storage import open_store
from stylekit.worker.arguments import worker_arguments

EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PIPE = 1, 130, 141


def program() -> int:
    """What the shell starts: `main`, without TensorFlow's chatter between our lines.

    TensorFlow's C++ part writes to file descriptor 2 before any setting can stop it. It gets
    /dev/null, and Python keeps the terminal; set TF_CPP_MIN_LOG_LEVEL to see everything.
    """
    if "TF_CPP_MIN_LOG_LEVEL" not in os.environ:
        terminal = os.dup(2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.stderr = os.fdopen(terminal, "w", buffering=1)
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code, as `stylekit --help` explains it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    said = parse(list(sys.argv[1:] if arguments is None else arguments))
    try:
        code = COMMANDS[said.command](said, from_environment(os.environ))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; nobody is left to hear of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except (StylekitError, OSError) as error:
        say(in_words(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    return code


def list_styles(said: Namespace, settings: Settings) -> int:
    """One line for each preset: its number, its name for `--style`, and what it is like."""
    for style in open_catalogue(settings).all():
        if said.json:
            print(json.dumps(asdict(style)))
        else:
            print(f"{style.number:3}  {style.id:24}  {style.description}")
    return 0


def push_styles(said: Namespace, settings: Settings) -> int:
    """Copy the catalogue; says what was written."""
    for key in push(open_store(settings.styles_url), open_store(said.target)):
        print(f"{said.target.rstrip('/')}/{key}")
    return 0


def serve(said: Namespace, settings: Settings) -> int:
    """Start gunicorn, print the address once it answers, and stay until it ends."""
    from stylekit.cli import serve

    return serve.serve(settings, host=said.host or settings.host, port=said.port or settings.port)


def doctor(said: Namespace, settings: Settings) -> int:
    """Look at the settings and try every part."""
    from stylekit.cli.doctor import doctor

    return doctor(said, settings)


def worker(said: Namespace, settings: Settings) -> int:
    """Become a worker: the same process, so that whoever stops this one stops that one."""
    if not is_installed("celery"):
        raise BadSettings("A worker needs the extra cluster: pip install 'stylekit[cluster]'.")
    os.dup2(sys.stderr.fileno(), 2)  # its log goes where ours would
    command = [sys.executable, "-m", "stylekit.worker", *worker_arguments(said)]
    os.execv(sys.executable, command)


def quick_start(said: Namespace, settings: Settings) -> int:
    """Make what lets a painter of one's own start without TensorFlow."""
    from stylekit.engines import models, onnx_graphs

    for source in models.sources(settings.model):
        print(onnx_graphs.folder_for(source) if onnx_graphs.is_ready(source) else convert(source))
    return 0


def convert(source: str) -> Path:
    """Make the graphs of a model that is not the shipped one.

    Raises:
        BadSettings: when what makes them is not installed.
    """
    if not is_installed("tf2onnx"):
        raise BadSettings("A quick start needs the extra onnx: pip install 'stylekit[onnx]'.")
    from stylekit.engines import onnx_conversion

    return onnx_conversion.convert(source)


def completion(said: Namespace, settings: Settings) -> int:
    """Print the script that makes a shell complete commands, flags and presets."""
    from stylekit.cli.completion import script

    print(script(said.shell, [style.id for style in open_catalogue(settings).all()]))
    return 0


COMMANDS: dict[str, Callable[[Namespace, Settings], int]] = {
    "apply": apply,
    "styles": list_styles,
    "styles push": push_styles,
    "serve": serve,
    "worker": worker,
    "doctor": doctor,
    "quick-start": quick_start,
    "completion": completion,
}
