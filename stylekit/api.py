"""The Python API: stylize(), styles(), blend() and video(), in this process."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from stylekit import images, settings, videos
from stylekit.catalogue import Catalogue, Style, open_catalogue
from stylekit.engines.base import OnProgress, Picture, Progress, ignore_progress
from stylekit.engines.registry import Engines, build_engines, options_from, starting_quickly
from stylekit.errors import BadOption, BadPicture
from stylekit.images import Image, Source

PictureFile: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes of a picture file, or a file opened for reading bytes."""


class FastKeywords(TypedDict, total=False):
    """Options of the fast engine; `FastOptions` explains them."""

    strength: float
    boldness: float
    style_scale: float
    preserve_colors: bool


class GatysKeywords(TypedDict, total=False):
    """Options of the gatys engine; `GatysOptions` explains them."""

    boldness: float
    content_weight: float
    style_weight: float
    smoothness: float
    style_layers: Sequence[float]
    style_scale: float
    max_side: int
    iterations: int
    seconds: float
    start: str
    preserve_colors: bool
    seed: int


@dataclass(frozen=True)
class Blend:
    """A style between several; see `blend`."""

    styles: tuple[Picture, ...]
    weights: tuple[float, ...]


AnyPicture: TypeAlias = PictureFile | NDArray[Any] | Image
AnyStyle: TypeAlias = AnyPicture | int | Blend


@overload
def stylize(
    content: Image,
    style: AnyStyle,
    *,
    engine: Literal["fast"] = "fast",
    on_progress: OnProgress = ...,
    **options: Unpack[FastKeywords],
) -> Image: ...
@overload
def stylize(
    content: Image,
    style: AnyStyle,
    *,
    engine: Literal["gatys"],
    on_progress: OnProgress = ...,
    **options: Unpack[GatysKeywords],
) -> Image: ...
@overload
def stylize(
    content: PictureFile | NDArray[Any],
    style: AnyStyle,
    *,
    engine: Literal["fast"] = "fast",
    on_progress: OnProgress = ...,
    **options: Unpack[FastKeywords],
) -> Picture: ...
@overload
def stylize(
    content: PictureFile | NDArray[Any],
    style: AnyStyle,
    *,
    engine: Literal["gatys"],
    on_progress: OnProgress = ...,
    **options: Unpack[GatysKeywords],
) -> Picture: ...
def stylize(
    content: AnyPicture,
    style: AnyStyle,
    *,
    engine: str = "fast",
    on_progress: OnProgress = ignore_progress,
    **options: Any,
) -> Picture | Image:
    """Repaint `content` in the style of `style`, here.

    The first call loads the model; later ones share it.

    >>> import stylekit
    >>> painted = stylekit.stylize("photo.jpg", "woodblock-wave", strength=0.8)
    >>> painted.shape, painted.dtype
    ((96, 128, 3), dtype('float32'))

    Args:
        content: A path, the bytes of a picture file, an open file, a PIL image, or an array
            (height, width, 3) of floats from 0 to 1 or of whole numbers.
        style: The same, or the name or number of a preset, or what `blend` returns.
        engine: `fast`, a fraction of a second, or `gatys`, the finest result.
        on_progress: Called with a `Progress` while painting; may raise `Cancelled`.
        options: The engine's: the fields of `FastOptions` or `GatysOptions`.

    Returns:
        The painting, upright and of the content's size: a PIL image (with its alpha) for a PIL
        image, else an array (height, width, 3) of float32, sRGB, 0 to 1.

    Raises:
        BadPicture, StyleNotFound, BadOption: when that cannot be painted.
        PaintingFailed: when the engine could not finish.
        BadSettings: when the engine needs an extra that is not installed.
    """
    checked = options_from(engine, options)
    source = read(content)
    painter = engines().get(engine)
    if isinstance(style, Blend):
        painted = paint_blend(painter, source.picture, style, checked, on_progress)
    else:
        painted = painter.stylize(source.picture, read_style(style), checked, on_progress)
    return images.to_pillow(painted, source.alpha) if isinstance(content, Image) else painted


def styles() -> list[Style]:
    """The presets, in order.

    >>> import stylekit
    >>> [style.id for style in stylekit.styles()][:2]
    ['woodblock-wave', 'night-swirls']

    Raises:
        FileNotStored, StorageUnavailable: when the catalogue cannot be read.
    """
    return catalogue().all()


def blend(styles: Iterable[AnyPicture | int], weights: Iterable[float] = ()) -> Blend:
    """A style between several, for the fast engine; without weights, all count the same.

    >>> import stylekit
    >>> between = stylekit.blend(["ink-wash", "mosaic"], [0.7, 0.3])
    >>> painted = stylekit.stylize("photo.jpg", between)

    Raises:
        BadOption: when the weights do not fit the styles.
        BadPicture, StyleNotFound: when a style cannot be read.
    """
    pictures = tuple(read_style(each) for each in styles)
    shares = tuple(float(each) for each in weights) or (1.0,) * len(pictures)
    if not pictures or len(shares) != len(pictures) or min(shares) < 0 or sum(shares) <= 0:
        raise BadOption(f"{len(pictures)} styles cannot be blended with the weights {shares}.")
    return Blend(pictures, shares)


def video(
    content: str | os.PathLike[str],
    style: AnyStyle,
    output: str | os.PathLike[str],
    *,
    on_progress: OnProgress = ignore_progress,
    **options: Unpack[FastKeywords],
) -> Path:
    """Repaint every frame of a video with the fast engine, and keep its sound.

    Needs the extra `video`. Frames are painted one by one, each as a photograph of its own: what
    stands still in the video may flicker a little.

    Args:
        content: A path to a video that FFmpeg reads.
        style: A picture, the name or number of a preset, or what `blend` returns.
        output: Where the video goes, as MP4 with H.264; what is there already is not replaced.
        on_progress: Called with a `Progress` before each frame; may raise `Cancelled`.
        options: The fields of `FastOptions`.

    Returns:
        The path of the painted video.

    Raises:
        BadPicture, StyleNotFound, BadOption: when that cannot be painted.
        BadSettings: when the extra `video` is not installed.
        FileExistsError: when `output` exists.
    """
    checked, target = options_from("fast", dict(options)), Path(output)
    if target.exists():
        raise FileExistsError(f"{target} exists.")
    painter: Any = engines().get("fast")
    code = code_of(painter, style if isinstance(style, Blend) else blend([style]))

    def paint(frame: Picture, before: float) -> Picture:
        on_progress(Progress(fraction=before, stage="painting"))
        return paint_with(painter, frame, code, checked)

    videos.repaint(Path(content), target, paint)
    on_progress(Progress(fraction=1.0, stage="done"))
    return target


def paint_blend(
    painter: Any, content: Picture, style: Blend, options: Any, on_progress: OnProgress
) -> Picture:
    """Paint with the mean of several styles' codes.

    Raises:
        BadOption: when the engine has no codes of styles.
    """
    on_progress(Progress(fraction=0.0, stage="reading the styles"))
    code = code_of(painter, style)
    on_progress(Progress(fraction=0.2, stage="painting"))
    painted = paint_with(painter, content, code, options)
    on_progress(Progress(fraction=1.0, stage="done"))
    return painted


def code_of(painter: Any, style: Blend) -> Any:
    """What the painter knows of a style, or of several.

    Raises:
        BadOption: when the engine has no codes of styles.
    """
    if not hasattr(painter, "blend"):
        raise BadOption(f"The {painter.name} engine cannot blend styles; the fast engine can.")
    return painter.blend(painter.read_styles(style.styles), style.weights)


def paint_with(painter: Any, content: Picture, code: Any, options: Any) -> Picture:
    """One picture, painted with a style's code."""
    given = asdict(options)
    keeps_colors = given.pop("preserve_colors")
    painted: Picture = painter.paint(content, code, **given)
    return images.keep_colors(painted, content) if keeps_colors else painted


# What is given, and what paints ---------------------------------------------------------------


@lru_cache(maxsize=1)
def engines() -> Engines:
    """The engines of this process, built once."""
    return build_engines(starting_quickly(settings.from_environment(os.environ)))


def catalogue() -> Catalogue:
    """The presets that the environment names, or the shipped ones."""
    return open_catalogue(settings.from_environment(os.environ))


def read_style(style: AnyPicture | int) -> Picture:
    """The style as a picture; a file of that name goes before a preset."""
    if isinstance(style, int) or (isinstance(style, str) and not Path(style).is_file()):
        presets = catalogue()
        return images.decode(presets.read(presets.get(style)), images.LOCAL_LIMITS).on_white()
    return read(style).as_style()


def read(given: AnyPicture) -> Source:
    """A picture, however it is given.

    Raises:
        BadPicture: when it cannot be read.
    """
    if isinstance(given, Image):
        return images.from_pillow(given)
    if isinstance(given, np.ndarray):
        return Source(picture=as_floats(given), alpha=None, format="", orientation=1)
    if isinstance(given, str | os.PathLike):
        data = Path(given).read_bytes()
    else:
        data = given if isinstance(given, bytes) else given.read()
    return images.decode(data, images.LOCAL_LIMITS)


def as_floats(array: NDArray[Any]) -> Picture:
    """An array (h, w, 3) of floats in 0 to 1 or of whole numbers, as float32 in 0 to 1.

    Raises:
        BadPicture: when it has another shape or other values.
    """
    if array.ndim != 3 or array.shape[-1] != 3 or not array.size:
        raise BadPicture(f"The array has the shape {array.shape}; it must be (h, w, 3).")
    whole = np.issubdtype(array.dtype, np.integer)
    scale = 65_535 if array.dtype == np.uint16 else 255 if whole else 1
    picture = (array / scale).astype(np.float32)
    low, high = float(picture.min()), float(picture.max())
    if not (low >= -0.01 and high <= 1.01):  # also where a value is not a number
        limit = f"whole numbers from 0 to {scale}" if whole else "floats from 0 to 1"
        raise BadPicture(
            f"The array goes from {array.min():g} to {array.max():g}; it must be {limit}."
        )
    return picture.clip(0, 1)
