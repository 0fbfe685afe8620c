"""What is read looks as Chromium shows it: colour codes, HDR, profiles, frames, orientation."""

import base64
import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from stylekit.images import data_url, decode
from tests.images import png_files
from tests.images.png_files import brightest, chunk, cicp, gamma, png
from tests.images.scenes import LIMITS, file_of, four_corners, oriented_file, photo

pytestmark = pytest.mark.browser

DRAW = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/png");
}"""


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page()
    yield page
    page.close()


def shown(page, data: bytes) -> np.ndarray:
    """The picture as the browser has it in a canvas, floats (h, w, 4)."""
    drawn = page.evaluate(DRAW, data_url(data)).partition(",")[2]
    image = Image.open(io.BytesIO(base64.b64decode(drawn))).convert("RGBA")
    return np.asarray(image, np.float32) / 255


def ramps(levels: int = 65535) -> np.ndarray:
    """Grey, red, green, and a mix of all, from dark to bright (h, 256, 3)."""
    ramp = np.linspace(0, levels, 256).round()[None, :, None].repeat(8, axis=0)
    mixed = np.dstack([ramp, np.full_like(ramp, levels // 2), levels - ramp])
    alone = [ramp * np.eye(3)[which] for which in range(3)]
    kind = np.uint16 if levels > 255 else np.uint8
    return np.concatenate([ramp.repeat(3, axis=2), *alone, mixed]).astype(kind)


RAMPS = ramps()
PRIMARIES = [1, 9, 12]  # BT.709, BT.2020, Display P3
TRANSFERS = [1, 4, 5, 6, 8, 13, 14, 15, 16, 18]  # 16 is PQ, 18 is HLG


def furthest(page, data: bytes) -> float:
    """How far the reading is from the showing at most, in levels of 255."""
    seen = shown(page, data)
    source = decode(data, LIMITS)
    assert source.picture.shape[:2] == seen.shape[:2]
    alpha = np.ones(seen.shape[:2], np.float32) if source.alpha is None else source.alpha
    assert np.abs(alpha - seen[..., 3]).max() < 0.01
    visible = alpha > 0.99
    return 255 * float(np.abs(source.picture - seen[..., :3])[visible].max())


@pytest.mark.parametrize("primaries", PRIMARIES)
@pytest.mark.parametrize("transfer", TRANSFERS)
def test_colour_codes_of_png(page, primaries, transfer):
    # The browser rounds some matrices to half the precision, and HLG in dark colours more.
    assert furthest(page, png(RAMPS, cicp(primaries, transfer))) < 6


@pytest.mark.parametrize("nits", [250, 400, 1000, 4000])
def test_hdr_with_a_stated_peak(page, nits):
    assert furthest(page, png(RAMPS, cicp(9, 16), brightest(nits))) < 4


def test_hdr_is_not_grey_any_more():
    """By hand: half of PQ's range is 92 cd/m², a good third of white, half of that when toned."""
    grey = np.full((32, 32, 3), round(0.5 * 65535), np.uint16)
    picture = decode(png(grey, cicp(9, 16)), LIMITS).picture
    assert 255 * picture.mean() == pytest.approx(130, abs=3)


@pytest.mark.parametrize(
    "side",
    [
        [gamma(1.0)],
        [gamma(1 / 1.8)],
        [gamma(1 / 2.2)],
        [gamma(1 / 2.2), chunk(b"cHRM", png_files.WIDE_GAMUT)],
        [gamma(1 / 1.8), chunk(b"cHRM", png_files.WIDE_GAMUT)],
        [chunk(b"cHRM", png_files.WIDE_GAMUT)],
        [gamma(1.0), chunk(b"sRGB", b"\0")],
        [cicp(12, 13), gamma(1.0)],
    ],
    ids=["1.0", "1.8", "2.2", "2.2 wide", "1.8 wide", "wide alone", "sRGB first", "cICP first"],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_gamma_and_chromaticities(page, side, bits):
    assert furthest(page, png(ramps(2**bits - 1), *side)) < 4


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_kind_of_png(page, channels, kind):
    full = np.iinfo(kind).max
    pixels = (ramps()[:, :, :1] / 65535 * full).repeat(channels, axis=2).astype(kind)
    if channels in (2, 4):
        pixels[..., -1] = full
        pixels[:4, :, -1] = 0
    assert furthest(page, png(pixels)) <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_of_sixteen_bits(page, channels):
    pixels = np.full((16, 16, channels), 40_000, np.uint16)
    pixels[:8] = 1234
    hidden = chunk(b"tRNS", (1234).to_bytes(2) * channels)
    assert furthest(page, png(pixels, hidden)) <= 1
    assert decode(png(pixels, hidden), LIMITS).alpha.mean() == 0.5


def grey_profile(power: float) -> bytes:
    return imagecodecs.cms_profile("gray", gamma=power)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_grey_profile(page, kind):
    pixels = (ramps()[:16, :, :1] / 65535 * np.iinfo(kind).max).astype(kind)
    packed = b"grey\0\0" + png_files.zlib.compress(grey_profile(1.0))
    assert furthest(page, png(pixels, chunk(b"iCCP", packed))) < 3


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_profile_of_wide_colours(page, format):
    wide = imagecodecs.cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290, 1.0),
        gamma=2.2,
        primaries=(0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0),
    )
    image = Image.fromarray(ramps(255))
    options = {} if format == "PNG" else {"quality": 100}
    assert furthest(page, file_of(image, format, icc_profile=wide, **options)) < 8
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(wide)))


@pytest.mark.parametrize("primaries", PRIMARIES)
@pytest.mark.parametrize("transfer", [1, 13, 14, 16, 18])
@pytest.mark.parametrize("bits", [8, 10])
def test_colour_codes_of_avif(page, primaries, transfer, bits):
    pixels = ramps((1 << bits) - 1)
    data = imagecodecs.avif_encode(
        pixels,
        100,
        primaries=primaries,
        transfer=transfer,
        matrix=0,
        pixelformat="444",
        bitspersample=bits,
    )
    assert furthest(page, data) < 6


@pytest.mark.parametrize("format", ["JPEG", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation(page, format, orientation):
    assert furthest(page, oriented_file(format, orientation)) < 40  # the edges of a lossy file


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_orientation_that_only_xmp_states_is_not_applied(page, format):
    data = file_of(photo(), format, xmp=XMP, quality=95)
    assert furthest(page, data) < 40
    assert decode(data, LIMITS).orientation == 1


# First frames ----------------------------------------------------------------------------------


def test_a_gif_whose_first_frame_is_smaller_than_its_canvas(page):
    data = bytearray(file_of(Image.fromarray(four_corners()), "GIF"))
    data[6:10] = (100).to_bytes(2, "little") + (80).to_bytes(2, "little")
    assert furthest(page, bytes(data)) <= 1
    alpha = decode(bytes(data), LIMITS).alpha
    assert alpha.shape == (80, 100)
    assert alpha.sum() == 48 * 64


def test_an_animated_png_begins_with_its_first_frame(page):
    """The picture for programs that know no animation is not part of this one."""
    corners, still = four_corners(), np.zeros((48, 64, 3), np.uint8)
    frame = chunk(b"fdAT", b"\0\0\0\1" + png_files.packed_rows(corners))
    control = png_files.frame_control(0, 64, 48)
    data = png(still, png_files.animation(1), end=control + frame)
    assert furthest(page, data) <= 1
    assert np.abs(decode(data, LIMITS).picture * 255 - corners).max() < 1


def test_a_first_frame_that_fills_a_part_of_the_canvas(page):
    corners, still = four_corners(), np.zeros((96, 128, 3), np.uint8)
    frame = chunk(b"fdAT", b"\0\0\0\1" + png_files.packed_rows(corners))
    control = png_files.frame_control(0, 64, 48, left=10, top=20)
    data = png(still, png_files.animation(1), end=control + frame)
    alpha = decode(data, LIMITS).alpha
    assert alpha[20:68, 10:74].min() == 1
    assert alpha.sum() == 48 * 64
    assert furthest(page, data) <= 1
