"""Writes docs/python.md from the docstrings of the public API: `make docs`."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import stylekit
from stylekit.cli.arguments import one_explained

PAGE = Path(__file__).with_name("python.md")
HEAD = """\
# Python

Made from the docstrings by `make docs`; [`stylekit.api`](../stylekit/api.py) paints here,
[`stylekit.client`](../stylekit/client) lets a server paint. `import stylekit` is quick: the first
painting loads the model. Type checkers know the options of each engine (`py.typed`).
"""
SERVER = """\
## A server

`with stylekit.Client(server) as client:`, or, with the same methods awaited,
`async with stylekit.AsyncClient(server) as client:`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Paint here\n"]
    parts += [function(f"stylekit.{name}") for name in ("stylize", "styles", "blend", "video")]
    parts += [options("FastOptions"), options("GatysOptions"), record("Progress")]
    parts += [SERVER, described(stylekit.Client)]
    parts += [function(f"client.{name}", each) for name, each in methods(stylekit.Client)]
    parts += [record("Job"), record("Upload"), record("Style"), "## Errors\n", *errors()]
    return "\n".join(parts)


def function(name: str, what: Callable[..., Any] | None = None) -> str:
    """A function with its arguments and its docstring."""
    what = what or getattr(stylekit, name.split(".")[1])
    return f"### `{name}({arguments(what)})`\n\n{described(what)}"


def arguments(what: Callable[..., Any]) -> str:
    """Its arguments with their defaults, and without their types."""
    parameters = [each for each in inspect.signature(what).parameters.values()]
    shown = [each.replace(annotation=each.empty) for each in parameters if each.name != "self"]
    text = str(inspect.Signature(shown))[1:-1]
    return re.sub(r"=<function \w+ at \w+>", "=…", text)


def described(what: Any) -> str:
    """A docstring as Markdown."""
    text = inspect.cleandoc(what.__doc__ or "")
    text = re.sub(r"^(Args|Returns|Raises):$", r"**\1**\n", text, flags=re.MULTILINE)
    text = re.sub(r"^    (\w+): ", r"* `\1`: ", text, flags=re.MULTILINE)
    text = re.sub(r"^    ([A-Z]\w+(?:, \w+)+)", r"* \1", text, flags=re.MULTILINE)
    text = re.sub(r"^ {4,}", "  ", text, flags=re.MULTILINE)
    return (
        re.sub(r"((?:^(?:>>> |\.\.\. |\(|\[).*\n?)+)", r"```python\n\1```\n", text, flags=re.M)
        + "\n"
    )


def options(name: str) -> str:
    """The fields of an options class."""
    kind = getattr(stylekit, name)
    rows = [f"* `{each.name}`: {one_explained(each)}" for each in fields(kind)]
    return "\n".join([f"### `{name}`\n", described(kind), *rows, ""])


def record(name: str) -> str:
    """The fields of a class that holds an answer."""
    kind = getattr(stylekit, name)
    known = getattr(kind, "model_fields", None) or [each.name for each in fields(kind)]
    names = ", ".join(f"`{each}`" for each in known)
    return f"### `{name}`\n\n{described(kind)}\nFields: {names}.\n"


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods of a class, as they are written."""
    for name, each in vars(kind).items():
        if callable(each) and not name.startswith("_"):
            yield name, each


def errors() -> list[str]:
    """A line for each error, below what it is a kind of."""
    roots = (stylekit.StylekitError, stylekit.ClientError)
    return [line for root in roots for line in (*error_lines(root, 0), "")]


def error_lines(kind: type[BaseException], depth: int) -> Iterator[str]:
    """An error and those below it, as far as the API has them."""
    is_shown = kind.__name__ in stylekit.__all__
    if is_shown:
        words = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
        yield f"{'  ' * depth}* `{kind.__name__}`: {words}"
    for below in kind.__subclasses__():
        yield from error_lines(below, depth + is_shown)


if __name__ == "__main__":
    PAGE.write_text(page())
