"""Runs the containers of the overlay dev with Docker, under the restrictions of their pods, for want of a cluster.

    python -m tests.deploy.pods [VERSION]

Takes Docker, and the images svgai and svgai-ai of that version (latest). What a container may write, as whom it runs,
what it may take, its environment, secrets, command and probes are those of the manifests; what only a cluster has is
not tried: the ingress, network policies, scaling, and that pods are put somewhere. Ends with 1 where anything does not
hold.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deploy.kubernetes import Pod, Thing, named, pods_of, render

NAME = "svgai-pods"
VOLUMES = {"data": f"{NAME}-data", "models": f"{NAME}-models"}
RUNNING = ("web", "worker-fast", "worker-standard", "worker-refined", "callbacks", "schedule")
CONVERT = """
import struct, urllib.request, zlib
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = b"".join(b"\\0" + bytes(3 * 16) + bytes([255]) * 3 * 48 for _ in range(64))
head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
asked = urllib.request.Request("http://127.0.0.1:8000/api/v1/convert", png, {"Content-Type": "image/png"})
answer = urllib.request.urlopen(asked, timeout=60)
print(answer.status, answer.read(4))
"""


class Broken(Exception):
    """Something does not hold."""


@dataclass(frozen=True)
class Stage:
    """The rendered overlay, a folder with its secrets, and the version of our images."""

    things: list[Thing]
    secrets: Path
    version: str

    def image(self, container: Thing) -> str:
        return container["image"].replace(":latest", f":{self.version}")

    @property
    def pods(self) -> dict[str, Pod]:
        return {pod.owner["metadata"]["name"]: pod for pod in pods_of(self.things)}

    @property
    def settings(self) -> dict[str, str]:
        (config,) = named(self.things, "ConfigMap").values()
        return config["data"]


def docker(*words: object, fine: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    line = ["docker", *map(str, words)]
    told = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    if fine and told.returncode not in fine:
        raise Broken(f"{' '.join(line)[:200]} ...\n{told.stdout[-1000:]}{told.stderr[-1000:]}")
    return told


def start(stage: Stage, pod: Pod, container: Thing, name: str, *flags: str) -> str:
    """Run one container of a pod; what it says, unless it is detached."""
    user = _user(pod, container)
    limits = container["resources"]["limits"]
    words = ["run", "--name", f"{NAME}-{name}", "--network", NAME, "--network-alias", name, *flags]
    words += ["--read-only"] if container["securityContext"]["readOnlyRootFilesystem"] else []
    words += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{user}:{user}"]
    words += ["--memory", limits["memory"].removesuffix("i").lower()]
    for key, value in {**_settings(stage, container), **_environment(container)}.items():
        words += ["--env", f"{key}={value}"]
    words += _mounts(stage, pod, container, user)
    command = container.get("command", [])
    told = docker(*words, *(["--entrypoint", command[0]] if command else []), stage.image(container), *command[1:])
    return told.stdout + told.stderr


def _user(pod: Pod, container: Thing) -> str:
    if pod.is_ours:
        return str(pod.spec["securityContext"]["runAsUser"])
    asked = ["run", "--rm", "--entrypoint", "id", container["image"], "-u", pod.component]
    return docker(*asked).stdout.strip()  # images of the same name may number their users differently


def _settings(stage: Stage, container: Thing) -> dict[str, str]:
    return stage.settings if container.get("envFrom") else {}


def _environment(container: Thing) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("env", [])}


def _mounts(stage: Stage, pod: Pod, container: Thing, user: str) -> Iterator[str]:
    volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
    for mount in container["volumeMounts"]:
        place, how = mount["mountPath"], ":ro" if mount.get("readOnly") else ""
        if "secret" in volumes.get(mount["name"], {}):
            yield from ("--volume", f"{stage.secrets}:{place}:ro")
        elif mount["name"] in VOLUMES:
            yield from ("--volume", f"{VOLUMES[mount['name']]}:{place}{how}")
        else:
            yield from ("--tmpfs", f"{place}:uid={user},gid={user},mode=0755")


def probe(pod: Pod, name: str, which: str) -> bool:
    """Ask as Kubernetes would."""
    asked = pod.spec["containers"][0][which]
    if "exec" in asked:
        return docker("exec", f"{NAME}-{name}", *asked["exec"]["command"], fine=()).returncode == 0
    url = f"http://127.0.0.1:8000{asked['httpGet']['path']}"
    program = f"from urllib.request import urlopen; urlopen({url!r}, timeout=4)"
    return docker("exec", f"{NAME}-{name}", "python", "-c", program, fine=()).returncode == 0


def wait(pod: Pod, name: str) -> None:
    """Until it has started, within the patience of its probe; then the other probes must agree."""
    asked, began = pod.spec["containers"][0]["startupProbe"], time.monotonic()
    while not probe(pod, name, "startupProbe"):
        if time.monotonic() - began > asked["periodSeconds"] * asked["failureThreshold"]:
            raise Broken(f"{name} did not start:\n{docker('logs', '--tail', '20', f'{NAME}-{name}', fine=()).stderr}")
        time.sleep(1)
    print(f"{name:16} started after {time.monotonic() - began:5.1f} s")
    for which in ("readinessProbe", "livenessProbe"):
        if not probe(pod, name, which):
            raise Broken(f"{name} has started, but its {which} fails")


def end(pod: Pod, name: str) -> None:
    """As Kubernetes ends a pod, but for the sleep before it."""
    patience, began = pod.spec.get("terminationGracePeriodSeconds", 30), time.monotonic()
    docker("stop", "--time", patience, f"{NAME}-{name}")
    state = json.loads(docker("inspect", f"{NAME}-{name}").stdout)[0]["State"]
    if state["ExitCode"] != 0 or state["OOMKilled"]:
        raise Broken(f"{name} ended badly: {state}")
    print(f"{name:16} ended after {time.monotonic() - began:5.1f} s of {patience}")


def play(stage: Stage) -> None:
    """The stores, the migration, what runs before the processes, the processes, a picture, the end."""
    pods = stage.pods
    for name in ("postgres", "redis"):
        start(stage, pods[name], pods[name].spec["containers"][0], name, "--detach")
        wait(pods[name], name)
    (migrate,) = (pod for pod in pods.values() if pod.component == "migrate")
    start(stage, migrate, migrate.spec["containers"][0], "migrate", "--rm")
    for container in pods["web"].spec["initContainers"]:
        start(stage, pods["web"], container, container["name"], "--rm")
        print(f"{container['name']:16} ended well")
    for name in RUNNING:
        start(stage, pods[name], pods[name].spec["containers"][0], name, "--detach")
    for name in RUNNING:
        wait(pods[name], name)
    print(f"{'a picture':16} {docker('exec', f'{NAME}-web', 'python', '-c', CONVERT).stdout.strip()}")
    for name in RUNNING:
        end(pods[name], name)


@contextmanager
def staged(version: str) -> Iterator[Stage]:
    """Whatever happens, nothing is left behind."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        kept = place / "secrets"
        kept.mkdir()
        for name in ("database_password", "redis_password", "secret_key"):
            (kept / name).write_text(secrets.token_hex(24))
        docker("network", "create", NAME)
        for volume in VOLUMES.values():
            own = ["run", "--rm", "--user", "0", "--entrypoint", "chown", "--volume", f"{volume}:/kept"]
            docker(*own, f"svgai:{version}", "10001:10001", "/kept")
        try:
            yield Stage(render("dev", place), kept, version)
        finally:
            if left := docker("ps", "--all", "--quiet", "--filter", f"name={NAME}-").stdout.split():
                docker("rm", "--force", *left)
            docker("volume", "rm", *VOLUMES.values())
            docker("network", "rm", NAME)


def main() -> None:
    with staged(sys.argv[1] if len(sys.argv) > 1 else "latest") as stage:
        try:
            play(stage)
        except Broken as broken:
            raise SystemExit(str(broken)) from None
    print("Everything held.")


if __name__ == "__main__":
    main()
