"""The page takes what the server takes, and shows it as the server reads it."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import steps
from tests.images.kinds import KINDS

pytestmark = pytest.mark.browser

WIDE = (1300, 900)  # larger than what is painted for the screen
ORIENTATION = 0x0112
PIXEL = """([selector, x, y]) => {
  const image = document.querySelector(selector);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] =
    [image.naturalWidth ?? image.width, image.naturalHeight ?? image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
}"""


def stored(folder, name: str, image: Image.Image, format: str, **options):
    path = folder / name
    image.save(path, format, **options)
    return path


def scene(width: int, height: int) -> Image.Image:
    """Red above, blue below, with enough noise that a file of it has some length."""
    pixels = np.random.default_rng(0).integers(0, 60, (height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] += 190
    pixels[height // 2 :, :, 2] += 190
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("drawing.svg", "drawing.svg is a drawing without pixels (SVG)"),
        ("icon.ico", "icon.ico is an icon, which is too small to paint"),
        ("letter.pdf", "AVIF, JPEG XL, TIFF"),
    ],
)
def test_what_the_server_refuses_is_refused_when_it_is_chosen(visit, tmp_path, name, reason):
    path = tmp_path / name
    path.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'/>")
    if name == "icon.ico":
        scene(64, 64).save(path, "ICO")
    page = visit("/")
    page.set_input_files("#photo-file", path)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("That is no picture")
    expect(notice).to_contain_text(reason)
    expect(page.locator("#stage")).to_have_attribute("data-state", "empty")


@pytest.mark.parametrize("name", ["IMG_0001.HIF", "scan.TIFF", "raw.dng", "new.jxl"])
def test_a_file_that_the_browser_cannot_show_is_taken_by_its_name(visit, tmp_path, name):
    path = stored(tmp_path, name, scene(90, 60), "TIFF")
    page = visit("/")
    page.set_input_files("#photo-file", path)
    expect(page.locator("#stage")).to_have_attribute("data-state", "photo")
    expect(page.locator("#photo-note")).to_contain_text("This browser cannot show its format")


@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
@pytest.mark.parametrize("size", [(120, 90), WIDE], ids=["small", "large"])
def test_a_turned_webp_is_upright_before_and_after(visit, tmp_path, orientation, size):
    """Chromium shows these files as they are stored; the server turns them, as their tag says."""
    back = {3: Image.Transpose.ROTATE_180, 5: Image.Transpose.TRANSPOSE}
    back |= {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    turned = scene(*size).transpose(back[orientation])
    path = stored(tmp_path, "turned.webp", turned, "WEBP", exif=exif.tobytes())
    page = visit("/")
    steps.choose_photo(page, path)
    expect(page.locator("#photo-caption")).to_contain_text(f"{size[0]} × {size[1]}")
    assert page.evaluate(PIXEL, ["#photo-preview", 0.5, 0.1])[0] > 180
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    shapes = page.evaluate(
        """() => {
          const photo = document.querySelector("#stage .compare-before");
          const painting = document.querySelector("#stage .compare-after");
          return [photo.naturalWidth / photo.naturalHeight, painting.width / painting.height];
        }"""
    )
    assert shapes == pytest.approx([size[0] / size[1]] * 2, rel=0.01)


@pytest.mark.parametrize(("format", "name"), [("AVIF", "cut.avif"), ("GIF", "cut.gif")])
def test_what_is_transparent_stays_so_in_the_copy_for_the_screen(visit, tmp_path, format, name):
    image = scene(*WIDE).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, WIDE[0] // 2, WIDE[1]))
    path = stored(tmp_path, name, image, format)
    page = visit("/")
    steps.choose_photo(page, path)
    assert page.evaluate(PIXEL, ["#photo-preview", 0.1, 0.1])[3] == 0
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    assert page.evaluate(PIXEL, [".compare-after", 0.1, 0.1])[3] == 0
    assert page.evaluate(PIXEL, [".compare-after", 0.9, 0.1])[3] == 255


def test_a_cut_photograph_is_filled_in_and_the_page_says_so(visit, tmp_path):
    whole = io.BytesIO()
    scene(*WIDE).save(whole, "JPEG", quality=90)
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) * 8 // 10])
    page = visit("/")
    steps.choose_photo(page, path)
    expect(page.locator("#photo-caption")).to_contain_text("cut off or damaged")
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    expect(page.locator("#result-caption")).to_contain_text("cut off or damaged")
    red, _, blue, alpha = page.evaluate(PIXEL, [".compare-after", 0.5, 0.97])
    assert alpha == 255
    assert blue > red


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_every_kind_is_painted_from_what_it_means(visit, tmp_path, fast, name):
    make, wanted = KINDS[name]
    path = tmp_path / name
    path.write_bytes(make())
    page = visit("/")
    steps.choose_photo(page, path)
    steps.choose_style(page, "Mosaic")
    steps.expect_result(page)
    assert np.abs(fast.content - wanted).mean() < 0.02
