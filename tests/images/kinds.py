"""Files of every kind that came out wrong once, each with the picture that it means."""

import io
import zlib
from collections.abc import Callable

import imagecodecs
import numpy as np
import pillow_heif
from PIL import Image

from tests.images.png_files import chunk, cicp, gamma, png
from tests.images.scenes import file_of, photo
from tests.images.test_tiff import pages, stored, tiff

HEIGHT, WIDTH = 96, 128
PHOTO = np.asarray(photo("coffee").resize((WIDTH, HEIGHT)), np.float64) / 255
TO_2020 = np.linalg.inv(
    np.array(
        [
            [1.660491, -0.587641, -0.072850],
            [-0.124550, 1.132900, -0.008349],
            [-0.018151, -0.100579, 1.118730],
        ]
    )
)
"""From BT.709's primaries to BT.2020's (ITU-R BT.2087)."""


def light(picture: np.ndarray) -> np.ndarray:
    """sRGB as light (IEC 61966-2-1)."""
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def encoded(linear: np.ndarray) -> np.ndarray:
    """Light as sRGB."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def pq(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, from cd/m²."""
    power = (nits / 10_000) ** (2610 / 16384)
    share = (3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)
    return share ** (2523 / 32)


DIM = encoded(light(PHOTO) / 2)
"""What an ordinary screen shows of HDR up to reference white, of a picture with 1,000 cd/m²."""

HDR = pq(203 * np.clip(light(PHOTO) @ TO_2020.T, 0, 1))


def whole(values: np.ndarray, bits: int = 16) -> np.ndarray:
    return np.rint(values * (2**bits - 1)).astype(np.uint16 if bits > 8 else np.uint8)


def grey() -> np.ndarray:
    return PHOTO.mean(axis=2, keepdims=True)


def hdr_avif() -> bytes:
    return imagecodecs.avif_encode(
        whole(HDR, 10),
        100,
        primaries=9,
        transfer=16,
        matrix=0,
        pixelformat="444",
        bitspersample=10,
    )


def hdr_heif() -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), whole(HDR).tobytes())
    file.save(
        out,
        quality=-1,
        color_primaries=9,
        transfer_characteristics=16,
        matrix_coefficients=0,
        full_range_flag=1,
        chroma=444,
    )
    return out.getvalue()


def bt2020_avif() -> bytes:
    wide = encoded(np.clip(light(PHOTO) @ TO_2020.T, 0, 1))
    return imagecodecs.avif_encode(
        whole(wide, 8), 100, primaries=9, transfer=14, matrix=0, pixelformat="444"
    )


def small() -> np.ndarray:
    return np.zeros((20, 20, 3), np.uint8)


def as_file(format: str, **options: object) -> bytes:
    return file_of(Image.fromarray(whole(PHOTO, 8)), format, **options)


def grey_profile() -> bytes:
    return chunk(b"iCCP", b"g\0\0" + zlib.compress(imagecodecs.cms_profile("gray", gamma=1.0)))


ORIENTED = Image.Exif()
ORIENTED[0x0112] = 3
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'

Kind = tuple[Callable[[], bytes], np.ndarray]
GREY = np.repeat(grey(), 3, axis=2)
KINDS: dict[str, Kind] = {
    "hdr-pq.png": (lambda: png(whole(HDR), cicp(9, 16)), DIM),
    "hdr-pq-10-bit.avif": (hdr_avif, DIM),
    "hdr-pq-camera.hif": (hdr_heif, DIM),
    "bt2020.avif": (bt2020_avif, PHOTO),
    "gamma-1.0.png": (lambda: png(whole(light(PHOTO)), gamma(1.0)), PHOTO),
    "gamma-1.8.png": (lambda: png(whole(light(PHOTO) ** (1 / 1.8)), gamma(1 / 1.8)), PHOTO),
    "grey-profile.png": (lambda: png(whole(light(grey())), grey_profile()), GREY),
    "bad-text.png": (lambda: png(whole(PHOTO, 8), chunk(b"tEXt", b"A\0b", crc=1)), PHOTO),
    "no-end.jpg": (lambda: as_file("JPEG", quality=98, subsampling=0)[:-2], PHOTO),
    "xmp-orientation.jpg": (lambda: as_file("JPEG", quality=98, subsampling=0, xmp=XMP), PHOTO),
    "turned.webp": (
        lambda: as_file("WEBP", lossless=True, exif=ORIENTED.tobytes()),
        PHOTO[::-1, ::-1],
    ),
    "planar-16.tif": (lambda: tiff(whole(PHOTO), planar=True, photometric="rgb"), PHOTO),
    "white-is-zero.tif": (lambda: tiff(whole(1 - grey()), photometric="miniswhite"), GREY),
    "uint32.tif": (lambda: tiff(stored(grey(), "uint32"), photometric="minisblack"), GREY),
    "float-255.tif": (
        lambda: tiff((grey() * 255).astype(np.float32), photometric="minisblack"),
        GREY,
    ),
    "thumbnail-first.tif": (
        lambda: pages((small(), {"subfiletype": 1}), (whole(PHOTO, 8), {})),
        PHOTO,
    ),
    "new.jxl": (lambda: as_file("JXL", lossless=True), PHOTO),
}
"""By the name of a file: what makes it, and what it means (h, w, 3), 0 to 1."""
