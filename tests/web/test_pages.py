"""The pages as a program reads them; tests/browser looks at them as people do."""

import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest

from stylekit.engines.registry import ENGINES
from stylekit.transfers.requests import Order
from stylekit.web import create_app
from tests.fakes import COLORS, picture_bytes
from tests.web.steps import browser

PAGES = ("/", "/feed", "/mine")


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and the text of its script elements."""

    def __init__(self, html):
        super().__init__()
        self.found, self.scripts, self.inside = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script" and data.strip():
            self.scripts.append(data)


def fetch(client, address):
    """Status and bytes; the file behind them is closed."""
    with client.get(address) as answer:
        return answer.status_code, answer.get_data()


@pytest.fixture
def job(transfers, wait):
    """A finished painting."""
    made = transfers.submit(
        Order(content=picture_bytes(), style="indigo", engine="gatys", owner="somebody")
    )
    return wait(lambda: (found := transfers.access.find(made.id)).status.is_final and found)


def test_the_home_page_offers_every_preset(client):
    html = client.get("/").get_data(as_text=True)
    for name in COLORS:
        assert f'value="{name}"' in html
        assert client.get(f"/api/v1/styles/{name}/picture").status_code == 200


def test_a_server_whose_workers_paint_does_not_promise_the_photo_in_every_style(settings, parts):
    elsewhere = replace(settings, queue="redis://localhost")
    for each, words in ((settings, "See it in 3 styles at once"), (elsewhere, "Choose one of 3")):
        html = browser(create_app(each, replace(parts, settings=each))).get("/").text
        assert words in html
        assert ('data-tiles="yes"' in html) == (each is settings)


def test_the_home_page_tells_the_limits_of_the_server(client, settings):
    html = client.get("/").get_data(as_text=True)
    for name in ("max_picture_bytes", "max_request_bytes", "max_pixels"):
        assert f'data-{name.replace("_", "-")}="{getattr(settings, name)}"' in html


def test_the_settings_of_the_finest_mode_come_from_the_engine(client):
    html = client.get("/").get_data(as_text=True)
    assert "Optimiser steps over all scales." in html
    assert re.search(r'data-option="iterations"[^>]*max="5000"[^>]*value="40"', html)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_or_style(client, path):
    tags = Tags(client.get(path).get_data(as_text=True))
    assert tags.scripts == []
    assert not [tag for tag, _ in tags.found if tag == "style"]
    assert not [at for _, at in tags.found if "style" in at or any(k.startswith("on") for k in at)]


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_a_page_loads_is_served_here(client, path):
    tags = Tags(client.get(path).get_data(as_text=True))
    loaded = [at["src"] for tag, at in tags.found if tag in ("script", "img") and at.get("src")]
    loaded += [at["href"].split("#")[0] for tag, at in tags.found if tag in ("link", "use")]
    assert loaded
    for address in set(loaded):
        assert address.startswith("/"), address
        assert fetch(client, address)[0] == 200, address


def test_the_modules_import_files_that_exist(client):
    pending, seen = {"home.js", "job.js", "feed.js", "mine.js"}, set()
    while pending:
        name = pending.pop()
        seen.add(name)
        status, script = fetch(client, f"/static/js/{name}")
        assert status == 200, name
        imports = re.findall(r'from "\./([\w-]+\.js)"', script.decode())
        pending |= set(imports) - seen


def test_the_manifest_names_icons_that_exist(client):
    manifest = json.loads(fetch(client, "/static/manifest.webmanifest")[1])
    for icon in manifest["icons"]:
        assert fetch(client, f"/static/{icon['src']}")[0] == 200


def test_the_page_of_a_job_is_found_by_its_id_alone(client, job):
    answer = client.get(f"/display?id={job.id}")
    assert answer.status_code == 200
    assert f'data-job="/api/v1/jobs/{job.id}"' in answer.get_data(as_text=True)


def test_the_page_of_a_job_has_a_label_for_every_option_in_the_visitors_language(client, job):
    for language, boldness in (("en", "Boldness"), ("de", "Kühnheit")):
        page = client.get(f"/display?id={job.id}", headers={"Accept-Language": language})
        tags = Tags(page.text)
        words = next(at["data-option-words"] for _, at in tags.found if at.get("id") == "job")
        labels = json.loads(words)["labels"]
        kinds = (each.options for each in ENGINES.values())
        assert set(labels) >= {each.name for kind in kinds for each in fields(kind)} - {"seconds"}
        assert labels["boldness"] == boldness


def test_a_link_to_a_painting_shows_the_painting_alone(client, job):
    html = client.get(f"/display?id={job.id}").get_data(as_text=True)
    found = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', html))
    assert found["title"] == "Indigo: a photo, repainted"
    address = found["image"].replace("&amp;", "&")
    assert address.startswith("http://localhost/api/v1/jobs/")
    with client.get(address) as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert "/content" not in "".join(found.values())


def test_without_javascript_the_page_of_a_job_shows_the_painting(client, job):
    html = client.get(f"/display?id={job.id}").get_data(as_text=True)
    assert f'src="/api/v1/jobs/{job.id}/result"' in html


@pytest.mark.parametrize("path", ["/display?id=none", "/display?id=%00", "/display", "/nowhere"])
def test_an_unknown_address_is_answered_with_a_page(client, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.get_data(as_text=True)


def test_a_deleted_picture_is_answered_with_a_page_that_says_so(client, transfers, job):
    from stylekit.transfers.access import Caller

    transfers.delete(job.id, Caller(owner="somebody"))
    answer = client.get(f"/display?id={job.id}", headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert "This painting is gone" in answer.get_data(as_text=True)
