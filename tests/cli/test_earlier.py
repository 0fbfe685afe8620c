"""The flags of the earlier command line."""

import pytest

from stylekit.cli.arguments import parse
from stylekit.cli.earlier import ENOUGH_STEPS

LONG = ["--content_image", "c.jpg", "--style_image", "s.jpg", "--epochs", "12", "--output", "o.png"]


@pytest.mark.parametrize(
    "flags",
    [LONG, ["-c", "c.jpg", "-s", "s.jpg", "-e", "12", "-o", "o.png"]],
    ids=["long", "short"],
)
def test_one_epoch_is_one_step(flags):
    said = parse(flags)
    assert (said.command, said.engine, said.iterations) == ("apply", "gatys", 12)
    assert ([str(path) for path in said.photos], said.styles) == (["c.jpg"], ["s.jpg"])
    assert str(said.output) == "o.png"


def test_flags_in_any_order_and_joined_are_taken():
    said = parse(["--output=o.png", "-s", "s.jpg", "--content_image=c.jpg"])
    assert str(said.output) == "o.png"


def test_the_defaults_are_the_earlier_ones_and_more_steps_than_needed_are_said(capsys):
    said = parse(["-c", "c.jpg", "-s", "s.jpg"])
    assert str(said.output) == "style_output.png"
    assert said.iterations == ENOUGH_STEPS
    assert f"3000 epochs: {ENOUGH_STEPS} steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", ["-c c.jpg", "-s s.jpg", "-c c.jpg -s s.jpg -e 0", "-c a -s b -e x"]
)
def test_wrong_usage_exits_with_2(flags, capsys):
    with pytest.raises(SystemExit) as end:
        parse(flags.split())
    assert end.value.code == 2


def test_its_output_is_replaced_and_said_but_never_what_it_reads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"")
    assert not parse(["-c", "photo.jpg", "-s", "s.jpg"]).force
    (tmp_path / "style_output.png").write_bytes(b"")
    assert parse(["-c", "photo.jpg", "-s", "s.jpg"]).force
    assert "style_output.png is replaced." in capsys.readouterr().err
    assert not parse(["-c", "photo.jpg", "-s", "s.jpg", "-o", "./photo.jpg"]).force
