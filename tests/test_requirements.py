"""requirements.txt and pyproject.toml name the same packages; the pins are within the ranges."""

import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stylekit.settings import PROJECT_ROOT

OF_A_SERVER = ("bucket", "cluster", "hub", "tensorflow")
"""The extras that a server may be told to use by settings alone."""


def by_name(lines):
    return {canonicalize_name(each.name): each for each in map(Requirement, lines)}


def project():
    return tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]


def test_a_server_gets_all_that_its_settings_can_ask_for_pinned_within_the_ranges():
    ranges = by_name(project()["dependencies"])
    for extra in OF_A_SERVER:
        ranges |= by_name(project()["optional-dependencies"][extra])
    del ranges["stylekit"]  # an extra that takes in another
    pins = by_name((PROJECT_ROOT / "requirements.txt").read_text().split())
    assert set(pins) == set(ranges)
    for name, pin in pins.items():
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert ranges[name].specifier.contains(exact.version), name
        assert pin.extras == ranges[name].extras


def test_extras_are_named_in_the_readme():
    readme = (PROJECT_ROOT / "README.md").read_text()
    for extra in set(project()["optional-dependencies"]) - {"dev"}:
        assert f"`{extra}`" in readme
