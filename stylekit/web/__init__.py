"""create_app: the contents page of the web application."""

import os
from pathlib import Path

from flask import Flask, send_from_directory
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix
from xstatic.pkg import jquery

from stylekit import wiring
from stylekit.settings import PROJECT_ROOT, Settings, from_environment
from stylekit.web import guard, health, replies, visitors
from stylekit.web.api import api
from stylekit.web.live import live
from stylekit.web.pages import pages
from stylekit.wiring import Parts

STATIC_SECONDS = 3600


def create_app(settings: Settings | None = None, parts: Parts | None = None) -> Flask:
    """The application, ready for a WSGI server; to be called after the server has forked."""
    settings = settings or (parts.settings if parts else from_environment(os.environ))
    app = Flask("stylekit", root_path=str(PROJECT_ROOT))
    app.extensions["stylekit"] = parts or wiring.build(settings)
    configure(app, settings)
    Bootstrap5(app)
    for part in (guard, visitors, replies, health):
        part.install(app)
    for blueprint in (pages, api, live, health.health):
        app.register_blueprint(blueprint)
    app.add_url_rule("/static/jquery/<path:filename>", "jquery", serve_jquery)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Limits, proxies, and front-end files from the installed packages."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_request_bytes,
        BOOTSTRAP_SERVE_LOCAL=True,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app,
            x_for=settings.proxies,
            x_proto=settings.proxies,
            x_host=settings.proxies,
        )


def serve_jquery(filename: str) -> ResponseReturnValue:
    """jQuery from its installed package."""
    return send_from_directory(Path(jquery.BASE_DIR), filename, max_age=STATIC_SECONDS)
