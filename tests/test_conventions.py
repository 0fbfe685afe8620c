"""The project's conventions: the map is true, every setting is explained, functions stay short."""

import ast
import re
import runpy
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from stylekit import errors
from stylekit.engines import weights
from stylekit.settings import PROJECT_ROOT, Settings, variable
from tests.fakes import printed_by

MAX_FUNCTION_LINES, MAX_PUBLIC_METHODS = 40, 10
MAX_MAP_LINES = 60  # two screens
PYTHON_FILES = sorted(
    PROJECT_ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
)
MODULES = [path for path in PYTHON_FILES if path.is_relative_to(PROJECT_ROOT / "stylekit")]


def relative(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


def test_the_lists_of_modules_are_what_make_map_writes():
    pages = runpy.run_path(str(PROJECT_ROOT / "scripts" / "write-map"))["pages"]()
    for page, text in pages.items():
        assert page.read_text() == text, f"make map would change {page.name}"
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path} says not what it is for"


def test_the_map_of_the_readme_is_short_and_names_what_exists():
    readme = (PROJECT_ROOT / "README.md").read_text()
    files, modules = readme.split("## The map")[1].split("## More")[0].split("```")[1::2]
    assert len(files.splitlines()) + len(modules.splitlines()) <= MAX_MAP_LINES
    named = re.findall(
        r"(?:^|\s{2,})(\.?[\w/]+\.[a-z]+|[A-Z]\w+file|[a-z]+/)(?=\s)", files, re.MULTILINE
    )
    assert len(named) >= 15
    for name in named:
        assert (PROJECT_ROOT / name).exists(), name


def test_the_questions_of_contributing_have_answers_that_exist():
    page = (PROJECT_ROOT / "CONTRIBUTING.md").read_text()
    table = page[page.index("## Where is") : page.index("## How to add")]
    answers = re.findall(r"`([\w./-]+\.(?:py|js|html))`(?:: `(\w+)`)?", table)
    assert len(answers) >= 10
    for file, name in answers:
        text = (PROJECT_ROOT / file).read_text()
        assert re.search(rf"(def|class) {name}\b", text) if name else text, f"{file}: {name}"


def test_every_log_event_is_documented_with_its_levels_and_fields():
    page = (PROJECT_ROOT / "docs" / "logs.md").read_text()
    rows = re.findall(r"^\| `([a-z ]+)` \| ([a-z, ]+) \|([a-z_, ]*)\|", page, re.MULTILINE)
    documented = {event: (set(levels.split(", ")), names(keys)) for event, levels, keys in rows}
    logged: dict[str, tuple[set[str], set[str]]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if is_log_line(node):
                assert isinstance(node.args[0], ast.Constant), ast.unparse(node)
                event, *pairs = re.split(r" (?=\w+=)", node.args[0].value)
                levels, keys = logged.setdefault(event, (set(), set()))
                levels.add(node.func.attr.replace("exception", "error"))
                keys |= {each.partition("=")[0] for each in pairs}
    assert logged == documented


def names(listed: str) -> set[str]:
    return set(filter(None, listed.strip().split(", ")))


def is_log_line(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("info", "warning", "error", "exception")
        and ast.unparse(node.func.value) == "log"
    )


def test_classes_have_few_public_methods():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found = [
                    each.name
                    for each in node.body
                    if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")
                ]
                assert len(found) <= MAX_PUBLIC_METHODS, f"{relative(path)}: {node.name} {found}"


def test_the_layers_of_the_documentation_are_those_of_the_gate():
    page = (PROJECT_ROOT / "docs" / "architecture.md").read_text()
    told = [
        set(re.findall(r"`(\w+)`", row.split("|")[2]))
        for row in page.split("| layer |")[1].splitlines()[2:]
        if row.startswith("|")
    ]
    gates = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each["layers"] for each in gates["contracts"] if each["type"] == "layers")
    kept = [set(re.findall(r"\w+", layer)) for layer in layers]
    assert [each for each in told if each & set().union(*kept)] == kept[1:]


def test_the_tree_of_errors_is_the_one_that_is_drawn():
    drawn, above = {}, {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│├└─ ]*)([A-Z]\w+Error|[A-Z]\w+)(?:  |$)", line):
            depth = len(found[1]) // 4
            above[depth] = found[2]
            drawn[found[2]] = above.get(depth - 1)
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    real = {each.__name__: each.__base__.__name__ for each in kinds} | {"StylekitError": None}
    assert drawn == real


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_functions_are_short(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert code_lines(node) <= MAX_FUNCTION_LINES, f"{node.name} is too long"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function)
    lines = function.end_lineno - function.lineno + 1
    return lines - (len(docstring.splitlines()) if docstring else 0)


def test_every_setting_is_documented_with_its_default_and_its_help():
    page = (PROJECT_ROOT / "docs" / "configuration.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \| (.*) \|$", page, re.MULTILINE)
    settings = {variable(each): each for each in fields(Settings)}
    assert {name: default for name, default, _ in rows} == {
        name: str(each.default) or "—" for name, each in settings.items()
    }
    for name, _, text in rows:
        assert text.startswith(settings[name].metadata["help"].rstrip(".")), name


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in [PROJECT_ROOT / "README.md", *PROJECT_ROOT.glob("docs/*.md")]:
        assert set(re.findall(r"\bmake ([a-z-]+)`", page.read_text())) <= targets, page.name


def test_every_link_of_the_documentation_leads_somewhere():
    for page in [PROJECT_ROOT / "README.md", *PROJECT_ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_file_that_the_documentation_names_exists():
    for page in [*PROJECT_ROOT.glob("*.md"), *PROJECT_ROOT.glob("docs/*.md")]:
        for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.[a-z]+)`", page.read_text()):
            bases = (PROJECT_ROOT, PROJECT_ROOT / "stylekit")
            assert any((base / name).exists() for base in bases), f"{page.name}: {name}"


@pytest.mark.parametrize("browser", ["chromium", "google-chrome"])
def test_either_browser_will_do(tmp_path, browser):
    (tmp_path / browser).write_text("#!/bin/sh\n")
    (tmp_path / browser).chmod(0o755)
    subprocess.run(
        ["/bin/sh", "scripts/need", "chromium"],
        cwd=PROJECT_ROOT,
        env={"PATH": str(tmp_path)},
        check=True,
    )


def test_importing_the_package_loads_no_tensorflow():
    program = "import stylekit, stylekit.wiring, sys; print('tensorflow' in sys.modules)"
    assert printed_by(program) == "False"


@pytest.mark.parametrize("folder", [weights.PAINTER, weights.PERCEPTUAL], ids=lambda f: f.name)
def test_checksums_cover_every_shipped_file(folder):
    listed = {line.split()[1] for line in (folder / weights.CHECKSUMS).read_text().splitlines()}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert listed == files - {weights.CHECKSUMS}
    weights.verify(folder)
