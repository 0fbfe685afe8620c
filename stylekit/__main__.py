"""`python -m stylekit` is the command line."""

import sys

from stylekit.cli.commands import program

if __name__ == "__main__":
    sys.exit(program())
