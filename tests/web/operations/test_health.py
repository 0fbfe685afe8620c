"""What machines ask: alive, ready, warm, metrics, cron."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stylekit import wiring
from stylekit.engines.registry import Engines
from stylekit.errors import ModelBroken
from stylekit.settings import PROJECT_ROOT
from stylekit.storage import FolderStore
from stylekit.web import create_app
from tests.fakes import TintEngine
from tests.web.steps import browser, submit


class SlowEngine(TintEngine):
    """Takes its time to load, or cannot be loaded."""

    def __init__(self, trouble=None):
        super().__init__("fast")
        self.may_load, self.trouble = threading.Event(), trouble

    def warm_up(self):
        self.may_load.wait(10)
        if self.trouble:
            raise self.trouble


def start(settings, engine):
    parts = wiring.build(settings, Engines({"fast": lambda: engine, "gatys": TintEngine}))
    return parts, browser(create_app(settings, parts))


def test_the_server_is_ready_once_the_model_is_warm(settings, wait):
    engine = SlowEngine()
    parts, client = start(settings, engine)
    cold = client.get("/readyz")
    assert (cold.status_code, cold.json["error"]["code"]) == (503, "unavailable")
    assert client.get("/healthz").status_code == 200
    threading.Timer(0.1, engine.may_load.set).start()
    assert client.get("/_ah/warmup").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/DoNothing").status_code == 200
    parts.close()


def test_a_model_that_cannot_be_loaded_is_told_to_machines_and_explained_in_the_log(
    settings, caplog, wait
):
    engine = SlowEngine(ModelBroken("weights/painter does not match its checksum."))
    engine.may_load.set()
    parts, client = start(settings, engine)
    answer = client.get("/_ah/warmup")
    assert answer.status_code == 503
    assert "checksum" not in answer.get_data(as_text=True)
    assert "checksum" in caplog.text
    parts.close()


def test_a_full_disk_is_told_to_machines_and_deleting_goes_on(settings, parts, wait):
    class Full(FolderStore):
        def free_bytes(self):
            return 1000

    full = Full(parts.files.folder)
    visitor = browser(create_app(settings, replace(parts, files=full)))
    id = submit(visitor)["id"]
    wait(lambda: "disk is full" in visitor.get("/readyz").json["error"]["message"])
    assert visitor.get("/readyz").status_code == 503
    assert visitor.delete(f"/api/v1/jobs/{id}").status_code == 204


@pytest.mark.parametrize("trouble", ["no catalogue", "no picture", "no preset"])
def test_without_presets_the_server_is_not_ready_until_they_are_there(
    settings, wait, caplog, trouble, tmp_path
):
    folder, away = Path(settings.styles), tmp_path / "away"
    file = folder / ("indigo.png" if trouble == "no picture" else "catalogue.json")
    file.rename(away)
    if trouble == "no preset":
        file.write_text("[]")
    parts, client = start(settings, TintEngine("fast"))
    assert wait(lambda: "preset" in caplog.text)
    answer = client.get("/readyz")
    assert (answer.status_code, "presets" in answer.json["error"]["message"]) == (503, True)
    assert client.get("/healthz").status_code == 200
    away.rename(file)
    assert wait(lambda: client.get("/readyz").status_code == 200)
    (folder / "catalogue.json").unlink()
    assert client.get("/readyz").status_code == 503
    parts.close()


ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
CRON = {"X-Appengine-Cron": "true"}


@pytest.mark.parametrize("address", ["/cron/sweep", "/cron/expire"])
def test_this_machine_alone_keeps_house_whatever_others_say_that_they_are(client, address):
    assert client.get(address).status_code == 200
    assert client.get(address, environ_base=ELSEWHERE).status_code == 403
    assert client.get(address, environ_base=ELSEWHERE, headers=CRON).status_code == 403
    through_a_proxy_here = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get(address, headers=through_a_proxy_here).status_code == 403


@pytest.mark.parametrize("address", ["/cron/sweep", "/cron/expire"])
def test_on_app_engine_its_scheduler_keeps_house(settings, address):
    parts, client = start(replace(settings, app_engine="default"), TintEngine())
    assert client.get(address, environ_base=ELSEWHERE, headers=CRON).status_code == 200
    assert client.get(address, environ_base=ELSEWHERE).status_code == 403
    parts.close()


@pytest.mark.parametrize("address", ["/metrics", "/cron/sweep"])
def test_figures_and_maintenance_are_for_operators_alone(settings, address):
    inside, key = {"REMOTE_ADDR": "10.2.3.4"}, {"Authorization": "Bearer of the operators"}
    parts, client = start(
        replace(settings, operators="10.0.0.0/8, fd00::/8", operators_key="of the operators"),
        TintEngine(),
    )
    assert client.get(address, environ_base=inside).status_code == 200
    assert client.get(address, environ_base=ELSEWHERE, headers=key).status_code == 200
    wrong = {"Authorization": "Bearer of nobody"}
    relayed = {"X-Forwarded-For": "203.0.113.9"}
    for headers, origin in ((wrong, ELSEWHERE), ({}, ELSEWHERE), (relayed, inside)):
        assert client.get(address, environ_base=origin, headers=headers).status_code == 403
    parts.close()


def test_a_stranger_sees_no_figures(client):
    assert client.get("/metrics", environ_base=ELSEWHERE).status_code == 403


def test_what_has_expired_is_deleted_on_schedule(settings, wait):
    parts, client = start(replace(settings, keep_days=1e-9), TintEngine())
    job = submit(client)
    wait(
        lambda: (
            client.get("/cron/expire").status_code == 200
            and client.get(job["urls"]["self"]).status_code == 410
        )
    )
    parts.close()


def read(name):
    return yaml.safe_load((PROJECT_ROOT / name).read_text())


def test_app_engine_keeps_an_instance_warm_and_runs_one_process():
    app = read("app.yaml")
    assert app["inbound_services"] == ["warmup"]
    assert "--workers 1" in app["entrypoint"]
    assert "main:app" in app["entrypoint"]
    assert "--preload" not in app["entrypoint"]


def test_every_setting_of_app_yaml_is_one():
    from stylekit.settings import from_environment

    from_environment(read("app.yaml")["env_variables"])


def test_every_address_of_app_yaml_and_cron_yaml_is_answered(guest):
    addresses = [each["url"] for each in read("cron.yaml")["cron"]] + ["/_ah/warmup"]
    for address in addresses:
        assert guest.get(address).status_code == 200, address


def test_every_route_reaches_the_application_on_app_engine(guest):
    import re

    handlers = read("app.yaml")["handlers"]
    for rule in guest.application.url_map.iter_rules():
        first = next(each for each in handlers if re.match(each["url"], rule.rule))
        assert first["script"] == "auto", rule.rule


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics", "/DoNothing"])
def test_what_machines_hear_is_never_kept(guest, address):
    assert guest.get(address).headers["Cache-Control"] == "no-store"
