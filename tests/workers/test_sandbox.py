"""The sandbox with its real child process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.circumstances import Circumstances
from app.errors import ConversionTimedOut, ConversionTooHungry, ConverterLost, ConverterUnready, LeaseLost
from app.jobs import Drawn, Heartbeat
from app.settings import MODELS, Settings
from svgai import Limits
from svgai.conversion import plainly, take_in
from svgai.errors import DrawingTooLarge, OptionsInvalid, PictureCorrupt, PictureTooManyPixels, SvgaiError
from svgai.ml.correction import Correction, Line
from svgai.ml.features import measure_features
from svgai.ml.learned import promote
from svgai.ml.metadata import TRACING
from svgai.ml.relearning import write_candidate
from svgai.options import METHODS
from svgai.phases import PHASES
from tests.fakes import ADVICE, FACTS, SVG
from tests.samples import logo_png, noise_png
from tests.service import is_alive
from tests.svgai.ml.models import furnish
from workers.sandbox import (
    ENVIRONMENT,
    Bounds,
    Order,
    Sandbox,
    SandboxPool,
    _advised,
    _checked,
    _nonsense_is_loss,
    _shadow,
)
from workers.sandboxed import is_for_trial

ROOT = Path(__file__).parents[2]
BOUNDS = Bounds(memory_mb=4096, conversions_per_process=100, limits=Limits())
SLOW = noise_png(900)
BASELINE = {"method": "baseline"}
"""Which takes its time over noise, but gets there."""


def ignore(phase: str | None, percent: int) -> None:
    pass


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    made = Sandbox(getattr(request, "param", BOUNDS))
    yield made
    made.close()


def convert(sandbox: Sandbox, picture: bytes, options: Any, heartbeat: Heartbeat, seconds: float = 60) -> Drawn:
    facts, svg = sandbox.obey(Order("convert", picture, seconds, {"options": options}, heartbeat))
    return _checked(svg, facts, Limits())


def pid_of(sandbox: Sandbox) -> int:
    assert sandbox._child
    return sandbox._child.pid


def test_a_picture_goes_in_and_a_drawing_comes_out(sandbox: Sandbox) -> None:
    drawn = convert(sandbox, logo_png(64), {"method": "auto"}, ignore)
    assert drawn.data.startswith(b"<svg")
    assert drawn.facts["method"] in METHODS
    assert drawn.facts["baseline_quality"]["ssim"] <= drawn.facts["quality"]["ssim"]


def test_progress_goes_through_the_phases_and_never_back(sandbox: Sandbox) -> None:
    noted: list[tuple[str | None, int]] = []
    convert(sandbox, logo_png(200), {"method": "optimised"}, lambda phase, percent: noted.append((phase, percent)))
    percents = [percent for _, percent in noted]
    assert percents == sorted(percents)
    assert 0 <= percents[0] < percents[-1] < 100
    assert {phase for phase, _ in noted} - {None} <= set(PHASES)
    assert {"find_inks", "trace_baseline"} <= {phase for phase, _ in noted}


def test_a_warm_child_has_compiled_all_that_a_drawing_needs() -> None:
    program = (
        "import importlib, pkgutil\n"
        "from workers.sandboxed import warm_up\n"
        "warm_up()\n"
        "import numba, svgai\n"
        "from svgai.engine import kernels\n"
        "from svgai.ml import kernels as measuring\n"
        "from tests.samples import logo_png\n"
        "def compiled():\n"
        "    names = [f'{kernels.__name__}.{module.name}' for module in pkgutil.iter_modules(kernels.__path__)]\n"
        "    names.append(measuring.__name__)\n"
        "    found = [item for name in names for item in vars(importlib.import_module(name)).items()]\n"
        "    return {(name, len(it.signatures)) for name, it in found if hasattr(it, 'signatures')}\n"
        "before = compiled()\n"
        "for method in ('fast', 'optimised'):\n"
        "    svgai.convert(logo_png(128), method=method)\n"
        "svgai.convert(logo_png(128, transparent=True), method='baseline')\n"
        "svgai.convert(logo_png(800), method='baseline')\n"
        "print(sorted(name for name, _ in compiled() - before))\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_what_cannot_be_kept_beside_the_source_is_compiled_once_for_all_children(tmp_path: Path) -> None:
    checkout = tmp_path / "read-only"
    for name in ("svgai", "app", "workers"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for kernels in (checkout / "svgai").rglob("kernels"):
        (kernels / "__pycache__").write_text("")  # where a folder cannot be made, not even by root
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from svgai import Limits\n"
        "from workers.sandbox import Bounds, Sandbox\n"
        "for _ in range(2):\n"
        "    sandbox = Sandbox(Bounds(1024, 100, Limits(), Path(sys.argv[1])))\n"
        "    begun = time.monotonic()\n"
        "    sandbox.warm()\n"
        "    print(time.monotonic() - begun)\n"
        "    sandbox.close()\n"
    )
    line = [sys.executable, "-B", "-c", program, str(tmp_path / "compiled")]
    said = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=True)
    first, second = map(float, said.stdout.split())
    assert list((tmp_path / "compiled").rglob("*.nbi"))
    assert second < first / 2


def test_the_child_stays_warm_and_is_replaced_in_time() -> None:
    sandbox = Sandbox(Bounds(4096, 3, Limits()))
    pids = []
    for _ in range(5):
        sandbox.warm()
        pids.append(pid_of(sandbox))
        convert(sandbox, logo_png(32), {}, ignore)
    sandbox.close()
    assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4]
    assert not any(is_alive(pid) for pid in pids)


def test_errors_of_the_library_come_back_as_what_they_are(sandbox: Sandbox) -> None:
    with pytest.raises(PictureCorrupt):
        convert(sandbox, logo_png(64)[:100], {}, ignore)
    first = pid_of(sandbox)
    with pytest.raises(OptionsInvalid) as caught:
        convert(sandbox, logo_png(64), {"precision": 99}, ignore)
    assert caught.value.as_dict()["option"] == "precision"
    assert pid_of(sandbox) == first  # a refused picture is no reason for a new child


@pytest.mark.parametrize(
    ("limits", "error"), [(Limits(max_pixels=100), PictureTooManyPixels), (Limits(max_svg_bytes=1024), DrawingTooLarge)]
)
def test_the_operators_limits_hold_inside(limits: Limits, error: type[SvgaiError]) -> None:
    sandbox = Sandbox(Bounds(4096, 100, limits))
    with pytest.raises(error) as caught:
        convert(sandbox, noise_png(64), BASELINE, ignore)
    sandbox.close()
    assert caught.value.limit


def test_a_killed_child_is_told_of_and_replaced(sandbox: Sandbox) -> None:
    sandbox.warm()
    pid = pid_of(sandbox)
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(ConverterLost, match="SIGKILL"):
        convert(sandbox, SLOW, BASELINE, ignore)
    assert convert(sandbox, logo_png(32), {}, ignore).data
    assert not is_alive(pid)


def test_a_conversion_that_takes_too_long_is_ended() -> None:
    sandbox = Sandbox(Bounds(4096, 100, Limits()))
    sandbox.warm()
    pid = pid_of(sandbox)
    begun = time.monotonic()
    with pytest.raises(ConversionTimedOut, match=r"0\.3 s"):
        convert(sandbox, SLOW, BASELINE, ignore, 0.3)
    assert time.monotonic() - begun < 3
    assert not is_alive(pid)


def test_a_frozen_child_is_ended_as_well() -> None:
    sandbox = Sandbox(Bounds(4096, 100, Limits()))
    sandbox.warm()
    pid = pid_of(sandbox)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ConversionTimedOut):
        convert(sandbox, logo_png(32), {}, ignore, 1)
    assert not is_alive(pid)


def test_a_conversion_that_takes_too_much_memory_is_ended() -> None:
    from tests.samples import flat_png

    sandbox = Sandbox(Bounds(1024, 100, Limits()))
    with pytest.raises(ConversionTooHungry, match="1024 MB"):
        convert(sandbox, flat_png(5700, 5800), {}, ignore)
    assert convert(sandbox, logo_png(32), {}, ignore).data
    sandbox.close()


def test_a_frozen_child_is_ended_before_it_has_read_the_picture() -> None:
    sandbox = Sandbox(Bounds(4096, 100, Limits()))
    sandbox.warm()
    pid = pid_of(sandbox)
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(ConversionTimedOut):
        convert(sandbox, b"x" * 5_000_000, {}, ignore, 1)
    assert time.monotonic() - begun < 3
    assert not is_alive(pid)


def test_a_child_that_died_while_it_had_nothing_to_do_costs_no_attempt(sandbox: Sandbox) -> None:
    sandbox.warm()
    os.kill(pid_of(sandbox), signal.SIGKILL)
    sandbox._child._process.wait()
    assert convert(sandbox, logo_png(32), {}, ignore).data


def test_a_child_that_cannot_start_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(BOUNDS)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/bin/false")
        for _ in range(2):
            with pytest.raises(ConverterUnready, match="exit status 1"):
                convert(sandbox, logo_png(32), {}, ignore)
        broken.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(ConverterUnready, match="No such file"):
            sandbox.warm()
    assert convert(sandbox, logo_png(32), {}, ignore).data
    sandbox.close()


def test_the_least_memory_that_may_be_set_is_enough_to_start() -> None:
    least = Settings.model_fields["conversion_memory_mb"].metadata[0].ge
    sandbox = Sandbox(Bounds(least, 100, Limits()))
    assert convert(sandbox, logo_png(256), {}, ignore).data
    sandbox.close()


@pytest.mark.parametrize(
    ("facts", "svg"),
    [
        ({}, SVG),
        ({**FACTS, "more": 1}, SVG),
        ({**FACTS, "quality": 1}, SVG),
        ({**FACTS, "baseline_quality": {"ssim": 1}}, SVG),
        (FACTS, b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"),
        (FACTS, b"\xff\xfe"),
    ],
)
def test_what_a_child_says_is_checked(facts: dict[str, object], svg: bytes) -> None:
    with pytest.raises((SvgaiError, KeyError, TypeError, ValueError)):
        _checked(svg, facts, Limits())
    assert _checked(SVG, FACTS, Limits()).data == SVG
    assert _checked(SVG, {**FACTS, "baseline_quality": None}, Limits()).facts["baseline_quality"] is None


def test_a_child_that_aborts_for_want_of_memory_is_told_as_that_and_not_tried_again() -> None:
    sandbox = Sandbox(Bounds(1024, 100, Limits()))
    with pytest.raises(ConversionTooHungry, match="1024 MB"):
        convert(sandbox, noise_png(2600), BASELINE, ignore)
    sandbox.close()


def test_a_lost_lease_stops_the_conversion(sandbox: Sandbox) -> None:
    sandbox.warm()
    pid = pid_of(sandbox)

    def lost(phase: str | None, percent: int) -> None:
        raise LeaseLost("job_1")

    with pytest.raises(LeaseLost):
        convert(sandbox, SLOW, BASELINE, lost)
    assert not is_alive(pid)


def test_the_child_inherits_no_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@db/x")
    sandbox.warm()
    environment = Path(f"/proc/{pid_of(sandbox)}/environ").read_bytes().decode()
    assert "hunter2" not in environment
    assert {line.split("=")[0] for line in environment.split("\0") if line} == set(ENVIRONMENT)


def test_the_child_holds_no_file_of_its_parent(sandbox: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w"):
        sandbox.warm()
        held = [str(link.readlink()) for link in Path(f"/proc/{pid_of(sandbox)}/fd").iterdir()]
    assert held
    assert not any("secret" in name for name in held)


def test_the_child_ends_with_its_parent_even_when_the_parent_is_killed(tmp_path: Path) -> None:
    """It must not even finish the picture in hand."""
    program = (
        "import sys, threading, time\n"
        "from svgai import Limits\n"
        "from tests.samples import noise_png\n"
        "from workers.sandbox import Bounds, Order, Sandbox\n"
        "sandbox = Sandbox(Bounds(4096, 100, Limits()))\n"
        "sandbox.warm()\n"
        "slow = noise_png(1500)\n"
        "work = Order('convert', slow, 60, {'options': {'method': 'baseline'}})\n"
        "threading.Thread(target=sandbox.obey, args=(work,), daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "print(sandbox._child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 2
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_pool_converts_as_many_at_once_as_it_has_sandboxes() -> None:
    pool = SandboxPool(2, BOUNDS)
    pool.warm()
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(pool.convert(logo_png(48), {}, ignore, 30).data)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    assert len(drawn) == 6
    assert len(set(drawn)) == 1


def test_a_picture_can_be_looked_at_without_being_drawn() -> None:
    pool = SandboxPool(1, BOUNDS)
    looked = pool.analyze(logo_png(64), ignore, 60)
    pool.close()
    assert looked.facts["analysis"] == orjson.loads(looked.data)
    assert looked.facts["analysis"]["width"] == 64
    assert len(looked.facts["analysis"]["inks"]) >= 2
    assert looked.facts["seconds"]["analyze"] > 0


@pytest.fixture
def advised_pool(tmp_path: Path) -> Iterator[SandboxPool]:
    """A sandbox with a folder for models that is empty as yet."""
    (tmp_path / "models").mkdir()
    pool = SandboxPool(1, replace(BOUNDS, models=tmp_path / "models"))
    yield pool
    pool.close()


def test_advice_follows_the_models_that_lie_in_the_folder(advised_pool: SandboxPool, tmp_path: Path) -> None:
    folder, picture, wishes = tmp_path / "models", logo_png(64), {"quality_target": 98, "time_budget": 0}

    def look() -> dict[str, Any]:
        drawn = advised_pool.advise(picture, wishes, ignore, 60)
        assert drawn.facts["advice"] == orjson.loads(drawn.data)
        assert drawn.facts["seconds"]["advise"] > 0
        return dict(drawn.facts["advice"])

    by_rules = look()
    assert (by_rules["advised_by"], by_rules["reasons"]) == ("rules", ["there are no models"])
    assert by_rules["quality_target"] == 0.98
    assert by_rules["features"] == measured(picture)
    furnish(folder, shares=(0.0, 0.0, 0.1, 0.9), version="1")
    first = look()
    assert (first["advised_by"], first["image_type"], first["models"]["classifier"]) == ("model", "complex", "1")
    (folder / "metadata.json").write_text("{")
    assert look() == first
    furnish(folder, version="2")
    assert look()["models"] == {"classifier": "2", "predictor": "2"}
    drawn = advised_pool.convert(picture, {}, ignore, 60)
    assert drawn.facts["advice"]["models"] == {"classifier": "2", "predictor": "2"}
    assert drawn.facts["image_type"] == "simple"


@pytest.fixture
def learned(tmp_path: Path) -> Path:
    """A folder with models on trial, which foretell less of every method."""
    furnish(tmp_path / "models", version="1")
    correction = Correction({method: Line(shift=1.0) for method in TRACING})
    write_candidate(tmp_path / "models", tmp_path / "learned" / "candidate", correction, "1+1")
    return tmp_path / "learned"


def test_models_on_trial_foretell_beside_those_in_use(learned: Path) -> None:
    pool = SandboxPool(1, replace(BOUNDS, models=learned.parent / "models", learned=learned))
    advice = pool.convert(logo_png(64), {}, ignore, 60).facts["advice"]
    promote(learned)
    in_use = pool.convert(logo_png(64), {}, ignore, 60).facts["advice"]
    pool.close()
    assert (advice["models"]["predictor"], advice["shadow"]["version"]) == ("1", "1+1")
    asked = advice["ranking"][0]
    assert advice["shadow"]["predicted"] < advice["predictions"][asked]["quality"]
    assert in_use["models"]["predictor"] == "1+1"
    assert "shadow" not in in_use


def test_for_a_share_of_pictures_models_on_trial_advise_and_for_the_same_picture_always(learned: Path) -> None:
    share = 0.5
    pool = SandboxPool(1, replace(BOUNDS, models=learned.parent / "models", learned=learned, trial_share=share))
    pictures = [logo_png(size) for size in range(32, 44)]
    told = [pool.convert(each, {"method": "fast"}, ignore, 60).facts["advice"] for each in pictures for _ in range(2)]
    pool.close()
    versions = [advice["models"]["predictor"] for advice in told]
    expected = ["1+1" if is_for_trial(each, share) else "1" for each in pictures]
    assert versions == [version for version in expected for _ in range(2)]
    assert set(versions) == {"1", "1+1"}
    assert all(("shadow" in advice) == (advice["models"]["predictor"] == "1") for advice in told)


def test_shares_are_what_they_say() -> None:
    pictures = [number.to_bytes(4) for number in range(4000)]
    for share in (0.0, 0.1, 0.5):
        assert sum(is_for_trial(each, share) for each in pictures) == pytest.approx(4000 * share, abs=120)


def test_what_the_service_knows_weighs_in_the_choice() -> None:
    pool = SandboxPool(1, replace(BOUNDS, models=MODELS))
    picture = logo_png(96)
    at_ease = pool.advise(picture, {}, ignore, 60).facts["advice"]
    best = at_ease["ranking"][0]
    failing = pool.advise(picture, {}, ignore, 60, Circumstances(0.0, {best: 0.5})).facts["advice"]
    busy = pool.advise(picture, {}, ignore, 60, Circumstances(1e6)).facts["advice"]
    pool.close()
    assert failing["ranking"][0] != best
    assert failing["predictions"] == at_ease["predictions"]
    within = [name for name in busy["ranking"] if busy["predictions"][name]["quality"] >= busy["quality_target"]]
    assert within[0] == min(within, key=lambda name: busy["predictions"][name]["seconds"])


@pytest.mark.parametrize("shadow", [{"version": "1"}, {"version": "1", "predicted": "much"}, "all", [1]])
def test_a_child_that_talks_nonsense_of_a_trial_is_as_good_as_gone(shadow: Any) -> None:
    with pytest.raises(ConverterLost), _nonsense_is_loss():
        _shadow({"shadow": shadow})


def measured(picture: bytes) -> dict[str, float]:
    return measure_features(take_in(picture, Limits(), plainly)).facts()


def test_models_can_be_switched_off() -> None:
    pool = SandboxPool(1, replace(BOUNDS, models=None))
    advice = pool.advise(logo_png(48), {}, ignore, 60).facts["advice"]
    pool.close()
    assert (advice["advised_by"], advice["reasons"]) == ("rules", ["models are switched off"])


def test_a_picture_that_is_none_is_not_advised_on(advised_pool: SandboxPool) -> None:
    with pytest.raises(SvgaiError):
        advised_pool.advise(logo_png(48)[:200], {}, ignore, 60)


@pytest.mark.parametrize(
    "spoil",
    [
        {"ranking": None},
        {"ranking": ["magic"]},
        {"confidence": "much"},
        {"predictions": {"fast": {}}},
        {"predictions": []},
        {"image_type": "a label of its own"},
        {"advised_by": "itself"},
        {"features": {"pixels": "many"}},
    ],
)
def test_a_child_that_advises_nonsense_is_as_good_as_gone(spoil: dict[str, Any]) -> None:
    assert _advised(ADVICE) == ADVICE
    with pytest.raises(ConverterLost), _nonsense_is_loss():
        _advised(ADVICE | spoil)
    with pytest.raises(ConverterLost), _nonsense_is_loss():
        _checked(SVG, FACTS | {"advice": ADVICE | spoil | {"tried": []}}, Limits())


def test_a_drawing_is_exported_in_the_child() -> None:
    pool = SandboxPool(1, BOUNDS)
    assert pool.export(SVG, "pdf", 60).startswith(b"%PDF")
    with pytest.raises(SvgaiError):
        pool.export(b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "png", 60)
    pool.close()


def test_every_error_of_the_library_survives_the_way_back() -> None:
    from app.web.problems import ANSWERS

    for kind in ANSWERS:
        if kind.__module__ == "svgai.errors":
            error = SvgaiError.from_dict(kind("why", limit=2, option="x").as_dict())
            assert (type(error), error.detail, error.limit, error.option) == (kind, "why", 2, "x")
