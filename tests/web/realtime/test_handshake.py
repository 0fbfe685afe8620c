"""Sessions that are broken off by what was sent: no thread waits for somebody who never comes."""

import re
import threading
from dataclasses import replace

import pytest

from stylekit.web import create_app

ANSWER_SECONDS = 20


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("body", ["4" * 2000, "1:0", "0", "nonsense", ""])
def test_a_body_that_cannot_be_read_is_answered_at_once(settings, parts, wait, version, body):
    settings = replace(settings, max_request_bytes=1000)
    app = create_app(settings, replace(parts, settings=settings))
    there = f"/socket.io/?EIO={version}&transport=polling"
    opened = app.test_client().get(there).text
    sid = re.search(r'"sid":"([^"]+)"', opened)[1]
    session = f"{there}&sid={sid}"
    answers = []

    def send():
        sent = app.test_client().post(session, data=body, content_type="text/plain")
        answers.append(sent.status_code)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    assert answers in ([200], [400])
    app.test_client().post(session, data="1:1" if version == 3 else "1", content_type="text/plain")
    assert wait(lambda: app.extensions["stylekit-connection-limit"].taken == 0)
