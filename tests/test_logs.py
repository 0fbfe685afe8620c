"""The log, as each program writes it."""

import json
import subprocess
import sys

import pytest

from stylekit.settings import PROJECT_ROOT
from tests.fakes import job_order, listening

ID = "0123456789abcdef0123456789abcdef"
SHOWN = "0123456789ab"

PROGRAM = f"""
import logging, sys, threading
from contextvars import copy_context
from stylekit import logs
logs.set_up(sys.argv[1])
log = logging.getLogger("stylekit.x")
log.warning("hello %s", "there")
with logs.about("{ID}"):
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("broke")
    thread = threading.Thread(target=copy_context().run, args=(log.info, "from a thread"))
    thread.start()
    thread.join()
log.info("afterwards, of jobs/{ID}/content.png")
logging.getLogger("gunicorn.error").error("the server's own")
logging.getLogger("alembic").info("of no interest")
"""


def written(form, program=PROGRAM):
    command = [sys.executable, "-c", program, form]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return done.stderr


def test_as_json_each_line_is_one_object_with_the_job_that_it_is_about():
    lines = [json.loads(line) for line in written("json").splitlines()]
    assert [(line["message"], line.get("job")) for line in lines] == [
        ("hello there", None),
        ("broke", SHOWN),
        ("from a thread", SHOWN),
        (f"afterwards, of jobs/{SHOWN}/content.png", None),
        ("the server's own", None),
    ]
    assert (lines[0]["level"], lines[0]["logger"]) == ("WARNING", "stylekit.x")
    assert "ZeroDivisionError" in lines[1]["exception"]


def test_as_text_it_is_read_by_people():
    assert "WARNING - stylekit.x: hello there" in written("text")
    assert f"ERROR - stylekit.x: job {SHOWN}: broke\nTraceback" in written("text")


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_can_open_a_picture_with_what_is_in_a_log(form):
    assert ID not in written(form)


def test_the_way_of_a_job_can_be_read_in_the_log(transfers, caplog):
    with listening(caplog) as records:
        job = transfers.wait(transfers.submit(job_order()).id, 60)
    told = [each.getMessage() for each in records if each.job == job.id]
    assert sorted(line.partition(" engine")[0].partition(" status")[0] for line in told) == [
        "job ended",
        "job started",
        "job submitted",
    ]


def test_a_job_that_fails_says_so_in_the_log(transfers, gatys, caplog):
    gatys.fail_with = ValueError("no such brush")
    with listening(caplog) as records:
        job = transfers.wait(transfers.submit(job_order()).id, 60)
    told = [each.getMessage() for each in records if each.job == job.id]
    assert any(line.startswith("painting error") for line in told)
    assert any(line.startswith("job ended status=failed") for line in told)
