"""The house rules: the map is true, every setting is explained, functions stay short."""

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from stylekit.engines import weights
from stylekit.settings import PROJECT_ROOT, Settings, variable

MOST_FUNCTION_LINES = 40
PYTHON_FILES = sorted(
    PROJECT_ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
)  # fmt: skip
MODULES = [path for path in PYTHON_FILES if path.is_relative_to(PROJECT_ROOT / "stylekit")]


def relative(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


def first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return docstring.split("\n")[0]


def map_of_readme() -> dict[str, str]:
    """Path → sentence, from the README's map of the package."""
    readme = (PROJECT_ROOT / "README.md").read_text()
    block = re.search(r"```\nstylekit/\n(.*?)```", readme, re.DOTALL)
    assert block, "README.md has no map that begins with stylekit/"
    found, folders = {}, ["stylekit"]
    for line in block[1].splitlines():
        indent, name, sentence = re.fullmatch(r"( +)(\S+) *(.*)", line).groups()
        folders = folders[: len(indent) // 2]
        if name.endswith("/"):
            folders.append(name.rstrip("/"))
        elif name.endswith(".py"):
            found["/".join([*folders, name])] = sentence
    return found


def test_the_readme_map_has_every_module_with_its_first_line():
    in_code = {
        relative(path): first_line(path) for path in MODULES if "migrations" not in path.parts
    }
    assert map_of_readme() == in_code


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_functions_are_short(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert code_lines(node) <= MOST_FUNCTION_LINES, f"{node.name} is too long"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function)
    lines = function.end_lineno - function.lineno + 1
    return lines - (len(docstring.splitlines()) if docstring else 0)


def test_every_setting_is_documented_with_its_default():
    page = (PROJECT_ROOT / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)`", page, re.MULTILINE))
    assert rows == {variable(each): str(each.default) or "—" for each in fields(Settings)}


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in [PROJECT_ROOT / "README.md", *PROJECT_ROOT.glob("docs/*.md")]:
        assert set(re.findall(r"\bmake ([a-z-]+)`", page.read_text())) <= targets, page.name


def test_every_link_of_the_documentation_leads_somewhere():
    for page in [PROJECT_ROOT / "README.md", *PROJECT_ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("browser", ["chromium", "google-chrome"])
def test_either_browser_will_do(tmp_path, browser):
    (tmp_path / browser).write_text("#!/bin/sh\n")
    (tmp_path / browser).chmod(0o755)
    subprocess.run(
        ["/bin/sh", "scripts/need", "chromium"],
        cwd=PROJECT_ROOT, env={"PATH": str(tmp_path)}, check=True,
    )  # fmt: skip


def test_importing_the_package_loads_no_tensorflow():
    program = "import stylekit, stylekit.wiring, sys; print('tensorflow' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("folder", [weights.PAINTER, weights.PERCEPTUAL], ids=lambda f: f.name)
def test_checksums_cover_every_shipped_file(folder):
    listed = {line.split()[1] for line in (folder / weights.CHECKSUMS).read_text().splitlines()}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert listed == files - {weights.CHECKSUMS}
    weights.verify(folder)
