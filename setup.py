"""Puts the page, templates/ and static/, into the package; pyproject.toml says everything else."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PAGE = ("templates", "static")


class BuildWithPage(build_py):
    """Copies the package, and the page into it. An editable install reads the page where it is."""

    def run(self) -> None:
        """Build as ever, then add the page."""
        super().run()
        if not self.editable_mode:
            for folder in PAGE:
                inside = Path(self.build_lib, "stylekit", folder)
                shutil.copytree(ROOT / folder, inside, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithPage})
