"""The parts that the settings ask for."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import stylekit
from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.errors import BadOption, BadSettings
from stylekit.jobs import Status
from stylekit.settings import PROJECT_ROOT
from stylekit.transfers.requests import Order
from tests.fakes import TintEngine, picture_bytes, printed_by


def test_the_secret_is_made_once_for_its_owner_only(settings):
    settings = replace(settings, secret="")
    settings.data.mkdir()
    with ThreadPoolExecutor(8) as processes:
        secrets = set(processes.map(lambda _: wiring.read_secret(settings), range(8)))
    assert len(secrets) == 1
    assert len(secrets.pop()) == 64
    assert stat.S_IMODE((settings.data / "secret").stat().st_mode) == 0o600
    assert [file.name for file in settings.data.iterdir()] == ["secret"]


def test_the_secret_of_the_settings_goes_before(settings):
    assert wiring.read_secret(settings) == settings.secret.encode()


def test_engines_are_built_when_first_asked_for_and_then_kept():
    built = []
    engines = Engines({"fast": lambda: built.append(1) or TintEngine()})
    assert built == []
    assert engines.get("fast") is engines.get("fast")
    assert built == [1]
    with pytest.raises(BadOption, match="crayon"):
        engines.get("crayon")


def test_jobs_that_an_earlier_process_left_are_painted(settings):
    def engines(**ways):
        return Engines(
            {"fast": lambda: TintEngine("fast", **ways), "gatys": lambda: TintEngine("gatys")}
        )

    first = wiring.build(settings, engines(step_seconds=0.5))
    ids = [
        first.transfers.submit(
            Order(content=picture_bytes(seed=n), style=1, owner="me", engine="fast")
        ).id
        for n in range(3)
    ]
    first.close()
    assert Status.RUNNING not in {first.jobs.get(id).status for id in ids}
    first.jobs.close()
    second = wiring.build(settings, engines())
    try:
        assert {second.transfers.wait(id, 60).status for id in ids} == {Status.DONE}
    finally:
        second.close()


def test_a_worker_needs_a_broker(settings):
    with pytest.raises(BadSettings, match="STYLEKIT_QUEUE"):
        wiring.build_worker(settings)


@pytest.mark.parametrize("folder", ["a file", "a file/below"])
def test_a_data_folder_that_cannot_be_is_told_in_one_sentence(settings, tmp_path, folder):
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(BadSettings, match="STYLEKIT_DATA"):
        wiring.build(replace(settings, data=tmp_path / folder))


def test_a_server_whose_data_folder_cannot_be_ends_in_one_sentence(tmp_path):
    (tmp_path / "a file").write_bytes(b"")
    answer = subprocess.run(
        [sys.executable, "-c", "import stylekit.wsgi"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "STYLEKIT_DATA": str(tmp_path / "a file")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 3  # gunicorn does not start it again
    (said,) = answer.stderr.strip().splitlines()
    assert "STYLEKIT_DATA" in said


def test_building_everything_loads_no_tensorflow(settings):
    program = (
        "import sys; from pathlib import Path; from stylekit import wiring;"
        "from stylekit.settings import Settings;"
        f"parts = wiring.build(Settings(data=Path({str(settings.data)!r})));"
        "parts.engines.get('fast').version; parts.engines.get('gatys').version; parts.close();"
        "print('tensorflow' in sys.modules)"
    )
    assert printed_by(program) == "False"


def test_the_public_door_has_what_it_says():
    assert stylekit.Client.__module__ == "stylekit.client"
    assert stylekit.__version__
    with pytest.raises(AttributeError):
        stylekit.missing  # noqa: B018
