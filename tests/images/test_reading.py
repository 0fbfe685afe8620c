"""Files become upright sRGB pictures."""

import io
import struct
import subprocess
import sys
import threading
import zlib

import numpy as np
import piexif
import pytest
from PIL import Image, ImageCms

from stylekit.errors import NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall
from stylekit.images import Limits, decode
from tests.images.scenes import (
    LIMITS,
    ORIENTATION_TAG,
    file_of,
    four_corners,
    is_upright,
    oriented_file,
    photo,
    shipped,
)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "JXL", "BMP", "TIFF")
ORIENTED_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read(format):
    source = decode(file_of(Image.fromarray(four_corners()), format), LIMITS)
    assert (source.format, source.orientation, source.alpha) == (format, 1, None)
    assert source.picture.shape == (48, 64, 3)
    assert source.picture.dtype == np.float32
    assert is_upright(source.picture)


@pytest.mark.parametrize("format", ORIENTED_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_decoded_upright(format, orientation):
    source = decode(oriented_file(format, orientation), LIMITS)
    assert source.picture.shape == (48, 64, 3)
    assert is_upright(source.picture)
    assert source.orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    source = decode(file_of(Image.fromarray(four_corners()), "JPEG", exif=exif), LIMITS)
    assert source.orientation == 1
    assert is_upright(source.picture)


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0" + b"\xff" * 60, b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0MM\0*" + bytes(4)],
)
def test_corrupt_exif_does_not_stand_in_the_way(exif):
    source = decode(file_of(Image.fromarray(four_corners()), "JPEG", exif=exif), LIMITS)
    assert is_upright(source.picture)


def test_a_path_as_bytes_is_never_opened(tmp_path):
    path = tmp_path / "secret.jpg"
    path.write_bytes(oriented_file("JPEG", 1))
    with pytest.raises(NotAPicture):
        decode(str(path).encode(), LIMITS)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_shows_its_brightness(mode):
    gray = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(32, axis=0)
    image = Image.fromarray(gray)
    if mode == "I;16":
        image = Image.fromarray(gray.astype(np.uint16) * 257)
    elif mode != "L":
        image = image.convert(mode)
    picture = decode(file_of(image, "PNG"), LIMITS).picture
    wanted = np.asarray(image.convert("L"), float) / 255 if mode == "1" else gray / 255
    assert np.abs(picture - wanted[..., None]).max() < (0.12 if mode == "P" else 0.003)


def test_sixteen_bits_keep_their_fine_steps():
    steps = np.arange(30_000, 30_000 + 64 * 64, dtype=np.uint16).reshape(64, 64)
    for format in ("PNG", "TIFF"):
        picture = decode(file_of(Image.fromarray(steps), format), LIMITS).picture
        assert len(np.unique(picture)) == 64 * 64
        assert picture.mean() == pytest.approx(steps.mean() / 65535, abs=1e-4)


def test_sixteen_bit_colour_is_not_white():
    assert 0.2 < decode(sixteen_bit_rgb_png((0.5, 0.25, 0.125)), LIMITS).picture.mean() < 0.4


def sixteen_bit_rgb_png(color):
    row = b"\0" + b"".join(struct.pack(">H", round(c * 65535)) for c in color) * 32

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * 32)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_float_tiff_is_read_from_zero_to_one():
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(32, axis=0)
    picture = decode(file_of(Image.fromarray(ramp), "TIFF"), LIMITS).picture
    assert np.allclose(picture[..., 1], ramp)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_transparent_pictures_keep_their_colours_and_their_alpha(format):
    pixels = np.dstack([four_corners(), np.full((48, 64), 255, np.uint8)])
    pixels[:24, :32, 3] = 51  # the red quarter, a fifth of it
    pixels[24:, :32, 3] = 0  # the blue quarter, not at all
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    source = decode(file_of(Image.fromarray(pixels), format, **options), LIMITS)
    assert np.allclose(source.picture[12, 16], [1, 0, 0], atol=0.01)
    assert np.allclose(source.on_white()[12, 16], [1, 0.8, 0.8], atol=0.01)
    assert np.allclose(source.on_white()[36, 16], 1, atol=0.01)
    assert np.allclose(source.alpha[[12, 36, 12], [16, 16, 48]], [0.2, 0, 1], atol=0.01)


def test_a_transparent_colour_of_a_palette_is_transparent():
    image = Image.fromarray(four_corners()).quantize(4)
    hidden = image.getpixel((0, 0))
    source = decode(file_of(image, "GIF", transparency=hidden), LIMITS)
    assert source.alpha is not None
    assert source.alpha[0, 0] == 0
    assert source.alpha[-1, -1] == 1
    assert np.allclose(source.on_white()[0, 0], 1)


def test_an_alpha_channel_that_hides_nothing_is_no_alpha_channel():
    image = Image.fromarray(four_corners()).convert("RGBA")
    assert decode(file_of(image, "PNG"), LIMITS).alpha is None


def test_alpha_is_turned_upright_with_the_picture():
    pixels = np.dstack([four_corners(), np.full((48, 64), 255, np.uint8)])
    pixels[:24, :32, 3] = 128
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    data = file_of(Image.fromarray(np.rot90(pixels).copy()), "PNG", exif=exif)
    alpha = decode(data, LIMITS).alpha
    assert alpha.shape == (48, 64)
    assert (alpha < 1).sum() == 24 * 32
    assert alpha[0, 0] < 1


def test_cmyk_photographs_keep_their_colours():
    source = decode(file_of(Image.fromarray(four_corners()).convert("CMYK"), "JPEG"), LIMITS)
    assert is_upright(source.picture)


def test_lab_tiff_keeps_its_colours():
    lab = ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(
        photo(), ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    picture = decode(file_of(image, "TIFF"), LIMITS).picture
    assert np.abs(picture - np.asarray(photo()) / 255).mean() < 0.02


def linear_profile() -> bytes:
    """sRGB's primaries with a linear tone curve: a profile that must change the numbers."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for at in range(132, 132 + 12 * count, 12):
        name, offset, size = struct.unpack(">4sII", profile[at : at + 12])
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + size] = struct.pack(">4s4xI", b"curv", 0).ljust(size, b"\0")
        if name == b"desc":
            profile[offset : offset + size] = bytes(profile[offset : offset + size]).replace(
                "sRGB".encode("utf-16-be"), "flat".encode("utf-16-be")
            )
    return bytes(profile)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_colour_profiles_are_converted_to_srgb(format):
    image = Image.new("RGB", (32, 32), (55, 55, 55))
    data = file_of(image, format, icc_profile=linear_profile())
    # 55/255 of the light is 0.502 in sRGB's curve.
    assert decode(data, LIMITS).picture.mean() == pytest.approx(0.502, abs=0.02)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "CMYK"])
@pytest.mark.parametrize("profile", ["garbage", "of another kind"])
def test_a_useless_colour_profile_is_ignored(mode, profile):
    data = b"no profile" * 20
    if profile == "of another kind":
        data = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = Image.fromarray(four_corners()).convert(mode)
    format = "TIFF" if mode in ("CMYK", "LA") else "PNG"
    plain = decode(file_of(image, format), LIMITS).picture
    assert np.array_equal(decode(file_of(image, format, icc_profile=data), LIMITS).picture, plain)


def test_only_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue", "lime")]
    for format in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        data = file_of(frames[0], format, save_all=True, append_images=frames[1:])
        assert np.allclose(decode(data, LIMITS).picture[16, 16], [1, 0, 0], atol=0.03), format


def test_a_jpeg_with_more_pictures_behind_the_first_is_a_jpeg():
    frames = [photo(), photo("coffee")]
    data = file_of(frames[0], "MPO", save_all=True, append_images=frames[1:])
    source = decode(data, LIMITS)
    assert source.format == "JPEG"
    assert np.abs(source.picture - np.asarray(photo()) / 255).mean() < 0.03


@pytest.mark.parametrize(
    ("name", "size"),
    [("rocket.jpg", (427, 640)), ("camera.png", (512, 512)), ("multipage.tif", (15, 10))],
)
def test_files_from_elsewhere_are_read(name, size):
    limits = Limits(max_bytes=10**7, max_pixels=10**6, min_side=1)
    source = decode(shipped(name), limits)
    assert source.picture.shape == (*size, 3)
    assert 0 <= source.picture.min() < source.picture.max() <= 1


def test_what_is_too_large_is_refused_by_name_and_number():
    data = file_of(Image.new("RGB", (100, 90)), "PNG")
    with pytest.raises(PictureTooLarge, match=r"9,000 pixels; the most we accept is 8,999"):
        decode(data, Limits(max_bytes=10**6, max_pixels=8_999))
    with pytest.raises(PictureTooLarge, match=rf"{len(data)} bytes; the most we accept is 99\."):
        decode(data, Limits(max_bytes=99, max_pixels=10**6))
    assert decode(data, Limits(max_bytes=len(data), max_pixels=9_000)).picture.shape == (90, 100, 3)


def test_what_is_too_small_is_refused_by_its_size():
    with pytest.raises(PictureTooSmall, match=r"100 × 15 pixels; the shorter side .* 16"):
        decode(file_of(Image.new("RGB", (100, 15)), "PNG"), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"%!PS-Adobe",
        b"BMW builds cars, and this is a text about them.",
        b"GIF",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
        b"SIMPLE  =                    T",
        bytes(4000),
    ],
)
def test_what_is_no_picture_is_called_so(data):
    with pytest.raises(NotAPicture, match="JPEG, PNG"):
        decode(data, LIMITS)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_in_half_is_damaged(format):
    data = file_of(photo(), format)
    with pytest.raises(PictureDamaged, match="cut off"):
        decode(data[: len(data) // 2], LIMITS)


def test_many_threads_read_at_once():
    files = [oriented_file(f, o) for f in ORIENTED_FORMATS for o in (1, 3, 6)]
    wrong: list[str] = []

    def read_all() -> None:
        for data in files:
            source = decode(data, LIMITS)
            if not is_upright(source.picture):
                wrong.append(source.format)

    threads = [threading.Thread(target=read_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_metadata_of_every_kind_is_left_behind():
    tags = {"GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N"}, "0th": {piexif.ImageIFD.Make: b"Secret"}}
    data = file_of(photo(), "JPEG", exif=piexif.dump(tags), comment=b"Secret")
    assert b"Secret" in data
    source = decode(data, LIMITS)
    assert set(vars(source)) == {"picture", "alpha", "format", "orientation", "notes"}
    assert Image.open(io.BytesIO(data)).getexif()  # it was there to be left behind


def test_the_larger_decoders_are_loaded_when_they_are_needed():
    program = (
        "import sys, stylekit.wiring, stylekit.images; "
        "print({'tifffile', 'imagecodecs', 'pillow_heif', 'pillow_jxl', 'rawpy'} & {*sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.strip() == "set()", answer.stderr
