"""What an operator is promised, kept on a real engine by the operator's own scripts: one story, in this order."""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.documents import all_commands
from tests.production.stack import Stack, clients, traffic

pytestmark = [pytest.mark.timeout(1800), pytest.mark.production]
Figure = Callable[[str, object], None]

BASE_MB, AI_MB = 500, 800
UP_SECONDS = 90.0
ROLLBACK_SECONDS = 60.0
MIGRATION = '''
"""A release's own table, and a column."""

import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("trials", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("jobs", sa.Column("trial", sa.Integer()))


def downgrade() -> None:
    op.drop_column("jobs", "trial")
    op.drop_table("trials")
'''


def megabytes_as_pulled(image: str) -> float:
    """Compressed, if less well than a registry does."""
    line = f"set -o pipefail; docker save {image} | gzip -1 | wc --bytes"
    return int(subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout) / 1e6


def adding(path: str, text: str) -> str:
    """Lines of a Dockerfile that add this text to a file of the image."""
    return f"RUN cat >> {path} <<'END'\n{text}\nEND"


def writing(path: str, text: str) -> str:
    return f"RUN cat > {path} <<'END'\n{text.strip()}\nEND"


def test_the_images_build_from_a_clean_checkout(stack: Stack, figure: Figure) -> None:
    began = time.monotonic()
    build = ["docker", "build", "--quiet"]
    base, ai = f"svgai:{stack.tag}", f"svgai-ai:{stack.tag}"
    subprocess.run([*build, "--target", "web", "--tag", base, "."], cwd=stack.checkout, check=True)
    figure("image svgai, seconds to build", f"{time.monotonic() - began:.0f}")
    subprocess.run(
        [*build, "--file", "Dockerfile.ai", "--build-arg", f"BASE={base}", "--tag", ai, "."],
        cwd=stack.checkout,
        check=True,
    )
    sizes = megabytes_as_pulled(base), megabytes_as_pulled(ai)
    figure("images, MB compressed (limits 500, 800)", f"{sizes[0]:.0f}, {sizes[1]:.0f}")
    assert sizes[0] < BASE_MB
    assert sizes[1] < AI_MB


def test_a_container_converts_within_seconds_on_a_read_only_disk(stack: Stack, figure: Figure) -> None:
    began = time.monotonic()
    options = ["--rm", "--interactive", "--read-only", "--cap-drop", "ALL", "--network", "none", "--tmpfs", "/tmp"]
    picture = stack.picture()
    done = subprocess.run(
        ["docker", "run", *options, f"svgai:{stack.tag}", "python", "-m", "workers.trial"],
        input=picture,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.startswith(b"<svg "), done.stderr
    figure("a cold container's first SVG, seconds (limit 30)", f"{time.monotonic() - began:.1f}")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({}, "SECRET_KEY is empty"),
        ({"secret_key": "changeme-changeme-changeme-changeme"}, "SECRET_KEY is empty, too short or well-known"),
        ({"database_password": "postgres"}, "DATABASE_URL has no password, or a well-known one"),
        ({"redis_password": ""}, "BROKER_URL has no password, or a well-known one"),
    ],
    ids=["none", "a default key", "a default password", "an empty password"],
)
@pytest.mark.parametrize("command", ["gunicorn --config python:app.server", "python -m workers.celery_app"])
def test_missing_or_default_secrets_refuse_to_start(
    stack: Stack, tmp_path: Path, secrets: dict[str, str], said: str, command: str
) -> None:
    good = {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("secret_key", "database_password", "redis_password")
    }
    for name, secret in ((good | secrets) if secrets else {}).items():
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o444)
    tmp_path.chmod(0o755)
    given = {
        "ENVIRONMENT": "production",
        "SECRETS_DIR": "/run/secrets",
        "DATABASE_URL": "postgresql://svgai@postgres/svgai",
        "BROKER_URL": "redis://redis:6379/0",
    }
    names = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    mount = ["--volume", f"{tmp_path}:/run/secrets:ro"]
    done = subprocess.run(
        ["docker", "run", "--rm", *mount, *names, f"svgai:{stack.tag}", *command.split()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr


def test_compose_does_not_start_without_secrets(stack: Stack, tmp_path: Path) -> None:
    done = subprocess.run(
        ["docker", "compose", "--file", "docker-compose.prod.yml", "up", "--detach", "postgres"],
        cwd=stack.checkout,
        env=stack.environment | {"SVGAI_HOME": str(tmp_path / "away"), "SVGAI_PROJECT": f"{stack.project}-away"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    subprocess.run(
        ["docker", "compose", "--project-name", f"{stack.project}-away", "down", "--volumes"], timeout=120, check=False
    )
    assert done.returncode != 0
    assert "database_password" in done.stderr


def test_the_stack_is_up_from_zero(stack: Stack, figure: Figure) -> None:
    began = time.monotonic()
    stack.script("deploy_production.sh", "--version", stack.tag)
    seconds = time.monotonic() - began
    figure("from zero to a picture converted over TLS, seconds (limit 90)", f"{seconds:.0f}")
    assert seconds < UP_SECONDS
    stack.make_key()


def test_deploying_and_making_secrets_again_changes_nothing_that_is_there(stack: Stack) -> None:
    before = {path: path.read_bytes() for path in sorted((stack.home / "secrets").iterdir())}
    stack.script("make_secrets.sh")
    assert before == {path: path.read_bytes() for path in sorted((stack.home / "secrets").iterdir())}


def test_it_works_and_is_closed(stack: Stack) -> None:
    said = stack.script("verify_production.sh")
    assert "nginx-1 runs as no root" in said
    assert "postgres-1 serves as no root" in said
    listening = stack.docker(
        "ps", "--filter", f"label=com.docker.compose.project={stack.project}", "--format", "{{.Names}} {{.Ports}}"
    )
    outside = {line.split()[0] for line in listening.splitlines() if "->" in line}
    assert outside == {f"{stack.project}-nginx-1"}
    assert f"127.0.0.1:{stack.operator_port}->9090" in listening


def test_the_base_converts_without_any_model(stack: Stack) -> None:
    status = stack.json("/api/ai-status")
    assert (status["enabled"], status["source"], status["models"]) == (False, "rules", [])
    _, svg = stack.convert()
    assert svg.endswith(b"</svg>")
    stack.script("compose.sh", "exec", "-T", f"web-{stack.live}", "test", "!", "-e", "models")


def test_models_come_and_go_while_twenty_clients_convert(stack: Stack, figure: Figure) -> None:
    stack.script("models.sh", "verify")
    with clients(stack, 20) as load:
        stack.script("deploy_ai/deploy_ai_features.sh", DOCKER_SECONDS="600")
        on = stack.json("/api/ai-status")
        stack.script("test_ai_features.sh")
        stack.script("deploy_ai/disable_ai_features.sh")
        off = stack.json("/api/ai-status")
    figure("overlay on and off, 20 clients converting", load)
    assert (on["enabled"], on["source"], len(on["models"])) == (True, "model", 3)
    assert (off["enabled"], off["source"], off["models"]) == (False, "rules", [])
    assert not load.faults, load.faults[:5]


def test_a_release_with_a_migration_comes_in_under_traffic(stack: Stack, figure: Figure) -> None:
    names = sorted(path.name for path in (stack.checkout / "migrations" / "versions").glob("0*.py"))
    head = names[-1].split("_")[0]
    new = f"{int(head) + 1:04}"
    migration = writing(f"migrations/versions/{new}_trial.py", MIGRATION.format(new=new, head=head))
    version = stack.derive("next", migration)
    with traffic(stack, 50) as load:
        said = stack.script("deploy_production.sh", "--version", version)
    figure("deploy N+1 with a migration, 50 requests/s", load)
    assert f"{new} adds" in said
    assert not load.faults, load.faults[:5]
    seen = stack.script("compose.sh", "exec", "-T", "postgres", "psql", "-U", "svgai", "-Atc", "SELECT * FROM trials")
    assert "ERROR" not in seen
    assert version in stack.script("compose.sh", "images")


BROKEN = {
    "fails health": adding("app/web/health.py", "blueprint.before_request(lambda: ('sick', 500))"),
    "fails smoke": adding("app/conversions.py", "def submit(*_, **__):\n    raise RuntimeError('broken on purpose')"),
    "cannot convert": adding(
        "svgai/conversion.py", "def convert(*_, **__):\n    raise RuntimeError('broken on purpose')"
    ),
    "its worker dies": adding("workers/celery_app.py", "").replace(
        "RUN cat", "RUN sed -i 's/^def create_worker/raise SystemExit(3)\\n&/' workers/celery_app.py && cat"
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_release_is_rolled_back_by_itself(stack: Stack, figure: Figure, fault: str) -> None:
    before = (stack.home / "release").read_text()
    version = stack.derive(fault.replace(" ", "-"), BROKEN[fault])
    with traffic(stack, 50) as load:
        said = stack.script("deploy_production.sh", "--version", version, "--no-backup", fails=True)
    rolled = re.search(r"rolled back after ([\d.]+) s", said)
    assert rolled
    figure(f"a release that {fault}: rolled back in {rolled.group(1)} s", load)
    assert not load.faults, load.faults[:5]
    assert (stack.home / "release").read_text() == before
    stack.script("verify_production.sh", "--quick")


def test_a_canary_that_fares_well_goes_on_and_one_that_fails_does_not(stack: Stack, figure: Figure) -> None:
    sound = stack.derive("canary", adding("README.md", "another release"))
    with traffic(stack, 50) as load:
        said = stack.script("deploy_canary.sh", "15", "--version", sound, "--no-backup")
    figure("canary of 10 %, 15 s, sound", load)
    assert not load.faults, load.faults[:5]
    assert re.search(r"canary: \d+ requests, 0.00 % with 5xx", said)

    raising = "sed -i 's/^def list_methods.*/&\\n    raise RuntimeError(1)/' app/web/api.py"
    fault = f"RUN {raising} && grep -q 'RuntimeError(1)' app/web/api.py"
    broken = stack.derive("bad-canary", fault)
    with traffic(stack, 50) as load:
        said = stack.script("deploy_canary.sh", "15", "--version", broken, "--no-backup", fails=True)
    figure("canary of 10 %, 15 s, one route broken: sent back", load)
    assert "the canary fails more often" in said
    assert len(load.faults) < 0.1 * load.requests
    assert all("/api/v1/methods" in fault for fault in load.faults), load.faults[:5]


def test_an_operator_goes_back_under_traffic(stack: Stack, figure: Figure) -> None:
    with traffic(stack, 50) as load:
        began = time.monotonic()
        said = stack.script("rollback_deployment.sh")
        seconds = time.monotonic() - began
    serving = re.search(r"is in service after ([\d.]+) s", said)
    assert serving
    figure(f"rollback_deployment.sh, {seconds:.0f} s in all (aim 60)", load)
    assert not load.faults, load.faults[:5]


def test_everything_is_there_after_backup_wipe_and_restore(stack: Stack, figure: Figure, tmp_path: Path) -> None:
    jobs = dict(stack.convert() for _ in range(8))
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple")
    stack.script("backup.sh", "--encrypt", str(passphrase))
    plain = next(line for line in stack.script("backup.sh").splitlines() if line.startswith("/"))
    copy = next(str(path) for path in (stack.home / "backups").glob("*.tar.gpg"))
    figure("restore drill", stack.script("restore_drill.sh", plain).strip().splitlines()[-1].partition(": ")[2])
    stack.script("restore_drill.sh", copy, "--passphrase", str(passphrase))

    damaged = tmp_path / "damaged"
    subprocess.run(["cp", "-r", plain, str(damaged)], check=True)
    with (damaged / "blobs.tar").open("r+b") as file:
        file.seek(1000)
        file.write(b"?")
    assert "is damaged" in stack.script("restore_drill.sh", str(damaged), fails=True)

    kept = tmp_path / "kept.tar.gpg"
    Path(copy).rename(kept)
    secret = (stack.home / "secrets" / "secret_key").read_bytes()
    stack.end()
    subprocess.run(["rm", "-rf", str(stack.home)], check=True)
    began = time.monotonic()
    stack.script("restore.sh", str(kept), "--passphrase", str(passphrase), "--yes")
    figure("wipe, then restore until a picture is converted, seconds", f"{time.monotonic() - began:.0f}")
    assert (stack.home / "secrets" / "secret_key").read_bytes() == secret
    for job, svg in jobs.items():
        state = stack.json(f"/api/v1/jobs/{job}")
        status, _, body = stack.ask("GET", f"/api/v1/jobs/{job}/result")
        assert (state["state"], status) == ("succeeded", 200)
        assert hashlib.sha256(body).digest() == hashlib.sha256(svg).digest()
    stack.script("models.sh", "verify")
    stack.script("verify_production.sh", "--quick")
    figure(
        "jobs, results and keys after that", f"all {len(jobs)} jobs with equal SVGs, and the key that asked for them"
    )


def test_upkeep_scripts_do_what_they_say(stack: Stack, tmp_path: Path) -> None:
    stack.script("archive_logs.sh")
    assert list((stack.home / "logs").glob("nginx-*.log.gz"))
    pair = tmp_path / "certificate.pem", tmp_path / "key.pem"
    fresh = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60"]
    fresh += ["-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(pair[1]), "-out", str(pair[0])]
    subprocess.run(["openssl", *fresh, *names], check=True, capture_output=True)
    wrong = stack.script("renew_certificate.sh", str(pair[0]), str(stack.home / "tls" / "key.pem"), fails=True)
    assert "is not the key of" in wrong
    stack.script("renew_certificate.sh", *map(str, pair))
    stack.script("verify_production.sh", "--quick")
    assert "releases" in stack.script("clean_up.sh", "--keep", "2")
    stack.script("pre_deploy_check.sh")


def test_models_are_fetched_and_taken_into_use(stack: Stack, tmp_path: Path) -> None:
    archive, folder = tmp_path / "models.tar.gz", tmp_path / "new-models"
    models = stack.checkout / "models" / "production"
    subprocess.run(["tar", "-czf", str(archive), "-C", str(models), "."], check=True)
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    refused = stack.script("models.sh", "download", f"file://{archive}", "0" * 64, str(folder), fails=True)
    assert "another sha256" in refused
    stack.script("models.sh", "download", f"file://{archive}", sha256, str(folder))
    stack.script("models.sh", "update", str(folder))
    assert "router" in stack.script("models.sh", "list")
    (folder / "router.onnx").write_bytes(b"damaged")
    stack.script("models.sh", "update", str(folder), fails=True)
    stack.script("models.sh", "verify")


def test_the_other_commands_of_the_documents_do_what_they_are_for(stack: Stack) -> None:
    """As they stand there, but for ports, folder and colour."""
    own = {
        "https://localhost": f"https://localhost:{stack.port}",
        ":9090": f":{stack.operator_port}",
        "production/": f"{stack.home}/",
        "web-blue": f"web-{stack.live}",
    }
    plain = [
        command for command in all_commands() if command.startswith(("curl ", "scripts/compose.sh ", "docker compose "))
    ]
    ran = []
    for command in plain:
        if " up --detach --build" in command:
            continue
        line = command
        for former, latter in own.items():
            line = line.replace(former, latter)
        done = subprocess.run(
            ["bash", "-c", line], cwd=stack.checkout, env=stack.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        ran.append(line)
    assert len(ran) > 8
    stack.wait_until_healthy()  # all were stopped, and started again
    stack.script("verify_production.sh")


def test_a_rehearsal_changes_nothing(stack: Stack) -> None:
    def state() -> tuple[str, dict[str, bytes]]:
        ids = stack.docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={stack.project}")
        files = {str(path): path.read_bytes() for path in sorted(stack.home.rglob("*")) if path.is_file()}
        return ids, files

    before = state()
    copies = [str(path) for path in (stack.home / "backups").iterdir()]
    rehearsals: dict[str, list[str]] = {
        "deploy_production.sh": [],
        "rollback_deployment.sh": [],
        "backup.sh": [],
        "restore_drill.sh": copies[:1],
        "deploy_ai/deploy_ai_features.sh": [],
        "deploy_ai/disable_ai_features.sh": [],
        "clean_up.sh": [],
        "archive_logs.sh": [],
        "make_secrets.sh": [],
        "pre_deploy_check.sh": [],
        "verify_production.sh": [],
        "test_ai_features.sh": [],
        "models.sh": ["list"],
        "deploy_canary.sh": ["60"],
    }
    for name, arguments in rehearsals.items():
        if name == "restore_drill.sh" and not copies:
            continue
        stack.script(name, *arguments, "--dry-run")
    assert state() == before
