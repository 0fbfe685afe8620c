"""The public API, with the shipped model and presets."""

import doctest
import io
import runpy
import subprocess
import sys
from dataclasses import fields

import av
import numpy as np
import pytest
from mypy import api as mypy
from PIL import Image

import stylekit
from stylekit import api
from stylekit.engines.base import FastOptions, GatysOptions
from stylekit.settings import PROJECT_ROOT
from tests.fakes import picture, picture_bytes

tensorflow = pytest.mark.tensorflow


# What is given and what comes back --------------------------------------------------------------


@tensorflow
def test_paths_bytes_files_arrays_and_presets_are_taken(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(picture_bytes())
    own = np.rint(picture(40, 40, seed=3) * 255).astype(np.uint8)
    data = photo.read_bytes()
    contents = (photo, str(photo), data, io.BytesIO(data), picture())
    for content, style in [*((each, 1) for each in contents), (picture(), own)]:
        painted = stylekit.stylize(content, style)
        assert (painted.shape, painted.dtype) == ((48, 64, 3), np.float32)
        assert 0 <= painted.min() < painted.max() <= 1


@tensorflow
def test_an_image_gives_an_image_upright_and_with_its_alpha():
    photo = Image.open(io.BytesIO(picture_bytes(48, 64, orientation=6, alpha=True)))
    painted = stylekit.stylize(photo, "ink-wash")
    assert (painted.size, painted.mode) == ((48, 64), "RGBA")
    gray = stylekit.stylize(photo.convert("L"), photo.convert("RGB"))
    assert gray.mode == "RGB"


@tensorflow
def test_strength_zero_gives_the_photograph_back():
    assert np.abs(stylekit.stylize(picture(), 1, strength=0) - picture()).max() < 1e-6


@tensorflow
def test_arrays_of_16_bits_mean_the_same_as_floats():
    whole = np.rint(picture() * 65_535).astype(np.uint16)
    assert np.abs(stylekit.stylize(whole, 1, strength=0) - picture()).max() < 1e-4


@tensorflow
def test_the_other_engine_is_a_word_away():
    painted = stylekit.stylize(picture(), 1, engine="gatys", iterations=4, max_side=64)
    assert painted.shape == (48, 64, 3)


@tensorflow
@pytest.mark.parametrize("engine", ["fast", "gatys"])
def test_progress_is_heard_and_may_stop_it(engine):
    options = {"iterations": 4, "max_side": 64} if engine == "gatys" else {}
    heard = []
    stylekit.stylize(picture(), 1, engine=engine, on_progress=heard.append, **options)
    assert heard[-1].fraction == 1

    def stop(progress):
        raise stylekit.Cancelled("Enough.")

    with pytest.raises(stylekit.Cancelled):
        stylekit.stylize(picture(), 1, engine=engine, on_progress=stop, **options)


@tensorflow
def test_a_blend_of_one_is_the_style_and_of_two_lies_between():
    only = stylekit.stylize(picture(), stylekit.blend(["mosaic"]))
    mosaic, ink = (stylekit.stylize(picture(), name) for name in ("mosaic", "ink-wash"))
    assert np.abs(only - mosaic).max() < 1e-5
    between = stylekit.stylize(picture(), stylekit.blend(["mosaic", "ink-wash"], [1, 1]))
    assert 0 < np.abs(between - mosaic).mean() < np.abs(ink - mosaic).mean()
    assert 0 < np.abs(between - ink).mean() < np.abs(ink - mosaic).mean()


@tensorflow
def test_many_calls_share_one_model():
    stylekit.stylize(picture(), 1)
    stylekit.stylize(picture(), 2)
    assert api.engines().get("fast") is api.engines().get("fast")


# What cannot be ---------------------------------------------------------------------------------


def test_what_cannot_be_is_said_in_words(tmp_path):
    with pytest.raises(stylekit.StyleNotFound, match="no-such-style"):
        stylekit.stylize(picture(), "no-such-style")
    with pytest.raises(stylekit.BadOption, match="sparkle"):
        stylekit.stylize(picture(), 1, sparkle=3)
    with pytest.raises(stylekit.BadOption, match="strength"):
        stylekit.stylize(picture(), 1, engine="gatys", strength=0.5)
    with pytest.raises(stylekit.BadPicture, match=r"\(48, 64\)"):
        stylekit.stylize(picture()[..., 0], 1)
    with pytest.raises(stylekit.BadPicture, match="goes from 0 to 255; it must be floats from 0"):
        stylekit.stylize(np.float32([[[0, 0, 255.0]]]), 1)
    with pytest.raises(stylekit.BadPicture, match="nan"):
        stylekit.stylize(picture() * np.nan, 1)
    with pytest.raises(stylekit.NotAPicture):
        stylekit.stylize(b"no picture", 1)
    with pytest.raises(FileNotFoundError):
        stylekit.stylize(tmp_path / "missing.jpg", 1)


def test_weights_that_do_not_fit_are_refused():
    for weights in ([1, 2], [-1], [0]):
        with pytest.raises(stylekit.BadOption, match="1 styles cannot be blended"):
            stylekit.blend(["mosaic"], weights)


# The API itself --------------------------------------------------------------------------------


def test_the_presets_are_listed():
    assert [style.number for style in stylekit.styles()] == list(range(1, 25))


@pytest.mark.parametrize(
    ("keywords", "options"), [(api.FastKeywords, FastOptions), (api.GatysKeywords, GatysOptions)]
)
def test_the_typed_keywords_are_the_options(keywords, options):
    assert list(keywords.__annotations__) == [each.name for each in fields(options)]


def test_every_name_of_the_door_can_be_had_and_is_explained():
    for name in stylekit.__all__:
        assert getattr(stylekit, name).__doc__, name
    with pytest.raises(AttributeError):
        stylekit.missing  # noqa: B018


def test_importing_the_door_is_quick():
    program = "import stylekit, sys; print({'numpy', 'httpx', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"


@tensorflow
def test_the_examples_of_the_docstrings_do_what_they_say(tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes(picture_bytes(96, 128, "jpeg"))
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(api).failed == 0


def test_the_reference_is_made_from_the_docstrings():
    made = runpy.run_path(str(PROJECT_ROOT / "docs" / "reference.py"))["page"]()
    page = (PROJECT_ROOT / "docs" / "python.md").read_text()
    assert page == made, "`make docs` writes it"


def test_types_follow_the_engine_and_the_picture(tmp_path):
    (tmp_path / "uses.py").write_text("""
import numpy as np
import stylekit
from PIL import Image
a: Image.Image = stylekit.stylize(Image.new("RGB", (20, 20)), "mosaic", strength=0.5)
b: np.ndarray = stylekit.stylize(b"", 1, engine="gatys", iterations=3)
c = stylekit.Client().styles()[0].palette
stylekit.stylize("photo.jpg", "mosaic", iterations=3)  # of the other engine
stylekit.stylize("photo.jpg", "mosaic", strength="very")
""")
    cache = PROJECT_ROOT / ".mypy_cache"
    said, _, _ = mypy.run(["--strict", "--cache-dir", str(cache), str(tmp_path / "uses.py")])
    wrong = {int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line}
    assert wrong == {8, 9}, said


# Videos ---------------------------------------------------------------------------------------


def make_video(path, frames=5, height=48, width=64, rate=10):
    """A moving square, and a tone."""
    with av.open(str(path), "w") as film:
        pictures = film.add_stream("libx264", rate=rate)
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
        sound = film.add_stream("aac", rate=44_100)
        for number in range(frames):
            pixels = np.zeros((height, width, 3), np.uint8)
            pixels[10:30, 5 * number : 5 * number + 20] = 200
            film.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(pictures.encode(None))
        wave = np.sin(np.arange(22_050) / 20).astype(np.float32)[None]
        tone = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        tone.sample_rate = 44_100
        film.mux(sound.encode(tone))
        film.mux(sound.encode(None))


def frames_of(path):
    with av.open(str(path)) as film:
        rate = film.streams.video[0].average_rate
        pictures = [each.to_ndarray(format="rgb24") for each in film.decode(video=0)]
    with av.open(str(path)) as film:
        return pictures, rate, sum(each.samples for each in film.decode(audio=0))


@tensorflow
def test_every_frame_of_a_video_is_painted_and_its_sound_is_kept(tmp_path):
    make_video(tmp_path / "in.mp4")
    seen = []
    options = {"strength": 0.5, "on_progress": lambda progress: seen.append(progress.fraction)}
    made = stylekit.video(tmp_path / "in.mp4", "ink-wash", tmp_path / "out.mp4", **options)
    (before, rate, samples), (after, same_rate, same_samples) = map(
        frames_of, (tmp_path / "in.mp4", made)
    )
    assert [each.shape for each in after] == [each.shape for each in before] == [(48, 64, 3)] * 5
    assert (same_rate, same_samples) == (rate, samples)
    assert all(np.abs(a.astype(int) - b).mean() > 2 for a, b in zip(after, before, strict=True))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    with pytest.raises(FileExistsError, match=r"out\.mp4"):
        stylekit.video(tmp_path / "in.mp4", "ink-wash", made)


@tensorflow
@pytest.mark.parametrize("content", [b"no video", picture_bytes(48, 64)[:100]])
def test_what_is_no_video_is_refused_and_leaves_nothing(tmp_path, content):
    (tmp_path / "in.mp4").write_bytes(content)
    with pytest.raises(stylekit.BadPicture, match=r"in\.mp4"):
        stylekit.video(tmp_path / "in.mp4", 1, tmp_path / "out.mp4")
    assert [each.name for each in tmp_path.iterdir()] == ["in.mp4"]
