"""Every sentence of the page in every language, and which of them a visitor reads."""

import gettext
import json
import re
import runpy

import pytest

from stylekit.settings import PROJECT_ROOT
from stylekit.web.languages import CATALOGUES, LANGUAGES

BROWSER = {"Accept": "text/html"}
OTHERS = [code for code in LANGUAGES if code != "en"]
PLACES = re.compile(r"\{\w+\}|%\(\w+\)s|</?em>")


@pytest.fixture(scope="module")
def writer():
    """What `make translations` runs."""
    return runpy.run_path(str(PROJECT_ROOT / "scripts" / "write-translations"))


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_missing_in_any_language(writer, code):
    catalogue = writer["catalogue_of"](code)
    assert len(catalogue) > 300
    assert [each.id for each in catalogue if each.id and not each.string] == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_filled_in_is_filled_in_in_every_language(writer, code):
    said = [each for each in writer["catalogue_of"](code) if each.id]
    wrong = [
        each.string
        for each in said
        if sorted(PLACES.findall(each.id)) != sorted(PLACES.findall(each.string))
    ]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogues_are_those_of_the_sentences_that_the_page_has(writer, code):
    """`make translations` writes them."""
    catalogue = writer["catalogue_of"](code)
    made = writer["files_of"](code, catalogue)
    for path, data in made.items():
        if path.suffix != ".mo":
            assert path.read_bytes() == data, path.name
    compiled = gettext.translation("messages", CATALOGUES, [code])
    for each in catalogue:
        assert not each.id or compiled.gettext(each.id) == each.string


def test_no_catalogue_is_left_of_a_language_that_is_not_offered():
    assert sorted(each.name for each in CATALOGUES.iterdir()) == sorted(OTHERS)


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("zh-CN,zh;q=0.9", "zh"),
        ("pt,fr;q=0.8", "fr"),
        ("nl", "en"),
        ("", "en"),
    ],
)
def test_the_page_is_in_the_language_that_the_browser_asks_for(client, wanted, spoken):
    answer = client.get("/", headers={**BROWSER, "Accept-Language": wanted})
    assert f'<html lang="{spoken}"' in answer.text
    assert answer.headers["Content-Language"] == spoken
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


def test_the_visitors_choice_counts_for_more_and_stays(client):
    asked = {**BROWSER, "Accept-Language": "de"}
    answer = client.get("/language/ar?to=/feed", headers=asked)
    assert answer.location == "/feed"
    assert 'lang="ar" dir="rtl"' in client.get("/feed", headers=asked).text
    client.get("/language/xx?to=/feed", headers=asked)
    assert 'lang="ar"' in client.get("/", headers=asked).text


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere"])
def test_a_choice_never_leads_to_another_site(client, to):
    assert client.get("/language/de", query_string={"to": to}).location == "/"


def test_pages_in_english_carry_no_catalogue_and_others_only_their_own(client):
    def carried(code):
        page = client.get("/", headers={**BROWSER, "Accept-Language": code}).text
        found = re.search(r'<script type="application/json" id="catalogue">(.*?)</script>', page)
        return found and json.loads(found[1])

    assert carried("en") is None
    assert carried("es")["Tap a style."] == "Toca un estilo."


def test_an_error_is_a_page_in_the_visitors_language(client):
    answer = client.get("/nowhere", headers={**BROWSER, "Accept-Language": "de"})
    assert "Hier ist nichts" in answer.text
