"""How a SavedModel is found, checked and loaded: a folder, a TF-Hub handle, a bucket."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys

import pytest

from stylekit.engines import weights
from stylekit.engines.fast import FastEngine
from stylekit.errors import ModelBroken
from tests.emulator import BUCKET
from tests.engines.small_painter import save_model

pytestmark = pytest.mark.tensorflow

MAGENTA = "https://tfhub.dev/google/magenta/arbitrary-image-stylization-v1-256/2"


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelBroken, match="nowhere"):
        FastEngine(str(tmp_path / "nowhere")).warm_up()


def test_a_model_that_does_not_match_its_checksums_is_refused(painter, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(painter, folder)
    weights.write_checksums(folder)
    FastEngine(str(folder)).warm_up()
    with (folder / "saved_model.pb").open("ab") as file:
        file.write(b"!")
    with pytest.raises(ModelBroken, match="SHA-256"):
        FastEngine(str(folder)).warm_up()


def test_the_version_tells_models_apart(painter, tmp_path):
    other = save_model(tmp_path, shift=0.1)
    assert FastEngine(str(painter)).version == FastEngine(str(painter)).version
    assert FastEngine(str(painter)).version != FastEngine(str(other)).version
    assert FastEngine(MAGENTA).version != FastEngine(MAGENTA[:-1] + "1").version


def paint_elsewhere(model, **environment):
    """Paint grey in the style of black in a process of its own; what it printed."""
    program = (
        "import numpy as np\n"
        "from stylekit.engines.fast import FastEngine\n"
        "from stylekit.engines.base import FastOptions\n"
        "grey, black = np.full((32, 40, 3), 0.5, 'f4'), np.zeros((32, 32, 3), 'f4')\n"
        f"print(FastEngine({model!r}).stylize(grey, black, FastOptions()).max())\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        cwd=weights.HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hub_handle_works_offline_from_a_seeded_cache(painter, tmp_path):
    shutil.copytree(painter, tmp_path / hashlib.sha1(MAGENTA.encode()).hexdigest())
    done = paint_elsewhere(MAGENTA, TFHUB_CACHE_DIR=str(tmp_path))
    assert done.stdout.strip() == "0.0", done.stderr[-2000:]


def test_a_model_in_a_bucket_is_fetched(painter, emulator_address, bucket_client):
    for path in painter.rglob("*"):
        if path.is_file():
            key = f"models/ours/{path.relative_to(painter).as_posix()}"
            bucket_client.bucket(BUCKET).blob(key).upload_from_filename(str(path))
    done = paint_elsewhere(f"gs://{BUCKET}/models/ours", STORAGE_EMULATOR_HOST=emulator_address)
    assert done.stdout.strip() == "0.0", done.stderr[-2000:]


def test_a_server_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        handle = f"https://127.0.0.1:{server.getsockname()[1]}/a-model/1"
        with pytest.raises(ModelBroken, match="a-model"):
            FastEngine(handle, download_seconds=4).warm_up()
