"""What is set, what can be reached, and what is missing."""

import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from stylekit import wiring
from stylekit.catalogue import open_catalogue
from stylekit.engines import weights
from stylekit.engines.registry import ENGINES, GATYS, runtime_of_fast
from stylekit.errors import StylekitError
from stylekit.jobs import Status
from stylekit.settings import GROUPS, PRIVATE, Settings, variable
from stylekit.storage import open_store

PROBE = "doctor/probe.txt"
"""The file that is written, read and removed to see whether a store works."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_well: bool
    words: str


def doctor(said: Namespace, settings: Settings) -> int:
    """Print the settings that are not the defaults, then try every part; 1 if one does not work."""
    print("\n".join(told(settings)))
    findings = list(look(settings))
    for each in findings:
        print(f"{'ok    ' if each.is_well else 'FAILED'}  {each.what:16}  {each.words}")
    return 0 if all(each.is_well for each in findings) else 1


def told(settings: Settings) -> Iterator[str]:
    """The settings that are not the defaults, by group, without what is private in them."""
    for group in GROUPS:
        for each in fields(settings):
            value = getattr(settings, each.name)
            if each.metadata["group"] == group and value != each.default:
                yield f"{variable(each)}={public(each.name, value)}"
    topology = settings.topology
    yield "pictures are painted " + (
        "in the web process" if topology.paints_here else f"by workers, through {topology.broker}"
    )
    yield ""


def public(name: str, value: object) -> str:
    """A value as it may be shown: of an address its scheme and host, of a secret nothing."""
    if name not in PRIVATE:
        return str(value)
    parts = urlsplit(str(value))
    return f"{parts.scheme}://…{parts.hostname or ''}" if parts.scheme and parts.netloc else "…"


def look(settings: Settings) -> Iterator[Finding]:
    """Every part in turn; one that does not work does not keep the others from being tried."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("data folder", data_folder),
        ("job table", job_table),
        ("pictures", pictures),
        ("styles", styles),
        ("painter", painter),
        ("perceptual", perceptual),
        ("events", events),
        ("queue", queue),
        ("processors", processors),
    ]
    for what, check in checks:
        try:
            yield Finding(what, True, check(settings))
        except (StylekitError, OSError) as error:
            yield Finding(what, False, str(error))


def data_folder(settings: Settings) -> str:
    """Whether files can be written there."""
    settings.data.mkdir(parents=True, exist_ok=True)
    probe = settings.data / f".doctor-{os.getpid()}"
    probe.write_text("probe")
    probe.unlink()
    return f"{settings.data.resolve()} can be written"


def job_table(settings: Settings) -> str:
    """Whether the table answers; it is made or upgraded by being asked."""
    jobs = wiring.build_jobs(settings)
    try:
        waiting = jobs.queries.count(Status.QUEUED)
    finally:
        jobs.close()
    return f"answers; {waiting} jobs wait"


def pictures(settings: Settings) -> str:
    """Whether a file can be written, read and removed."""
    store = open_store(settings.storage_url)
    store.write(PROBE, b"probe", content_type="text/plain")
    store.read(PROBE)
    store.delete(PROBE)
    return f"{settings.storage_url} can be written and read"


def styles(settings: Settings) -> str:
    """Whether the catalogue is there, and every picture that it names."""
    catalogue = open_catalogue(settings)
    found = catalogue.all()
    for style in found:
        catalogue.read(style)
    return f"{len(found)} presets"


def painter(settings: Settings) -> str:
    """Whether the shipped painter is whole; another one is loaded by the first painting."""
    if settings.model:
        return f"{settings.model}, loaded when it first paints"
    for folder in (weights.PAINTER, weights.PRESETS):
        weights.verify(folder)
    return f"shipped, checksums match; {runtime_of_fast(settings)}"


def perceptual(settings: Settings) -> str:
    """The same for the network that the gatys engine looks with."""
    if not GATYS.is_installed:
        return f"not used: the gatys engine needs the extra {GATYS.needs}"
    if settings.perceptual != "student":
        return f"{settings.perceptual}, loaded when it first paints"
    weights.verify(weights.PERCEPTUAL)
    return "shipped, checksums match"


def events(settings: Settings) -> str:
    """Whether Redis answers, where there is one."""
    if not settings.topology.is_shared:
        return "in this process; set STYLEKIT_EVENTS where several web processes run"
    wiring.ping_events(settings)
    return "Redis answers"


def queue(settings: Settings) -> str:
    """Whether the broker answers, where there is one."""
    if settings.topology.paints_here:
        return "threads of the web process; set STYLEKIT_QUEUE for workers"
    broker = wiring.build_broker(settings)
    try:
        waiting = {name: broker.length(name) for name in ENGINES}
    finally:
        broker.close()
    return "answers; waiting: " + ", ".join(f"{name} {n}" for name, n in waiting.items())


def processors(settings: Settings) -> str:
    """How many there are, beside how many paintings run at a time."""
    return f"{os.cpu_count()}, {settings.painters} paintings of each engine at a time"
