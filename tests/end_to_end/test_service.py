"""The whole service as real processes: embedded, and on PostgreSQL and Redis."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.samples import bomb_png, logo_png, noise_png
from tests.servers import PostgresServer, RedisServer
from tests.service import Service, command_line, free_port, is_alive

pytestmark = pytest.mark.end_to_end

Start = Callable[..., Service]
SECRET = "hunter2-correct-horse"


@pytest.fixture(scope="module", params=["embedded", "postgresql and redis"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings: dict[str, object] = {}
    if request.param != "embedded":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        redis: RedisServer = request.getfixturevalue("redis")
        database = postgres.create_database("stack").replace("//svgai@", f"//svgai:{SECRET}@")
        settings = {"database_url": database, "broker_url": redis.url.replace("/0", "/1")}
    running = Service(tmp_path_factory.mktemp("stack"), **settings)
    running.start()
    yield running
    assert running.stop() == 0


def test_a_picture_becomes_an_svg(stack: Service) -> None:
    answer = stack.post("/api/v1/convert", logo_png(128))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert answer.body.startswith(b"<svg")


def test_a_job_goes_its_way_to_the_result(stack: Service) -> None:
    job_id = stack.submit(logo_png(128), "?method=baseline&precision=1")
    job = stack.wait_for(job_id)
    assert (job["state"], job["attempts"], job["error"]) == ("succeeded", 1, None)
    assert job["quality"]["ssim"] > 0.8
    result = stack.get(job["result"]["url"])
    assert len(result.body) == job["result"]["bytes"]


def test_the_same_picture_gives_the_same_bytes(stack: Service) -> None:
    assert len({stack.post("/api/convert", logo_png(96)).body for _ in range(3)}) == 1


def test_a_picture_that_breaks_inside_fails_with_its_reason(stack: Service) -> None:
    broken = logo_png(128)[:-600]
    answer = stack.post("/api/v1/convert", broken)
    assert (answer.status, answer.json["code"]) == (422, "picture.corrupt")


def test_health_tells_of_the_worker(stack: Service) -> None:
    health = stack.get("/health").json
    assert (health["status"], health["workers"], health["faults"]) == ("ok", 1, {})
    assert stack.get("/health/live").status == stack.get("/health/ready").status == 200


def test_metrics_are_the_sum_over_all_web_processes(stack: Service) -> None:
    def count() -> float:
        lines = stack.get("/metrics").body.decode().splitlines()
        series = 'http_requests_total{method="GET",route="/health/live",status="200"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(series))

    before = count()
    for _ in range(40):
        assert stack.get("/health/live").status == 200
    assert len(stack.pids("gunicorn")) == 3
    assert {count() - before for _ in range(6)} == {40.0}


def test_metrics_tell_what_the_worker_did(stack: Service) -> None:
    def converted() -> float:
        lines = stack.get("/metrics").body.decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("conversions_total{"))

    before = converted()
    stack.post("/api/convert", logo_png(64))
    stack.until(lambda: converted() == before + 1, 5, "conversion in the metrics")


def test_a_bomb_is_refused_at_once(stack: Service) -> None:
    bomb = bomb_png()
    assert 100_000 < len(bomb) < 130_000
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        answer = stack.post("/api/v1/convert", bomb)
        seconds.append(time.perf_counter() - begun)
        assert (answer.status, answer.json["code"]) == (413, "picture.too_many_pixels")
    assert sorted(seconds)[2] < 0.1, seconds


def test_nothing_secret_and_no_fault_is_in_the_log(stack: Service) -> None:
    log = stack.log.read_text()
    assert SECRET not in log
    assert "Traceback" not in log
    assert "job succeeded" in log


def test_the_first_request_after_the_start_is_quick(start_service: Start) -> None:
    service = start_service()
    begun = time.perf_counter()
    assert service.post("/api/v1/convert", logo_png(256)).status == 200
    assert time.perf_counter() - begun < 2


def test_ctrl_c_stops_everything_and_leaves_nobody_behind(start_service: Start) -> None:
    service = start_service()
    crew = service.crew()
    assert len(crew) >= 7  # gunicorn and two of its own, worker, schedule, two sandboxes
    assert service.stop() == 0
    assert not [command_line(pid) for pid in crew if is_alive(pid)]
    assert b"Stopped." in service.log.read_bytes()


def test_it_stops_while_somebody_waits_and_leaves_nobody_behind(start_service: Start) -> None:
    service = start_service()
    crew = service.crew()
    answers: list[object] = []

    def wait() -> None:
        try:
            answers.append(service.post("/api/v1/convert", noise_png(1500)))
        except OSError as cut_off:
            answers.append(cut_off)

    waiting = threading.Thread(target=wait)
    waiting.start()
    service.until(lambda: service.get("/health").json["jobs"]["running"] == 1, 20, "running job")
    crew = sorted({*crew, *service.crew()})
    assert service.stop() == 0
    waiting.join()
    assert answers
    assert not [command_line(pid) for pid in crew if is_alive(pid)]


def test_a_proxy_in_the_environment_does_not_hinder_the_start(start_service: Start, tmp_path: Path) -> None:
    service = Service(tmp_path / "proxied")
    service.environment |= {"http_proxy": f"http://127.0.0.1:{free_port()}"}
    service.start()
    assert service.stop() == 0


def test_ready_means_that_this_runs_worker_is_there(start_service: Start) -> None:
    service = start_service()
    service.kill()
    service.start()
    log = service.log.read_text().rpartition("is ready")
    assert log[0].count("worker ready") == 2


def test_sigterm_stops_it_as_well(start_service: Start) -> None:
    service = start_service()
    crew = service.crew()
    assert service.process
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(40) == 0
    assert not any(is_alive(pid) for pid in crew)


def test_a_launcher_that_is_killed_takes_everything_along(start_service: Start) -> None:
    service = start_service()
    crew = service.crew()
    assert service.process
    service.process.kill()
    service.process.wait()
    service.until(lambda: not any(is_alive(pid) for pid in crew), 40, "end of the crew")


def test_a_busy_port_gives_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        service = Service(tmp_path / "late", port=busy.getsockname()[1])
        with pytest.raises(AssertionError):
            service.start()
    said = service.log.read_text().strip()
    assert len(said.splitlines()) == 1
    assert f"Port {busy.getsockname()[1] if busy.fileno() >= 0 else service.environment['PORT']}" in said
    assert "is in use" in said


def test_settings_that_are_nonsense_stop_it_with_a_line_each(tmp_path: Path) -> None:
    service = Service(tmp_path / "odd", workers="many", log_level="loud")
    with pytest.raises(AssertionError):
        service.start()
    said = service.log.read_text()
    assert "WORKERS: " in said
    assert "LOG_LEVEL: " in said
    assert "Traceback" not in said


def test_a_database_that_is_not_there_stops_it_with_a_clear_word(tmp_path: Path) -> None:
    service = Service(tmp_path / "lost", database_url=f"postgresql://a:b@127.0.0.1:{free_port()}/x")
    with pytest.raises(AssertionError):
        service.start()
    said = service.log.read_text()
    assert "refused" in said
    assert ":b@" not in said
    assert "Traceback" not in said


def test_the_web_process_stays_small(stack: Service) -> None:
    webs = stack.pids("gunicorn")
    kilobytes = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4 for pid in webs]
    assert max(kilobytes) < 150_000, kilobytes
    maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in webs)
    assert not [name for name in ("numba", "cv2", "torch", "skia", "numpy") if f"/{name}" in maps]


def test_it_answers_curl_as_the_readme_says(stack: Service, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(logo_png(64))
    command = ["curl", "-sS", "-F", f"image=@{tmp_path}/logo.png", f"{stack.url}/api/v1/convert"]
    said = subprocess.run(command, capture_output=True, check=True)
    assert said.stdout.startswith(b"<svg")
