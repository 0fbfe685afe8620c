"""The application as a server imports it."""

import os
import subprocess
import sys

import pytest

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
