"""A server that is killed is gone, with all that it started, when `kill` returns."""

import sys

import pytest

from deploy.cluster import revive
from deploy.processes import Server

# It starts one like PostgreSQL's, which has a session of its own and notices our end a little late.
CHILD = """
import os, time
while os.getppid() == {0}:
    time.sleep(0.01)
time.sleep(0.5)
print("ended")
"""
PARENT = f"""
import os, subprocess, sys, time
child = [sys.executable, "-c", {CHILD!r}.format(os.getpid())]
subprocess.Popen(child, start_new_session=True, close_fds=False)
print("started", flush=True)
time.sleep(60)
"""


class WithALateChild(Server):
    name = "late"
    url = ""

    def command(self):
        return [sys.executable, "-c", PARENT]

    def answers(self):
        return self.said() != []

    def said(self):
        return (self.folder / "log").read_text().split()


@pytest.fixture
def server():
    server = WithALateChild()
    server.start()
    yield server
    server.close()


def test_killing_waits_for_children_in_sessions_of_their_own(server):
    server.kill()
    assert server.said() == ["started", "ended"]


def test_what_ended_by_itself_is_waited_for_before_the_next_start(server):
    server.process.kill()
    server.process.wait()
    server.launch()
    assert server.said()[:2] == ["started", "ended"]


def test_a_server_that_ended_by_itself_is_started_again_and_one_that_was_stopped_is_not(server):
    revive([server], [])
    assert server.said() == ["started"]
    server.process.kill()
    server.process.wait()
    revive([server], [])
    server.wait_until_it_answers()
    assert not server.has_ended()
    server.stop()
    revive([server], [])
    assert server.process is None
