import io
import json
import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image
from skimage import data

from stylekit.cli.arguments import parse
from stylekit.cli.commands import main
from stylekit.engines.base import REFINING_STEPS
from stylekit.engines.registry import OPTIONS
from stylekit.settings import PROJECT_ROOT


def photo(path, array=None):
    Image.fromarray(data.astronaut()[:96, :128] if array is None else array).save(path)
    return str(path)


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


def run(*arguments, **environment):
    """The program as a shell runs it: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "stylekit", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_styles_are_listed_with_number_name_and_description(capsys):
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 24
    assert any(line.split()[1] == "woodblock-wave" for line in lines)


def test_styles_are_pushed_into_a_folder(tmp_path, capsys):
    assert main(["styles", "push", str(tmp_path)]) == 0
    assert (tmp_path / "catalogue.json").is_file()
    assert len(list(tmp_path.glob("*.jpg"))) == 24


def test_help_explains_every_option_with_its_default(capsys):
    with pytest.raises(SystemExit) as end:
        main(["apply", "--help"])
    assert end.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "0 gives the photograph back, 1 the full style (0 to 1, default 1)" in said


def test_help_has_examples_and_says_what_the_exit_codes_mean(capsys):
    for arguments in (["--help"], ["apply", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        said = capsys.readouterr().out
        assert "examples:\n  stylekit " in said
        assert "130  interrupted" in said


def test_the_bare_program_shows_its_help(capsys):
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: stylekit")


@pytest.mark.parametrize("engine", OPTIONS)
def test_every_option_of_an_engine_is_a_flag(engine, capsys):
    with pytest.raises(SystemExit):
        main(["apply", "--help"])
    said = capsys.readouterr().out
    for each in fields(OPTIONS[engine]):
        assert f"--{each.name.replace('_', '-')}" in said


def test_styles_are_listed_as_json(capsys):
    assert main(["styles", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["number"], first["id"]) == (1, "woodblock-wave")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_is_printed(shell, capsys):
    assert main(["completion", shell]) == 0
    assert "skip-existing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sty", {"styles"}),
        ("apply --for", {"--force", "--format"}),
        ("apply photo.jpg --style woodb", {"woodblock-wave"}),
        ("apply photo.jpg --engine ", {"fast", "gatys"}),
    ],
)
def test_bash_completes_commands_flags_and_presets(typed, completed, tmp_path, capsys):
    main(["completion", "bash"])
    (tmp_path / "completion").write_text(capsys.readouterr().out)
    program = """
        source ./completion
        COMP_WORDS=(stylekit $TYPED); [ "${TYPED% }" = "$TYPED" ] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _shtab_stylekit; printf '%s\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "TYPED": typed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.strip() for line in done.stdout.splitlines()} == completed


@pytest.mark.parametrize(
    "words",
    [
        "frobnicate",
        "apply x.jpg",
        "apply x.jpg -s a --strength strong",
        "-c x.jpg",
        "apply x.jpg -s a --force --skip-existing",
    ],
)
def test_wrong_usage_exits_with_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words.split())
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strength", "2"], "strength is 2.0; it can be a number from 0 to 1."),
        (["--iterations", "5"], "no option 'iterations'"),
        (["-o", "out.heic"], "pictures are written as"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_exits_with_1(
    arguments, words, tmp_path, capsys
):
    assert main(["apply", photo(tmp_path / "x.jpg"), "-s", "ink-wash", *arguments]) == 1
    assert words in capsys.readouterr().err


def test_a_bad_setting_is_named_before_anything_starts():
    code, _, errors = run("styles", PORT="eighty")
    assert code == 1
    assert errors == "stylekit: PORT is 'eighty'; it must be int.\n"


def test_serve_says_when_its_port_is_taken(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, errors = run("serve", "--port", port, STYLEKIT_DATA=str(tmp_path))
    assert code == 1
    assert f"127.0.0.1:{port}" in errors


@pytest.mark.tensorflow
def test_a_folder_is_painted_in_two_styles_and_a_bad_file_is_named(tmp_path, capsys):
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.png", data.coffee()[:50, :75])
    (tmp_path / "c.jpg").write_bytes(b"no picture")
    style = photo(tmp_path / "mine.webp", data.chelsea()[:128, :128])
    (tmp_path / "mine.webp").rename(tmp_path.parent / "mine.webp")
    style = str(tmp_path.parent / "mine.webp")
    out = tmp_path / "out"

    code = main(["apply", str(tmp_path), "-s", "ink-wash", "-s", style, "-o", str(out)])

    assert code == 1
    assert "c.jpg" in capsys.readouterr().err
    sizes = {path.name: size_of(path) for path in out.iterdir()}
    assert sizes == {
        "a-ink-wash.jpg": (128, 96),
        "a-mine.jpg": (128, 96),
        "b-ink-wash.png": (75, 50),
        "b-mine.png": (75, 50),
    }


@pytest.mark.tensorflow
def test_the_earlier_flags_still_work(tmp_path):
    content, style = photo(tmp_path / "c.jpg"), photo(tmp_path / "s.jpg", data.coffee()[:99, :99])
    out = tmp_path / "o.png"
    assert main(["-c", content, "-s", style, "-e", "1", "-o", str(out)]) == 0
    painted = np.asarray(Image.open(io.BytesIO(out.read_bytes())))
    assert painted.shape == (96, 128, 3)
    assert painted.std() > 10


@pytest.mark.tensorflow
def test_an_unknown_style_is_answered_with_the_nearest_names(tmp_path, capsys):
    assert main(["apply", photo(tmp_path / "x.jpg"), "-s", "woodblock-waves", "-q"]) == 1
    assert "woodblock-wave" in capsys.readouterr().err


def test_a_worker_without_a_broker_says_what_it_needs():
    code, _, said = run("worker", STYLEKIT_QUEUE="")
    assert (code, "STYLEKIT_QUEUE" in said) == (2, True)


def test_a_worker_is_told_its_flags_as_they_were_typed():
    code, _, said = run("worker", "--engines", "fast,oil", "--beat", STYLEKIT_QUEUE="redis://h")
    assert (code, "no engine 'oil'" in said) == (2, True)


def test_refine_goes_on_from_the_quick_picture_for_so_many_seconds(capsys):
    said = parse("apply photo.jpg -s mosaic --refine 10".split())
    assert (said.engine, said.start, said.seconds) == ("gatys", "fast", 10.0)
    assert said.iterations == REFINING_STEPS
    said = parse("apply photo.jpg -s mosaic --refine 10 --iterations 30".split())
    assert said.iterations == 30
    with pytest.raises(SystemExit) as end:
        parse("apply photo.jpg -s mosaic --refine 0".split())
    assert end.value.code == 2
    assert "--refine is 0; it can be up to 3600 seconds" in capsys.readouterr().err
