"""One script for a page: a module and all that it imports, so that a browser asks once.

Over HTTP/1.1 a browser has six requests on their way at a time; on a slow line each takes half a
second. The project's modules are written one way (`import {…} from "./x.js"`, `export` before a
declaration), which is all that is understood here; anything else is refused.
"""

import re
from collections.abc import Mapping

IMPORT = re.compile(r'^import (\{.*\}|\* as \w+) from "\./([\w-]+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)


def entry_points(modules: Mapping[str, str]) -> list[str]:
    """The modules that pages name: those that import others, and that no other imports."""
    imported = {name for text in modules.values() for _, name in IMPORT.findall(text)}
    return [name for name, text in modules.items() if IMPORT.search(text) and name not in imported]


def bundled(entry: str, modules: Mapping[str, str]) -> str:
    """The module as one script, those that it needs before it.

    Raises:
        ValueError: for a module that is written another way, and for a circle of imports.
    """
    names = in_order(entry, modules, ())
    parts = [as_function(name, modules[name]) for name in names[:-1]]
    return "\n".join([*parts, body(entry, modules[entry])[0]])


def in_order(name: str, modules: Mapping[str, str], above: tuple[str, ...]) -> list[str]:
    """A module behind all that it needs, each once."""
    if name in above:
        raise ValueError(f"{name}.js imports itself through {', '.join(above)}.")
    found: list[str] = []
    for _, needed in IMPORT.findall(modules[name]):
        found += in_order(needed, modules, (*above, name))
    return [*dict.fromkeys(found), name]


def as_function(name: str, text: str) -> str:
    """A module as a function that is called once and returns what it exports."""
    inner, exports = body(name, text)
    return f"const {handle(name)} = (() => {{\n{inner}\nreturn {{ {', '.join(exports)} }};\n}})();"


def body(name: str, text: str) -> tuple[str, list[str]]:
    """The text of a module within a bundle, and the names that it exports."""
    inner = IMPORT.sub(lambda found: taken(found[1], handle(found[2])), text)
    exports = EXPORT.findall(inner)
    inner = EXPORT.sub("", inner)
    if left := LEFT.search(inner):
        raise ValueError(f"{name}.js cannot be put into one script: {left[0]}")
    return f"// {name}.js\n{inner}", exports


def taken(names: str, module: str) -> str:
    """The import as it reads within a bundle."""
    if names.startswith("*"):
        return f"const {names.removeprefix('* as ')} = {module};"
    return f"const {names.replace(' as ', ': ')} = {module};"


def handle(name: str) -> str:
    """What a module is called within a bundle."""
    return f"${name.replace('-', '_')}"
