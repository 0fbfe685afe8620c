"""Sessions that are broken off by what was sent: no thread waits for somebody who never comes."""

import logging
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


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    "packet",
    [
        "4[" + "{}," * 20_000 + "{}]",
        '42["LIST_STYLES",' + "[]," * 20_000 + "[]]",
        '42["LIST_STYLES",' + "[" * 9_000 + "]" * 9_000 + "]",
        "42[",
        "42{}",
        "49",
        '451-["LIST_STYLES",{"_placeholder":true,"num":7}]',
    ],
    ids=["values", "values of an event", "depth", "half", "no list", "no type", "binary"],
)
def test_a_packet_of_many_values_or_none_ends_the_connection_with_one_line_in_the_log(
    app, wait, caplog, version, packet
):
    there = f"/socket.io/?EIO={version}&transport=polling"
    client, taken = app.test_client(), app.extensions["stylekit-connection-limit"]
    sid = re.search(r'"sid":"([^"]+)"', client.get(there).text)[1]
    session = f"{there}&sid={sid}"

    def send(text):
        data = f"{len(text)}:{text}" if version == 3 else text
        return client.post(session, data=data, content_type="text/plain")

    send("40")
    with caplog.at_level(logging.INFO):
        send(packet)
        if packet.startswith("45"):
            send("bAAAA" if version == 4 else "b4AAAA")
    assert wait(lambda: taken.taken == 0)
    lines = [each for each in caplog.records if not each.name.endswith("access_log")]
    assert [each.exc_info for each in lines] == [None]
    assert len(lines[0].getMessage()) < 300
    assert send("2").status_code == 400
