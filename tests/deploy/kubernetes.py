"""The overlays as kubectl renders them, from a copy that has secrets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("dev", "staging", "prod")
SECRET = "9f1c7be02d4a86538e0b"
"""What stands for every secret while overlays are rendered."""

Thing = dict[str, Any]


def render(overlay: str, folder: Path) -> list[Thing]:
    """All objects of an overlay. The folder gets a copy of deploy/kubernetes, as an operator would have it."""
    copy = folder / "kubernetes"
    if not copy.exists():
        shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("secrets"))
    place = copy / "overlays" / overlay
    for name in files_of_secrets(place):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(SECRET)
    kubectl = Path(sys.executable).with_name("kubectl")
    told = subprocess.run([kubectl, "kustomize", place], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return list(yaml.safe_load_all(told.stdout))


def files_of_secrets(place: Path) -> list[str]:
    """The files that an overlay makes Secrets of."""
    made = yaml.safe_load((place / "kustomization.yaml").read_text())["secretGenerator"]
    return [file.partition("=")[2] or file for each in made for file in each["files"]]


@dataclass(frozen=True)
class Pod:
    """What an object makes pods of."""

    owner: Thing
    labels: dict[str, str]
    spec: Thing

    @property
    def name(self) -> str:
        return f"{self.owner['kind']} {self.owner['metadata']['name']}"

    @property
    def containers(self) -> list[Thing]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def component(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    @property
    def is_ours(self) -> bool:
        return any("svgai" in container["image"] for container in self.containers)


def pods_of(things: list[Thing]) -> Iterator[Pod]:
    for thing in things:
        if thing["kind"] in {"Deployment", "StatefulSet", "Job"}:
            template = thing["spec"]["template"]
            yield Pod(thing, template["metadata"]["labels"], template["spec"])


def named(things: list[Thing], kind: str) -> dict[str, Thing]:
    return {thing["metadata"]["name"]: thing for thing in things if thing["kind"] == kind}


def selects(selector: Thing, labels: dict[str, str]) -> bool:
    """Whether a label selector is true of these labels."""
    for rule in selector.get("matchExpressions", []):
        assert rule["operator"] == "In", rule
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()
