"""The files that make and run the containers keep their promises; no engine is needed to see that."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings
from app.web.problems import HTTP_CODES
from app.web.submissions import OVERHEAD_BYTES
from app.webhooks import ATTEMPT_SECONDS

ROOT = Path(__file__).parents[2]
PRODUCTION = ROOT / "docker-compose.prod.yml"
AI = ROOT / "docker-compose.ai.yml"
DOCKERFILE = ROOT / "Dockerfile"
NGINX = "".join((ROOT / "nginx" / name).read_text() for name in ("nginx.conf", "service.conf"))

STACK: dict[str, Any] = yaml.safe_load(PRODUCTION.read_text())
OVERLAY: dict[str, Any] = yaml.safe_load(AI.read_text())
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
OURS = {name for name, service in SERVICES.items() if "svgai:" in service["image"]}
WEBS = {"web-blue", "web-green"}
WORKERS = {name for name in OURS if name.startswith("worker-")}
STORES = {"postgres", "redis"}
OF_STORES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE"}
"""Names that the images of the stores, or the programs in them, define."""

every_service = pytest.mark.parametrize("name", SERVICES)


def test_the_stack_is_complete() -> None:
    assert set(SERVICES) == {"nginx", "callbacks", "schedule", "migrate", "redis", "postgres", *WEBS, *WORKERS}
    served = {SERVICES[name]["environment"]["WORKER_QUEUES"] for name in WORKERS}
    assert served == set(Settings(_env_file=None).worker_queues.split(","))
    assert set(SERVICES) - OURS == {"nginx", *STORES}


@every_service
def test_it_may_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # PostgreSQL's image owns its folder as root before it becomes another user.
    assert "cap_add" not in service or name == "postgres"


@every_service
def test_what_it_takes_is_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@every_service
def test_its_health_is_known(name: str) -> None:
    service = SERVICES[name]
    if service["restart"] == "no":
        assert service["healthcheck"] == {"disable": True}  # it ends, and its exit status tells
    elif name in WEBS:
        assert "/health/live" in instruction("HEALTHCHECK")
    else:
        assert service["healthcheck"]["test"]


@every_service
def test_it_does_not_run_as_root(name: str) -> None:
    user = SERVICES[name].get("user")
    if name in OURS:
        assert user is None
        assert re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", instruction("USER"))
        assert instruction("USER", "Dockerfile.ai") == instruction("USER")
    else:
        assert user in {"nginx", "redis"} or name == "postgres"


@every_service
def test_only_nginx_is_reached_from_outside(name: str) -> None:
    assert ("ports" in SERVICES[name]) == (name == "nginx")
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []) if port.endswith(":9090"))
    assert ("outside" in SERVICES[name]["networks"]) == (name == "nginx")


def test_the_networks_are_private() -> None:
    assert {name for name, network in STACK["networks"].items() if not network.get("internal")} == {"outside", "abroad"}
    reaching = {name for name, service in SERVICES.items() if "stores" in service["networks"]}
    assert reaching == OURS | STORES
    assert {name for name, service in SERVICES.items() if "abroad" in service["networks"]} == {"callbacks", *WEBS}


@every_service
def test_it_starts_when_what_it_needs_is_there(name: str) -> None:
    needed = {other: how["condition"] for other, how in SERVICES[name].get("depends_on", {}).items()}
    stores = dict.fromkeys(STORES, "service_healthy")
    if name in STORES:
        assert not needed
    elif name == "nginx":
        assert needed == {"web-blue": "service_healthy"}
    elif name == "migrate":
        assert needed == {"postgres": "service_healthy"}
    else:
        assert needed == {"migrate": "service_completed_successfully", **stores}


@every_service
def test_the_names_in_its_environment_mean_something(name: str) -> None:
    known = OF_STORES if name in STORES else {field.upper() for field in Settings.model_fields}
    assert set(SERVICES[name].get("environment", {})) <= known


def test_production_accepts_the_settings(tmp_path: Path) -> None:
    given = {name.lower(): filled(value) for name, value in SERVICES["web-blue"]["environment"].items()}
    for name in SERVICES["web-blue"]["secrets"]:
        (tmp_path / name).write_text("a1b2c3d4e5" * 4)
    settings = Settings(_env_file=None, **given | {"secrets_dir": tmp_path})
    assert (settings.environment, settings.proxies, settings.log_format) == ("production", 1, "json")
    assert not settings.ai_enabled


def test_secrets_come_from_files_alone() -> None:
    assert not re.search(r"\$\{\w*(PASSWORD|SECRET|KEY)", PRODUCTION.read_text() + AI.read_text())
    for name, secret in STACK["secrets"].items():
        assert secret == {"file": f"${{SVGAI_HOME:-./production}}/secrets/{name}"}
    fields = set(Settings.model_fields)
    assert set(STACK["secrets"]) <= fields
    assert all(set(SERVICES[name]["secrets"]) == set(STACK["secrets"]) for name in OURS)


@pytest.mark.parametrize("stack", [STACK, OVERLAY], ids=["production", "ai"])
def test_every_file_that_is_named_exists(stack: dict[str, Any]) -> None:
    for service in stack["services"].values():
        if "build" in service:
            assert (ROOT / service["build"]["context"] / service["build"].get("dockerfile", "Dockerfile")).is_file()
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            is_here = source.startswith("./") and (ROOT / source).exists()
            assert is_here or source in STACK["volumes"] or source.startswith("${SVGAI_HOME"), source


def test_the_overlay_swaps_the_image_of_all_that_is_ours() -> None:
    assert set(OVERLAY["services"]) == OURS
    models = OVERLAY["services"]["web-blue"]
    assert "svgai-ai:" in models["image"]
    assert models["build"]["args"]["BASE"] == SERVICES["web-blue"]["image"]
    assert models["environment"] == {"AI_ENABLED": "true"}
    others = [OVERLAY["services"][name] for name in OURS - {"web-blue"}]
    assert all(other["extends"] == "web-blue" and set(other) <= {"extends", "mem_limit"} for other in others)


def test_whoever_is_stopped_may_finish_first() -> None:
    settings = Settings(_env_file=None)
    assert seconds(SERVICES["nginx"]["stop_grace_period"]) > settings.request_timeout
    assert seconds(SERVICES["callbacks"]["stop_grace_period"]) > ATTEMPT_SECONDS
    for name in WEBS:
        assert seconds(SERVICES[name]["stop_grace_period"]) > settings.request_timeout
    for name in WORKERS:
        longest = settings.seconds_for(SERVICES[name]["environment"]["WORKER_QUEUES"])
        assert seconds(SERVICES[name]["stop_grace_period"]) > longest


def test_a_worker_has_the_memory_that_its_conversions_may_take() -> None:
    for name in WORKERS:
        given = SERVICES[name]["environment"]
        each = int(given["CONVERSION_MEMORY_MB"]) + 300
        assert int(SERVICES[name]["mem_limit"].removesuffix("g")) * 1024 >= int(given["WORKER_CONCURRENCY"]) * each


def test_the_image_is_built_from_pinned_packages_in_stages() -> None:
    text = DOCKERFILE.read_text()
    stages = re.findall(r"^FROM (\S+) AS (\w+)$", text, re.MULTILINE)
    assert [stage for _, stage in stages] == ["base", "packages", "code", "service", "worker", "web"]
    assert ("base", "service") in stages  # what builds is left behind
    assert "python -m workers.compiled make" in text
    assert "--require-hashes" in text
    assert "svgai doctor" in text


def test_the_image_has_the_system_libraries_that_setup_installs() -> None:
    script = (ROOT / "scripts" / "setup.sh").read_text()
    to_run = re.search(r"^missing_packages\(\) \{(.*?)^\}", script, re.MULTILINE | re.DOTALL)
    assert to_run
    needed = set(re.findall(r"\|\| echo (lib\S+)", to_run.group(1)))
    assert needed
    assert needed <= set(DOCKERFILE.read_text().split())


def test_the_image_is_given_all_it_copies_and_nothing_else() -> None:
    given = given_to("Dockerfile")
    assert {"app", "migrations", "svgai", "workers", "pyproject.toml", "README.md"} <= given
    assert "models" not in given
    assert given_to("Dockerfile.ai") == {"models/production", "requirements-ai.txt"}
    for file in ("Dockerfile", "Dockerfile.ai"):
        assert all((ROOT / name).exists() for name in given_to(file))
        for sources in re.findall(r"^COPY ([^-.].*) \S+$", (ROOT / file).read_text(), re.MULTILINE):
            assert all(any(source.startswith(name) for name in given_to(file)) for source in sources.split())


def given_to(file: str) -> set[str]:
    own = ROOT / f"{file}.dockerignore"
    lines = (own if own.exists() else ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def test_no_file_names_a_host_to_install_from() -> None:
    for file in (DOCKERFILE, ROOT / "Dockerfile.ai", PRODUCTION, AI):
        assert "://download." not in file.read_text()
        assert "pypi" not in file.read_text().lower()


def test_nginx_lets_the_largest_request_through_and_no_larger() -> None:
    settings = Settings(_env_file=None)
    found = re.findall(r"client_max_body_size (\d+);", NGINX)
    in_base64 = [(size + 2) // 3 * 4 for size in (settings.max_request_size, settings.max_batch_bytes)]
    assert found == [str(size + OVERHEAD_BYTES) for size in in_base64]


def test_nginx_waits_as_long_as_the_web_may_take() -> None:
    settings = Settings(_env_file=None)
    assert seconds(nginx("proxy_read_timeout")) > max(settings.convert_wait_seconds, settings.request_timeout)


def test_nginx_names_problems_as_the_service_does() -> None:
    codes = dict(re.findall(r"^\s+(\d{3}) ([a-z._]+);$", NGINX, re.MULTILINE))
    assert {status: codes[str(status)] for status in HTTP_CODES if str(status) in codes} == {
        status: code for status, code in HTTP_CODES.items() if str(status) in codes
    }
    for status in nginx("error_page").split()[:-1]:
        assert status in codes or status in {"500", "501"}


def test_the_webs_listen_where_nginx_looks() -> None:
    assert set(re.findall(r"http://([\w$-]+):(\d+)", NGINX)) == {
        (name, str(Settings(_env_file=None).port)) for name in WEBS
    }


def test_every_listener_has_a_port() -> None:
    published = {port.rpartition(":")[2] for port in SERVICES["nginx"]["ports"]}
    assert set(re.findall(r"listen (\d+)", NGINX)) == published == {"8080", "8443", "9090"}


def instruction(name: str, file: str = "Dockerfile") -> str:
    """The last instruction of this name."""
    text = (ROOT / file).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.startswith(f"{name} ")][-1]


def nginx(directive: str) -> str:
    found = re.search(rf"^\s*{directive}\s+(.*?);", NGINX, re.MULTILINE)
    assert found, directive
    return " ".join(shlex.split(found.group(1)))


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def filled(value: str) -> str:
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
