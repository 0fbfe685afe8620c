"""create_app: the contents page of the web application."""

import os
from dataclasses import replace

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from stylekit import wiring
from stylekit.settings import PROJECT_ROOT, Settings, from_environment
from stylekit.web import (
    assets,
    compat,
    guards,
    health,
    logs,
    metrics,
    places,
    replies,
    sockets,
)
from stylekit.web.api import api
from stylekit.web.jobs import jobs
from stylekit.web.live import live
from stylekit.web.openapi import openapi
from stylekit.web.pages import pages
from stylekit.web.uploads import uploads

STATIC_SECONDS = 3600
MOST_FORM_PARTS = 50


def create_app(settings: Settings | None = None, parts: wiring.Parts | None = None) -> Flask:
    """The application, ready for a WSGI server; to be called after the server has forked."""
    if parts is None:
        parts = wiring.build(settings or from_environment(os.environ))
    settings = settings or parts.settings
    app = Flask("stylekit", root_path=str(PROJECT_ROOT))
    app.extensions["stylekit"] = replace(parts, settings=settings)
    configure(app, settings)
    for each in (places, logs, metrics, guards, replies, health, sockets, assets):
        each.install(app)
    for blueprint in (pages, api, uploads, jobs, live, openapi, health.health, *compat.doors):
        app.register_blueprint(blueprint)
    Compress(app)
    believe_proxies(app, settings.proxies)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Limits of requests, and how answers are written."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_request_bytes,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_STREAMS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]


def believe_proxies(app: Flask, count: int) -> None:
    """Take address, scheme and host from so many proxies, before anything else looks at them."""
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def end_streams(app: Flask) -> None:
    """Let go of whoever listens; they connect again, to the next server."""
    app.extensions[places.NAME].closing.set()
