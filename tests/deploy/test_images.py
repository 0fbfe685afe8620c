"""The image of the Dockerfile, and the workers on App Engine and Cloud Run that run it."""

import argparse
import json
import re
import subprocess
import sys

import yaml

from deploy.processes import free_port
from deploy.requirements import requirements
from stylekit.engines.registry import ENGINES
from stylekit.settings import PROJECT_ROOT, from_environment
from stylekit.worker.arguments import add_worker_flags
from stylekit.worker.health import HealthServer, Liveness

IMAGE = PROJECT_ROOT / "Dockerfile"


def stages():
    """Name of each stage, in order → what it stands on, and its instructions with what they say."""
    found = {}
    for line in IMAGE.read_text().replace("\\\n", "").splitlines():
        if line and line[0] not in "# ":
            name, rest = line.split(None, 1)
            if name == "FROM":
                base, _, stage = rest.partition(" AS ")
                found[stage] = base, (steps := [])
            elif found:
                steps.append((name, rest))
    return found


def said(stage, instruction):
    """What the stage, and those that it stands on, say with one instruction, the latest last."""
    base, steps = stages()[stage]
    inherited = said(base, instruction) if base in stages() else []
    return inherited + [rest for name, rest in steps if name == instruction]


def command(stage):
    """What a container of the stage runs."""
    return json.loads(said(stage, "CMD")[-1])


def worker_flags(command):
    """What a command line of a worker says; it ends the test where the program would refuse it."""
    *start, module = command[: command.index("stylekit.worker") + 1]
    assert [*start, module] == ["python", "-m", "stylekit.worker"]
    parser = argparse.ArgumentParser()
    add_worker_flags(parser)
    return parser.parse_args(command[len(start) + 1 :])


def test_the_worker_on_app_engine_is_one_of_ours():
    told = yaml.safe_load((PROJECT_ROOT / "deploy" / "appengine" / "worker.yaml").read_text())
    assert told["runtime"] == "custom"
    assert "entrypoint" not in told  # it is not heeded there: the image's own command runs
    assert worker_flags(command("worker")).engines == ",".join(ENGINES)
    settings = from_environment(told["env_variables"])
    for name in ("queue", "events", "database", "storage", "secret"):
        assert getattr(settings, name), name
    with HealthServer(free_port(), Liveness(start_seconds=60)) as health_server:
        for probe in ("liveness_check", "readiness_check"):
            assert health_server.answer(told[probe]["path"])[0] in (200, 503)
        health_server.shutdown()


def test_the_worker_on_cloud_run_is_one_of_ours_and_reads_secrets_by_name():
    told = yaml.safe_load((PROJECT_ROOT / "deploy" / "cloudrun" / "worker-gatys.yaml").read_text())
    (container,) = told["spec"]["template"]["spec"]["containers"]
    flags = worker_flags([*container["command"], *container["args"]])
    assert flags.engines == "gatys"
    assert flags.grace_seconds < 10  # then Cloud Run kills it
    variables = {each["name"]: each for each in container["env"]}
    assert from_environment({name: "redis://h" for name in variables}).queue
    for name in ("QUEUE", "EVENTS", "DATABASE", "SECRET"):
        assert "secretKeyRef" in variables[f"STYLEKIT_{name}"]["valueFrom"]
    image = IMAGE.read_text()
    assert f"STYLEKIT_WORKER_PORT={container['ports'][0]['containerPort']} " in image


def test_the_worker_of_app_engine_is_built_as_the_comment_and_the_guide_say():
    comment = (PROJECT_ROOT / "deploy" / "appengine" / "worker.yaml").read_text()
    guide = (PROJECT_ROOT / "docs" / "deploying.md").read_text()
    for text in (comment, guide):
        (target,) = re.findall(r"docker build --target (\w+)", text)
        assert target in stages()
        (built,) = re.findall(r"docker build \S+ \S+ -t (\S+)", text)
        assert f"--image-url={built}" in text


def test_where_no_stage_is_named_the_web_application_is_built():
    assert list(stages())[-1] == "web"
    assert command("web") == ["python", "-m", "stylekit", "serve"]


def test_the_proxy_passes_on_to_the_port_of_the_image():
    image = IMAGE.read_text()
    proxy = (PROJECT_ROOT / "deploy" / "nginx" / "cluster.conf").read_text()
    (port,) = re.findall(r"^EXPOSE (\d+)$", image, re.MULTILINE)
    assert f"server web:{port};" in proxy
    assert f"    PORT={port} " in image
    assert f"STYLEKIT_WORKER_PORT={port} " in image  # so that the health check asks workers, too


def test_the_image_keeps_the_usual_rules():
    for base, steps in stages().values():
        assert base in stages() or re.fullmatch(r"\S+:\d[\w.-]*", base)
        assert "ADD" not in dict(steps)
    for stage in ("worker", "web"):
        assert said(stage, "USER") == ["10001:10001"]
        assert said(stage, "HEALTHCHECK")
        assert command(stage)[0] == "python"
    copies = [rest for _, steps in stages().values() for name, rest in steps if name == "COPY"]
    copied = [path for rest in copies if "--from" not in rest for path in rest.split()[:-1]]
    assert all((PROJECT_ROOT / path).exists() for path in copied)
    listed = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{path}" for path in copied} == {line for line in listed if line[0] == "!"}


def test_an_image_installs_what_is_pinned():
    cpu, gpu = requirements("cpu"), requirements("gpu")
    assert any(line.startswith("tensorflow-cpu==") for line in cpu)
    assert any(line.startswith("tensorflow[and-cuda]==") for line in gpu)
    assert not any(line.startswith("tensorflow-hub") for line in cpu)
    for name in ("celery[redis]", "psycopg[binary]", "flask", "google-cloud-storage"):
        assert any(line.startswith(f"{name}==") for line in cpu), name
    assert all("==" in line for line in cpu + gpu)


def test_an_image_of_no_known_kind_is_refused():
    script = [sys.executable, "deploy/requirements.py", "tpu"]
    answer = subprocess.run(script, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert "cpu or gpu" in answer.stderr
