"""The page's files: compressed, under addresses that change with them, kept for a year."""

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import cast

import brotli
import tinycss2
import xstatic.pkg.jquery
from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from stylekit.web.bundling import bundled, entry_points

assets = Blueprint("assets", __name__)

NAME = "stylekit-assets"
KEPT = "public, max-age=31536000, immutable"
SITE_CSS = "css/site.css"
SHELL = (
    SITE_CSS,
    "js/theme.js",
    "js/jquery.js",
    "js/home.js",
    "icons/icons.svg",
    "icons/logo.svg",
    "icons/grip.svg",
)
"""What the home page needs to open without a connection."""

STYLESHEETS = ("base", "controls", "compare", "styles", "home", "gallery", "job", "api")
WORD = re.compile(r"[\w-]+")


class Assets:
    """Every file that a page loads, read once.

    The version is a folder of the addresses, so that a stylesheet's `url(../icons/x.svg)` stays
    within it.
    """

    def __init__(self, root: Path) -> None:
        """Read what is in `static/` of this folder, but for the presets' pictures."""
        static = root / "static"
        self.files = {
            path.relative_to(static).as_posix(): path.read_bytes()
            for path in sorted(static.rglob("*"))
            if path.is_file() and "styles" not in path.relative_to(static).parts[:1]
        }
        words = set(WORD.findall(" ".join(page_texts(root))))
        sheets = [self.files[f"css/{name}.css"].decode() for name in STYLESHEETS]
        self.files[SITE_CSS] = "\n".join([used_rules(bootstrap_css(), words), *sheets]).encode()
        self._bundle_scripts()
        jquery = Path(xstatic.pkg.jquery.BASE_DIR) / "jquery.min.js"
        self.files["js/jquery.js"] = jquery.read_bytes()

    @cached_property
    def version(self) -> str:
        """Changes whenever a file does."""
        digest = hashlib.sha256()
        for name, data in self.files.items():
            digest.update(f"{name} {len(data)}\n".encode() + data)
        return digest.hexdigest()[:12]

    def _bundle_scripts(self) -> None:
        """Put each page's script and all that it imports into one file."""
        modules = {
            name.removeprefix("js/").removesuffix(".js"): data.decode()
            for name, data in self.files.items()
            if name.startswith("js/")
        }
        for entry in entry_points(modules):
            self.files[f"js/{entry}.js"] = bundled(entry, modules).encode()

    def body(self, name: str, encoding: str) -> bytes:
        """A file as it is sent, compressed as well as can be."""
        return compressed(self.files[name], encoding)


@lru_cache(maxsize=512)
def compressed(data: bytes, encoding: str) -> bytes:
    """The bytes as `br`, `gzip` or, for any other word, as they are."""
    if encoding == "br":
        return bytes(brotli.compress(data))
    return gzip.compress(data, mtime=0) if encoding == "gzip" else data


def page_texts(root: Path) -> Iterable[str]:
    """The texts in which every class that a page has is written."""
    for pattern in ("templates/*.html", "static/js/*.js"):
        for path in sorted(root.glob(pattern)):
            yield path.read_text()


def bootstrap_css() -> str:
    """The whole stylesheet of the installed Bootstrap."""
    folder = files("flask_bootstrap") / "static" / "bootstrap5" / "css"
    return (folder / "bootstrap.min.css").read_text()


def used_rules(css: str, words: set[str]) -> str:
    """The rules of a stylesheet whose classes are all among the words."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(used(rules, words))


def used(rules: Iterable[tinycss2.ast.Node], words: set[str]) -> Iterable[str]:
    """Each rule with those of its selectors that can match something."""
    for rule in rules:
        if rule.type == "qualified-rule":
            if selectors := [each for each in selectors_of(rule) if classes(each) <= words]:
                heads = ",".join(tinycss2.serialize(each) for each in selectors)
                yield f"{heads}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, True, True)
            if kept := "".join(used(inner, words)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{kept}}}"


def selectors_of(rule: tinycss2.ast.QualifiedRule) -> list[list[tinycss2.ast.Node]]:
    """The selectors of a rule, which commas part."""
    selectors: list[list[tinycss2.ast.Node]] = [[]]
    for token in rule.prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def classes(selector: list[tinycss2.ast.Node]) -> set[str]:
    """The classes that an element must have; those in `:not(…)` are not among them."""
    pairs = pairwise(selector)
    return {name.value for dot, name in pairs if dot == "." and name.type == "ident"}


@assets.get("/assets/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """One of the page's files."""
    known = assets_of(current_app)
    if name not in known.files:
        abort(404)
    encoding = request.accept_encodings.best_match(["br", "gzip"]) or "identity"
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if mime_type.startswith("image/") and not mime_type.endswith("svg+xml"):
        encoding = "identity"
    response = Response(known.body(name, encoding), mimetype=mime_type)
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    # A page of an earlier version may still ask under its own: the answer is not for keeping.
    response.headers["Cache-Control"] = KEPT if version == known.version else "no-cache"
    response.vary.add("Accept-Encoding")
    response.add_etag()
    response.make_conditional(request)
    return response


@assets.get("/sw.js")
def service_worker() -> Response:
    """The service worker: at the root, for it answers for every page; new with each version."""
    known = assets_of(current_app)
    shell = [address_of(name) for name in SHELL]
    names = json.dumps({"version": known.version, "shell": ["/", *shell]})
    text = f"const SITE = {names};\n{known.files['js/service-worker.js'].decode()}"
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def address_of(name: str) -> str:
    """Where a page finds one of its files."""
    return url_for("assets.asset", version=assets_of(current_app).version, name=name)


def assets_of(app: Flask) -> Assets:
    """The files of this application."""
    return cast(Assets, app.extensions[NAME])


def install(app: Flask) -> None:
    """Read the files, and let the templates name them."""
    app.extensions[NAME] = Assets(Path(app.root_path))
    app.add_template_global(address_of, "asset")
    app.register_blueprint(assets)
