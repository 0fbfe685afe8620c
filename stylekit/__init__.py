"""The public door: stylize(), Client, __version__. Importing it loads no TensorFlow."""

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from stylekit.client import Client
    from stylekit.engines.base import Picture
    from stylekit.painting.executor import Engines

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "stylize"]


def stylize(
    content: Any, style: Any, engine: str = "fast", strength: float = 1.0, **options: Any
) -> "Picture":
    """Repaint `content` in the style of `style`, here.

    Each is a path, the bytes of a picture file, or an array (height, width, 3), of 0 to 1 floats
    or 0 to 255 whole numbers. A style can also be the name or the number of a preset. The other
    options are the engine's: `FastOptions`, `GatysOptions` in `stylekit.engines.base`.

    Returns:
        The painting, (height, width, 3) float32, sRGB, 0 to 1, of the content's size, upright.

    Raises:
        BadPicture, StyleNotFound, BadOption: when that cannot be painted.
    """
    from stylekit.engines.base import options_from

    if engine == "fast" or strength != 1.0:
        options["strength"] = strength
    checked = options_from(engine, options)
    return _engines().get(engine).stylize(_picture(content), _style(style), checked)


def __getattr__(name: str) -> Any:
    """Load the client when it is first asked for."""
    if name == "Client":
        from stylekit.client import Client

        return Client
    raise AttributeError(f"module 'stylekit' has no attribute {name!r}")


@lru_cache(maxsize=1)
def _engines() -> "Engines":
    from stylekit import settings, wiring

    return wiring.build_engines(settings.from_environment(os.environ))


def _style(style: Any) -> "Picture":
    """The style as a picture; a file of that name goes before a preset."""
    if isinstance(style, int) or (isinstance(style, str) and not Path(style).is_file()):
        from stylekit import settings, wiring

        catalogue = wiring.build_catalogue(settings.from_environment(os.environ))
        return _picture(catalogue.read(catalogue.get(style)))
    return _picture(style)


def _picture(given: Any) -> "Picture":
    """A path, bytes or an array as a float32 picture (h, w, 3)."""
    from stylekit import images, settings
    from stylekit.errors import BadPicture

    if isinstance(given, np.ndarray):
        scale = 255 if np.issubdtype(given.dtype, np.integer) else 1
        if given.ndim != 3 or given.shape[-1] != 3:
            raise BadPicture(f"The array has the shape {given.shape}; it must be (h, w, 3).")
        return (given / scale).astype(np.float32).clip(0, 1)
    data = given if isinstance(given, bytes) else Path(given).read_bytes()
    read = settings.from_environment(os.environ)
    limits = images.Limits(max_bytes=read.max_picture_bytes, max_pixels=read.max_pixels)
    return images.decode(data, limits).on_white()
