"""Socket.IO clients of version 2: the bytes that they send and need, and npm's own client."""

import json

import pytest
from engineio.exceptions import UnknownPacketError

from stylekit import images
from stylekit.web import close_streams
from stylekit.web.realtime.engineio3 import decode, encode, in_earlier_words
from tests.fakes import COLORS, picture_bytes, pixels
from tests.web.realtime.socket_node import SocketClient, connecting, fetched, serving, transfer

COMPLETED = "TRANSFER_STYLE_COMPLETED"
POLLING = "/socket.io/?EIO=3&transport=polling&t=Q8YQRHz&b64=1"
TEXT = "text/plain;charset=UTF-8"


class TestBodies:
    """Lengths count UTF-16 code units, as JavaScript does."""

    @pytest.mark.parametrize(
        ("packets", "body"),
        [
            (["2"], "1:2"),
            (["0{}", "40"], "3:0{}2:40"),
            (['42["é€"]'], '8:42["é€"]'),
            (['42["\N{GRINNING FACE}"]', "3"], '8:42["\N{GRINNING FACE}"]1:3'),
        ],
        ids=["ping", "two", "BMP", "beyond it"],
    )
    def test_text(self, packets, body):
        assert encode(packets) == body
        assert decode(body.encode(), TEXT) == packets

    def test_binary_packets_as_base64_and_as_bytes(self):
        assert decode(b'9:451-["x"]10:b4AQIDBA==', TEXT)[1] == b"\4\1\2\3\4"
        body = b"\0\1\377" + b"2" + b"\1\3\377" + b"\4\1\2" + b"\0\1\0\377" + '42["é"]__'.encode()
        found = decode(body, "application/octet-stream")
        assert found == ["2", b"\4\1\2", '42["é"]__']

    @pytest.mark.parametrize(
        "body",
        [b"2", b":2", b"0:", b"x:2", b"9:2", b"-1:2", b"1:2" * 65, b"99999999999999:2", b"\xff"],
    )
    @pytest.mark.parametrize("kind", [TEXT, "application/octet-stream"])
    def test_what_is_no_body_is_refused(self, body, kind):
        with pytest.raises(UnknownPacketError):
            decode(body, kind)

    @pytest.mark.parametrize(
        ("now", "earlier"),
        [
            ('0{"sid":"x","pid":"y"}', "0"),
            ('0/place,{"sid":"x"}', "0/place"),
            ('4{"message":"no key"}', '4"no key"'),
            ('31["é",{"a":1}]', '31["é",{"a":1}]'),
            ('2["TRANSFER_STYLE_COMPLETED",{}]', '2["TRANSFER_STYLE_COMPLETED",{}]'),
        ],
    )
    def test_socket_io_packets_in_the_words_of_version_2(self, now, earlier):
        assert in_earlier_words(now) == earlier


class TestPolling:
    """A session, byte for byte."""

    @staticmethod
    def opened(client):
        """The session's address, from its first answer: the socket's id, and it is connected."""
        answer = client.get(POLLING)
        assert answer.content_type == "text/plain; charset=UTF-8"
        length, _, rest = answer.text.partition(":")
        first, connected = rest[: int(length)], rest[int(length) :]
        assert (first[0], connected) == ("0", "2:40")
        welcome = json.loads(first[1:])
        assert set(welcome) == {"sid", "upgrades", "pingInterval", "pingTimeout"}
        assert (welcome["upgrades"], welcome["pingInterval"]) == (["websocket"], 25_000)
        return f"{POLLING}&sid={welcome['sid']}"

    @staticmethod
    def post(client, session, body, kind=TEXT):
        return client.post(session, data=body, content_type=kind)

    def test_an_event_and_its_answer(self, client):
        session = self.opened(client)
        sent = self.post(client, session, '19:420["LIST_STYLES"]')
        assert (sent.status_code, sent.text) == (200, "OK")
        length, _, packet = client.get(session).text.partition(":")
        assert len(packet) == int(length)
        assert packet.startswith('430[null,["http://localhost/styles/vermilion.png",')

    def test_a_ping_is_answered_with_a_pong(self, client):
        session = self.opened(client)
        assert self.post(client, session, "1:2").status_code == 200
        assert client.get(session).text == "1:3"
        self.post(client, session, "6:2probe")
        assert client.get(session).text == "6:3probe"

    def test_a_picture_of_ones_own_as_bytes(self, client, transfers):
        session = self.opened(client)
        photo = images.data_url(picture_bytes(40, 60, "jpeg"))
        event = (
            f'451-0["TRANSFER_STYLE",{{"image":"{photo}","style":{{"_placeholder":true,"num":0}}}}]'
        )
        style = picture_bytes(64, 64, color=COLORS["indigo"])
        packets = ((0, event.encode()), (1, b"\4" + style))
        body = b"".join(
            bytes([kind, *map(int, str(len(data)))]) + b"\377" + data for kind, data in packets
        )
        assert self.post(client, session, body, "application/octet-stream").status_code == 200
        text = client.get(session).text
        id = json.loads(text[text.index("[") :])[1]["requestId"]
        assert transfers.access.find(id).style_id is None

    def test_closing_frees_the_place(self, client, app, wait):
        session = self.opened(client)
        places = app.extensions["stylekit-connection-limit"]
        assert places.taken == 1
        assert self.post(client, session, "2:411:1").status_code == 200
        assert wait(lambda: places.taken == 0)
        assert client.get(session).status_code == 400

    def test_a_body_that_is_none_ends_the_session(self, client, app):
        session = self.opened(client)
        assert self.post(client, session, "nonsense").status_code == 400
        assert app.extensions["stylekit-connection-limit"].taken == 0

    def test_another_version_is_refused(self, client):
        assert client.get("/socket.io/?EIO=2&transport=polling").status_code == 400

    def test_a_foreign_page_is_refused(self, client):
        assert (
            client.get(POLLING, headers={"Origin": "https://elsewhere.example"}).status_code == 400
        )


@pytest.mark.browser
class TestClient:
    """npm's socket.io-client 2.2.0."""

    @pytest.fixture
    def connect(self):
        with connecting(version=2) as connect:
            yield connect

    @pytest.fixture
    def address(self, app):
        with serving(app) as address:
            yield address
            close_streams(app)

    @pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
    def test_a_painting_is_ordered_and_arrives(self, connect, address, transports):
        client = connect(address, transports=transports)
        error, styles = client.emit("LIST_STYLES")
        assert (error, len(styles)) == (None, 3)
        id = transfer(client, style="indigo", isPrivate=False)
        url = client.wait_for(f"{COMPLETED}::{id}")["result"]
        assert client.wait_for(COMPLETED) == {"result": url}
        assert client.emit("LIST_IMAGES") == [None, [url]]
        assert pixels(fetched(url)).shape == (40, 60, 3)

    def test_the_feed_finds_the_photograph_beside_the_painting(self, connect, address):
        client = connect(address)
        transfer(client, style="indigo", isPrivate=False)
        painting = client.wait_for(COMPLETED)["result"]
        photograph = painting.replace("/output/", "/input/")
        assert photograph != painting
        assert pixels(fetched(photograph)).shape == (40, 60, 3)
        assert fetched(photograph) != fetched(painting)

    def test_both_versions_hear_of_each_other(self, connect, address):
        earlier = connect(address)
        with connecting(version=4) as connect_now:
            id = transfer(connect_now(address), isPrivate=False)
            assert f"/{id}." in earlier.wait_for(COMPLETED)["result"]

    def test_a_wrong_request_is_refused_in_words(self, connect, address):
        (error,) = connect(address).emit("TRANSFER_STYLE", {})
        assert (error["code"], "image is missing" in error["message"]) == ("bad_request", True)

    def test_who_is_refused_is_told_why(self, address):
        client = SocketClient(
            address,
            version=2,
            transportOptions={"polling": {"extraHeaders": {"Authorization": "Bearer wrong"}}},
        )
        assert client.wait_for("error") == "This API key is not known here."
        client.close()

    def test_when_the_server_ends_it_is_let_go(self, app, connect, address):
        client = connect(address)
        close_streams(app)
        assert client.wait_for("disconnect")
