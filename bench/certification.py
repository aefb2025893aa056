"""Whether predictions are as quick, as small and as steady as is asked: `make certify`.

The service is started as `make run` starts it (gunicorn, SQLite, files), with the models of models/production, and
asked over HTTP by a process of its own with as many connections as there are callers. Features are those of pictures
that might be, another each time unless it says otherwise, so that nothing is known from before. Every figure stands
beside what it has to be, and MISSED is said where it is not.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import random
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.adapters.inference import LOOK_SECONDS
from app.settings import MODELS
from bench.service import Target, say
from svgai.ml.importing import install
from svgai.ml.metadata import FILE, Entry, Metadata, read_metadata, sha256_of, write_metadata
from svgai.ml.usual import USUAL
from tests.service import Service

ROUTING, QUALITY = "/api/v1/predict/routing", "/api/v1/predict/quality"
CALLERS = 20
OFFERED_PER_SECOND = 80
SWAP_SECONDS = 2.0
PICTURES = 100
"""Different pictures in a workload that repeats."""
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Load:
    """What callers ask, and how often."""

    port: int
    seconds: float
    per_second: float | None = None
    """Requests that begin in a second, whether those before are answered or not; None: as many as are answered."""
    pictures: int | None = None
    """How many different ones are asked about; None: each time another."""
    callers: int = CALLERS


@dataclass
class Seen:
    """What callers were told."""

    times: list[float] = field(default_factory=list)
    """Seconds; where requests begin at set times, from the moment at which they should have begun."""
    faults: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.lasted if self.lasted else 0.0

    def ms(self, share: float) -> float:
        """The time within which so many of the requests were answered."""
        ordered = sorted(self.times)
        return 1000 * ordered[int((len(ordered) - 1) * share)] if ordered else float("nan")


def question(picture: int) -> bytes:
    """Features of a picture: around the usual values, and never twice the same."""
    given = {
        name: min(usual.most, usual.value * (0.5 + (picture * 0.6180339887 + place * 0.754878) % 1))
        for place, (name, usual) in enumerate(USUAL.items())
    }
    return json.dumps({"features": given}).encode()


# --- those who ask, in a process of their own


def asking(load: Load) -> Seen:
    """What becomes of a load; it comes from a process of its own, so that callers and service share no interpreter."""
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    process = context.Process(target=_ask_all, args=(load, told), daemon=True)
    process.start()
    seen: Seen = told.get()
    process.join()
    return seen


def _ask_all(load: Load, told: Any) -> None:
    seen, lock, numbers = Seen(), threading.Lock(), iter(range(10**9))
    begun = time.perf_counter()
    chance = random.Random(1)  # noqa: S311

    def next_one() -> tuple[int, float, int]:
        """The number of a request, when it is due, and the picture it asks about."""
        with lock:
            number = next(numbers)
            picture = number + int(begun) * 1000 if load.pictures is None else chance.randrange(load.pictures)
        due = begun + number / load.per_second if load.per_second else time.perf_counter()
        return number, due, picture

    def ask() -> None:
        line = http.client.HTTPConnection("127.0.0.1", load.port, timeout=30)
        with closing(line):
            while True:
                number, due, picture = next_one()
                if due > begun + load.seconds:
                    return
                time.sleep(max(0.0, due - time.perf_counter()))
                fault, version = _told(line, (ROUTING, QUALITY)[number % 2], question(picture))
                with lock:
                    seen.times.append(time.perf_counter() - due)
                    seen.versions[version] += 1
                    if fault:
                        seen.faults.append(fault)

    with ThreadPoolExecutor(load.callers) as callers:
        for each in [callers.submit(ask) for _ in range(load.callers)]:
            each.result()
    seen.lasted = time.perf_counter() - begun
    told.put(seen)


def _told(line: http.client.HTTPConnection, path: str, body: bytes) -> tuple[str, str]:
    """What was wrong with an answer, or nothing; and the version of the predictor that gave it."""
    try:
        line.request("POST", path, body, HEADERS)
        answer = line.getresponse()
        found = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        line.close()
        return repr(error), ""
    if answer.status != 200:
        return f"{answer.status} {found!r:.200}", ""
    versions = sorted(set(found["models"].values()))
    if found["advised_by"] != "model" or len(versions) != 1:
        return f"{found['advised_by']} {found['reasons']} {versions}", ""
    return "", versions[0]


# --- the service that is asked


@contextmanager
def served(folder: Path, source: Path) -> Iterator[tuple[Service, Path]]:
    """A service with a copy of models in a folder that may be written to."""
    models = folder / "models"
    install(source, _made(models))
    service = Service(folder / "service", models_dir=models, log_level="WARNING", worker_concurrency=1)
    service.start()
    try:
        asking(Load(service.port, 1.5))  # each process loads models when somebody first asks it
        yield service, models
    finally:
        service.stop()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def webs(service: Service) -> list[int]:
    """The web processes that answer: those below gunicorn's own."""
    pids = service.pids("app.server")
    return [pid for pid in pids if _parent(pid) in pids]


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def resident_megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def has_torch(pid: int) -> bool:
    return "libtorch" in Path(f"/proc/{pid}/maps").read_text()


# --- what is measured


def rates(service: Service, seconds: float) -> Iterator[Target]:
    """How many, and how quick; then how large the processes have become."""
    offered = asking(Load(service.port, seconds, OFFERED_PER_SECOND))
    name = f"at {OFFERED_PER_SECOND} requests/s by {CALLERS} callers"
    yield Target(f"answered {name}", offered.rate, 50, "/s")
    yield Target(f"mean {name}", 1000 * statistics.mean(offered.times), 30, "ms", is_least=False)
    yield Target(f"p50 {name}", offered.ms(0.5), 100, "ms", is_least=False)
    yield Target(f"p95 {name}", offered.ms(0.95), 100, "ms", is_least=False)
    yield Target(f"p99 {name}", offered.ms(0.99), 300, "ms", is_least=False)
    peak = asking(Load(service.port, seconds))
    name = f"with {CALLERS} callers who never wait"
    yield Target(f"peak {name}", peak.rate, 80, "/s")
    yield Target(f"p95 {name}", peak.ms(0.95), 100, "ms", is_least=False)
    yield Target("requests that failed so far", len(offered.faults) + len(peak.faults), 0, "", is_least=False)
    for fault in (offered.faults + peak.faults)[:3]:
        say(f"  failed: {fault}")
    yield from sizes(service)


def sizes(service: Service) -> Iterator[Target]:
    pids = webs(service)
    torch = any(has_torch(pid) for pid in pids)
    largest = max(resident_megabytes(pid) for pid in pids)
    bound = 500 if torch else 250
    yield Target(f"largest web process, {'with' if torch else 'without'} torch", largest, bound, "MB", is_least=False)


def hit_rate(service: Service, seconds: float) -> Iterator[Target]:
    """Of a workload that asks about the same pictures again and again, in every process."""
    before = counted(service)
    asking(Load(service.port, seconds, pictures=PICTURES))
    hits, misses = (after - former for after, former in zip(counted(service), before, strict=True))
    share = 100 * hits / max(1, hits + misses)
    yield Target(f"known from before, {PICTURES} pictures again and again", share, 70, "%")


def counted(service: Service) -> tuple[int, int]:
    """Predictions that were known and were not, of all web processes."""
    text = service.get("/metrics").body.decode()
    return _sample(text, "hit"), _sample(text, "miss")


def _sample(text: str, outcome: str) -> int:
    start = f'cache_lookups_total{{cache="predictions",outcome="{outcome}"}} '
    return sum(int(float(line.removeprefix(start))) for line in text.splitlines() if line.startswith(start))


def swaps(service: Service, models: Path, source: Path, seconds: float) -> Iterator[Target]:
    """Two sets of models change places under load."""
    with tempfile.TemporaryDirectory() as folder:
        pair = [_named(source, Path(folder) / name, name) for name in ("one", "two")]
        with ThreadPoolExecutor(1) as aside:
            load = aside.submit(asking, Load(service.port, seconds))
            done = 0
            while not load.done():
                install(pair[done % 2], models)
                done += 1
                time.sleep(SWAP_SECONDS)
            seen = load.result()
    say(f"  {done} swaps in {seconds:g} s, {len(seen.times)} requests, answered by {dict(seen.versions)}")
    for fault in seen.faults[:3]:
        say(f"  failed: {fault}")
    yield Target(f"failed requests, models swapped every {SWAP_SECONDS:g} s", len(seen.faults), 0, "", is_least=False)
    yield Target("p95 meanwhile", seen.ms(0.95), 100, "ms", is_least=False)
    both = min(seen.versions["one"], seen.versions["two"])
    yield Target("share of answers by the rarer of the two", 100 * both / max(1, len(seen.times)), 10, "%")


def _named(source: Path, folder: Path, version: str) -> Path:
    """The same models under another version, and without a router in every other: it may be missing."""
    shutil.copytree(source, folder)
    metadata = read_metadata((folder / FILE).read_bytes())
    kept = [replace(entry, version=version) for entry in metadata.models if version == "one" or entry.name != "router"]
    write_metadata(folder, replace(metadata, models=kept))
    return folder


def refusals(service: Service, models: Path, source: Path, kinds: Iterable[str] = ()) -> Iterator[Target]:
    """Models that are no good, in every way or in some, are refused, and the last good ones go on answering."""
    for name in kinds or SPOILED:
        spoil = SPOILED[name]
        install(source, models)
        version = read_metadata((models / FILE).read_bytes()).models[0].version
        time.sleep(2 * LOOK_SECONDS)  # each process has taken them by now; moments are told in whole seconds
        begun = datetime.now(UTC).replace(microsecond=0)
        spoil(models)
        refused = _until(lambda: all(_refused_since(service, begun) for _ in range(6)))  # noqa: B023
        seen = asking(Load(service.port, 2.0, OFFERED_PER_SECOND, callers=4))
        reason = (_status(service)["last_refusal"] or {}).get("reason", "not refused")
        say(f"  {name}: {reason}")
        kept = refused and not seen.faults and set(seen.versions) == {version}
        yield Target(f"refused, and the old ones serve: {name}", float(kept), 1, "")
    install(source, models)


def _refused_since(service: Service, begun: datetime) -> bool:
    """Whether the process that happens to answer has refused models since then."""
    refusal = _status(service)["last_refusal"]
    return refusal is not None and datetime.fromisoformat(refusal["at"]) >= begun


def _status(service: Service) -> Mapping[str, Any]:
    return service.get("/api/ai-status").json


def _until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def _corrupt(models: Path) -> None:
    _replace(models, lambda data: b"\x00" + data[:100] + b"\xff" * 900 + data[1001:])


def _truncated(models: Path) -> None:
    _replace(models, lambda data: data[: len(data) // 2])


def _other_sha(models: Path) -> None:
    entry = _predictor(models)
    file = models / entry.file
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    aside = models / ".spoiled"
    aside.write_bytes(bytes(data))
    aside.replace(file)


def _numbers_that_are_none(models: Path) -> None:
    _replace(models, _with_nan)


def _with_nan(data: bytes) -> bytes:
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(data)
    for tensor in model.graph.initializer:
        numbers = numpy_helper.to_array(tensor)
        if numbers.dtype == np.float32 and numbers.size > 1:
            tensor.CopyFrom(numpy_helper.from_array(np.full_like(numbers, np.nan), tensor.name))
    return bytes(model.SerializeToString())


SPOILED: Mapping[str, Callable[[Path], None]] = {
    "corrupt, with the right sha256": _corrupt,
    "truncated, with the right sha256": _truncated,
    "another sha256": _other_sha,
    "weights that are no numbers": _numbers_that_are_none,
}


def _predictor(models: Path) -> Entry:
    entry = read_metadata((models / FILE).read_bytes()).entry("predictor")
    if entry is None:
        raise SystemExit("There is no predictor to spoil.")
    return entry


def _replace(models: Path, change: Callable[[bytes], bytes]) -> None:
    """Another predictor, of which the metadata says what is true of its file."""
    metadata = read_metadata((models / FILE).read_bytes())
    old = _predictor(models)
    data = change((models / old.file).read_bytes())
    (models / "spoiled.onnx").write_bytes(data)
    new = replace(old, file="spoiled.onnx", sha256=sha256_of(data), torchscript=None, version="spoiled")
    others = [entry for entry in metadata.models if entry.name != old.name]
    write_metadata(models, Metadata([*others, new], metadata.made))


def certify(seconds: float, swap_seconds: float, source: Path = MODELS) -> Iterator[Target]:
    """Every figure."""
    with tempfile.TemporaryDirectory(prefix="svgai-certify-") as folder, served(Path(folder), source) as (service, own):
        yield from rates(service, seconds)
        yield from hit_rate(service, seconds)
        yield from refusals(service, own, source)
        yield from swaps(service, own, source, swap_seconds)
        yield from sizes(service)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="for how long each rate is measured")
    parser.add_argument("--swap-seconds", type=float, default=120, help="for how long models are swapped under load")
    parser.add_argument("--models", type=Path, default=MODELS, help="the folder of the models")
    given = parser.parse_args()
    targets = []
    for target in certify(given.seconds, given.swap_seconds, given.models):
        say(target.line())
        targets.append(target)
    missed = [target.name for target in targets if not target.is_met]
    say(f"MISSED: {', '.join(missed)}" if missed else "All targets are met.")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
