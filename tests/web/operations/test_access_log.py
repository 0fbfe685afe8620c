"""The lines that a web process writes: one for each request."""

import json
import logging
import subprocess
import sys

from stylekit.settings import PROJECT_ROOT
from tests.fakes import listening
from tests.web.steps import submit

PROGRAM = """
import logging
from flask import Flask
from stylekit.web.operations import access_log
access_log.set_up({form!r})
app = Flask("x")
app.add_url_rule("/jobs/<id>", view_func=str)
known = {{"X-Request-ID": "abcdefgh"}}
with app.test_request_context("/jobs/0123456789abcdef0123456789abcdef", headers=known):
    logging.getLogger("stylekit.x").warning("hello %s", "there")
"""


def written(form):
    program = [sys.executable, "-c", PROGRAM.format(form=form)]
    return subprocess.run(
        program, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stderr


def test_as_json_each_line_has_the_id_of_its_request_and_of_the_job_in_its_address():
    (line,) = map(json.loads, written("json").splitlines())
    assert (line["message"], line["request_id"], line["level"]) == (
        "hello there",
        "abcdefgh",
        "WARNING",
    )
    assert line["job"] == "0123456789ab"


def test_as_text_the_id_of_the_request_comes_first():
    assert "WARNING abcdefgh stylekit.x: job 0123456789ab: hello there" in written("text")


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


def test_the_line_of_a_submission_names_the_job_that_came_of_it(client, caplog):
    with listening(caplog) as lines:
        job = submit(client)
    (line,) = [each for each in lines if each.name == "stylekit.access"]
    assert line.job == job["id"]


def test_an_address_cannot_write_a_line_of_its_own(guest, caplog):
    with caplog.at_level(logging.INFO, logger="stylekit.access"):
        guest.get("/x%0A2026-01-01 INFO - stylekit.access: DELETE /everything 204")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "stylekit.access"]
    assert "\n" not in line
    assert line.startswith("GET /x%0A2026-01-01%20INFO")
