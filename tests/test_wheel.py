"""The wheel, installed into an environment of its own, away from the source tree."""

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import stylekit
from stylekit.settings import PROJECT_ROOT
from tests.fakes import picture_bytes

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def tracked(*below):
    """The files that a clone has."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *below],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (PROJECT_ROOT / name).is_file()]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Built from what a clone has, so that nothing left in the tree gets into it."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked(
        "stylekit", "templates", "static", "*.toml", "*.py", "*.txt", "*.in", "*.md"
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, source / name)
    out = tmp_path_factory.mktemp("wheel")
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", out, source]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """A fresh environment with the wheel and the packages that it asks for, and no others.

    Those are links to the packages of the tests: nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run(
        [*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel],
        check=True,
        capture_output=True,
    )
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (own,) = metadata.distributions(name="stylekit", path=[str(site_packages)])
    for package in needed_by(own):
        for name in {Path(str(file)).parts[0] for file in package.files} - {".."}:
            if not (site_packages / name).exists():
                (site_packages / name).symlink_to(package.locate_file(name))
    return folder / "bin"


def needed_by(distribution, extra="", seen=None):
    """The distributions that one asks for, and those that they ask for."""
    seen = {} if seen is None else seen
    for each in map(Requirement, distribution.requires or ()):
        if each.marker is None or each.marker.evaluate({"extra": extra}):
            name = canonicalize_name(each.name)
            if name not in seen:
                seen[name] = metadata.distribution(name)
                needed_by(seen[name], seen=seen)
            for more in each.extras:
                needed_by(seen[name], more, seen)
    return list(seen.values())


@pytest.fixture(scope="session")
def bare(wheel, tmp_path_factory):
    """The wheel alone, with none of the packages."""
    folder = tmp_path_factory.mktemp("bare")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture
def shell(environment, tmp_path):
    """Run the installed program in an empty folder: `shell("styles")`."""

    def run(*arguments, program="stylekit", **options):
        return subprocess.run(
            [environment / program, *arguments],
            cwd=tmp_path,
            env=plain_environment(tmp_path),
            capture_output=True,
            **options,
        )

    return run


def plain_environment(folder, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STYLEKIT_", "PYTHON"))}
    return {**kept, "HOME": str(folder), **more}


def test_it_holds_every_file_of_the_package_and_of_the_page(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    page = {f"stylekit/{name}" for name in tracked("templates", "static")}
    assert {*tracked("stylekit"), *page} <= inside
    assert {name.split("/")[0].split("-")[0] for name in inside} == {"stylekit"}


def test_the_version_is_the_packages(wheel, shell):
    assert wheel.name.split("-")[1] == stylekit.__version__
    said = shell("--version", check=True).stdout.decode()
    assert said == f"stylekit {stylekit.__version__}\n"


@pytest.mark.parametrize(
    ("name", "value", "extra"),
    [
        ("STYLEKIT_QUEUE", "amqp://host", "cluster"),
        ("STYLEKIT_EVENTS", "redis://host", "cluster"),
        ("STYLEKIT_DATABASE", "postgresql://host/db", "cluster"),
        ("STYLEKIT_STORAGE", "gs://bucket", "bucket"),
        ("STYLEKIT_MODEL", "https://tfhub.dev/x/1", "hub"),
        ("STYLEKIT_RUNTIME", "tensorflow", "tensorflow"),
    ],
)
def test_a_setting_names_the_extra_that_it_needs(bare, name, value, extra):
    program = (
        f"import sys; sys.path.append({str(bare)!r})\n"
        "from stylekit.settings import from_environment\n"
        "from stylekit.errors import BadSettings\n"
        f"try: from_environment({{{name!r}: {value!r}}})\n"
        "except BadSettings as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{name} needs the extra {extra}: pip install 'stylekit[{extra}]'.\n"


def test_styles_and_help_work_anywhere(shell):
    assert len(shell("styles", check=True).stdout.splitlines()) == 24
    assert b"--engines" in shell("worker", "--help", check=True).stdout
    refused = shell("apply", __file__, "-s", "ink-wash", "--engine", "gatys")
    assert b"needs the extra tensorflow" in refused.stderr
    window = shell(program="stylekit-desktop")
    assert (window.returncode, b"needs the extra desktop" in window.stderr) == (1, True)


def test_it_needs_no_tensorflow(shell):
    found = "from importlib.util import find_spec; print(find_spec('tensorflow'))"
    assert shell("-c", found, program="python", check=True).stdout == b"None\n"


def test_a_photo_is_painted_from_the_shell_and_from_python(shell, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(picture_bytes(64, 80, "jpeg"))
    shell("apply", "photo.jpg", "--style", "ink-wash", check=True)
    assert (tmp_path / "photo-ink-wash.jpg").stat().st_size > 1000
    program = "import stylekit; print(stylekit.stylize('photo.jpg', 'ink-wash').shape)"
    assert shell("-c", program, program="python", check=True).stdout == b"(64, 80, 3)\n"


def test_the_server_shows_the_page_and_paints(environment, tmp_path, wait):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [environment / "stylekit", "serve", "--port", str(port)],
        cwd=tmp_path,
        env=plain_environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait(lambda: "is ready" in server.stdout.readline(), seconds=60)
        address = f"http://127.0.0.1:{port}"
        page = fetched(f"{address}/").decode()
        files = set(re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js))"', page))
        assert len(files) > 3
        for file in files:
            assert fetched(f"{address}{file}"), file
        client = stylekit.Client(address)
        assert client.paint(picture_bytes(), "ink-wash")[:4] == b"\x89PNG"
        assert "mode-fast" in page
        assert "mode-gatys" not in page
        with pytest.raises(stylekit.ServerError, match="does not have the gatys engine"):
            client.submit(picture_bytes(), "ink-wash", engine="gatys")
        assert (tmp_path / "data" / "stylekit.db").is_file()
    finally:
        server.terminate()
        server.communicate(timeout=30)


def fetched(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read()
