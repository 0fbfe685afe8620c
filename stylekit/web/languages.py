"""The page's languages: which one a visitor gets, and its translations."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask_babel import Babel, get_locale

languages = Blueprint("languages", __name__)

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ar": "العربية",
    "zh": "中文",
}
"""Each language by its own name. English is what the code is written in, and has no catalogue."""

CATALOGUES = Path(__file__).parent / "translations"
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600


def chosen() -> str:
    """What the visitor chose, or else what the browser asks for, or else English."""
    wanted = request.cookies.get(COOKIE, "")
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(LANGUAGES, "en") or "en"


def language() -> str:
    """The language of this answer."""
    return str(get_locale() or "en")


@languages.get("/language/<code>")
def choose(code: str) -> Response:
    """Keep the visitor's choice, and go back to the page where it was made."""
    answer = redirect(own_path(request.args.get("to", "")))
    if code in LANGUAGES:
        answer.set_cookie(
            COOKIE,
            code,
            max_age=COOKIE_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


def own_path(path: str) -> str:
    """A path of this site; the home page for any other address."""
    is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_own and path.isprintable() else url_for("pages.home")


@cache
def for_scripts(code: str) -> dict[str, str]:
    """The sentences of the page's scripts in a language; none for English."""
    path = CATALOGUES / code / "scripts.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def on_every_page() -> dict[str, Any]:
    """What the frame of every page needs to know of its language."""
    code = language()
    return {
        "language": code,
        "direction": get_locale().text_direction if get_locale() else "ltr",
        "languages": LANGUAGES,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "catalogue": for_scripts(code),
    }


def tell(response: Response) -> Response:
    """Say which language a page is in, and what that depends on."""
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language()
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def install(app: Flask) -> None:
    """Let templates speak the visitor's language."""
    Babel(app, default_translation_directories=str(CATALOGUES), locale_selector=chosen)
    app.context_processor(on_every_page)
    app.after_request(tell)
    app.register_blueprint(languages)
