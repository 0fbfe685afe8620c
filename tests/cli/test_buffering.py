"""Slow clients hold no thread: only whole requests get one, and answers leave them at once."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from deploy.processes import free_port
from stylekit.cli.serve import WORKER
from stylekit.settings import PROJECT_ROOT

APP = """
import time

def app(environ, start_response):
    path, body = environ["PATH_INFO"], environ["wsgi.input"].read()
    if path == "/wait":
        time.sleep(float(environ["QUERY_STRING"]))
    answer = b"x" * int(environ["QUERY_STRING"]) if path == "/large" else body or b"here"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A server of two threads."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "small_app.py").write_text(APP)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "small_app:app", "--bind", f"127.0.0.1:{port}",
         "--worker-class", WORKER, "--threads", "2", "--no-control-socket",
         "--graceful-timeout", "1", "--log-level", "warning"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{PROJECT_ROOT}",
             "STYLEKIT_MAX_REQUEST_BYTES": "20000000"},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while True:
        try:
            asked(port)
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(30)


def asked(port, path="/", data=None):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=20) as answer:
        return answer.read()


def connected(port, count=20, say=b""):
    clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(count)]
    for each in clients:
        each.sendall(say)
    return clients


def closed(clients):
    for each in clients:
        each.close()


def some_of(client, most):
    found = client.recv(most)
    assert found, "the connection was closed"
    return found


def answer_of(client):
    """The body of the next answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += some_of(client, 1000)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    while len(body) < length:
        body += some_of(client, 1 << 16)
    return body


HEAD = b"POST /echo HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.parametrize(
    "say",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ",
        HEAD + b"Content-Length: 1000\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        HEAD + b"Content-Length: 10000000000\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 12_000,
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HTTP/1.1\r\nHost:",
    ],
    ids=[
        "mute",
        "a letter",
        "half a head",
        "half a body",
        "some chunks",
        "too large",
        "a long head",
        "half a second request",
    ],
)
def test_twenty_who_have_not_said_all_do_not_hold_two_threads(port, say):
    clients = connected(port, say=say)
    assert asked(port) == b"here"
    closed(clients)


def test_twenty_who_do_not_take_their_answers_do_not_hold_two_threads(port):
    clients = connected(port, say=b"GET /large?4000000 HTTP/1.1\r\nHost: here\r\n\r\n")
    assert asked(port) == b"here"
    assert answer_of(clients[-1]) == b"x" * 4_000_000
    closed(clients)


def test_twenty_who_do_not_close_do_not_hold_the_main_loop(port):
    clients = connected(port, say=b"GET / HTTP/1.0\r\n\r\n")
    for each in clients:
        assert answer_of(each) == b"here"
    assert asked(port) == b"here"
    closed(clients)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_request_that_comes_in_pieces_is_answered(port, step):
    (client,) = connected(port, 1)
    request = HEAD + b"Content-Length: 10\r\n\r\n0123456789"
    for at in range(0, len(request), step):
        client.sendall(request[at : at + step])
    assert answer_of(client) == b"0123456789"
    for _ in range(3):  # the connection is kept
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n")
        assert answer_of(client) == b"four"
    client.sendall(2 * (HEAD + b"Content-Length: 3\r\n\r\ntwo"))
    received = b""
    while received.count(b"two") < 2:
        received += client.recv(1000)
    client.close()


def test_whoever_asks_before_a_body_is_told_to_go_on_once(port):
    (client,) = connected(port, 1, HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"body")
    received = b""
    while b"body" not in received:
        received += client.recv(1000)
    assert b"100 Continue" not in received
    client.close()


def test_a_head_that_does_not_end_is_refused(port):
    (client,) = connected(port, 1)
    client.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 12_000)
    assert client.recv(12) == b"HTTP/1.1 431"
    client.close()
