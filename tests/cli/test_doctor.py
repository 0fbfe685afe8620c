"""What is set, what can be reached, and what is missing."""

import pytest

from stylekit.cli.commands import main
from stylekit.cli.doctor import look, told
from stylekit.settings import Settings


@pytest.fixture
def here(tmp_path):
    return Settings(data=tmp_path / "data", secret="hunter2")


def test_a_machine_with_nothing_set_is_well(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("STYLEKIT_DATA", str(tmp_path / "data"))
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok      job table" in said
    assert "24 presets" in said
    assert "FAILED" not in said
    assert f"STYLEKIT_DATA={tmp_path}" in said


def test_what_is_missing_is_named_and_the_rest_is_tried_all_the_same(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    wrong = Settings(
        data=tmp_path / "data",
        styles=str(tmp_path),
        queue="redis://127.0.0.1:9",
        events="redis://127.0.0.1:9",
    )
    failed = {each.what for each in look(wrong) if not each.is_well}
    assert failed == {"data folder", "job table", "pictures", "styles", "events", "queue"}


@pytest.mark.servers
def test_a_broker_and_a_redis_that_answer_are_well(here, rabbitmq, redis_server):
    spread = Settings(data=here.data, queue=rabbitmq.url, events=redis_server.url)
    assert [each.what for each in look(spread) if not each.is_well] == []


def test_no_secret_is_shown(here):
    secrets = Settings(
        data=here.data,
        secret="hunter2",
        api_keys="me:hunter2:5",
        database="postgresql://me:hunter2@db.example/jobs",
        queue="amqp://me:hunter2@mq.example",
    )
    said = "\n".join(told(secrets))
    assert "hunter2" not in said
    assert "STYLEKIT_QUEUE=amqp://…mq.example" in said
