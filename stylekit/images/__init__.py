"""Reading and writing pictures: bytes become upright float arrays, and arrays become bytes."""

from PIL.Image import Image

from stylekit.images.arrays import LUMINANCE, Picture, fit, grid, keep_colors, resize
from stylekit.images.formats import (
    FORMATS,
    OUTPUT_SUFFIXES,
    OUTPUTS,
    SUFFIXES,
    accepted_by_file_inputs,
    data_url,
    decode_text,
    format_of,
    is_picture,
    mime_type,
    names_of_formats,
    no_picture,
)
from stylekit.images.limits import LOCAL_LIMITS, NO_LIMITS, Limits
from stylekit.images.reading import (
    Pixels,
    Source,
    check_style,
    decode,
    from_pillow,
    read_description,
    read_pixels,
)
from stylekit.images.transparency import Plane, on_white
from stylekit.images.writing import as_it_lay, encode, examine, thumbnail, to_pillow

__all__ = [
    "FORMATS",
    "LOCAL_LIMITS",
    "LUMINANCE",
    "NO_LIMITS",
    "OUTPUTS",
    "OUTPUT_SUFFIXES",
    "SUFFIXES",
    "Image",
    "Limits",
    "Picture",
    "Pixels",
    "Plane",
    "Source",
    "accepted_by_file_inputs",
    "as_it_lay",
    "check_style",
    "data_url",
    "decode",
    "decode_text",
    "encode",
    "examine",
    "fit",
    "format_of",
    "from_pillow",
    "grid",
    "is_picture",
    "keep_colors",
    "mime_type",
    "names_of_formats",
    "no_picture",
    "on_white",
    "read_description",
    "read_pixels",
    "resize",
    "thumbnail",
    "to_pillow",
]
