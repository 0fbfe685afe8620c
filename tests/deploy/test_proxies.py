"""What stands before the application: nginx and App Engine reach what a page needs, and no more."""

import re
import subprocess
from dataclasses import replace

import pytest
import yaml

from stylekit.settings import PROJECT_ROOT, from_environment
from stylekit.web import create_app

APP_ENGINE = yaml.safe_load((PROJECT_ROOT / "app.yaml").read_text())
NGINX = PROJECT_ROOT / "deploy" / "nginx"
PROXIES = ("stylekit.conf", "cluster.conf")
UPLOADED = ("main.py", "requirements.txt", "app.yaml", "cron.yaml")
UPLOADED_FOLDERS = ("static", "stylekit", "templates")


def through_app_engine(address):
    """File that App Engine serves itself at an address; None where it asks the application."""
    for each in APP_ENGINE["handlers"]:
        prefix = each["url"] + "/"
        if "static_dir" in each and address.startswith(prefix):
            return PROJECT_ROOT / each["static_dir"] / address.removeprefix(prefix)
        if "script" in each and re.fullmatch(each["url"], address):
            return None
    raise AssertionError(f"no handler for {address}")


def through_nginx(name, address):
    """The same for nginx: an exact location, or else the longest that the address begins with."""
    text = (NGINX / name).read_text()
    blocks = re.findall(
        r"^    location (= )?(/\S*) \{\n(.*?)^    \}", text, re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == len(re.findall(r"^ *location ", text, re.MULTILINE)), "not understood"
    exact = [each for each in blocks if each[0] and each[1] == address]
    begun = [each for each in blocks if not each[0] and address.startswith(each[1])]
    _, path, told = exact[0] if exact else max(begun, key=lambda each: len(each[1]))
    if folder := re.search(r"alias /opt/stylekit/(\S+);", told):
        return PROJECT_ROOT / folder[1] / address.removeprefix(path)
    assert "proxy_pass " in told, f"nobody answers {address}"
    return None


@pytest.fixture
def addresses(client):
    """Scripts and stylesheets of the home page."""
    page = client.get("/").text
    found = re.findall(r"<script[^>]* src=\"([^\"?]+)", page)
    found += re.findall(r"<link[^>]* rel=\"stylesheet\"[^>]* href=\"([^\"?]+)", page)
    found += re.findall(r"<link[^>]* href=\"([^\"?]+)[^>]* rel=\"stylesheet\"", page)
    names = {each.partition("/assets/")[2].partition("/")[2] for each in found}
    assert {"js/home.js", "css/site.css", "js/jquery.js"} <= names
    return found


@pytest.mark.parametrize("proxy", [*PROXIES, "app.yaml"])
def test_every_script_and_stylesheet_of_the_page_is_found(client, addresses, proxy):
    for address in addresses:
        file = through_app_engine(address) if proxy == "app.yaml" else through_nginx(proxy, address)
        if file is None:
            with client.get(address) as answer:
                assert answer.status_code == 200, address
        else:
            assert file.is_file(), address


def test_what_the_application_reads_is_nowhere_static_on_app_engine():
    """Static files need not be readable there, and templates and presets lie beside them."""
    assert [each["script"] for each in APP_ENGINE["handlers"]] == ["auto"]


def test_app_engine_takes_a_usual_photograph_and_stays_within_its_memory():
    settings = from_environment(APP_ENGINE["env_variables"])
    assert APP_ENGINE["instance_class"] == "F4_1G"
    assert settings.max_pixels >= 4096 * 3072 >= 4032 * 3024
    assert 0 < settings.keep_bytes <= 500_000_000  # besides 1.9 GB at the peak of painting
    assert settings.max_queued <= 20
    assert str(settings.data).startswith("/tmp/")


def test_on_app_engine_sockets_are_served_and_pages_ask(settings, parts):
    here = from_environment({**APP_ENGINE["env_variables"], "GAE_SERVICE": "default"})
    settings = replace(settings, max_streams=here.max_streams, app_engine=here.app_engine)
    client = create_app(settings, replace(parts, settings=settings)).test_client()
    for version in (3, 4):
        opened = client.get(f"/socket.io/?EIO={version}&transport=polling")
        assert opened.status_code == 200
    events = client.get("/api/v1/feed/events")
    assert (events.status_code, "ask again" in events.json["error"]["message"]) == (503, True)


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_says_which_host_was_asked_and_its_limit_counts_no_looking(name):
    text = (NGINX / name).read_text()
    for header in ("Host", "X-Forwarded-Host"):
        assert f"proxy_set_header {header} $http_host;" in text
    limit = re.search(r"map \"\$request_method \$uri\" \$(\w+) \{(.*?)\n\}", text, re.DOTALL)
    nobody = [re.compile(each) for each in re.findall(r'"~(.+?)" +"";', limit[2])]
    assert f"limit_req_zone ${limit[1]} zone=orders:" in text
    assert "limit_req zone=orders " in text
    assert "limit_req_status 429;" in text
    for request in ("GET /", "HEAD /x", "POST /socket.io/", "POST /default/getStyleTransferStatus"):
        assert any(each.search(request) for each in nobody), request
    for request in ("POST /transfer", "POST /api/v1/transfers", "PUT /image/100", "POST /stylize"):
        assert not any(each.search(request) for each in nobody), request


def test_app_engine_has_one_instance_until_what_they_share_is_set():
    text = (PROJECT_ROOT / "app.yaml").read_text()
    left_out = dict(re.findall(r"^  # (STYLEKIT_\w+): \"(.+)\"$", text, re.MULTILINE))
    settings = from_environment(APP_ENGINE["env_variables"])
    assert APP_ENGINE["automatic_scaling"]["max_instances"] == 1
    assert not any((settings.storage, settings.database, settings.secret))
    shared = from_environment({**APP_ENGINE["env_variables"], **left_out})
    assert shared.storage
    assert shared.database
    assert shared.secret


@pytest.fixture
def left_behind(tmp_path):
    """Asks git, by .gcloudignore, which of some paths would not be uploaded."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text((PROJECT_ROOT / ".gcloudignore").read_text())

    def ask(paths):
        answer = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin"],
            cwd=tmp_path,
            input="\n".join(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not answer.stderr
        return answer.stdout.splitlines()

    return ask


def test_app_engine_gets_what_the_application_needs_there_and_nothing_else(left_behind):
    files = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    needed = {each for each in files if each in UPLOADED or each.startswith(UPLOADED_FOLDERS)}
    assert needed >= set(UPLOADED)
    assert set(left_behind(files)) == set(files) - needed


def test_nothing_that_was_made_here_is_uploaded(left_behind):
    made = [
        ".env",
        ".venv/bin/python",
        "data/secret",
        "data/stylekit.db",
        "data/files/a/content",
        "runs/painter/log.txt",
        "stylekit/__pycache__/cli.cpython-313.pyc",
        "stylekit/cli.pyc",
        "stylekit.egg-info/PKG-INFO",
        "static/styles/__pycache__/x",
        "data/static/x",
        "x/main.py",
    ]
    assert left_behind(made) == made
