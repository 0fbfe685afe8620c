"""Pictures in and out: bytes become upright float arrays, and arrays become bytes."""

from stylekit.images.arrays import Picture, fit, grid, keep_colors, resize
from stylekit.images.formats import data_url, decode_text, extension, mime_type
from stylekit.images.reading import (
    LOCAL_LIMITS,
    Limits,
    Source,
    decode,
    has_alpha,
    read_description,
)
from stylekit.images.writing import encode, thumbnail

__all__ = [
    "LOCAL_LIMITS",
    "Limits",
    "Picture",
    "Source",
    "data_url",
    "decode",
    "decode_text",
    "encode",
    "extension",
    "fit",
    "grid",
    "has_alpha",
    "keep_colors",
    "mime_type",
    "read_description",
    "resize",
    "thumbnail",
]
