"""A painter that is not ours, for tests of the engine and of how models are loaded."""

import pytest

from tests.engines.small_painter import save_model


@pytest.fixture(scope="module")
def painter(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("painter"))
