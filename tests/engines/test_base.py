import pytest

from stylekit.engines.base import FastOptions, GatysOptions
from stylekit.engines.registry import options_from
from stylekit.errors import BadOption


def test_options_left_out_keep_their_defaults():
    assert options_from("fast", {}) == FastOptions()
    assert options_from("gatys", {"seed": 3}) == GatysOptions(seed=3)


def test_lists_from_json_become_tuples():
    assert options_from("gatys", {"style_layers": [1, 0, 0, 0, 2.5]}).style_layers[-1] == 2.5


@pytest.mark.parametrize(
    ("engine", "values", "words"),
    [
        ("fast", {"strength": 1.5}, "1.5.*0 to 1"),
        ("fast", {"strength": float("nan")}, "nan.*0 to 1"),
        ("fast", {"strength": "strong"}, "'strong'"),
        ("fast", {"strength": True}, "True"),
        ("fast", {"preserve_colors": "yes"}, "true or false"),
        ("fast", {"iterations": 3}, "no option 'iterations'"),
        ("gatys", {"iterations": 10.5}, "whole number"),
        ("gatys", {"max_side": 100_000}, "100000.*64 to 2048"),
        ("gatys", {"start": "nowhere"}, "nowhere"),
        ("gatys", {"start": ["noise"]}, "noise"),
        ("gatys", {"style_layers": [1, 2]}, "needs 5"),
        ("gatys", {"style_layers": [1, 2, 3, 4, -5]}, "-5"),
        ("oil", {}, "no engine 'oil'"),
    ],
)
def test_a_bad_option_is_named_with_its_value_and_limits(engine, values, words):
    with pytest.raises(BadOption, match=words):
        options_from(engine, values)
