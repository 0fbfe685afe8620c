"""What cannot be run here is checked by its schema, and against the program that it describes."""

import re

import kubernetes_validate
import pytest
import yaml

from deploy.cluster import Cluster
from deploy.processes import free_port
from stylekit.engines.registry import ENGINES
from stylekit.queues.broker import queue_name
from stylekit.settings import PROJECT_ROOT, from_environment
from stylekit.worker.arguments import GRACE_SECONDS
from stylekit.worker.health import HealthServer, Liveness

KUBERNETES = PROJECT_ROOT / "deploy" / "kubernetes"
KUBERNETES_VERSION = "1.34"
NOT_IN_THE_SCHEMA = ("keda.sh/", "kustomize.config.k8s.io/")


def documents():
    for path in sorted(KUBERNETES.glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def of_kind(kind):
    return {each["metadata"]["name"]: each for each in documents() if each["kind"] == kind}


def containers():
    for name, deployment in of_kind("Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        for container in pod["containers"]:
            yield pytest.param(pod, container, id=name)


def services(*files):
    found = {}
    for file in files:
        for name, service in yaml.safe_load((PROJECT_ROOT / file).read_text())["services"].items():
            before = found.get(name, {})
            variables = {**before.get("environment", {}), **service.get("environment", {})}
            found[name] = {**before, **service, "environment": variables}
    return found


@pytest.mark.parametrize(
    "document",
    [each for each in documents() if not each["apiVersion"].startswith(NOT_IN_THE_SCHEMA)],
    ids=lambda each: each["kind"],
)
def test_a_kubernetes_object_fits_its_schema(document):
    kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)  # raises otherwise


def test_every_file_is_listed_once():
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    there = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize(("pod", "container"), list(containers()))
def test_a_container_is_confined_and_has_limits(pod, container):
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["resources"]["limits"]["memory"]
    assert {"name", "mountPath"} == set(container["volumeMounts"][0])
    assert pod["terminationGracePeriodSeconds"] > GRACE_SECONDS


def test_settings_exist_and_secrets_are_only_referred_to():
    settings = of_kind("ConfigMap")["stylekit"]["data"]
    assert from_environment(settings).storage.startswith("gs://")
    assert not of_kind("Secret")
    for name in ("QUEUE", "EVENTS", "DATABASE", "SECRET"):
        assert f"STYLEKIT_{name}" not in settings


def test_every_deployment_has_a_disruption_budget_of_its_own():
    budgets = of_kind("PodDisruptionBudget")
    for name, deployment in of_kind("Deployment").items():
        assert budgets[name]["spec"]["selector"] == deployment["spec"]["selector"]


def test_a_scaler_waits_longer_than_a_gatys_painting_may_take_before_it_takes_a_worker_away():
    longest = from_environment(of_kind("ConfigMap")["stylekit"]["data"]).job_seconds
    scaler = of_kind("ScaledObject")["worker-gatys"]["spec"]
    down = scaler["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert scaler["cooldownPeriod"] > longest
    assert down["stabilizationWindowSeconds"] > longest


def test_secrets_are_read_by_name_from_the_one_that_the_guide_makes():
    guide = (PROJECT_ROOT / "docs" / "scaling.md").read_text()
    made = set(re.findall(r"--from-literal=(STYLEKIT_\w+)", guide))
    assert "create secret generic stylekit " in guide
    for scaler in of_kind("TriggerAuthentication").values():
        for each in scaler["spec"]["secretTargetRef"]:
            assert each["name"] == "stylekit"
            assert each["key"] in made
    for parameters in containers():
        _, container = parameters.values
        assert {"secretRef": {"name": "stylekit"}} in container["envFrom"]


def test_figures_and_the_schedulers_addresses_are_kept_from_outside(client):
    inside = of_kind("Ingress")["stylekit-inside"]
    allowed = inside["metadata"]["annotations"][
        "nginx.ingress.kubernetes.io/whitelist-source-range"
    ]
    assert allowed == "127.0.0.1/32"
    (rule,) = inside["spec"]["rules"]
    assert rule["host"] == of_kind("Ingress")["stylekit"]["spec"]["rules"][0]["host"]
    kept = {each["path"]: each["pathType"] for each in rule["http"]["paths"]}
    assert kept == {"/metrics": "Exact", "/cron": "Prefix"}
    for name in ("cluster.conf", "stylekit.conf"):
        proxy = (PROJECT_ROOT / "deploy" / "nginx" / name).read_text()
        assert "location = /metrics {" in proxy
        assert 'proxy_set_header X-Appengine-Cron "";' in proxy
    for address in ("/metrics", "/cron/sweep", "/cron/expire"):
        assert client.get(address).status_code == 200


def test_the_ingress_does_what_another_controller_must_do_as_well():
    annotations = of_kind("Ingress")["stylekit"]["metadata"]["annotations"]
    asked = {name.rpartition("/")[2]: value for name, value in annotations.items()}
    assert (asked["affinity"], asked["proxy-body-size"]) == ("cookie", "36m")
    assert asked["proxy-buffering"] == "on"  # a slow visitor holds a proxy up, not a server


@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_has_a_limit_of_processors_which_tensorflow_takes_for_its_threads(engine):
    pod = of_kind("Deployment")[f"worker-{engine}"]["spec"]["template"]["spec"]
    resources = pod["containers"][0]["resources"]
    assert resources["limits"]["cpu"] == resources["requests"]["cpu"] == "2"


def test_the_probes_ask_addresses_that_there_are(client):
    (web,) = of_kind("Deployment")["web"]["spec"]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert client.get(web[probe]["httpGet"]["path"]).status_code in (200, 503)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_probes_of_workers_ask_addresses_that_there_are(engine):
    pod = of_kind("Deployment")[f"worker-{engine}"]["spec"]["template"]
    (worker,) = pod["spec"]["containers"]
    (port,) = worker["ports"]
    image = (PROJECT_ROOT / "Dockerfile").read_text()
    assert f"STYLEKIT_WORKER_PORT={port['containerPort']} " in image
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
    with HealthServer(free_port(), Liveness(start_seconds=60)) as health_server:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert worker[probe]["httpGet"]["port"] == port["name"]
            assert health_server.answer(worker[probe]["httpGet"]["path"])[0] in (200, 503)
        health_server.shutdown()


def test_workers_are_scaled_by_the_length_of_their_own_line():
    workers = of_kind("Deployment")
    for engine in ENGINES:
        scaler = of_kind("ScaledObject")[f"worker-{engine}"]["spec"]
        assert scaler["scaleTargetRef"]["name"] in workers
        assert scaler["triggers"][0]["metadata"]["queueName"] == queue_name(engine)
        (container,) = workers[f"worker-{engine}"]["spec"]["template"]["spec"]["containers"]
        assert container["command"] == ["python", "-m", "stylekit.worker", "--engines", engine]
    gatys = of_kind("ScaledObject")["worker-gatys"]["spec"]
    assert (gatys["minReplicaCount"], gatys["maxReplicaCount"]) == (0, 3)


@pytest.mark.parametrize(
    "files",
    [
        ["compose.yaml"],
        ["compose.yaml", "deploy/compose.bucket.yaml"],
        ["compose.yaml", "deploy/compose.gpu.yaml"],
    ],
)
def test_compose_has_every_part_and_its_settings_exist(files):
    found = services(*files)
    for name in ("web", "worker-fast", "worker-gatys"):
        variables = {k: v for k, v in found[name]["environment"].items() if k[:4] != "STOR"}
        settings = from_environment(
            {k: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", v) for k, v in variables.items()}
        )
        assert settings.queue
        assert settings.database
        assert settings.events
        assert settings.storage
        # With no secret given, one of them makes it in the volume that all share.
        assert settings.secret == ""
        assert found[name]["volumes"] == ["data:/data"]
    assert found["web"]["deploy"]["replicas"] == 2
    assert found["proxy"]["ports"][0].startswith("${ADDRESS:-127.0.0.1}:")
    for name, service in found.items():
        for needed in service.get("depends_on", {}):
            assert needed == "web" or "healthcheck" in found[needed], name
        image = service["image"]
        assert image in ("stylekit", "stylekit:gpu") or re.search(r":\d+\.?\d*", image), (
            f"{name}: {image}"
        )


def test_everything_of_many_machines_is_installed_with_the_server():
    pinned = (PROJECT_ROOT / "requirements.txt").read_text()
    for name in ("celery[redis]", "redis", "psycopg[binary]", "google-cloud-storage"):
        assert re.search(rf"^{re.escape(name)}==", pinned, re.MULTILINE), name


def test_a_cluster_keeps_its_data_and_names_what_it_runs():
    cluster = Cluster([8001, 8002])
    settings = from_environment(
        {name: value for name, value in cluster.environment.items() if name[:9] == "STYLEKIT_"}
    )
    assert settings.queue == cluster.rabbitmq.url
    assert settings.database == cluster.postgresql.url
    assert [web.name for web in cluster.webs] == ["web-1", "web-2"]
    cluster.close()


def test_every_alert_is_about_a_figure_that_is_served(client):
    served = client.get("/metrics").text
    rules = yaml.safe_load((PROJECT_ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())
    for rule in rules["groups"][0]["rules"]:
        for figure in re.findall(r"stylekit_\w+", rule["expr"]):
            assert f"# TYPE {figure.removesuffix('_total')}" in served, rule["alert"]
