"""Tone mapping of HDR pictures (PQ and HLG) to sRGB.

The curve is the reference white tone mapping operator, which SMPTE ST 2094-50 gives as the default
for pictures that bring no curve of their own, and which Chromium uses. Up to reference white
(203 cd/m², ITU-R BT.2408) light keeps its proportions; above it, a quadratic Bézier curve bends
what there is, up to the picture's peak, below the white of the screen. It works on the largest of
red, green and blue in BT.2020, so that hues stay as they are.
"""

import math

import numpy as np

from stylekit.images.arrays import Picture

PQ, HLG = 16, 18
TRANSFERS = (PQ, HLG)
"""Codes of ITU-T H.273."""

REFERENCE_WHITE = 203.0  # cd/m², ITU-R BT.2408
HLG_PEAK = 1000.0  # cd/m², of the screen that HLG is graded for
USUAL_PEAK = 1000.0  # cd/m², of pictures that do not say
BEND = 0.65  # how far along the line beyond the knee the curve's middle point lies
BT2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


def to_light(rgb: Picture, transfer: int) -> Picture:
    """Samples (h, w, 3) as light, where 1 is reference white."""
    return _pq_light(rgb) if transfer == PQ else _hlg_light(rgb)


def _pq_light(rgb: Picture) -> Picture:
    """SMPTE ST 2084."""
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.power(rgb, np.float32(1 / m2))
    ratio = np.maximum(root - np.float32(c1), 0) / (np.float32(c2) - np.float32(c3) * root)
    light: Picture = np.power(ratio, np.float32(1 / m1)) * np.float32(10_000 / REFERENCE_WHITE)
    return light


def _hlg_light(rgb: Picture) -> Picture:
    """ITU-R BT.2100, with the system gamma of 1.2 for a screen of 1,000 cd/m²."""
    a, b, c = np.float32(0.17883277), np.float32(0.28466892), np.float32(0.55991073)
    scene = np.where(rgb <= 0.5, rgb * rgb / 3, (np.exp((rgb - c) / a) + b) / 12)
    luminance = np.maximum(scene @ BT2020_LUMINANCE, np.float32(1e-9))[..., None]
    light: Picture = scene * luminance ** np.float32(0.2) * np.float32(HLG_PEAK / REFERENCE_WHITE)
    return light


def tone_map(light: Picture, peak_nits: float) -> Picture:
    """Light (h, w, 3) of BT.2020, where 1 is reference white, within 0 to 1.

    A picture that is nowhere brighter than white stays as it is.
    """
    if peak_nits <= REFERENCE_WHITE:
        return light
    largest = light.max(axis=-1, keepdims=True)
    gain = curve(largest, peak_nits) / np.maximum(largest, np.float32(1e-9))
    toned: Picture = light * gain
    return toned


def curve(light: Picture, peak_nits: float) -> Picture:
    """What light of this strength becomes, for pictures with this peak, which is above white."""
    peak = peak_nits / REFERENCE_WHITE
    white = 1 - 0.5 * min(1.0, math.log2(peak) / math.log2(USUAL_PEAK / REFERENCE_WHITE))
    middle_x = (1 - BEND) + BEND / white  # from (1, white) along the line towards (1/white, 1)
    middle_y = (1 - BEND) * white + BEND
    return np.where(light <= 1, light * white, _bezier(light, peak, white, middle_x, middle_y))


def _bezier(light: Picture, peak: float, white: float, x: float, y: float) -> Picture:
    """The curve from (1, white) by (x, y) to (peak, 1), at the given light."""
    a, b = 1 - 2 * x + peak, 2 * x - 2
    c = 1 - np.clip(light, 1, peak)
    if abs(a) < 1e-6:
        along = -c / b
    else:
        along = (np.sqrt(np.maximum(b * b - 4 * a * c, 0)) - b) / (2 * a)
    bent = (white - 2 * y + 1) * along**2 + (2 * y - 2 * white) * along + white
    return np.minimum(bent, 1).astype(np.float32)
