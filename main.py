"""The web application: what gunicorn and App Engine import; `python main.py` runs it here."""

import sys

if __name__ == "__main__":
    from stylekit.cli.commands import main

    sys.exit(main(["serve"]))

from stylekit.wsgi import app as app
