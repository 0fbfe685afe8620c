"""`stylekit apply` as a shell runs it, painted by a small server of the tests' own."""

import json
import os
import pty
import subprocess
import sys
import termios

import pytest
from PIL import Image

from stylekit.cli.commands import main
from stylekit.settings import PROJECT_ROOT
from tests.fakes import COLORS, alpha, picture_bytes

PRESET, OTHER = list(COLORS)[:2]


@pytest.fixture
def here(tmp_path):
    """The folder that the program runs in."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def apply(server, here, monkeypatch, capfdbinary):
    """`apply("photo.jpg", "-s", PRESET)` in a folder of the test's own.

    With `input`, what comes through a pipe, it is a process of its own.
    """
    monkeypatch.chdir(here)

    def run(*arguments, input=None):
        whole = ["apply", *arguments, "--server", server]
        if input is None:
            code = main(whole)
            return subprocess.CompletedProcess(whole, code, *capfdbinary.readouterr())
        return shell(*whole, input=input, capture_output=True)

    return run


def shell(*arguments, **options):
    """The program as a shell runs it, in the folder of the moment."""
    return subprocess.run(
        [sys.executable, "-m", "stylekit", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
        **options,
    )


@pytest.fixture
def photo(here):
    (here / "photo.jpg").write_bytes(picture_bytes(40, 60, "jpeg"))
    return here / "photo.jpg"


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def size(path):
    with Image.open(path) as picture:
        return picture.size


# Nothing is overwritten silently ----------------------------------------------------------------


def test_the_result_is_named_after_photo_and_style_and_its_name_is_printed(apply, photo, here):
    done = apply("photo.jpg", "-s", PRESET)
    assert (done.returncode, done.stdout.decode()) == (0, f"photo-{PRESET}.jpg\n")
    assert size(here / f"photo-{PRESET}.jpg") == (60, 40)


def test_the_photograph_itself_is_not_replaced(apply, photo):
    before = photo.read_bytes()
    done = apply("photo.jpg", "-s", PRESET, "-o", "photo.jpg")
    assert done.returncode == 1
    assert b"photo.jpg exists; --force replaces" in done.stderr
    assert photo.read_bytes() == before


def test_a_file_that_exists_is_refused_unless_it_is_forced(apply, photo, here):
    there = here / "painted.jpg"
    there.write_bytes(b"something dear")
    assert apply("photo.jpg", "-s", PRESET, "-o", "painted.jpg").returncode == 1
    assert there.read_bytes() == b"something dear"
    assert apply("photo.jpg", "-s", PRESET, "-o", "painted.jpg", "--force").returncode == 0
    assert size(there) == (60, 40)


def test_a_batch_that_would_replace_one_file_paints_none(apply, photo, here):
    (here / f"photo-{PRESET}.jpg").write_bytes(b"something dear")
    assert apply("photo.jpg", "-s", OTHER, "-s", PRESET).returncode == 1
    assert names(here) == [f"photo-{PRESET}.jpg", "photo.jpg"]


def test_what_exists_can_be_skipped(apply, photo, here):
    (here / f"photo-{PRESET}.jpg").write_bytes(b"something dear")
    done = apply("photo.jpg", "-s", PRESET, "-s", OTHER, "--skip-existing", "--json")
    assert done.returncode == 0
    assert (here / f"photo-{PRESET}.jpg").read_bytes() == b"something dear"
    status = {said["output"]: said["status"] for said in map(json.loads, done.stdout.splitlines())}
    assert status == {f"photo-{PRESET}.jpg": "skipped", f"photo-{OTHER}.jpg": "done"}


def test_folders_of_the_result_are_made(apply, photo, here):
    assert apply("photo.jpg", "-s", PRESET, "-o", "a/b/painted.png").returncode == 0
    assert size(here / "a" / "b" / "painted.png") == (60, 40)


def test_a_place_that_cannot_be_written_is_said_before_anything_is_painted(
    apply, photo, here, fast
):
    (here / "file").write_bytes(b"")
    done = apply("photo.jpg", "-s", PRESET, "-o", "file/painted.png")
    assert done.returncode == 1
    assert done.stderr.startswith(b"stylekit: file: ")
    assert fast.painted == 0


def test_a_format_that_is_not_written_is_an_error_that_lists_the_formats(apply, photo):
    done = apply("photo.jpg", "-s", PRESET, "-o", "a.xyz")
    assert done.returncode == 1
    assert b"a.xyz: pictures are written as " in done.stderr
    for ending in (b".jpg", b".jpeg", b".png", b".webp"):
        assert ending in done.stderr


# Pipes ------------------------------------------------------------------------------------------


def test_a_pipe_goes_in_and_a_pipe_comes_out(apply, here):
    done = apply("-", "-s", PRESET, input=picture_bytes(40, 60, "webp"))
    assert done.returncode == 0
    assert done.stdout[8:12] == b"WEBP"
    assert names(here) == []
    done = apply("-", "-s", PRESET, "-o", "-", "--format", "png", input=picture_bytes(40, 60))
    assert done.stdout[1:4] == b"PNG"


def test_a_style_comes_through_a_pipe(apply, photo):
    assert apply("photo.jpg", "-s", "-", input=picture_bytes(32, 32)).returncode == 0


def test_one_pipe_is_not_two_pictures(apply):
    done = apply("-", "-s", "-", input=picture_bytes(32, 32))
    assert done.returncode == 1
    assert b"Standard input is one picture" in done.stderr


def test_a_picture_is_not_written_to_a_terminal(server, photo):
    ours, theirs = pty.openpty()
    done = shell(
        "apply",
        photo,
        "-s",
        PRESET,
        "-o",
        "-",
        "--server",
        server,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.close(ours)
    assert (done.returncode, b"to a terminal" in done.stderr) == (1, True)


def test_progress_is_shown_on_a_terminal_only(server, photo, apply):
    assert apply("photo.jpg", "-s", PRESET).stderr == b""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    arguments = ("-s", PRESET, "-o", photo.parent / "painted.jpg", "--server", server)
    done = shell("apply", photo, *arguments, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    assert b"100%" in os.read(ours, 100_000)
    os.close(ours)
    assert done.returncode == 0


def test_a_reader_that_stops_reading_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "stylekit", "styles"],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as listing:
        listing.stdout.close()
        assert listing.stderr.read() == b""
    assert listing.returncode == 141


def test_quiet_says_nothing_but_errors(apply, photo, here):
    (here / "bad.jpg").write_bytes(b"no picture")
    done = apply("photo.jpg", "bad.jpg", "-s", PRESET, "--quiet")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"stylekit: bad.jpg: ")


def test_json_has_a_line_for_each_picture_failed_ones_too(apply, photo, here):
    (here / "bad.jpg").write_bytes(b"no picture")
    done = apply("bad.jpg", "photo.jpg", "-s", PRESET, "--json")
    bad, good = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert (bad["status"], bad["photo"], bad["error"]["code"]) == (
        "failed",
        "bad.jpg",
        "not_a_picture",
    )
    assert (good["status"], good["output"], good["style"]) == (
        "done",
        f"photo-{PRESET}.jpg",
        PRESET,
    )
    assert good["seconds"] > 0


def test_the_codes_of_json_are_stable_names_for_other_errors_too(apply):
    done = apply("nowhere.jpg", "-s", PRESET, "--json")
    assert json.loads(done.stdout)["error"]["code"] == "file_not_found"


# Folders ----------------------------------------------------------------------------------------

KINDS = {
    "a.tiff": "tiff",
    "b.JPG": "jpeg",
    "c.jfif": "jpeg",
    "d": "png",
    "e.gif": "gif",
    "f.misnamed.txt": "webp",
    "g.bmp": "bmp",
    "h.hif": "heif",
    "i.avif": "avif",
}


def test_every_readable_picture_of_a_folder_is_found_by_its_content(apply, here):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    folder = here / "folder"
    folder.mkdir()
    for name, kind in KINDS.items():
        (folder / name).write_bytes(picture_bytes(40, 60, kind))
    (folder / "notes.txt").write_text("no picture")
    (folder / "inner").mkdir()
    done = apply("folder", "-s", PRESET, "-o", "out")
    assert done.returncode == 0, done.stderr
    assert names(here / "out") == [
        f"a-{PRESET}.png",
        f"b-{PRESET}.jpg",
        f"c-{PRESET}.jpg",
        f"d-{PRESET}.png",
        f"e-{PRESET}.png",
        f"f.misnamed-{PRESET}.webp",
        f"g-{PRESET}.png",
        f"h-{PRESET}.jpg",
        f"i-{PRESET}.jpg",
    ]
    assert b"folder/inner, folder/notes.txt (2)" in done.stderr


def test_folders_in_folders_are_kept_below_the_result(apply, here):
    for name in ("a.png", "2024/a.png", "2024/may/b.png", ".trash/c.png"):
        path = here / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture_bytes(40, 60))
    arguments = ("photos", "--recursive", "-s", PRESET, "-o", "photos/painted")
    assert apply(*arguments).returncode == 0
    wanted = [f"2024/a-{PRESET}.png", f"2024/may/b-{PRESET}.png", f"a-{PRESET}.png"]
    assert names(here / "photos" / "painted") == wanted
    assert apply(*arguments, "--force").returncode == 0  # does not paint its own paintings
    assert names(here / "photos" / "painted") == wanted


def test_transparency_is_kept_where_the_photos_format_has_none_that_we_write(apply, here):
    (here / "cut-out.gif").write_bytes(gif_with_a_hole())
    (here / "faded.avif").write_bytes(picture_bytes(40, 60, "avif", alpha=True))
    assert apply("cut-out.gif", "faded.avif", "-s", PRESET).returncode == 0
    for name in ("cut-out", "faded"):
        assert alpha((here / f"{name}-{PRESET}.png").read_bytes()).min() < 10


def gif_with_a_hole():
    import io

    picture = Image.new("P", (40, 40), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(0, (10, 10, 20, 20))
    out = io.BytesIO()
    picture.save(out, "GIF", transparency=0)
    return out.getvalue()
