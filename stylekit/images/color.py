"""Converts any colour space to sRGB: ICC, CICP codes, gAMA and cHRM, and HDR."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from stylekit.images import hdr
from stylekit.images.arrays import Picture, bands
from stylekit.images.samples import Space, to_unit

Matrix = NDArray[np.float64]
"""(3, 3)."""

D65 = (0.3127, 0.3290)
PRIMARIES: dict[int, tuple[float, ...]] = {
    1: (*D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060),  # BT.709, sRGB
    4: (0.310, 0.316, 0.670, 0.330, 0.210, 0.710, 0.140, 0.080),  # BT.470 M
    5: (*D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),  # BT.470 BG
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),  # SMPTE 170M
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),  # SMPTE 240M
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),  # film
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # DCI-P3
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),  # EBU 3213
}
"""White, red, green and blue of the colour primaries of ITU-T H.273, table 2: x, y of each."""

# BT.709's kin are shown as BT.1886 says, a power of 2.4; the others by their own power.
GAMMAS = {
    1: 2.4,
    4: 2.2,
    5: 2.8,
    6: 2.4,
    7: 2.4,
    8: 1.0,
    11: 2.4,
    12: 2.4,
    14: 2.4,
    15: 2.4,
    17: 2.6,
}
"""The power of each SDR transfer function of H.273, table 3, but for sRGB's own."""

MAX_PROFILE = 4_000_000  # bytes; the largest of printing presses have 3 million
BIG_BAND_PIXELS = 2**21  # what littleCMS sets up is the same for one row and for many
NO_SHORTCUTS = 0x100  # cmsFLAGS_NOOPTIMIZE: no table with steps that the eye can see


def to_srgb(values: NDArray[Any], space: Space) -> Picture:
    """Samples (h, w, 1 or 3 or 4) as float32 (h, w, 3) in sRGB, in [0, 1].

    An ICC profile goes before codes; one that is corrupt, of another kind than the samples or
    larger than any that is in use is ignored, as every program does.
    """
    if space.icc is not None and not is_srgb_profile(space.icc):
        converted = _by_profile(values, space.icc)
        if converted is not None:
            return converted
    picture = np.empty((*values.shape[:2], 3), np.float32)
    plain = space.icc is not None or is_srgb(space)
    for band in bands(*values.shape[:2]):
        rgb = _plain_rgb(values[band])
        picture[band] = rgb if plain else np.clip(_by_codes(rgb, space), 0, 1)
    return picture


def is_plain(space: Space) -> bool:
    """Whether nothing has to be converted: no profile but sRGB's, no codes but sRGB's."""
    return is_srgb_profile(space.icc) if space.icc is not None else is_srgb(space)


def is_srgb(space: Space) -> bool:
    """Whether samples in this space mean sRGB as they are."""
    known = space.primaries in PRIMARIES and space.primaries != 1
    return (
        not known
        and space.gamma is None
        and space.transfer not in (*GAMMAS, *hdr.TRANSFERS)
        and (not isinstance(space.primaries, tuple))
    )


# ICC -------------------------------------------------------------------------------------------


def is_srgb_profile(icc: bytes) -> bool:
    """Whether a profile names sRGB, so that converting would change nothing."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip()
        kind = str(profile.profile.xcolor_space).strip()  # a grey profile may borrow the name
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    built_in = name in {"sRGB", "sRGB built-in", "GIMP built-in sRGB"}
    return kind == "RGB" and (built_in or name.startswith("sRGB IEC61966"))


def _by_profile(values: NDArray[Any], icc: bytes) -> Picture | None:
    """Converted by littleCMS with 16 bits; None when the profile cannot be used."""
    import imagecodecs

    if len(icc) > MAX_PROFILE:
        return None
    if values.dtype == np.float32:
        values = np.rint(np.clip(values, 0, 1) * 65535).astype(np.uint16)
    try:
        return _grey_by_profile(values, icc) if values.shape[2] == 1 else _by_bands(values, icc)
    except (imagecodecs.CmsError, ValueError, RuntimeError, TypeError):
        return None


def _grey_by_profile(values: NDArray[Any], icc: bytes) -> Picture:
    """Every grey that there is, converted exactly, and then looked up."""
    every = np.arange(np.iinfo(values.dtype).max + 1, dtype=values.dtype)[None]
    colors = to_unit(_converted(every, icc, "gray", exactly=True)[0])
    picture = np.empty((*values.shape[:2], 3), np.float32)
    for band in bands(*values.shape[:2]):
        picture[band] = colors[values[band][..., 0]]
    return picture


def _by_bands(values: NDArray[Any], icc: bytes) -> Picture:
    picture = np.empty((*values.shape[:2], 3), np.float32)
    rows = max(1, BIG_BAND_PIXELS // values.shape[1])
    for top in range(0, values.shape[0], rows):
        part = np.ascontiguousarray(values[top : top + rows])
        kind = "rgb" if values.shape[2] == 3 else "cmyk"
        picture[top : top + rows] = to_unit(_converted(part, icc, kind))
    return picture


def _converted(values: NDArray[Any], icc: bytes, kind: str, *, exactly: bool = False) -> Any:
    import imagecodecs

    return imagecodecs.cms_transform(
        values,
        icc,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        colorspace=kind,
        outcolorspace="rgb",
        outdtype="uint16",
        flags=NO_SHORTCUTS if exactly else None,
    )


# Codes -----------------------------------------------------------------------------------------


def _plain_rgb(values: NDArray[Any]) -> Picture:
    """Samples as RGB in their own space."""
    unit = to_unit(values)
    if unit.shape[2] == 1:
        return np.repeat(unit, 3, axis=2)
    if unit.shape[2] == 4:  # inks
        return (1 - unit[..., :3]) * (1 - unit[..., 3:])
    return unit


def _by_codes(rgb: Picture, space: Space) -> Picture:
    to_709 = matrix_between(_chromaticities(space.primaries), PRIMARIES[1])
    if space.gamma is None and space.transfer in hdr.TRANSFERS:
        to_2020 = matrix_between(_chromaticities(space.primaries), PRIMARIES[9])
        light = hdr.to_light(rgb, space.transfer) @ to_2020.T.astype(np.float32)
        toned = hdr.tone_map(light, space.peak_nits)
        return encoded(toned @ matrix_between(PRIMARIES[9], PRIMARIES[1]).T.astype(np.float32))
    return encoded(_linear(rgb, space) @ to_709.T.astype(np.float32))


def _linear(rgb: Picture, space: Space) -> Picture:
    """SDR samples as light, 0 to 1."""
    power = space.gamma if space.gamma is not None else GAMMAS.get(space.transfer)
    if power is None:
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return rgb if power == 1 else np.power(rgb, np.float32(power))


def encoded(light: Picture) -> Picture:
    """Light of sRGB's primaries, 0 to 1, by sRGB's curve (IEC 61966-2-1)."""
    light = np.clip(light, 0, 1)
    curve = np.float32(1.055) * np.power(light, np.float32(1 / 2.4)) - np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), curve)


def _chromaticities(primaries: int | tuple[float, ...]) -> tuple[float, ...]:
    return primaries if isinstance(primaries, tuple) else PRIMARIES.get(primaries, PRIMARIES[1])


def matrix_between(source: tuple[float, ...], target: tuple[float, ...]) -> Matrix:
    """From light of one set of primaries to another, whites adapted by Bradford's method."""
    adapted = _adaptation(source[:2], target[:2]) @ to_xyz(source)
    between: Matrix = np.linalg.inv(to_xyz(target)) @ adapted
    return between


def to_xyz(primaries: tuple[float, ...]) -> Matrix:
    """From light of these primaries to CIE XYZ (SMPTE RP 177)."""
    columns = np.array([_xyz(*primaries[at : at + 2]) for at in (2, 4, 6)]).T
    made: Matrix = columns * np.linalg.solve(columns, _xyz(*primaries[:2]))
    return made


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _adaptation(source_white: tuple[float, ...], target_white: tuple[float, ...]) -> Matrix:
    if source_white == target_white:
        return np.eye(3)
    ratio = (_BRADFORD @ _xyz(*target_white)) / (_BRADFORD @ _xyz(*source_white))
    adapted: Matrix = np.linalg.inv(_BRADFORD) @ np.diag(ratio) @ _BRADFORD
    return adapted
