"""One application, and its first visitor."""

import pytest

from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.settings import Settings
from stylekit.web import create_app
from tests.fakes import TintEngine, style_folder
from tests.web.steps import browser


@pytest.fixture
def app(settings, parts):
    """The application on the parts of the test."""
    return create_app(settings, parts)


@pytest.fixture
def client(app):
    """The first visitor, with cookies of their own."""
    return browser(app)


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory):
    """One application for all requests that are refused or leave nothing behind."""
    folder = tmp_path_factory.mktemp("shared")
    settings = Settings(data=folder / "data", secret="s", styles=str(style_folder(folder / "s")))
    engines = Engines({"fast": TintEngine, "gatys": lambda: TintEngine("gatys")})
    built = wiring.build(settings, engines)
    yield create_app(settings, built)
    built.close()


@pytest.fixture
def guest(shared_app):
    """A new visitor of the shared application."""
    return browser(shared_app)
