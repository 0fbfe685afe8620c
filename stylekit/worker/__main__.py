"""`python -m stylekit.worker` runs a worker."""

import sys

from stylekit.worker.app import main

if __name__ == "__main__":
    sys.exit(main())
