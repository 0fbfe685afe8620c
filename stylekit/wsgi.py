"""The WSGI application for gunicorn: `gunicorn stylekit.wsgi:app`."""

import atexit
import os
import signal
import sys
from types import FrameType

from flask import Flask
from gunicorn.arbiter import Arbiter

from stylekit.errors import BadSettings
from stylekit.settings import from_environment
from stylekit.web import close_streams, create_app
from stylekit.web.operations import access_log


def close_streams_on_sigterm(app: Flask) -> None:
    """Told to end, a server waits for open answers; live streams would keep it waiting."""
    earlier = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        close_streams(app)
        if callable(earlier):
            earlier(number, frame)

    if callable(earlier):  # only where a server has put its own handler there
        signal.signal(signal.SIGTERM, end)


def refuse_preload() -> None:
    """End in words where gunicorn imports the application before it forks (`--preload`).

    Locks, threads and connections that are made here do not live in a child that is forked later:
    it would answer nothing.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == ("gunicorn.arbiter", "setup"):
            sys.exit("stylekit: gunicorn's --preload (preload_app) cannot be used; start without.")


refuse_preload()
try:
    settings = from_environment(os.environ)
    access_log.set_up(settings.log_format)
    app = create_app(settings)
except BadSettings as error:
    print(f"stylekit: {error}", file=sys.stderr)
    sys.exit(Arbiter.WORKER_BOOT_ERROR)  # with another code gunicorn would start it again for ever
atexit.register(app.extensions["stylekit"].close)
close_streams_on_sigterm(app)
