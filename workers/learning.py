"""Learning again from the quality record, under guard: one pass of it, in a process with bounds on time and memory.

New conversions correct the predictor. A correction that is better on conversions that were held out, and worse nowhere,
foretells beside the predictor in use for a while; one that is still better then takes its place. All else is refused,
and said why. The last good ones stay, and models that are delivered anew put all that was learned aside.
"""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import resource
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from app.errors import StoreAway
from app.learning import Finding, Stage, Version, above_nothing, compare, sample, serving_of, shadow_of
from app.settings import Settings

if TYPE_CHECKING:
    from app.records import Record
    from app.services import Services
    from svgai.ml.relearning import Lessons
    from svgai.ml.store import Models

log = structlog.get_logger()

MOST_CONVERSIONS = 5000
"""The newest so many are learned from; what was before may be true no more."""
MOST_WATCHED = 1000
NEWEST = 200
"""Predictions that the watch over errors looks at."""
HELD_OUT = 4
"""Every so manieth picture is held out."""
PATIENCE = timedelta(days=14)
"""For a version on trial, where conversions are few."""
SECONDS = 300.0
MEMORY = 1 << 30
"""Bytes that a pass may take beyond what it needs to start."""
LEARNING = "learning"


class LearningProcess:
    """Starts a pass when it is time, and ends one that takes too long; the schedule goes on meanwhile."""

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        self._settings, self._seconds = settings, seconds
        self._process: SpawnProcess | None = None
        self._begun = 0.0

    def start(self) -> None:
        """Begin a pass, unless one is under way."""
        if self._process and self._process.is_alive():
            if time.monotonic() - self._begun < self._seconds:
                return
            log.error("learning took too long", seconds=self._seconds)
            self.end()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=learn_in_child, args=(self._settings,), daemon=True)
        self._begun = time.monotonic()
        self._process.start()

    def end(self) -> None:
        if self._process and self._process.is_alive():
            self._process.kill()
            self._process.join()

    def wait(self, seconds: float) -> int | None:
        """The exit status, once it has ended."""
        assert self._process is not None  # noqa: S101 - somebody started it
        self._process.join(seconds)
        return self._process.exitcode


def learn_in_child(settings: Settings) -> None:
    """One pass, in a process of its own."""
    os.nice(10)
    from app.factory import create_services
    from app.logs import set_up_logs

    set_up_logs(settings, "learning")
    services = create_services(settings)
    from svgai.ml import drift, relearning  # noqa: F401 - what it loads does not count towards what it may take

    limit_memory()
    learn(services)


def limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def learn(services: Services) -> Finding:
    """One pass; safe to do any number of times. What came of it is written down."""
    settings = services.settings
    if settings.models is None:
        return _found(services, "off", "models are switched off")
    try:
        if not settings.learns:
            return _learn(services)
        with _alone(settings.learned):
            return _learn(services)
    except BlockingIOError:
        return Finding(LEARNING, "busy", "somebody learns already")
    except (OSError, MemoryError) as error:
        return _found(services, "failed", f"{type(error).__name__}: {error!s:.200}")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else learns in this folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@dataclass(frozen=True, eq=False)
class _Class:
    """What a pass works with."""

    services: Services
    folder: Path
    """Of the models that were delivered."""
    learned: Path
    base: Models
    """These, as they were delivered."""
    serving: Models
    """Those in use."""

    @property
    def delivered(self) -> str:
        return _version_of(self.base)


def _learn(services: Services) -> Finding:
    from svgai.ml.errors import ModelFailed, ModelsRefused
    from svgai.ml.learned import LearnedStore
    from svgai.ml.relearning import predictor_of
    from svgai.ml.store import load

    settings = services.settings
    folder, learned = settings.models, settings.learned
    assert folder is not None  # noqa: S101 - learn() has looked
    try:
        base = load(folder)
        if base is None:
            return _found(services, "waiting", "there are no models to learn from")
        predictor_of(base)
        serving = LearnedStore(folder, learned if settings.learns else None).models or base
        lesson = _Class(services, folder, learned, base, serving)
        _set_in_order(lesson)
        newest = services.records.latest(MOST_WATCHED)
        _watch(lesson, newest)
        if not settings.learns:
            return _found(services, "off", "LEARNING_ENABLED is off")
        return _judged(lesson) or _taught(lesson)
    except (ModelsRefused, ModelFailed) as refused:
        return _found(services, "refused", refused.detail)


def put_in_order(services: Services, *, refused: str, state: Stage) -> None:
    """Let the record say which predictor is in use, after somebody else has seen to that."""
    from svgai.ml.learned import LearnedStore
    from svgai.ml.store import load

    folder, learned = services.settings.models, services.settings.learned
    base = load(folder) if folder else None
    if base is None or folder is None:
        return
    serving = LearnedStore(folder, learned).models or base
    in_use = _version_of(serving)
    for version in services.versions.all():
        if version.state is Stage.SERVING and version.version != in_use:
            services.versions.note(replace(version, state=state, reason=refused))
    _set_in_order(_Class(services, folder, learned, base, serving))


def _set_in_order(lesson: _Class) -> None:
    """Let the record say which predictor is in use; what was learned from others than those delivered is put aside."""
    versions = lesson.services.versions
    known = {version.version: version for version in versions.all()}
    in_use = _version_of(lesson.serving)
    for version in known.values():
        is_ours = version.learned_from in {None, lesson.delivered}
        if version.state is Stage.SERVING and version.version != in_use:
            versions.note(replace(version, state=Stage.RETIRED, reason=f"{in_use} is in use"))
        if version.state is Stage.SHADOW and not is_ours:
            versions.note(replace(version, state=Stage.RETIRED, reason="models were delivered anew"))
        if version.state is Stage.CANDIDATE:
            versions.note(replace(version, state=Stage.REFUSED, reason="learning was broken off"))
    if in_use not in known or known[in_use].state is not Stage.SERVING:
        was = known.get(in_use) or Version(in_use, Stage.SERVING)
        versions.note(replace(was, state=Stage.SERVING, reason=""))


# --- judging what foretells beside the predictor in use


def _judged(lesson: _Class) -> Finding | None:
    """What becomes of the version on trial; None where there is none."""
    from svgai.ml.learned import CANDIDATE, CandidateStore, drop

    versions, settings = lesson.services.versions, lesson.services.settings
    shadow = shadow_of(versions.all())
    models = CandidateStore(lesson.folder, lesson.learned).beside()
    if shadow is None or models is None or _version_of(models) != shadow.version:
        drop(lesson.learned, CANDIDATE)
        if shadow:
            versions.note(replace(shadow, state=Stage.REFUSED, reason="its files are gone"))
        return None
    tallies = lesson.services.records.model_tallies(shadow.made_at.date() if shadow.made_at else _long_ago())
    gain = above_nothing(sample(tallies, shadow.version, "shadow", "gain"), settings.learning_shadow)
    if gain.verdict == "too few":
        if _is_late(shadow):
            few = f"{gain.conversions[0]} conversions in {PATIENCE.days} days; it takes {settings.learning_shadow}"
            return _refused(lesson, shadow, few)
        seen = f"{gain.conversions[0]} of {settings.learning_shadow} conversions were foretold by {shadow.version}"
        return _found(lesson.services, "watching", seen)
    in_use = _version_of(lesson.serving)
    worth = compare(sample(tallies, in_use, "served", "worth"), sample(tallies, shadow.version, "served", "worth"))
    figures = {**shadow.figures, "shadow_gain": gain.difference, "shadow_p": gain.p, "worth": worth.verdict}
    if gain.verdict == "better" and worth.verdict != "worse":
        return _promoted(lesson, replace(shadow, figures=figures))
    reason = f"beside {in_use} its error was less by {gain.difference:.5f} (p {gain.p:.3g}); worth: {worth.verdict}"
    return _refused(lesson, replace(shadow, figures=figures), reason)


def _is_late(shadow: Version) -> bool:
    """Whether it has been on trial for so long that what it was learned from may be true no more."""
    return shadow.changed_at is not None and datetime.now(UTC) - shadow.changed_at > PATIENCE


def _promoted(lesson: _Class, shadow: Version) -> Finding:
    from svgai.ml.learned import promote

    former = serving_of(lesson.services.versions.all())
    promote(lesson.learned)
    if former:
        retired = replace(former, state=Stage.RETIRED, reason=f"{shadow.version} is better")
        lesson.services.versions.note(retired)
    lesson.services.versions.note(replace(shadow, state=Stage.SERVING, reason="better where it foretold beside"))
    log.info("a learned predictor is in use", version=shadow.version, figures=dict(shadow.figures))
    return _found(lesson.services, "serving", f"{shadow.version} is in use")


def _refused(lesson: _Class, version: Version, reason: str) -> Finding:
    from svgai.ml.learned import CANDIDATE, drop

    drop(lesson.learned, CANDIDATE)
    lesson.services.versions.note(replace(version, state=Stage.REFUSED, reason=reason))
    log.info("a learned predictor is refused", version=version.version, reason=reason)
    return _found(lesson.services, "refused", f"{version.version}: {reason}")


# --- learning anew


def _taught(lesson: _Class) -> Finding:
    """Learn from what is new, if that is enough."""
    services, wanted = lesson.services, lesson.services.settings.learning_conversions
    own = [version for version in services.versions.all() if version.learned_from == lesson.delivered]
    last = max((version.made_at for version in own if version.made_at), default=None)
    new = services.records.count_since(last, wanted)
    if new < wanted:
        return _found(services, "waiting", f"{new} new conversions; {wanted} are wanted")
    lessons, is_held = _lessons(services.records.latest(MOST_CONVERSIONS))
    if not len(lessons):
        return _found(services, "waiting", "no conversion has the features that this program measures")
    return _tried(lesson, lessons, is_held, f"{lesson.delivered}+{len(own) + 1}")


def _tried(lesson: _Class, lessons: Lessons, is_held: Sequence[bool], name: str) -> Finding:
    import numpy as np

    from svgai.ml import relearning
    from svgai.ml.learned import CANDIDATE, CandidateStore
    from svgai.ml.metadata import Role

    held = np.array(is_held)
    taught, kept = lessons.only(~held), lessons.only(held)
    model = relearning.predictor_of(lesson.base)
    correction = relearning.fit(model.answer(taught.features), taught)
    version = Version(name, Stage.CANDIDATE, lesson.delivered, len(taught), figures={"lines": correction.facts()})
    lesson.services.versions.note(version)
    if not correction.lines or not len(kept):
        few = f"no method was tried {relearning.LEAST_OF_A_METHOD} times"
        return _refused(lesson, version, few if len(kept) else "nothing was held out")
    in_use = lesson.serving.by_role[Role.PREDICTOR]
    judged = relearning.judge(
        in_use.answer(kept.features), correction.apply(model.answer(kept.features)), kept, _lab(lesson, correction)
    )
    version = replace(version, figures={**version.figures, **judged.figures})
    if not judged.is_better:
        return _refused(lesson, version, "; ".join(judged.reasons))
    relearning.write_candidate(lesson.folder, lesson.learned / CANDIDATE, correction, name)
    if CandidateStore(lesson.folder, lesson.learned).beside() is None:
        return _refused(lesson, version, "its files cannot be read again")
    lesson.services.versions.note(replace(version, state=Stage.SHADOW, reason="better on what was held out"))
    log.info("a learned predictor is on trial", version=name, figures=dict(judged.figures))
    return _found(lesson.services, "watching", f"{name} foretells beside the predictor in use")


def _lab(lesson: _Class, correction: Any) -> Any:
    """The pictures of the lab that were held out at the training, where they lie beside the models."""
    from svgai.ml import relearning
    from svgai.ml.drift import Reference
    from svgai.ml.metadata import Role

    reference = Reference.read(lesson.folder)
    if reference is None or not reference.held_out:
        return None
    lessons = relearning.lessons_of([relearning.lab_lesson(row) for row in reference.held_out])
    candidate = correction.apply(relearning.predictor_of(lesson.base).answer(lessons.features))
    return relearning.Lab(lessons, lesson.serving.by_role[Role.PREDICTOR].answer(lessons.features), candidate)


def _lessons(found: Sequence[Record]) -> tuple[Lessons, list[bool]]:
    """Conversions as lessons, each with whether it is held out: like pictures are always on one side."""
    from svgai.ml.relearning import lesson, lessons_of

    rows: list[Mapping[str, Any]] = []
    for record in found:
        told = lesson(record.features, record.tried, record.seconds)
        if told:
            rows.append({**told, "image_type": record.image_type})
    return lessons_of(rows), [zlib.crc32(repr(row["features"]).encode()) % HELD_OUT == 0 for row in rows]


# --- watching


def _watch(lesson: _Class, newest: Sequence[Record]) -> None:
    """Write down whether pictures and predictions are as they were at the training."""
    import numpy as np

    from svgai.ml import drift
    from svgai.ml.errors import ModelsRefused
    from svgai.ml.features import NAMES
    from svgai.ml.relearning import predictor_of

    whole = [record for record in newest if record.features.keys() == set(NAMES)]
    features = np.array([[record.features[name] for name in NAMES] for record in whole], np.float32)
    try:
        inputs = drift.watch_inputs(drift.Reference.read(lesson.folder), features.reshape(len(whole), len(NAMES)))
    except ModelsRefused as refused:
        inputs = drift.Watch(drift.Standing.UNKNOWN, refused.detail)
    in_use = _version_of(lesson.serving)
    errors = [
        record.error_of_prediction
        for record in newest
        if record.error_of_prediction is not None and record.models.get("predictor") == in_use
    ][:NEWEST]
    usual = predictor_of(lesson.base).entry.metrics.get("mean_error")
    predictions = drift.watch_errors(errors, None if usual is None else float(usual))
    for name, watch in (("inputs", inputs), ("predictions", predictions)):
        lesson.services.versions.find(Finding(name, str(watch.standing), watch.reason, watch.figures))


def _found(services: Services, standing: str, reason: str) -> Finding:
    finding = Finding(LEARNING, standing, reason)
    try:
        services.versions.find(finding)
    except StoreAway as away:
        log.warning("what came of learning could not be written down", reason=repr(away))
    return finding


def _version_of(models: Models) -> str:
    return models.versions.get("predictor", "")


def _long_ago() -> Any:
    from app.learning import since

    return since()
