"""How a SavedModel is found, checked and loaded: a folder, a TF-Hub handle, a bucket."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

from stylekit.engines import weights
from stylekit.engines.base import FastOptions
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


def test_a_handle_with_a_slash_at_its_end_is_the_same_model(painter, tmp_path):
    assert FastEngine(f"{MAGENTA}/").version == FastEngine(MAGENTA).version
    shutil.copytree(painter, tmp_path / hashlib.sha1(MAGENTA.encode()).hexdigest())
    done = paint_elsewhere(f"{MAGENTA}/", TFHUB_CACHE_DIR=str(tmp_path))
    assert done.stdout.strip() == "0.0", done.stderr[-2000:]


def test_without_a_network_a_handle_fails_within_seconds_and_says_what_to_do(tmp_path):
    with socket.socket() as taken:  # a port at which nobody listens
        taken.bind(("127.0.0.1", 0))
        handle = f"https://127.0.0.1:{taken.getsockname()[1]}/a-model/1"
        with pytest.raises(ModelBroken, match=r"cannot be reached .* TFHUB_CACHE_DIR"):
            FastEngine(handle).warm_up()


def test_an_empty_place_in_a_bucket_is_named(emulator_address):
    url = f"gs://{BUCKET}/models/nothing"
    done = paint_elsewhere(url, STORAGE_EMULATOR_HOST=emulator_address)
    assert f"There is no SavedModel at {url}." in done.stderr


class TestPlainModels:
    """Models that paint in one call, in the forms in which others export them."""

    @pytest.mark.parametrize(
        "form", ["list", "tensor", "dictionary", "signature", "named signature"]
    )
    def test_every_form_paints(self, tmp_path, form):
        engine = FastEngine(str(save_plain_model(tmp_path, form, lambda picture: picture * 0.5)))
        grey, black = np.full((40, 50, 3), 0.5, "f4"), np.zeros((32, 32, 3), "f4")
        assert engine.stylize(grey, black, FastOptions()) == pytest.approx(0.25, abs=0.02)

    @pytest.mark.parametrize(
        ("paint", "says"),
        [
            (lambda picture: picture * 255, "values from 0 to 255"),
            (lambda picture: picture * 2 - 1, "values from -1 to 1"),
            (lambda picture: picture / 0, "values from nan to nan"),
            (lambda picture: picture[:, :32], "keep the size"),
            (lambda picture: picture[0], "keep the size"),
        ],
        ids=["0 to 255", "-1 to 1", "no numbers", "cut", "no batch"],
    )
    def test_what_would_paint_wrong_is_refused_when_it_is_loaded(self, tmp_path, paint, says):
        with pytest.raises(ModelBroken, match=says):
            FastEngine(str(save_plain_model(tmp_path, "list", paint))).warm_up()

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ("one input", "neither be called nor has it a signature with two pictures"),
            ("three inputs", "does not paint a picture of 64 × 64"),
            ("no picture", "it answers loss, and no picture"),
        ],
    )
    def test_what_does_not_paint_is_refused_in_words(self, tmp_path, form, says):
        with pytest.raises(ModelBroken, match=says):
            FastEngine(str(save_plain_model(tmp_path, form, lambda picture: picture))).warm_up()


def save_plain_model(folder, form, paint):
    """A SavedModel of this form that paints so, whatever the style."""
    import tensorflow as tf

    def named(name):
        return tf.TensorSpec((None, None, None, 3), name=name)

    two = {
        "named signature": [named("style_image"), named("content_image")],
        "one input": [named("picture")],
        "three inputs": [named("a"), named("b"), named("c")],
    }.get(form, [named("placeholder"), named("placeholder_1")])
    answers = {
        "dictionary": lambda picture: {"loss": tf.zeros(()), "stylized": picture},
        "no picture": lambda picture: {"loss": tf.zeros(())},
        "tensor": lambda picture: picture,
        "list": lambda picture: [picture],
        "three inputs": lambda picture: [picture],
    }
    if form in answers:

        class Model(tf.Module):
            @tf.function(input_signature=two)
            def __call__(self, *pictures):
                return answers[form](paint(pictures[0]))

        tf.saved_model.save(Model(), str(folder))
        return folder
    content = 1 if form == "named signature" else 0
    function = tf.function(lambda *given: {"output": paint(given[content])}, input_signature=two)
    tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": function})
    return folder
