"""Which engines there are, and what the rest of the program reads of them."""

from dataclasses import fields

import pytest

from stylekit.engines.registry import ENGINES, Engines, build_engines, options_from
from stylekit.errors import BadOption
from stylekit.settings import Settings


@pytest.mark.parametrize("spec", ENGINES.values(), ids=ENGINES)
def test_every_label_is_an_option_of_its_engine(spec):
    assert set(spec.labels) <= {each.name for each in fields(spec.options)}
    assert options_from(spec.name, {}) == spec.options()


def test_an_engine_is_built_once_and_may_ask_for_another():
    built = []
    engines = Engines(
        {"one": lambda: built.append("one") or "1", "two": lambda: engines.get("one") + "2"}
    )
    assert (engines.get("two"), engines.get("two"), built) == ("12", "12", ["one"])


def test_an_unknown_engine_is_refused_with_the_names_of_those_there_are():
    for ask in (build_engines(Settings()).get, lambda name: options_from(name, {})):
        with pytest.raises(BadOption, match="no engine 'oil'; there are fast, gatys"):
            ask("oil")
