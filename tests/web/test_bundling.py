"""Modules become one script that does what they did."""

import subprocess

import pytest

from stylekit.web.bundling import bundled, entry_points

MODULES = {
    "page": (
        'import { say as told } from "./words-of.js";\nimport * as counter from "./counter.js";\n'
        "const say = 1;\ncounter.up();\nconsole.log(told(counter.count() + say));"
    ),
    "words-of": (
        'import { up } from "./counter.js";\nup();\n'
        "export const greeting = `it says: import { x } from y`;\n"
        "export function say(what) { return `${greeting} ${new Word(what).text}`; }\n"
        "export class Word { constructor(text) { this.text = text; } }"
    ),
    "counter": "let said = 0;\nexport async function later() {}\n"
    "export function up() { said += 1; }\nexport function count() { return said; }",
    "alone": "console.log(1);",
}


def test_each_module_is_there_once_and_names_do_not_meet(tmp_path):
    file = tmp_path / "page.mjs"
    file.write_text(bundled("page", MODULES))
    said = subprocess.run(["node", file], capture_output=True, text=True, check=True).stdout
    assert said == "it says: import { x } from y 3\n"


def test_only_what_imports_and_is_not_imported_is_a_page():
    assert entry_points(MODULES) == ["page"]


@pytest.mark.parametrize(
    "text",
    [
        'import x from "./counter.js";',
        'export { up } from "./counter.js";',
        "export default 1;",
        "export let said = 0;",
        'const x = await import("./counter.js");',
    ],
)
def test_what_is_written_another_way_is_refused(text):
    with pytest.raises(ValueError, match=r"odd\.js cannot be put into one script"):
        bundled("odd", {**MODULES, "odd": text})


def test_a_circle_is_refused():
    circle = {"a": 'import { b } from "./b.js";', "b": 'import { a } from "./a.js";'}
    with pytest.raises(ValueError, match=r"a\.js imports itself through a, b"):
        bundled("a", circle)
