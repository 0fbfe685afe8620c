"""Socket.IO as the earlier socket client speaks it, with npm's own client."""

import urllib.error
from dataclasses import replace

import pytest

from stylekit.errors import PaintingFailed
from stylekit.transfers.access import Caller
from stylekit.web import close_streams, create_app
from tests.fakes import pixels
from tests.servers import installed_servers, redis_server  # noqa: F401
from tests.web.realtime.socket_node import (
    PHOTO,
    STYLE,
    SocketClient,
    connecting,
    fetched,
    serving,
    transfer,
)

pytestmark = pytest.mark.browser

COMPLETED = "TRANSFER_STYLE_COMPLETED"


@pytest.fixture
def connect():
    """`connect(address, **options)`: a client that has connected."""
    with connecting(version=4) as connect:
        yield connect


@pytest.fixture
def address(app):
    with serving(app) as address:
        yield address
        close_streams(app)


def status_of(url):
    try:
        return len(fetched(url)) and 200
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("transports", [["polling", "websocket"], ["websocket"], ["polling"]])
def test_a_painting_is_ordered_and_arrives(connect, address, transports):
    client = connect(address, transports=transports)
    id = transfer(client, isPrivate=True)
    result = client.wait_for(f"{COMPLETED}::{id}")["result"]
    assert result.startswith(address)
    assert pixels(fetched(result)).shape == (40, 60, 3)


def test_styles_are_listed_and_are_styles_by_name_file_or_address(connect, address, transfers):
    client = connect(address)
    error, urls = client.emit("LIST_STYLES")
    assert (error, len(urls)) == (None, 3)
    assert all(pixels(fetched(url)).shape == (64, 64, 3) for url in urls)
    for style in ("indigo", "Indigo", "indigo.png", urls[2]):
        assert transfers.access.find(transfer(client, style=style)).style_id == "indigo"


def test_a_private_result_reaches_its_owner_alone(connect, address):
    client, stranger = connect(address), connect(address)
    id = transfer(client)  # private is what a client gets that does not say
    client.wait_for(f"{COMPLETED}::{id}")
    public = transfer(client, isPrivate=False, style="indigo")
    assert stranger.wait_for(COMPLETED)["result"].endswith(f"/public/output/{public}.jpeg")
    assert stranger.heard() == []
    assert client.emit("LIST_IMAGES") == stranger.emit("LIST_IMAGES")


def test_a_public_result_reaches_everybody_and_the_list(connect, address):
    client, stranger = connect(address), connect(address)
    id = transfer(client, isPrivate=False)
    url = client.wait_for(f"{COMPLETED}::{id}")["result"]
    assert client.wait_for(COMPLETED) == stranger.wait_for(COMPLETED) == {"result": url}
    assert stranger.emit("LIST_IMAGES") == [None, [url]]
    assert pixels(fetched(url)).shape == (40, 60, 3)


def test_what_was_shown_to_everybody_has_its_photograph_beside_it(connect, address, parts):
    client = connect(address)
    job = parts.jobs.get(transfer(client, isPrivate=False))
    painting = client.wait_for(COMPLETED)["result"]
    photograph = painting.replace("/output/", "/input/")
    assert fetched(photograph) == parts.results.content(job.id)[0]
    assert not parts.jobs.get(transfer(client, isPrivate=True)).photo_shared
    parts.transfers.set_photo_shared(job.id, Caller(owner=job.owner), False)
    assert fetched(photograph) == fetched(painting)  # no broken picture in the earlier feed


def test_the_same_order_in_private_stays_private(connect, address):
    client = connect(address)
    shown = transfer(client, isPrivate=False)
    listed = client.wait_for(COMPLETED)["result"]
    private = transfer(client, isPrivate=True)
    assert private != shown
    assert "/results/" in client.wait_for(f"{COMPLETED}::{private}")["result"]
    assert client.emit("LIST_IMAGES") == [None, [listed]]


def test_a_private_link_hides_the_id_and_expires(settings, parts, connect, wait):
    parts = replace(parts, settings=replace(settings, link_seconds=5))
    with serving(create_app(parts.settings, parts)) as address:
        client = connect(address)
        id = transfer(client)
        url = client.wait_for(f"{COMPLETED}::{id}")["result"]
        assert id not in url
        assert status_of(url) == 200
        wait(lambda: status_of(url) == 410)
        assert status_of(url[:-1]) == 404
        client.do("disconnect")


def test_whoever_breaks_off_and_comes_back_by_another_socket_gets_the_result(
    connect, address, fast
):
    fast.go_on.clear()
    client = connect(address)
    id = transfer(client)
    client.do("drop")
    client.wait_for("disconnect")
    client.wait_for("connect")
    fast.go_on.set()
    assert pixels(fetched(client.wait_for(f"{COMPLETED}::{id}")["result"])).shape == (40, 60, 3)


def test_what_ended_while_its_owner_was_away_is_told_when_they_are_back(
    connect, address, fast, transfers
):
    fast.go_on.clear()
    client = connect(address)
    id = transfer(client)
    client.do("disconnect")
    client.wait_for("disconnect")
    fast.go_on.set()
    transfers.wait(id, 60)
    client.do("connect")
    assert client.wait_for(f"{COMPLETED}::{id}")["result"].startswith(address)


def test_another_client_that_knows_the_id_may_ask_for_the_result(connect, address):
    id = transfer(connect(address))
    other = connect(address)
    error, answer = other.emit("TRANSFER_STYLE_RESULT", {"requestId": id})
    assert (error, answer["requestId"]) == (None, id)
    assert other.wait_for(f"{COMPLETED}::{id}")["result"].startswith(address)


def test_a_failure_says_why(connect, address, fast):
    fast.fail_with = PaintingFailed("The loss is not finite.")
    client = connect(address)
    id = transfer(client)
    assert client.wait_for(f"TRANSFER_STYLE_FAILED::{id}") == {"error": "The loss is not finite."}


def test_wrong_requests_are_refused_in_words(connect, address):
    client = connect(address)
    for args, code, words in [
        ([], "bad_request", "needs an object"),
        (["x"], "bad_request", "needs an object"),
        ([{}], "bad_request", "image is missing"),
        ([{"image": 7, "style": STYLE}], "bad_request", "image has to be"),
        ([{"image": "!!", "style": STYLE}], "bad_picture", "image: "),
        ([{"image": PHOTO}], "bad_request", "style is missing"),
        ([{"image": PHOTO, "style": "indgo"}], "style_not_found", "did you mean indigo"),
        ([{"image": PHOTO, "style": {"py/object": "x"}}], "bad_option", "style is"),
        ([{"image": PHOTO, "style": STYLE, "isPrivate": "no"}], "bad_option", "isPrivate is"),
    ]:
        (error,) = client.emit("TRANSFER_STYLE", *args)
        assert error["code"] == code
        assert words in error["message"]
    (error,) = client.emit("TRANSFER_STYLE_RESULT", {"requestId": "x"})
    assert error["code"] == "job_not_found"


def test_sockets_beyond_the_cap_are_refused_and_places_come_free(settings, parts, connect, wait):
    parts = replace(parts, settings=replace(settings, max_streams=1))
    app = create_app(parts.settings, parts)
    with serving(app) as address:
        client = connect(address)
        assert status_of(f"{address}/socket.io/?EIO=4&transport=polling") == 503
        client.do("disconnect")
        assert wait(lambda: status_of(f"{address}/socket.io/?EIO=4&transport=polling") == 200)
        close_streams(app)


def test_where_there_are_keys_a_socket_needs_one(settings, parts, connect):
    parts = replace(parts, settings=replace(settings, api_keys="me:secret:60"))
    app = create_app(parts.settings, parts)
    with serving(app) as address:
        (error,) = connect(address).emit("TRANSFER_STYLE", {"image": PHOTO, "style": STYLE})
        assert error["code"] == "key_needed"
        client = connect(address, extraHeaders={"Authorization": "Bearer secret"})
        assert parts.access.find(transfer(client)).owner == "key:me"
        close_streams(app)


def test_a_page_of_another_origin_is_not_let_in_unless_the_settings_name_it(
    settings, parts, connect
):
    foreign = {"extraHeaders": {"Origin": "https://site.example"}}
    named = replace(settings, cors_origins="https://site.example")
    with serving(create_app(settings, parts)) as address:
        client = SocketClient(address, **foreign)
        assert client.wait_for("connect_error")
        client.close()
    with serving(create_app(named, replace(parts, settings=named))) as address:
        transfer(connect(address, **foreign))


def test_when_the_server_ends_sockets_are_let_go(app, connect, address):
    client = connect(address)
    close_streams(app)
    assert client.wait_for("disconnect")
    for _ in range(2):  # it comes back before the server is gone, and is let go again
        client.wait_for("connect")
        client.wait_for("disconnect")


@pytest.mark.servers
def test_many_servers_tell_each_others_sockets(settings, fast, gatys, connect, redis_server):  # noqa: F811
    from stylekit import wiring
    from stylekit.engines.registry import Engines

    settings = replace(settings, events=redis_server.url)
    engines = Engines({"fast": lambda: fast, "gatys": lambda: gatys})
    parts = [wiring.build(settings, engines) for _ in range(2)]
    apps = [create_app(settings, each) for each in parts]
    with serving(apps[0]) as here, serving(apps[1]) as there:
        client, stranger = connect(here), connect(there)
        id = transfer(client, isPrivate=False)
        assert client.wait_for(f"{COMPLETED}::{id}")
        assert stranger.wait_for(COMPLETED)["result"].startswith(there)
        for app in apps:
            close_streams(app)
    for each in parts:
        each.close()
