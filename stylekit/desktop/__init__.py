"""The desktop window (PySide6)."""

import sys

from stylekit.settings import is_installed


def main() -> int:
    """What the program `stylekit-desktop` starts."""
    if not is_installed("PySide6"):
        print(
            "The window needs the extra desktop: pip install 'stylekit[desktop]'.", file=sys.stderr
        )
        return 1
    from stylekit.desktop.window import open_window

    return open_window()
