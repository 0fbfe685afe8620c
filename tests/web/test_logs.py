"""The log, as the program itself writes it."""

import json
import logging
import subprocess
import sys

import pytest

from stylekit.settings import PROJECT_ROOT

PROGRAM = """
import logging
from flask import Flask, g
from stylekit.web import logs
logs.set_up({form!r})
with Flask("x").test_request_context():
    g.request_id = "abc"
    logging.getLogger("stylekit.x").warning("hello %s", "there")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("stylekit.x").exception("broke")
"""


def written(form):
    program = [sys.executable, "-c", PROGRAM.format(form=form)]
    return subprocess.run(
        program, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stderr


def test_as_json_each_line_is_one_object_with_the_id_of_its_request():
    first, second = map(json.loads, written("json").splitlines())
    assert (first["message"], first["request_id"], first["level"]) == (
        "hello there",
        "abc",
        "WARNING",
    )
    assert "ZeroDivisionError" in second["exception"]


@pytest.mark.parametrize("form", ["text"])
def test_as_text_it_is_read_by_people(form):
    assert "WARNING abc stylekit.x: hello there" in written(form)


def test_each_request_is_one_line_without_its_query(guest, caplog):
    with caplog.at_level(logging.INFO, logger="stylekit.access"):
        guest.get("/api/v1/styles?secret=1")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "stylekit.access"]
    assert line.startswith("GET /api/v1/styles 200 ")
    assert "secret" not in line


def test_what_machines_ask_all_the_time_is_not_noted(guest, caplog):
    with caplog.at_level(logging.INFO, logger="stylekit.access"):
        for address in ("/readyz", "/healthz", "/metrics", "/static/css/base.css"):
            guest.get(address).close()
    assert [each for each in caplog.records if each.name == "stylekit.access"] == []
