"""The Python package: stylize(), styles(), blend(), video(), Client. Loads no TensorFlow."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stylekit.errors import (
    BadOption,
    BadPicture,
    BadRequest,
    BadSettings,
    Cancelled,
    ModelBroken,
    NotAPicture,
    PaintingFailed,
    PictureDamaged,
    PictureTooLarge,
    PictureTooSmall,
    StylekitError,
    StyleNotFound,
)

if TYPE_CHECKING:
    from stylekit.api import Blend, blend, styles, stylize, video
    from stylekit.catalogue import Style
    from stylekit.client import (
        AsyncClient,
        Client,
        ClientError,
        Job,
        JobFailed,
        NotReachable,
        ServerError,
        Upload,
    )
    from stylekit.engines.base import FastOptions, GatysOptions, Progress

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "BadOption",
    "BadPicture",
    "BadRequest",
    "BadSettings",
    "Blend",
    "Cancelled",
    "Client",
    "ClientError",
    "FastOptions",
    "GatysOptions",
    "Job",
    "JobFailed",
    "ModelBroken",
    "NotAPicture",
    "NotReachable",
    "PaintingFailed",
    "PictureDamaged",
    "PictureTooLarge",
    "PictureTooSmall",
    "Progress",
    "ServerError",
    "Style",
    "StyleNotFound",
    "StylekitError",
    "Upload",
    "__version__",
    "blend",
    "styles",
    "stylize",
    "video",
]

_LATER = {
    "stylekit.catalogue": ("Style",),
    "stylekit.api": ("Blend", "blend", "styles", "stylize", "video"),
    "stylekit.client": (
        *("AsyncClient", "Client", "ClientError", "Job", "JobFailed"),
        *("NotReachable", "ServerError", "Upload"),
    ),
    "stylekit.engines.base": ("FastOptions", "GatysOptions", "Progress"),
}
_MODULES = {name: module for module, names in _LATER.items() for name in names}
"""What is loaded when it is first asked for, so that importing the package is quick."""


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'stylekit' has no attribute {name!r}")
