"""The web application: what gunicorn and App Engine import; `python main.py` runs it here."""

import sys

from stylekit.web import create_app

if __name__ == "__main__":
    from stylekit.cli import main

    sys.exit(main(["serve"]))

app = create_app()
