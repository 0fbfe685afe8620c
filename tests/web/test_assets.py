"""The page's files: compressed, under addresses that change with them, and only what is used."""

import gzip
import json
import re

import brotli
import pytest

from stylekit.settings import PROJECT_ROOT
from stylekit.web.assets import Assets, used_rules

YEAR = "max-age=31536000"


@pytest.fixture
def known():
    """The files of this checkout."""
    return Assets(PROJECT_ROOT)


def addresses(page):
    return re.findall(r'(?:src|href)="(/assets/[^"#]+)', page)


def test_what_a_page_loads_may_be_kept_for_a_year(guest):
    found = addresses(guest.get("/").text)
    assert any(each.endswith("css/site.css") for each in found)
    for address in found:
        answer = guest.get(address)
        assert answer.status_code == 200, address
        assert YEAR in answer.headers["Cache-Control"]


def test_a_page_of_an_earlier_version_gets_what_is_there_now_and_does_not_keep_it(guest):
    answer = guest.get("/assets/0123456789ab/js/home.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert guest.get("/assets/0123456789ab/js/nothing.js").status_code == 404


def test_the_version_changes_with_a_file(tmp_path, known):
    for name in ("static/css", "static/js", "templates"):
        (tmp_path / name).mkdir(parents=True)
    for path in (PROJECT_ROOT / "static" / "css").iterdir():
        (tmp_path / "static" / "css" / path.name).write_bytes(path.read_bytes())
    before = Assets(tmp_path).version
    (tmp_path / "static" / "js" / "new.js").write_text("export {};")
    assert before != Assets(tmp_path).version
    assert known.version == Assets(PROJECT_ROOT).version


@pytest.mark.parametrize(
    ("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_scripts_and_styles_are_compressed(guest, known, encoding, unpack):
    for name in ("css/site.css", "js/home.js"):
        address = f"/assets/{known.version}/{name}"
        answer = guest.get(address, headers={"Accept-Encoding": encoding})
        assert answer.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert unpack(answer.data) == known.files[name]
        assert guest.get(address).data == known.files[name]


def test_pages_and_json_are_compressed_and_pictures_are_not(guest):
    accept = {"Accept-Encoding": "br"}
    for address in ("/", "/api/v1/openapi.json"):
        assert guest.get(address, headers=accept).headers["Content-Encoding"] == "br"
    picture = guest.get("/api/v1/styles/indigo/picture", headers=accept)
    assert "Content-Encoding" not in picture.headers


def test_asking_again_for_something_compressed_is_cheap(guest, known):
    address, accept = f"/assets/{known.version}/js/home.js", {"Accept-Encoding": "br"}
    first = guest.get(address, headers=accept)
    assert first.headers["Content-Encoding"] == "br"
    accept["If-None-Match"] = first.headers["ETag"]
    assert guest.get(address, headers=accept).status_code == 304


@pytest.mark.parametrize("path", ["/", "/feed", "/mine"])
def test_a_page_has_one_script_with_all_that_it_imports(guest, known, path):
    scripts = re.findall(r'src="/assets/\w+/(js/[\w-]+\.js)"', guest.get(path).text)
    (own,) = set(scripts) - {"js/theme.js", "js/jquery.js"}
    text = known.files[own].decode()
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert text.count("\n// server.js\n") == 1  # which it imports through others, too


def test_only_rules_that_can_match_are_kept():
    css = """
    body{margin:0} .btn,.card{color:red} .card .btn{color:blue} .btn:not(.active){top:0}
    @media (min-width:9px){.btn{left:0} .card{left:1px}} @media print{.card{top:0}}
    """
    kept = used_rules(css, {"btn"})
    assert kept.replace(" ", "") == (
        "body{margin:0}.btn{color:red}.btn:not(.active){top:0}@media(min-width:9px){.btn{left:0}}"
    )


def test_little_of_bootstrap_is_left_and_all_that_the_page_names(known):
    css = known.files["css/site.css"].decode()
    assert len(css) < 100_000
    for name in (
        ".btn-primary",
        ".form-range",
        ".visually-hidden",
        ".progress-bar",
        ".form-switch",
    ):
        assert name in css
    assert ".carousel" not in css


def test_the_service_worker_names_files_that_exist_and_is_asked_for_again(guest, known):
    answer = guest.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    site = json.loads(re.search(r"const SITE = (.*);", answer.text)[1])
    assert site["version"] == known.version
    for address in site["shell"]:
        assert guest.get(address).status_code == 200, address
