"""The overlays of deploy/kubernetes, rendered by kubectl: held against Kubernetes' schemas, and against the program."""

from __future__ import annotations

import base64
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import psycopg2
import pytest
import yaml
from alembic import command
from psycopg2 import sql

from app.settings import Settings
from app.web.submissions import OVERHEAD_BYTES
from app.webhooks import ATTEMPT_SECONDS
from tests.app.adapters.conftest import alembic_config
from tests.deploy.kubernetes import (
    FOLDER,
    OVERLAYS,
    SECRET,
    Pod,
    Thing,
    files_of_secrets,
    named,
    pods_of,
    render,
    selects,
)
from tests.servers import PostgresServer
from workers.sandbox import START_SECONDS

ROOT = FOLDER.parents[1]
VERSION = "1.34"
"""The oldest Kubernetes that these are for: its preStop can sleep."""
OF_OTHERS = {"keda.sh/v1alpha1"}
"""Kinds that Kubernetes itself does not know."""
STORES = {"postgres", "redis"}
CHILD_MB = 350
"""What a sandbox has before its first picture, about; its bound on memory counts from there."""
KEYS_OF_OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "PGDATA", "IMPORTED", "SHIPPED"}
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Thing]]:
    folder = tmp_path_factory.mktemp("kubernetes")
    return {overlay: render(overlay, folder) for overlay in OVERLAYS}


@pytest.fixture(params=OVERLAYS)
def things(request: pytest.FixtureRequest, rendered: dict[str, list[Thing]]) -> list[Thing]:
    return rendered[request.param]


@pytest.fixture
def pods(things: list[Thing]) -> list[Pod]:
    return list(pods_of(things))


# --- what Kubernetes makes of it


def test_the_schemas_accept_every_object(things: list[Thing]) -> None:
    for thing in things:
        if thing["apiVersion"] not in OF_OTHERS:
            kubernetes_validate.validate(thing, VERSION, strict=True)


def test_the_schemas_would_find_a_misspelt_field(things: list[Thing]) -> None:
    web = named(things, "Deployment")["web"]
    spec = web["spec"]["template"]["spec"] | {"terminationGracePeriodSecond": 1}
    broken = web | {"spec": web["spec"] | {"template": web["spec"]["template"] | {"spec": spec}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_everything_of_the_service_is_there(things: list[Thing]) -> None:
    workers = {f"worker-{queue}" for queue in settings().worker_queues.split(",")}
    assert set(named(things, "Deployment")) == {"web", "callbacks", "schedule", *workers}
    assert len(named(things, "Ingress")) == 1


def test_all_is_in_one_namespace_which_is_restricted(things: list[Thing]) -> None:
    ((name, namespace),) = named(things, "Namespace").items()
    assert {thing["metadata"]["namespace"] for thing in things if thing["kind"] != "Namespace"} == {name}
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_selectors_find_their_own_pods_and_no_others(things: list[Thing], pods: list[Pod]) -> None:
    for pod in pods:
        if "selector" in pod.owner["spec"]:
            found = [other.name for other in pods if selects(pod.owner["spec"]["selector"], other.labels)]
            assert found == [pod.name]
        for spread in pod.spec.get("topologySpreadConstraints", []):
            assert [p.name for p in pods if selects(spread["labelSelector"], p.labels)] == [pod.name]
    for service in named(things, "Service").values():
        (pod,) = (pod for pod in pods if selects({"matchLabels": service["spec"]["selector"]}, pod.labels))
        names = {port["name"] for container in pod.containers for port in container.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= names


def test_whoever_scales_or_guards_names_what_there_is(things: list[Thing], pods: list[Pod]) -> None:
    deployments = named(things, "Deployment")
    scaled = [thing["spec"]["scaleTargetRef"] for thing in things if "scaleTargetRef" in thing.get("spec", {})]
    names = [target["name"] for target in scaled]
    assert all(target["kind"] == "Deployment" and target["name"] in deployments for target in scaled)
    assert sorted(names) == sorted(set(names)), "two would pull at the same number"
    assert set(names) == {name for name in deployments if name not in {"callbacks", "schedule"}}
    # An apply would set back the number that the scaler has chosen.
    assert {name for name, each in deployments.items() if "replicas" in each["spec"]} == {"callbacks", "schedule"}
    budgets = named(things, "PodDisruptionBudget").values()
    for pod in pods:
        guarded = [budget for budget in budgets if selects(budget["spec"]["selector"], pod.labels)]
        assert len(guarded) == (pod.owner["kind"] == "Deployment"), pod.name


def test_what_is_mounted_exists(things: list[Thing], pods: list[Pod]) -> None:
    secrets, claims = named(things, "Secret"), named(things, "PersistentVolumeClaim")
    for pod in pods:
        volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
        volumes |= {claim["metadata"]["name"]: claim for claim in pod.owner["spec"].get("volumeClaimTemplates", [])}
        mounted = {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}
        assert mounted == set(volumes), pod.name
        for volume in volumes.values():
            if "secret" in volume:
                keys = {item["key"] for item in volume["secret"].get("items", [])}
                assert keys <= set(secrets[volume["secret"]["secretName"]]["data"])
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"]


# --- what pods may do


def test_nobody_may_more_than_needed(pods: list[Pod]) -> None:
    for pod in pods:
        assert pod.spec["automountServiceAccountToken"] is False, pod.name
        security = pod.spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert security["runAsUser"] == 10001 or pod.component in STORES
        for container in pod.containers:
            guarded = container["securityContext"]
            assert guarded["readOnlyRootFilesystem"] is True, f"{pod.name}: {container['name']}"
            assert guarded["allowPrivilegeEscalation"] is False
            assert guarded["capabilities"] == {"drop": ["ALL"]}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod.spec)
        assert all("hostPath" not in volume for volume in pod.spec["volumes"])


def test_what_they_take_is_bounded(pods: list[Pod]) -> None:
    for pod in pods:
        for container in pod.containers:
            requests, limits = container["resources"]["requests"], container["resources"]["limits"]
            assert set(requests) == set(limits) == {"cpu", "memory"}
            assert cores(requests["cpu"]) <= cores(limits["cpu"])
            assert megabytes(requests["memory"]) <= megabytes(limits["memory"])


def test_a_worker_has_the_memory_that_its_sandboxes_may_take(pods: list[Pod], things: list[Thing]) -> None:
    for pod in workers(pods):
        has = settings_of(pod, things)
        takes = has.worker_concurrency * (has.conversion_memory_mb + CHILD_MB)
        assert megabytes(pod.spec["containers"][0]["resources"]["limits"]["memory"]) > takes, pod.name


def test_the_user_is_that_of_the_image() -> None:
    assert "USER 10001:10001" in (ROOT / "Dockerfile").read_text()


# --- how they live and end


def test_whoever_runs_on_is_probed(pods: list[Pod]) -> None:
    for pod in pods:
        if pod.owner["kind"] != "Job":
            (container,) = pod.spec["containers"]
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), pod.name


def test_probes_and_commands_exist(pods: list[Pod]) -> None:
    for pod in pods:
        if pod.component in STORES:
            continue
        probes = [pod.spec["containers"][0].get(name) for name in ("startupProbe", "livenessProbe", "readinessProbe")]
        for line in [*(container["command"] for container in pod.containers), *(commands_of(probes))]:
            assert is_there(line), line


def test_the_web_is_asked_where_it_listens(pods: list[Pod], things: list[Thing]) -> None:
    (web,) = (pod for pod in pods if pod.component == "web")
    (container,) = web.spec["containers"]
    (port,) = container["ports"]
    assert port["containerPort"] == settings_of(web, things).port
    asked = {container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert asked == {"/health/live", "/health/ready"}
    assert {container[name]["httpGet"]["port"] for name in ("livenessProbe", "readinessProbe")} == {port["name"]}


def test_whoever_is_stopped_may_finish_first(pods: list[Pod], things: list[Thing]) -> None:
    for pod in pods:
        patience = pod.spec.get("terminationGracePeriodSeconds", 30)
        has = settings_of(pod, things)
        if pod.component == "web":
            drain = pod.spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert drain >= has.convert_wait_seconds + 5
            assert patience >= drain + has.request_timeout
        if pod.component == "worker":
            assert patience >= max(map(has.seconds_for, has.worker_queues.split(","))) + 15
        if pod.component == "callbacks":
            assert patience > ATTEMPT_SECONDS + 5


def test_a_worker_may_take_as_long_to_start_as_it_needs(pods: list[Pod]) -> None:
    for pod in workers(pods):
        probe = pod.spec["containers"][0]["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] > START_SECONDS


def test_every_queue_has_a_worker(pods: list[Pod], things: list[Thing]) -> None:
    queues = [settings_of(pod, things).worker_queues for pod in workers(pods)]
    assert sorted(queues) == sorted(settings().worker_queues.split(","))


def test_pods_wait_for_the_migration_that_belongs_to_them(pods: list[Pod]) -> None:
    (migrate,) = (pod for pod in pods if pod.component == "migrate")
    (migrating,) = migrate.spec["containers"]
    version = migrating["image"].rpartition(":")[2]
    assert migrate.name == f"Job migrate-{version}"
    for pod in (pod for pod in pods if pod.is_ours and pod is not migrate):
        (waiting,) = (each for each in pod.spec["initContainers"] if each["name"] == "schema")
        assert {waiting["image"], pod.spec["containers"][0]["image"]} == {migrating["image"]}


# --- settings and secrets


def test_every_setting_exists(pods: list[Pod], things: list[Thing]) -> None:
    known = {name.upper() for name in Settings.model_fields}
    for pod in pods:
        for container in pod.containers:
            assert {each["name"] for each in container.get("env", [])} <= known | KEYS_OF_OTHERS
    for settings_map in named(things, "ConfigMap").values():
        assert set(settings_map["data"]) <= known
    for name, secret in named(things, "Secret").items():
        if name.startswith("svgai-secrets"):
            assert {key.upper() for key in secret["data"]} <= known


def test_the_program_accepts_the_settings(pods: list[Pod], things: list[Thing], tmp_path: Path) -> None:
    (secret,) = (each for name, each in named(things, "Secret").items() if name.startswith("svgai-secrets"))
    for key in secret["data"]:
        (tmp_path / key).write_text("b7" + SECRET * 2)
    for pod in pods:
        if pod.is_ours:
            has = settings_of(pod, things, secrets_dir=tmp_path)
            assert has.log_format == "json"
            assert has.proxies == 1
            assert SECRET in has.database
            assert SECRET in has.broker
            assert SECRET in has.cache
    assert environments(things) <= {"development", "staging", "production"}


def test_all_that_must_be_shared_is_not_kept_in_a_pod(things: list[Thing], pods: list[Pod]) -> None:
    for pod in (pod for pod in pods if pod.is_ours):
        has = settings_of(pod, things)
        assert has.database_url
        assert has.broker_url
        assert has.cache_url
        (data,) = (volume for volume in pod.spec["volumes"] if volume["name"] == "data")
        if pod.component in {"web", "worker", "schedule"}:
            assert has.blobs_url or "persistentVolumeClaim" in data


def test_a_line_to_a_store_beyond_the_cluster_is_encrypted(pods: list[Pod], things: list[Thing]) -> None:
    has = settings_of(pods[0], things)
    if not STORES & {pod.component for pod in pods}:
        assert "sslmode=require" in has.database_url
        for url in (has.broker_url, has.cache_url):
            assert url.startswith("rediss://")
            assert "ssl_cert_reqs" not in url  # what is not said is required


def test_no_secret_is_in_git() -> None:
    listed = subprocess.run(["git", "ls-files", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "/secrets/" not in listed
    for overlay in OVERLAYS:
        for file in files_of_secrets(FOLDER / "overlays" / overlay):
            path = f"deploy/kubernetes/overlays/{overlay}/{file}"
            assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0, path
    for file in FOLDER.rglob("*.yaml"):
        for document in yaml.safe_load_all(file.read_text()):
            assert document.get("kind") != "Secret", file


# --- who may talk to whom


def test_nobody_talks_to_anybody_unless_it_is_said(things: list[Thing], pods: list[Pod]) -> None:
    policies = named(things, "NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        chosen = [pod.name for pod in pods if selects(policy["spec"]["podSelector"], pod.labels)]
        assert chosen, f"{name} is about nobody"
    for pod in pods:
        assert allowed(policies, pod, "Ingress") | allowed(policies, pod, "Egress"), pod.name


def test_only_who_must_leaves_the_cluster(things: list[Thing], pods: list[Pod]) -> None:
    policies = named(things, "NetworkPolicy")
    abroad = {pod.component for pod in pods if "abroad" in allowed(policies, pod, "Egress")}
    assert abroad == {"web", "callbacks"}
    (rule,) = policies["abroad"]["spec"]["egress"]
    (place,) = rule["to"]
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"}
    assert private <= set(place["ipBlock"]["except"])
    assert [port["port"] for port in rule["ports"]] == sorted(settings().ports)


def test_the_stores_are_reached_by_whoever_works_with_them(things: list[Thing], pods: list[Pod]) -> None:
    policies = named(things, "NetworkPolicy")
    reaching = {pod.component for pod in pods if "stores" in allowed(policies, pod, "Egress")}
    assert reaching == {pod.component for pod in pods if pod.is_ours}
    ports = {port["port"] for rule in policies["stores"]["spec"]["egress"] for port in rule["ports"]}
    assert ports >= {5432, 6379}
    for store in (pod for pod in pods if pod.component in STORES):
        (rule,) = policies[store.component]["spec"]["ingress"]
        sources = [source["podSelector"] for source in rule["from"]]
        assert {p.component for p in pods if any(selects(source, p.labels) for source in sources)} <= reaching
        assert allowed(policies, store, "Egress") == {"names"}


def test_names_are_asked_of_the_clusters_own_servers(things: list[Thing]) -> None:
    (rule,) = named(things, "NetworkPolicy")["names"]["spec"]["egress"]
    assert rule["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}


def test_only_the_ingress_and_the_monitoring_reach_the_web(things: list[Thing]) -> None:
    (rule,) = named(things, "NetworkPolicy")["web"]["spec"]["ingress"]
    assert [source["namespaceSelector"]["matchLabels"] for source in rule["from"]] == [
        {"kubernetes.io/metadata.name": "nginx-ingress"},
        {"kubernetes.io/metadata.name": "monitoring"},
    ]
    assert {service["spec"].get("type", "ClusterIP") for service in named(things, "Service").values()} == {"ClusterIP"}


# --- the door


def test_the_ingress_leads_to_the_web_over_tls(things: list[Thing]) -> None:
    (ingress,) = named(things, "Ingress").values()
    (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]]
    (path,) = rule["http"]["paths"]
    service = named(things, "Service")[path["backend"]["service"]["name"]]
    assert path["backend"]["service"]["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    (config,) = named(things, "ConfigMap").values()
    assert config["data"]["OWN_HOSTS"] == rule["host"]
    assert ingress["metadata"]["annotations"]["nginx.org/redirect-to-https"] == "true"


def test_the_ingress_lets_the_largest_request_through_and_waits_as_long(things: list[Thing]) -> None:
    (ingress,) = named(things, "Ingress").values()
    told, has = ingress["metadata"]["annotations"], settings()
    in_base64 = (max(has.max_request_size, has.max_batch_bytes) + 2) // 3 * 4
    assert int(told["nginx.org/client-max-body-size"]) == in_base64 + OVERHEAD_BYTES
    longest = max(has.convert_wait_seconds, has.request_timeout)
    assert float(told["nginx.org/proxy-read-timeout"].removesuffix("s")) > longest


# --- scaling by jobs


def test_the_questions_of_the_scaler_are_answered(
    rendered: dict[str, list[Thing]], postgres: PostgresServer, tmp_path: Path
) -> None:
    """As the role that the README makes, on a database of this program."""
    url = postgres.create_database("scaled")
    command.upgrade(alembic_config(url.replace("://", "+psycopg2://")), "head")
    scaled = named(rendered["prod"], "ScaledObject")
    assert len(scaled) == len(settings().worker_queues.split(","))
    with psycopg2.connect(url) as line, line.cursor() as cursor:
        for state in ("queued", "running", "running", "succeeded"):
            cursor.execute(*job("fast", state))
        cursor.execute(*job("refined", "queued"))
        cursor.execute(sql.SQL(role_in_the_readme()))
        cursor.execute("SET ROLE svgai_scaler")
        counted = {}
        for name, thing in scaled.items():
            (trigger,) = thing["spec"]["triggers"]
            cursor.execute(trigger["metadata"]["query"])
            counted[name] = cursor.fetchone()
        assert counted == {"worker-fast": (3,), "worker-standard": (0,), "worker-refined": (1,)}
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT picture FROM jobs")
        line.rollback()


def test_a_scaler_counts_the_places_of_its_worker(rendered: dict[str, list[Thing]]) -> None:
    for overlay in ("staging", "prod"):
        things = rendered[overlay]
        by_name = {pod.owner["metadata"]["name"]: pod for pod in pods_of(things)}
        for thing in named(things, "ScaledObject").values():
            spec = thing["spec"]
            (trigger,) = spec["triggers"]
            has = settings_of(by_name[spec["scaleTargetRef"]["name"]], things)
            assert f"queue = '{has.worker_queues}'" in trigger["metadata"]["query"]
            assert int(trigger["metadata"]["targetQueryValue"]) == has.worker_concurrency
            assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
            assert trigger["metadata"]["host"] in has.database_url
            (authentication,) = named(things, "TriggerAuthentication").values()
            assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
            (target,) = authentication["spec"]["secretTargetRef"]
            assert target["key"] in named(things, "Secret")[target["name"]]["data"]


# --- models


@pytest.mark.parametrize("imported", ["good", "broken"])
def test_models_are_verified_before_a_pod_starts(
    rendered: dict[str, list[Thing]], tmp_path: Path, imported: str
) -> None:
    """The very script of the init container."""
    shipped = ROOT / "models" / "production"
    (tmp_path / "imported").mkdir()
    for file in shipped.iterdir():
        (tmp_path / "imported" / file.name).write_bytes(file.read_bytes())
    if imported == "broken":
        (tmp_path / "imported" / "router.onnx").write_bytes(b"broken")
    told = run_loader(rendered["prod"], tmp_path, shipped)
    assert told.returncode == 0, told.stderr
    assert ("refused" in told.stderr) == (imported == "broken")
    for file in shipped.glob("*.onnx"):
        assert (tmp_path / "models" / file.name).read_bytes() == file.read_bytes()


def test_without_good_models_a_pod_does_not_start(rendered: dict[str, list[Thing]], tmp_path: Path) -> None:
    told = run_loader(rendered["prod"], tmp_path, tmp_path / "nothing")
    assert told.returncode == 1
    assert "has models that can be used" in told.stderr
    assert not list((tmp_path / "models").iterdir())


def test_the_desk_may_no_more_than_the_others(rendered: dict[str, list[Thing]]) -> None:
    desk = yaml.safe_load((FOLDER / "components" / "ai" / "desk.yaml").read_text())
    kubernetes_validate.validate(desk, VERSION, strict=True)
    pod = Pod(desk, desk["metadata"]["labels"], desk["spec"])
    test_nobody_may_more_than_needed([pod])
    test_what_they_take_is_bounded([pod])
    claims = {
        volume["persistentVolumeClaim"]["claimName"] for volume in pod.spec["volumes"] if "emptyDir" not in volume
    }
    assert claims <= set(named(rendered["prod"], "PersistentVolumeClaim"))
    assert not allowed(named(rendered["prod"], "NetworkPolicy"), pod, "Egress") - {"names"}


def test_models_are_where_the_program_looks(things: list[Thing], pods: list[Pod]) -> None:
    for pod in pods:
        has = settings_of(pod, things)
        if pod.component in {"web", "worker"}:
            (container,) = pod.spec["containers"]
            (mount,) = (mount for mount in container["volumeMounts"] if mount["name"] == "models")
            assert Path(mount["mountPath"]) == has.models
            assert mount["readOnly"] is True


# --- what its README tells operators to type


def test_the_commands_before_the_first_time_work(tmp_path: Path) -> None:
    place = tmp_path / "deploy" / "kubernetes"
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("secrets"))
    (place / "overlays" / "prod" / "secrets").mkdir()
    for name in ("database_password", "redis_password"):  # made elsewhere, as the README says
        (place / "overlays" / "prod" / "secrets" / name).write_text(SECRET)
    (block,) = (block for block in blocks_of_the_readme() if "openssl" in block)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = subprocess.run(
        ["bash", "-euc", block], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    things = list(yaml.safe_load_all(told.stdout))
    made = [base64.b64decode(value) for secret in named(things, "Secret").values() for value in secret["data"].values()]
    assert len(made) == 4
    assert not [value for value in made if b"\n" in value]


def test_the_commands_for_a_cluster_name_what_there_is(rendered: dict[str, list[Thing]]) -> None:
    things = rendered["prod"]
    lines = "\n".join(blocks_of_the_readme())
    deployments = set(re.findall(r"\bdeployment/([\w-]+)", lines))
    assert deployments
    assert deployments <= set(named(things, "Deployment"))
    assert set(re.findall(r"-n ([\w-]+)", lines)) == set(named(things, "Namespace"))
    for file in re.findall(r"-f (\S+)", lines):
        assert (FOLDER / "overlays" / "prod" / file).is_file()
    for images in re.findall(r"set image (.*)", lines):
        assert {each.partition("=")[0] for each in images.split()} == {"svgai", "svgai-ai"}


# --- how to read them


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


def settings_of(pod: Pod, things: list[Thing], **given: Any) -> Settings:
    """The settings of a pod's own process; without its secrets, those of development."""
    (config,) = named(things, "ConfigMap").values()
    (container,) = pod.spec["containers"]
    told = {**config["data"], **{each["name"]: each["value"] for each in container.get("env", [])}}
    told = {key.lower(): value for key, value in told.items() if key not in KEYS_OF_OTHERS}
    if not given:
        del told["secrets_dir"]
        told |= {"environment": "development", "log_format": "json"}
    return settings(**(told | given))


def environments(things: list[Thing]) -> set[str]:
    return {config["data"]["ENVIRONMENT"] for config in named(things, "ConfigMap").values()}


def workers(pods: list[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.component == "worker"]


def commands_of(probes: list[Thing | None]) -> list[list[str]]:
    return [probe["exec"]["command"] for probe in probes if probe and "exec" in probe]


def is_there(line: list[str]) -> bool:
    """Whether the image has this command: a module of ours, or a program of the virtual environment."""
    if line[:2] == ["python", "-m"]:
        if line[2] == "workers.health":
            from workers.health import CHECKS

            return line[3] in CHECKS
        return importlib.util.find_spec(line[2]) is not None
    return line[0] == "sh" or Path(sys.executable).with_name(line[0]).exists()


def allowed(policies: dict[str, Thing], pod: Pod, direction: str) -> set[str]:
    """The policies that let this pod talk."""
    return {
        name
        for name, policy in policies.items()
        if name != "nobody"
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], pod.labels)
    }


def cores(quantity: str) -> float:
    return float(quantity.removesuffix("m")) / (1000 if quantity.endswith("m") else 1)


def megabytes(quantity: str) -> float:
    return float(quantity[:-2]) * UNITS[quantity[-2:]] / 2**20


def job(queue: str, state: str) -> tuple[str, dict[str, Any]]:
    """A row that is a job as far as counting goes."""
    return (
        "INSERT INTO jobs (id, tenant, kind, queue, turn, at_once, state, version, options, picture, metadata,"
        " is_cached, attempts, is_cancel_asked, percent, announcements, created_at, expires_at, is_recorded) VALUES"
        " (gen_random_uuid(), 't', 'convert', %(queue)s, 0, 1, %(state)s, 1, '{}', '{}', '{}', false, 0, false, 0, 0,"
        " now(), now(), false)",
        {"queue": queue, "state": state},
    )


def blocks_of_the_readme(kind: str = "sh") -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)


def role_in_the_readme() -> str:
    (statements,) = blocks_of_the_readme("sql")
    return statements


def run_loader(things: list[Thing], folder: Path, shipped: Path) -> subprocess.CompletedProcess[str]:
    web = named(things, "Deployment")["web"]["spec"]["template"]["spec"]
    (loader,) = (each for each in web["initContainers"] if each["name"] == "models")
    (folder / "models").mkdir()
    place = {"IMPORTED": folder / "imported", "SHIPPED": shipped, "MODELS_DIR": folder / "models"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, **{name: str(value) for name, value in place.items()}}
    return subprocess.run(loader["command"], env=environment, capture_output=True, text=True, check=False)
