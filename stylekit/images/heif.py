"""HEIC and AVIF files, with the colour codes and the bits that they are stored with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylekit.images.hdr import USUAL_PEAK
from stylekit.images.limits import Limits, check_size, refusing_damage
from stylekit.images.samples import (
    SDR_TRANSFER,
    SRGB,
    Samples,
    Space,
    unmultiplied,
)
from stylekit.images.with_pillow import (
    exif_orientation,
    opaque_is_none,
    opened,
    reduced,
    samples_of,
)

LIKE_SRGB = {1, 2, 6, 14, 15}
"""Transfer functions of video, which browsers take for sRGB's in these formats."""

HIGH_BITS, TWELVE_BITS = 0x40, 0x20  # of av1C's third byte
FULL_BOX = 4  # bytes of version and flags


def read_heif(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """A HEIC file's primary picture, upright as its decoder makes it.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    import pillow_heif

    with refusing_damage("HEIF"):
        file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
    width, height = file.size
    check_size(width, height, limits)
    with refusing_damage("HEIF"):
        pixels = np.asarray(file)
        if pixels.dtype == np.uint16:
            pixels = _full_range(pixels, int(file.info.get("bit_depth", 16)))
        values, alpha = _split(pixels)
        if alpha is not None and file.premultiplied_alpha:
            values = unmultiplied(values, alpha)
        return Samples(
            values=values,
            alpha=alpha,
            space=space_of(data, file.info.get("icc_profile")),
            orientation=exif_orientation(file.info.get("exif")),
            is_upright=True,
        )


def read_avif(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """An AVIF file's first frame.

    Raises:
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    image = opened(data, "AVIF", limits)
    with refusing_damage("AVIF"):
        properties = dict(_properties(data))
        if len(properties.get(b"av1C", b"")) > 2 and properties[b"av1C"][2] & HIGH_BITS:
            orientation = exif_orientation(image.info.get("exif"))
            samples = _high_bits(data, properties[b"av1C"][2], orientation)
        else:
            image.load()
            samples = samples_of(reduced(image, longest_side))
        return replace(samples, space=space_of(data, image.info.get("icc_profile")))


def _high_bits(data: bytes, flags: int, orientation: int) -> Samples:
    """Ten and twelve bits, which Pillow would make eight."""
    import imagecodecs

    bits = 12 if flags & TWELVE_BITS else 10
    values, alpha = _split(_scaled(imagecodecs.avif_decode(data, index=0), (1 << bits) - 1))
    return Samples(values=values, alpha=alpha, orientation=orientation)


def _full_range(pixels: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Samples that were shifted up to 16 bits, so that the largest becomes 65,535."""
    return _scaled(pixels, ((1 << bits) - 1) << (16 - bits)) if bits < 16 else pixels


def _scaled(pixels: NDArray[Any], full: int) -> NDArray[np.uint16]:
    """Samples whose white is `full` as 16 bits."""
    scaled = np.empty(pixels.shape, np.uint16)
    for row in range(0, len(pixels), 64):
        wide = pixels[row : row + 64].astype(np.uint32) * 65535 + full // 2
        scaled[row : row + 64] = np.minimum(wide // full, 65535)
    return scaled


def _split(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Values (h, w, 1 or 3) and alpha (h, w)."""
    if pixels.ndim == 2:
        return pixels[..., None], None
    if pixels.shape[2] in (2, 4):
        return pixels[..., :-1], opaque_is_none(pixels[..., -1])
    return pixels, None


# Colour codes ----------------------------------------------------------------------------------


def space_of(data: bytes, profile: bytes | None) -> Space:
    """The colours that the file means: an ICC profile before nclx codes."""
    if profile:
        return Space(icc=profile)
    for kind, body in _properties(data):
        if kind == b"colr" and body[:4] == b"nclx" and len(body) >= 8:
            primaries, transfer = (int.from_bytes(body[at : at + 2]) for at in (4, 6))
            transfer = SDR_TRANSFER if transfer in LIKE_SRGB else transfer
            return Space(primaries=primaries, transfer=transfer, peak_nits=_peak(data))
    return SRGB


def _peak(data: bytes) -> float:
    """The brightest light in cd/m²."""
    properties = dict(_properties(data))
    stated = float(int.from_bytes(properties.get(b"clli", b"")[:2]))
    if not stated and len(properties.get(b"mdcv", b"")) >= 20:
        stated = int.from_bytes(properties[b"mdcv"][16:20]) / 10_000
    return stated or USUAL_PEAK


def _properties(data: bytes) -> list[tuple[bytes, bytes]]:
    """The primary picture's properties (ISO/IEC 14496-12, 8.11), of a grid its tiles', too."""
    for kind, meta in _boxes(data):
        if kind == b"meta":
            inside = dict(_boxes(meta[FULL_BOX:]))
            listed = dict(_boxes(inside.get(b"iprp", b"")))
            every = list(_boxes(listed.get(b"ipco", b"")))
            chosen = _chosen(inside.get(b"pitm", b""), listed.get(b"ipma", b""))
            first = [every[at - 1] for at in chosen if 0 < at <= len(every)]
            known = {name for name, _ in first}
            return first + [each for each in every if each[0] not in known]
    return []


def _chosen(pitm: bytes, ipma: bytes) -> list[int]:
    """The numbers of the primary picture's properties, from one."""
    if len(pitm) < FULL_BOX + 2 or len(ipma) < FULL_BOX + 4:
        return []
    primary = int.from_bytes(pitm[FULL_BOX:])
    id_size = 4 if ipma[0] else 2
    size = 2 if ipma[3] & 1 else 1
    at = FULL_BOX + 4
    for _ in range(min(int.from_bytes(ipma[FULL_BOX : FULL_BOX + 4]), len(ipma))):
        item, count = int.from_bytes(ipma[at : at + id_size]), ipma[at + id_size]
        at += id_size + 1
        if item == primary:
            mask = (1 << (8 * size - 1)) - 1
            ends = range(at, at + count * size, size)
            return [int.from_bytes(ipma[end : end + size]) & mask for end in ends]
        at += count * size
    return []


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each box."""
    at = 0
    while at + 8 <= len(data):
        length, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        length = length or len(data) - at
        if length < head:
            return
        yield kind, data[at + head : at + length]
        at += length
