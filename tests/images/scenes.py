"""Pictures whose colours are known, written by Pillow itself in every format that we read."""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  # registers itself
from PIL import Image

from stylekit.engines.base import Picture
from stylekit.images import Limits

LIMITS = Limits(max_bytes=20_000_000, max_pixels=4_000_000)
ORIENTATION_TAG = 0x0112
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)

STORED_TURNED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: np.rot90(pixels, -1),
}
"""How a camera stores an upright picture with each EXIF orientation (CIPA DC-008, 4.6.4 A)."""

pillow_heif.register_heif_opener()


def four_corners(height: int = 48, width: int = 64) -> np.ndarray:
    """Red, green, blue and white quarters, bytes (h, w, 3)."""
    return CORNERS.repeat(height // 2, axis=0).repeat(width // 2, axis=1)


def corners_of(picture: Picture) -> np.ndarray:
    """The colours in the middle of the four quarters, as bytes (2, 2, 3)."""
    height, width, _ = picture.shape
    rows, columns = [height // 4, 3 * height // 4], [width // 4, 3 * width // 4]
    return np.rint(picture[np.ix_(rows, columns)] * 255).astype(int)


def is_upright(picture: Picture) -> bool:
    """Whether the four quarters are where they belong; lossy formats may be a little off."""
    return bool(np.abs(corners_of(picture) - CORNERS).max() < 24)


def file_of(image: Image.Image, format: str, **options: object) -> bytes:
    """The image as a file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def oriented_file(format: str, orientation: int) -> bytes:
    """The four corners, stored turned, with the tag that turns them back."""
    image = Image.fromarray(np.ascontiguousarray(STORED_TURNED[orientation](four_corners())))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    if format == "TIFF":
        return file_of(image, format, tiffinfo={ORIENTATION_TAG: orientation})
    return file_of(image, format, exif=exif.tobytes())


def photo(name: str = "chelsea") -> Image.Image:
    """One of the photographs that scikit-image brings along, 128 pixels wide."""
    image = Image.open(io.BytesIO(shipped(f"{name}.png")))
    return image.resize((128, round(128 * image.height / image.width)))


def shipped(name: str) -> bytes:
    """A picture file of scikit-image, as it is."""
    return (Path(find_spec("skimage").origin).parent / "data" / name).read_bytes()
