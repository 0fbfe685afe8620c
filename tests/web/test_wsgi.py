"""The application as a server imports it."""

import os
import subprocess
import sys

import pytest

from deploy.processes import free_port
from stylekit.settings import PROJECT_ROOT


@pytest.mark.parametrize("flags", [["--preload"], []], ids=["flag", "environment"])
def test_gunicorn_s_preload_is_refused_in_words(tmp_path, flags):
    environment = {**os.environ, "STYLEKIT_DATA": str(tmp_path)}
    if not flags:
        environment["GUNICORN_CMD_ARGS"] = "--preload"
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn", *flags, "--bind", "127.0.0.1:0", "stylekit.wsgi:app"],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    assert "gunicorn's --preload (preload_app) cannot be used; start without." in ended.stderr


SERVE = ("stylekit", "serve", "--port", "PORT")
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:PORT", "stylekit.wsgi:app")


@pytest.mark.parametrize(
    ("command", "folder"),
    [(SERVE, "/proc"), (SERVE, "HERE/file"), (GUNICORN, "/proc"), (GUNICORN, "HERE/file/folder")],
    ids=["read-only", "no folder", "read-only, gunicorn", "missing, gunicorn"],
)
def test_a_data_folder_that_cannot_be_ends_the_server_with_one_sentence(tmp_path, command, folder):
    (tmp_path / "file").write_text("")
    folder, port = folder.replace("HERE", f"{tmp_path}"), f"{free_port()}"
    ended = subprocess.run(
        [sys.executable, "-m", *(each.replace("PORT", port) for each in command)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "STYLEKIT_DATA": folder},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode != 0
    ours = [line for line in ended.stderr.splitlines() if line.startswith("stylekit: ")]
    assert len(ours) == 1, ended.stderr
    assert ours[0].startswith(f"stylekit: STYLEKIT_DATA is {folder}; ")
    assert "Traceback" not in ended.stderr
