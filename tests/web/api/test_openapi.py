"""The API's description: complete, valid, and kept by the application."""

import re
from contextlib import suppress
from html import unescape

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode

from stylekit.settings import PROJECT_ROOT
from tests.web.steps import b64, submit

DESCRIBED = re.compile(r"/(transfer$|api/v1/)")
ADDRESS = re.compile(r"`?(GET|POST|PUT|PATCH|DELETE) (/[^\s`?]*)")


@pytest.fixture(scope="session")
def document(shared_app):
    return shared_app.test_client().get("/api/v1/openapi.json").json


def routes(app):
    """Every (method, address) that the application answers."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_every_route_of_the_api_is_in_the_document_and_nothing_else(shared_app, document):
    in_code = {each for each in routes(shared_app) if DESCRIBED.match(each[1])}
    in_document = {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", address))
        for address, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert in_document == in_code


def test_every_route_of_the_application_is_in_the_documentation(shared_app):
    page = (PROJECT_ROOT / "docs" / "http-api.md").read_text()
    assert set(routes(shared_app)) <= set(ADDRESS.findall(page))


def test_the_schemas_are_valid(document):
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_options_come_from_the_engines(document):
    options = document["components"]["schemas"]["GatysOptions"]["properties"]
    assert options["iterations"]["maximum"] == 5000
    assert options["start"]["enum"] == ["content", "noise", "fast"]


def test_the_page_for_people_has_every_operation_and_every_shape(guest, document):
    html = unescape(guest.get("/api/v1/docs").get_data(as_text=True))
    for item in document["paths"].values():
        for method, operation in item.items():
            assert method == "parameters" or operation["summary"] in html
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in html


def validator(document, name):
    return Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"})


def test_a_job_is_what_the_document_says_in_every_state(client, document, gatys, wait):
    gatys.go_on.clear()
    job = submit(client)
    seen = {}

    def look():
        now = client.get(job["urls"]["self"]).json
        validator(document, "Job").validate(now)
        seen[now["status"]] = now
        return now

    wait(lambda: look()["stage"])
    gatys.go_on.set()
    wait(lambda: look()["status"] == "done")
    validator(document, "Job").validate(job)
    validator(document, "Jobs").validate(client.get("/api/v1/jobs").json)
    assert {"running", "done"} <= set(seen)


# Whatever a program may send ------------------------------------------------------------------

load_all_checks()
schemathesis.openapi.format("picture", strategies.just(b64()))
AS_IT_IS = {"Accept-Encoding": "identity"}  # the client inside the process unpacks nothing
ENDLESS = "/events"  # streams are followed in test_sse.py
NOT_FOR_RANDOM_BODIES = "positive_data_acceptance"
"""Left out: what the schema allows may still name a style, a job or an option that is not there."""


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_of_any_kind_finds_a_fault(shared_app, mode):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", shared_app)
    checks = schemathesis.checks.CHECKS.get_all()
    kept = [check for check in checks if check.__name__ != NOT_FOR_RANDOM_BODIES]
    for operation in (found.ok() for found in schema.get_all_operations()):
        if not operation.path.endswith(ENDLESS):
            try_out(operation, mode, kept)


def try_out(operation, mode, checks):
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        case.call_and_validate(checks=checks, headers=AS_IT_IS)

    with suppress(Unsatisfiable):  # where nothing is taken, nothing wrong can be sent
        send()
