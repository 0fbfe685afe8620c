"""A server that is killed in the middle of ten jobs loses none of them."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from stylekit.jobs import JobStore, Status
from stylekit.settings import PROJECT_ROOT
from stylekit.storage import open_store
from tests.fakes import pixels, run_out
from tests.painting.process import settings_in

JOBS = 10


@contextmanager
def server(folder, engines, how_many):
    """A process that paints; it is killed at the end, and nothing in it can clean up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.painting.process", str(folder), engines, str(how_many)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "2", "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    try:
        assert process.stdout.readline() == "submitted\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def stands_still(process, question):
    """Stop a process at a moment when it is so; whether that came about."""
    if question():
        process.send_signal(signal.SIGSTOP)
        if question():
            return True
        process.send_signal(signal.SIGCONT)
    return False


@pytest.mark.parametrize(
    ("engines", "servers"), [("tinting", 2), pytest.param("real", 1, marks=pytest.mark.tensorflow)]
)
def test_ten_jobs_survive_a_kill_in_the_middle(tmp_path, wait, engines, servers):
    settings = settings_in(tmp_path)
    table = JobStore(settings.database_url)

    def jobs():
        return table.queries.of_owner("me", limit=100)

    def count(status):
        return sum(job.status == status for job in jobs())

    def is_in_the_middle():
        return count(Status.DONE) >= 2 and count(Status.RUNNING) >= 1

    with server(tmp_path, engines, JOBS) as process:
        wait(lambda: stands_still(process, is_in_the_middle), seconds=300)
    interrupted = [job.id for job in jobs() if job.status == Status.RUNNING]
    assert interrupted
    assert count(Status.DONE) < JOBS
    for id in interrupted:
        run_out(table, id)

    with ExitStack() as restarted:
        for _ in range(servers):  # two share the work and paint nothing twice
            restarted.enter_context(server(tmp_path, engines, 0))
        wait(lambda: count(Status.DONE) == JOBS, seconds=400)
    assert {job.id for job in jobs() if job.attempts == 2} == set(interrupted)
    assert {job.attempts for job in jobs()} == {1, 2}
    files = open_store(settings.storage_url)
    for job in jobs():
        assert pixels(files.read(job.result_key)).shape == (48, 64, 3)
    table.close()
