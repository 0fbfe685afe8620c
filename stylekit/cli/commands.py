"""What each command does."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from stylekit import images, styles, wiring
from stylekit.cli import serve as server
from stylekit.cli.arguments import given_options, parse
from stylekit.cli.batches import OUTPUT_FORMATS, Commission, is_picture, plan
from stylekit.client import Client, ClientError
from stylekit.client import Job as RemoteJob
from stylekit.engines.base import Picture, Progress, options_from
from stylekit.errors import StylekitError
from stylekit.settings import Settings, from_environment
from stylekit.storage import open_store
from stylekit.worker.arguments import worker_arguments

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
OnFraction = Callable[[float, str], None]
"""Hears how much of a painting is done, 0 to 1, and a few words."""


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
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    said = parse(list(sys.argv[1:] if arguments is None else arguments))
    try:
        return COMMANDS[said.command](said, from_environment(os.environ))
    except (StylekitError, ClientError, OSError) as error:
        print(f"stylekit: {in_words(error)}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def in_words(error: Exception) -> str:
    """What went wrong, as a shell user expects it: the file and the reason, no error numbers."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


# apply, here or on a server -----------------------------------------------------------------


class Painter(Protocol):
    """Makes the paintings of a batch, one after the other."""

    def paint(self, each: Commission, on_fraction: OnFraction) -> bytes:
        """The finished picture's file."""
        ...


def apply(said: Namespace, settings: Settings) -> int:
    """Paint every photograph in every style, on this machine."""
    return run_batch(said, LocalPainter(said, settings))


def remote_apply(said: Namespace, settings: Settings) -> int:
    """Paint every photograph in every style, on a server."""
    return run_batch(said, RemotePainter(said, settings))


def run_batch(said: Namespace, painter: Painter) -> int:
    """Paint one after the other; goes on after a bad one, says so, and fails at the end."""
    commissions = plan(said.photos, said.styles, said.output, said.format)
    failures = 0
    with tqdm(total=len(commissions), unit="picture", disable=said.quiet) as bar:
        for number, each in enumerate(commissions):
            bar.set_description(f"{each.photo.name} in {Path(each.style).stem}")
            try:
                write_whole(each.output, painter.paint(each, follow(bar, number)))
            except (StylekitError, ClientError, OSError) as error:
                failures += 1
                where = "" if isinstance(error, OSError) else f"{each.photo}: "
                bar.write(f"stylekit: {where}{in_words(error)}", file=sys.stderr)
            bar.n = number + 1
            bar.refresh()
    return EXIT_FAILED if failures else 0


def follow(bar: Any, number: int) -> OnFraction:
    """Moves the bar within the `number`th painting."""

    def show(fraction: float, words: str) -> None:
        bar.n = number + round(min(fraction, 0.99), 2)
        bar.set_postfix_str(words, refresh=False)
        bar.refresh()

    return show


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


class LocalPainter:
    """Paints in this process. Styles are read once each."""

    def __init__(self, said: Namespace, settings: Settings) -> None:
        """Check the options and find the engine and the catalogue; nothing is loaded yet."""
        self.options = options_from(said.engine, given_options(said))
        self.engine = wiring.build_engines(settings).get(said.engine)
        self.catalogue = wiring.build_catalogue(settings)
        self.limits = images.Limits(
            max_bytes=settings.max_picture_bytes, max_pixels=settings.max_pixels
        )
        self.read: dict[str, Picture] = {}

    def paint(self, each: Commission, on_fraction: OnFraction) -> bytes:
        """Decode, paint, encode in the format that the output's name says."""

        def on_progress(progress: Progress) -> None:
            left = f"{progress.eta_seconds:.0f} s left" if progress.eta_seconds else progress.stage
            on_fraction(progress.fraction, left)

        content = images.decode(each.photo.read_bytes(), self.limits)
        painted = self.engine.stylize(
            content.picture, self.style(each.style), self.options, on_progress
        )
        format = OUTPUT_FORMATS.get(each.output.suffix.lower(), "jpeg")
        return images.encode(painted, format, alpha=content.alpha)

    def style(self, style: str) -> Picture:
        """The style's picture; a file of that name goes before a preset.

        Raises:
            StyleNotFound: when it is neither a file nor a preset.
        """
        if style not in self.read:
            file = Path(style)
            named = file.is_file() or is_picture(file)
            data = file.read_bytes() if named else self.catalogue.read(self.catalogue.get(style))
            self.read[style] = images.decode(data, self.limits).on_white()
        return self.read[style]


class RemotePainter:
    """Lets a server paint, and brings the result back."""

    def __init__(self, said: Namespace, settings: Settings) -> None:
        """Check the options here, so that a typing error costs no upload."""
        self.options = given_options(said)
        options_from(said.engine, self.options)
        self.engine = said.engine
        self.client = Client(said.server, api_key=said.api_key or settings.api_key)

    def paint(self, each: Commission, on_fraction: OnFraction) -> bytes:
        """Submit, wait, fetch in the format that the output's name says."""

        def on_job(job: RemoteJob) -> None:
            left = f"{job.eta_seconds:.0f} s left" if job.eta_seconds else job.stage or job.status
            on_fraction(job.progress, left)

        job = self.client.submit(each.photo, each.style, engine=self.engine, **self.options)
        try:
            self.client.wait(job, on_job)
        except KeyboardInterrupt:
            self.client.cancel(job)
            raise
        return self.client.result(job, format=OUTPUT_FORMATS[each.output.suffix.lower()])


# styles, serve and worker ------------------------------------------------------------------


def list_styles(said: Namespace, settings: Settings) -> int:
    """One line for each preset: its number, its name for `--style`, and what it is like."""
    for style in wiring.build_catalogue(settings).all():
        print(f"{style.number:3}  {style.id:24}  {style.description}")
    return 0


def push_styles(said: Namespace, settings: Settings) -> int:
    """Copy the catalogue; says what was written."""
    for key in styles.push(open_store(settings.styles_url), open_store(said.target)):
        print(f"{said.target.rstrip('/')}/{key}")
    return 0


def serve(said: Namespace, settings: Settings) -> int:
    """Start gunicorn, print the address once it answers, and stay until it ends."""
    return server.serve(settings, host=said.host or settings.host, port=said.port or settings.port)


def worker(said: Namespace, settings: Settings) -> int:
    """Become a worker: the same process, so that whoever stops this one stops that one."""
    os.dup2(sys.stderr.fileno(), 2)  # its log goes where ours would
    command = [sys.executable, "-m", "stylekit.worker", *worker_arguments(said)]
    os.execv(sys.executable, command)


COMMANDS: dict[str, Callable[[Namespace, Settings], int]] = {
    "apply": apply,
    "remote apply": remote_apply,
    "styles": list_styles,
    "styles push": push_styles,
    "serve": serve,
    "worker": worker,
}
