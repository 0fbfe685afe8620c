import dataclasses

import pytest

from stylekit.errors import BadSettings
from stylekit.settings import Settings, from_environment


def test_an_empty_environment_gives_the_defaults():
    assert from_environment({}) == Settings()


def test_a_variable_is_read_in_the_kind_of_its_default():
    settings = from_environment(
        {"PORT": "9000", "STYLEKIT_KEEP_DAYS": "0.5", "STYLEKIT_DATA": "/d"}
    )
    assert (settings.port, settings.keep_days) == (9000, 0.5)
    assert settings.storage_url == "/d/files"


def test_an_empty_variable_keeps_the_default():
    assert from_environment({"PORT": "", "STYLEKIT_MODEL": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "99999"),
        ("STYLEKIT_PAINTERS", "0"),
        ("STYLEKIT_MAX_PIXELS", "-1"),
        ("STYLEKIT_KEEP_DAYS", "nan"),
        ("STYLEKIT_WAIT_SECONDS", "inf"),
        ("STYLEKIT_LOG_FORMAT", "jsn"),
        ("STYLEKIT_QUEUE", "rabbit"),
        ("STYLEKIT_EVENTS", "amqp://h"),
        ("STYLEKIT_MAX_STREAMS", "32"),
        ("STYLEKIT_THREADS", "8"),
        ("STYLEKIT_WAITING_PAINTERS", "23"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(BadSettings, match=name):
        from_environment({name: value})


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(BadSettings) as refusal:
        from_environment({"STYLEKIT_QUEUE": "me:hunter2@host"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "broker", "paints_here"),
    [
        ({}, "", True),
        ({"queue": "rediss://h"}, "redis", False),
        ({"queue": "amqp://h", "storage": "gs://pictures"}, "amqp", False),
    ],
)
def test_how_the_parts_are_spread_is_said_in_one_place(changes, broker, paints_here):
    topology = Settings(**changes).topology
    assert (topology.broker, topology.paints_here) == (broker, paints_here)
    assert topology.has_bucket == ("storage" in changes)


def test_a_misspelt_setting_is_refused_by_name():
    with pytest.raises(BadSettings, match="STYLEKIT_MAX_PIXEL;"):
        from_environment({"STYLEKIT_MAX_PIXEL": "1"})


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1
