"""The web application: create_app installs its parts."""

import os
from dataclasses import replace

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from stylekit import wiring
from stylekit.settings import PAGE_ROOT, Settings, from_environment
from stylekit.web import assets, errors, languages, legacy
from stylekit.web.api.jobs import jobs
from stylekit.web.api.openapi import openapi
from stylekit.web.api.transfers import api
from stylekit.web.api.uploads import uploads
from stylekit.web.operations import access_log, health, metrics
from stylekit.web.pages import pages
from stylekit.web.realtime import connection_limit, socketio
from stylekit.web.realtime.sse import live
from stylekit.web.security import middleware

STATIC_SECONDS = 3600
MAX_FORM_PARTS = 50


def create_app(settings: Settings | None = None, parts: wiring.Parts | None = None) -> Flask:
    """The application, ready for a WSGI server; to be called after the server has forked."""
    if parts is None:
        parts = wiring.build(settings or from_environment(os.environ))
    settings = settings or parts.settings
    app = Flask("stylekit", root_path=str(PAGE_ROOT))
    app.extensions["stylekit"] = replace(parts, settings=settings)
    configure(app, settings)
    # In this order: hooks of the first run first before a request, and last after it.
    modules = (
        connection_limit,
        access_log,
        metrics,
        middleware,
        errors,
        health,
        socketio,
        assets,
        languages,
    )
    for each in modules:
        each.install(app)
    for blueprint in (pages, api, uploads, jobs, live, openapi, health.health, *legacy.blueprints):
        app.register_blueprint(blueprint)
    Compress(app)
    trust_proxies(app, settings.proxies)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Limits of requests, and how answers are written."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_request_bytes,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_STREAMS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]


def trust_proxies(app: Flask, count: int) -> None:
    """Take address, scheme and host from the headers of so many proxies."""
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def close_streams(app: Flask) -> None:
    """End all live connections; clients reconnect, to the next server."""
    app.extensions[connection_limit.NAME].closing.set()
