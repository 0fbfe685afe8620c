"""The HTML pages: home, one job, the feed, one's own pictures."""

from dataclasses import Field, fields
from math import log2
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from stylekit import images
from stylekit.catalogue import Style
from stylekit.engines.registry import FAST, GATYS, EngineSpec, offered
from stylekit.jobs import Job, Status
from stylekit.settings import Settings
from stylekit.web.api.parsing import job_id
from stylekit.web.security.identity import caller, parts

pages = Blueprint("pages", __name__)

SLIDERS = {
    "strength": (_l("Strength"), _l("the photo"), _l("all style")),
    "boldness": (_l("Boldness"), _l("careful"), _l("free")),
    "style_scale": (_l("Size of the strokes"), _l("fine"), _l("broad")),
    "max_side": (_l("Detail"), _l("quick"), _l("fine")),
}
"""The settings that are sliders, those that an engine has, in this order and these words."""

SLIDER_IDS = {
    "strength": "strength",
    "boldness": "boldness",
    "style_scale": "stroke-size",
    "max_side": "detail",
}
"""What each slider is called in the page; its picture among the icons, too."""

PLAIN_WORDS = {
    Status.QUEUED: _l("Waiting for a place"),
    Status.RUNNING: _l("Being painted"),
    Status.DONE: _l("The painting is ready"),
    Status.FAILED: _l("It could not be painted"),
    Status.CANCELLED: _l("Cancelled"),
}
"""A job's state for readers without JavaScript; static/js/job-words.js has them for the others."""

OTHER_LABELS = {"style_layers": _l("Weights of the style by scale")}
"""Labels of options that no form of the page has."""

START_WORDS = {"content": _l("the photo"), "noise": _l("noise"), "fast": _l("the quick painting")}
SAMPLES = {"cat": _l("A cat"), "coffee": _l("A cup of coffee"), "astronaut": _l("An astronaut")}
"""Photographs to try: static/pictures/NAME.webp. Their origin: docs/pictures/README.md."""

LINK_PREVIEW_WIDTH = 1200  # pixels, as messengers ask for
TILE_WIDTH = 200  # of a tile in the strip, sharp on most phones
SIDES = (256, 384, 512, 768, 1024, 1536, 2048)


@pages.app_context_processor
def on_every_page() -> dict[str, Any]:
    """What the frame of every page says."""
    return {
        "keep_days": f"{parts().settings.keep_days:g}",
        "accepted": images.accepted_by_file_inputs(),
        "formats": images.names_of_formats(),
    }


@pages.get("/")
def home() -> str:
    """Choose a photo and a style, and see it painted."""
    settings = parts().settings
    styles = [tile(style) for style in parts().styles.all()]
    return render_template(
        "home.html",
        styles=styles,
        samples=SAMPLES,
        has_tiles=settings.topology.paints_here,
        has_gatys=GATYS.name in offered(settings),
        refine_seconds=f"{settings.refine_seconds:g}",
        quick_sliders=sliders(FAST, settings),
        limits=settings,
        finest_sliders=sliders(GATYS, settings),
        finest_options=[each for each in finest_options(settings) if each["name"] not in SLIDERS],
    )


@pages.get("/display")
def display() -> str:
    """One painting: waiting, being painted, done, or why not.

    Raises:
        JobNotFound: when there is none by that id, or it was taken back by somebody else.
        Gone: when it was deleted or has expired.
    """
    job = parts().access.look(job_id(request.args.get("id", "")), caller())
    is_done = job.status == Status.DONE
    return render_template(
        "display.html",
        address=f"/api/v1/jobs/{job.id}",
        is_done=is_done,
        is_moving=not job.status.is_final,
        plain_words=PLAIN_WORDS[job.status],
        preview=link_preview(job) if is_done else None,
        finest_options=finest_options(parts().settings),
        option_words=option_words(),
    )


@pages.post("/share")
def share() -> Response:
    """Where other apps share photos to, while no service worker is there that keeps them."""
    return redirect(url_for("pages.home"), 303)  # type: ignore[return-value]


@pages.get("/feed")
def feed() -> str:
    """The newest pictures that their owners show to everybody."""
    return render_template("feed.html", samples=SAMPLES)


@pages.get("/mine")
def mine() -> str:
    """Every picture of this browser's owner."""
    return render_template("mine.html")


def link_preview(job: Job) -> dict[str, str]:
    """What a messenger shows of a link to the painting: the painting alone, never the photo."""
    names = {style.id: style.name for style in parts().styles.all()}
    style = names.get(job.style_id or "")
    width = min(LINK_PREVIEW_WIDTH, job.width or LINK_PREVIEW_WIDTH)
    address = f"{request.host_url}api/v1/jobs/{job.id}/result?format=jpeg&width={width}"
    return {
        "title": gettext("%(style)s: a photo, repainted", style=gettext(style))
        if style
        else gettext("A photo, repainted"),
        "picture": address,
    }


def tile(style: Style) -> dict[str, Any]:
    """A preset as the strip shows it."""
    return {
        "id": style.id,
        "number": style.number,
        "name": gettext(style.name),
        "description": style.description and gettext(style.description),
        "picture": f"/api/v1/styles/{style.id}/picture?width={TILE_WIDTH}",
    }


def sliders(engine: EngineSpec, settings: Settings) -> list[dict[str, Any]]:
    """An engine's settings that are sliders, with its own ranges."""
    known = {each.name: each for each in fields(engine.options)}  # type: ignore[arg-type]
    found = [slider(known[name], settings) for name in SLIDERS if name in known]
    prefix = "" if engine is FAST else f"{engine.name}-"
    return [each | {"id": prefix + each["picture"]} for each in found]


def slider(option: Field[Any], settings: Settings) -> dict[str, Any]:
    """One option as a slider: among sizes, in percent up to 1, or else in powers of two."""
    label, *ends = SLIDERS[option.name]
    shown = {
        "name": option.name,
        "label": label,
        "ends": ends,
        "picture": SLIDER_IDS[option.name],
    }
    if option.name == "max_side":
        sizes = offered_sizes(settings)
        at = {
            "low": 0,
            "high": len(sizes) - 1,
            "step": 1,
            "value": at_most(sizes, plain(option.default)),
        }
        return shown | {"scale": "choices", "choices": sizes} | at
    return shown | scale_of(option)


def scale_of(option: Field[Any]) -> dict[str, str]:
    """The range of a number as a slider has it."""
    low, high, default = (
        float(each)
        for each in (option.metadata["low"], option.metadata["high"], plain(option.default))
    )
    if high <= 1:
        percent = {"low": 100 * low, "high": 100 * high, "step": 5, "value": 100 * default}
        return {"scale": "percent"} | {k: f"{v:g}" for k, v in percent.items()}
    halves = {"low": 2 * log2(low), "high": 2 * log2(high), "step": 1, "value": 2 * log2(default)}
    return {"scale": "times"} | {k: f"{v:g}" for k, v in halves.items()}


def offered_sizes(settings: Settings) -> list[int]:
    """The longest sides that can be painted by optimising."""
    return [side for side in SIDES if side <= settings.gatys_max_side] or [settings.gatys_max_side]


def at_most(sizes: list[int], wanted: int) -> int:
    """Where the largest size stands that is not above what is wanted."""
    return max(0, sum(size <= wanted for size in sizes) - 1)


def option_words() -> dict[str, dict[str, str]]:
    """Labels of all options, and words for their choices, as the scripts show them of a job."""
    labels = {name: gettext(each) for name, each in {**GATYS.labels, **FAST.labels}.items()}
    others = {name: str(label) for name, (label, *_) in SLIDERS.items() if name not in labels}
    return {
        "labels": labels | others | {name: str(label) for name, label in OTHER_LABELS.items()},
        "choices": {choice: str(word) for choice, word in START_WORDS.items()},
    }


def finest_options(settings: Settings) -> list[dict[str, Any]]:
    """The gatys engine's settings as form fields, with the engine's own defaults and help."""
    known = {each.name: each for each in fields(GATYS.options)}  # type: ignore[arg-type]
    return [
        form_field(known[name], label, settings)
        for name, label in GATYS.labels.items()
        if name in known
    ]


def form_field(option: Field[Any], label: str, settings: Settings) -> dict[str, Any]:
    """One engine option as a form field."""
    field = {
        "name": option.name,
        "label": gettext(label),
        "default": plain(option.default),
        "help": gettext(sentence(option.metadata["help"])),
        "value_kind": "text" if isinstance(option.default, str) else "number",
    }
    if isinstance(option.default, bool):
        return field | {"kind": "switch"}
    if choices := choices_of(option, settings):
        return field | {"kind": "choice", "choices": choices}
    step = 1 if isinstance(option.default, int) else "any"
    low, high = option.metadata["low"], option.metadata["high"]
    return field | {"kind": "number", "low": low, "high": high, "step": step}


def choices_of(option: Field[Any], settings: Settings) -> list[tuple[Any, str]]:
    """The values that a select offers, with their words; none where any number will do."""
    if option.name == "max_side":
        return [
            (side, gettext("%(count)s pixels", count=side))
            for side in SIDES
            if side <= settings.gatys_max_side
        ]
    return [(choice, START_WORDS.get(choice, choice)) for choice in option.metadata["choices"]]


def plain(value: Any) -> Any:
    """A default as a person writes it: 1, not 1.0."""
    return f"{value:g}" if isinstance(value, float) else value


def sentence(words: str) -> str:
    """Help text as the page writes it: with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."
