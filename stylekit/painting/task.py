"""One painting to make, with its options checked, and the finished painting."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stylekit import images
from stylekit.engines.base import Picture
from stylekit.engines.registry import options_from
from stylekit.errors import BadOption, echo

PREVIEW_SIDE = 640  # most pixels of a picture that is shown while it is painted
RESULT_QUALITY = 92  # of a JPEG or WebP, unless the order says another
STORED_LIMITS = images.NO_LIMITS
"""Stored pictures were within the limits when they came."""


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A finished painting as a file, and how it was made."""

    data: bytes
    format: str  # one of `images.OUTPUTS`
    width: int
    height: int
    seconds: float  # of painting alone
    description: dict[str, Any] = field(default_factory=dict)  # also inside the file


@dataclass(frozen=True, kw_only=True)
class Task:
    """One painting to make, everything read and checked."""

    content: images.Source
    style: Picture
    engine: str
    options: Any
    format: str  # of the file that comes out
    quality: int = RESULT_QUALITY
    keep_orientation: bool = False
    style_id: str | None = None  # of a preset

    def encoded(self, picture: Picture, engine_version: str, seconds: float) -> Painted:
        """The painted picture as a file with its description inside."""
        height, width, _ = picture.shape
        description = describe(
            self.engine, engine_version, asdict(self.options), self.style_id, seconds
        )
        data = images.encode(
            picture,
            self.format,
            alpha=self.content.alpha,
            orientation=self.content.orientation if self.keep_orientation else 1,
            quality=self.quality,
            description=description,
        )
        return Painted(
            data=data,
            format=self.format,
            width=width,
            height=height,
            seconds=seconds,
            description=description,
        )


def describe(
    engine: str, version: str, options: Mapping[str, Any], style_id: str | None, seconds: float
) -> dict[str, Any]:
    """What is embedded in a result's metadata: enough to make the same picture again."""
    return {
        "engine": engine,
        "engine_version": version,
        "options": dict(options),
        "style": style_id,
        "seconds": round(seconds, 3),
    }


def checked_options(engine: str, values: Mapping[str, Any], gatys_max_side: int) -> Any:
    """The options of an engine, and no more pixels than this server optimises.

    Raises:
        BadOption: naming the option, the value and what it can be.
    """
    options = options_from(engine, dict(values))
    side = getattr(options, "max_side", 0)
    if side > gatys_max_side:
        raise BadOption(f"max_side is {side}; this server optimises up to {gatys_max_side} pixels.")
    return options


def checked_format(wanted: str) -> str:
    """The name of a format that we write.

    Raises:
        BadOption: when we do not write what was asked for.
    """
    name = wanted.lower().replace("jpg", "jpeg")
    if name not in images.OUTPUTS:
        raise BadOption(f"format is {echo(wanted)}; it can be {', '.join(images.OUTPUTS)}.")
    return name


def result_format(wanted: str | None, content: images.Pixels | images.Source) -> str:
    """The format of the result: the one that was asked for, or the content's own."""
    if wanted is not None:
        return checked_format(wanted)
    own = images.FORMATS[content.format].kept_as
    too_long = max(content.size) > images.OUTPUTS[own].longest_side
    loses_alpha = own == "jpeg" and content.alpha is not None
    return "png" if (own == "webp" and too_long) or loses_alpha else own
