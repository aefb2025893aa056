"""Advice from features alone, in this process: in batches, with a circuit breaker, by models that are swapped at work.

The only module of the service that loads numpy and models; `app.adapters.late_inference` imports it when it is needed.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from app.adapters.answered import Answered
from app.adapters.batching import MOST_TOGETHER, Batcher
from app.adapters.circuit import Circuit, Standing
from app.adapters.timing import Timing, resident_megabytes
from app.circumstances import AT_EASE, Circumstances
from app.errors import InferenceMeasured
from app.metrics import Metrics
from svgai import Options
from svgai.ml.advice import Adviser, Wishes
from svgai.ml.errors import ModelFailed
from svgai.ml.features import MEANINGS, NAMES, Features
from svgai.ml.learned import LearnedStore
from svgai.ml.metadata import Role
from svgai.ml.store import Model, Models, Store, Table
from svgai.ml.usual import USUAL

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""How often somebody looks whether there are other models."""
MEASURED = 64
"""Feature vectors that the models are measured with, the same each time."""
OFF = "models are switched off"
NONE = "there are no models"


@dataclass(frozen=True, eq=False)
class _Question:
    features: Features
    wishes: Wishes

    def key(self) -> tuple[Hashable, ...]:
        """Stands for all that its answer depends on, but for the models."""
        wishes = self.wishes
        circumstances = wishes.load, tuple(sorted(wishes.reliability.items()))
        return self.features.values.tobytes(), wishes.target, wishes.budget, *circumstances


class LocalInference:
    """An `Inference`, from the models of a folder, or what was learned from them; without them the rules answer."""

    def __init__(self, folder: Path | None, metrics: Metrics, learned: Path | None = None) -> None:
        self._metrics = metrics
        self._store = LearnedStore(folder, learned) if folder else None
        self._circuit = Circuit()
        self._failure: Mapping[str, str] | None = None
        self._refusal: Mapping[str, str] | None = None
        self._loaded: Mapping[str, Any] | None = None
        self._rows = np.empty((MOST_TOGETHER, len(NAMES)), np.float32)  # every batch is put together here
        self._batcher: Batcher[_Question, Mapping[str, Any]] = Batcher(self._answer_all)
        self._answered = Answered()
        self._timing = Timing()
        self._is_measured = threading.Lock()
        self._closed = threading.Event()
        if self._store:
            self._look(self._store)
            threading.Thread(target=self._look_again, args=(self._store,), daemon=True).start()

    def close(self) -> None:
        """Look for other models no more."""
        self._closed.set()

    # --- what is asked of it

    def advise(
        self, features: Mapping[str, float], options: Options, circumstances: Circumstances = AT_EASE
    ) -> Mapping[str, Any]:
        began = time.perf_counter()
        answer = self._known_or_asked(_Question(Features.named(features), _wishes_of(options, circumstances)))
        seconds = time.perf_counter() - began
        self._timing.note(seconds)
        self._metrics.observe_prediction(seconds)
        return answer

    def _known_or_asked(self, question: _Question) -> Mapping[str, Any]:
        models = self._models()
        # Models are told apart as objects: what some have said is never told as the answer of others.
        key = (models, *question.key())
        answer = self._answered.get(key)
        self._metrics.count_lookup("predictions", answer is not None)
        if answer is None:
            answer = self._batcher.ask(question)
            if self._is_lasting(answer, models):
                self._answered.put(key, answer)
        return answer

    def _is_lasting(self, answer: Mapping[str, Any], models: Models | None) -> bool:
        """Whether it will be answered so again: a model may have failed, or others have been taken into use."""
        return self._models() is models and (models is None or answer["advised_by"] == "model")

    def meanings(self) -> Mapping[str, str]:
        return MEANINGS

    def status(self) -> Mapping[str, Any]:
        models = self._models()
        standing = self._circuit.standing
        is_asked = models is not None and standing is not Standing.OPEN
        return {
            "enabled": self._store is not None,
            "source": "model" if is_asked else "rules",
            "reason": "" if is_asked else self._why_not(),
            "models": [_told(role, model) for role, model in models.by_role.items()] if models else [],
            "loaded": self._loaded,
            "last_refusal": self._refusal,
            "last_failure": self._failure,
            "breaker": str(standing),
            "inferences": {**self._timing.facts(), "batches": self._batcher.batches},
            "cache": self._answered.facts(),
            "memory_mb": round(resident_megabytes(), 1),
        }

    def measure(self, seconds: float) -> Mapping[str, Any]:
        if not self._is_measured.acquire(blocking=False):
            raise InferenceMeasured("Somebody measures the models already. Try again when that is done.", limit=1)
        try:
            return self._measured(seconds)
        finally:
            self._is_measured.release()

    # --- answering

    def _answer_all(self, questions: Sequence[_Question]) -> list[Mapping[str, Any]]:
        """The answers to a batch; models are asked about all of it at once, and then never again."""
        models = self._models() if self._circuit.standing is not Standing.OPEN else None
        why = "" if models else self._why_not()
        outputs = self._outputs(models, questions) if models else {}
        return [
            Adviser(_Answered(models and _answered(models, outputs, place), why))
            .advise(question.features, question.wishes)
            .facts()
            for place, question in enumerate(questions)
        ]

    def _outputs(self, models: Models, questions: Sequence[_Question]) -> dict[Role, Table]:
        """What each model says of a batch; of one that fails, nothing."""
        rows = self._rows[: len(questions)]
        for row, question in zip(rows, questions, strict=True):
            row[:] = question.features.values
        outputs: dict[Role, Table] = {}
        for role, model in models.by_role.items():
            began = time.perf_counter()
            try:
                outputs[role] = model.answer(rows)
            except ModelFailed as failed:
                self._note_failure(models, failed)
            self._metrics.observe_inference(str(role), time.perf_counter() - began)
        if len(outputs) == len(models.by_role):
            self._circuit.note_success()
        return outputs

    def _note_failure(self, models: Models, failed: ModelFailed) -> None:
        """Count a failure, unless the models are still good: then it was the question's."""
        try:
            models.verify()
        except ModelFailed:
            self._circuit.note_failure()
        self._failure = _now(failed.detail)
        log.warning("a model failed", reason=failed.detail, breaker=str(self._circuit.standing))

    def _models(self) -> Models | None:
        return self._store.models if self._store else None

    def _why_not(self) -> str:
        if self._store is None:
            return OFF
        if self._circuit.standing is Standing.OPEN:
            failed = f"the models failed {self._circuit.failures} times in a row"
            return f"{failed}, and are let alone for {self._circuit.seconds:g} s"
        return self._store.reason or NONE

    # --- other models

    def _look_again(self, store: Store) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            self._look(store)

    def _look(self, store: Store) -> None:
        """Take into use what lies in the folder, if that is new and good; requests go on with the old meanwhile."""
        former, memory, began = store.reason, resident_megabytes(), time.perf_counter()
        try:
            is_new = store.refresh()
        except Exception as error:  # whatever it is, the models in use serve on, and the next look comes
            log.error("could not look for models", exc_info=error)
            return
        if is_new:
            self._take(store.models, time.perf_counter() - began, resident_megabytes() - memory)
        elif store.reason != former:
            self._refusal = _now(store.reason)
            log.warning("models refused", reason=store.reason)

    def _take(self, models: Models | None, seconds: float, megabytes: float) -> None:
        """Note which models are in use from now on, and what it took to load them."""
        self._answered.clear()
        self._circuit.note_success()  # what the former did is no fault of theirs
        self._loaded = {**_now(""), "seconds": round(seconds, 4)} if models else None
        if models:
            self._metrics.note_models(seconds, max(0.0, megabytes))
        log.info("models taken into use" if models else NONE, **(models.versions if models else {}))

    # --- measuring

    def _measured(self, seconds: float) -> Mapping[str, Any]:
        questions = [_Question(Features.named(each), Wishes()) for each in measured_features()]
        half = seconds / 2
        alone, answer = self._asked_until(questions, time.monotonic() + half)
        with ThreadPoolExecutor(MOST_TOGETHER) as callers:
            began = time.monotonic()
            ends = [began + half] * MOST_TOGETHER
            together = [timing for timing, _ in callers.map(partial(self._asked_until, questions), ends)]
            lasted = time.monotonic() - began
        return {
            **alone.facts(),
            "throughput_per_second": round(alone.per_second, 1),
            "callers_at_once": MOST_TOGETHER,
            "throughput_at_once_per_second": round(sum(timing.count for timing in together) / lasted, 1),
            "memory_mb": round(resident_megabytes(), 1),
            "advised_by": answer["advised_by"],
            "reasons": answer["reasons"],
            "models": answer["models"],
        }

    def _asked_until(self, questions: Sequence[_Question], end: float) -> tuple[Timing, Mapping[str, Any]]:
        """Ask one after the other, as a single caller would."""
        timing, place = Timing(), 0
        while True:
            began = time.perf_counter()
            answer = self._batcher.ask(questions[place % MEASURED])
            timing.note(time.perf_counter() - began)
            place += 1
            if time.monotonic() >= end:
                return timing, answer


class _Answered(Store):
    """What models have said of one picture, as an `Adviser` wants it."""

    def __init__(self, models: Models | None, why_not: str) -> None:
        self._known, self._why = models, why_not

    @property
    def models(self) -> Models | None:
        return self._known

    @property
    def reason(self) -> str:
        return self._why


def _answered(models: Models, outputs: Mapping[Role, Table], place: int) -> Models:
    """The same models, which know their answers by now. One that failed is asked again, about this picture alone."""
    known = {
        role: Model(model.entry, partial(_again, outputs[role][place : place + 1])) if role in outputs else model
        for role, model in models.by_role.items()
    }
    return Models(models.metadata, known)


def _again(known: Table, _: Table) -> Table:
    return known


def _wishes_of(options: Options, circumstances: Circumstances) -> Wishes:
    """As `svgai.conversion` has it, which is not loaded here."""
    target, budget = options.quality_target / 100, options.time_budget or math.inf
    return Wishes(target, budget, circumstances.load, circumstances.reliability)


def _told(role: Role, model: Model) -> Mapping[str, Any]:
    entry = model.entry
    score = {"name": entry.score.name, "value": entry.score.exported}
    return {"role": str(role), "name": entry.name, "version": entry.version, "sha256": entry.sha256[:12]} | {
        "score": score
    }


def _now(why: str) -> dict[str, str]:
    return {"at": datetime.now(UTC).isoformat(timespec="seconds")} | ({"reason": why} if why else {})


def measured_features() -> list[dict[str, float]]:
    """Features that might be those of pictures: around the usual values, spread evenly, and the same each time."""
    return [
        {
            name: min(usual.most, usual.value * (0.5 + (picture * 0.618034 + place * 0.754878) % 1))
            for place, (name, usual) in enumerate(USUAL.items())
        }
        for picture in range(MEASURED)
    ]
