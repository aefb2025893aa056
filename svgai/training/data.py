"""The optimisation history: drawings, their pictures, and what every method made of each, as rows in a folder.

It may be stopped at any time and run again: what was measured is not measured twice. Nothing depends on how many
processes measure, but for the seconds, which are never quite the same twice.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import active_children, get_context
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from PIL import Image

from svgai.errors import SvgaiError
from svgai.methods import TRACERS
from svgai.ml import features
from svgai.ml.features import NAMES, measure_features
from svgai.picture import Picture, Pixels
from svgai.training.added import added_subject, list_added
from svgai.training.drawings import Subject, make_drawing
from svgai.training.drawings.subjects import NotDrawable
from svgai.training.measuring import engine_version, measure_methods, prepare
from svgai.training.pictures import Care, Shot, shots, split_of, take
from svgai.training.rows import ABOUT, PICTURES, ROWS, Row, read_rows, write_rows

Told = Callable[[str], None]


_APART = 1_000_003
"""Added to the seed for each further kind of drawings, so that more of one kind never change the others."""


@dataclass(frozen=True)
class Wish:
    """Which data are wanted."""

    folder: Path
    seed: int
    drawings: int
    """On whose pictures every method is run."""
    tried: int = 0
    """Further ones, on which only what is quick is run: they teach much of the quality cheaply."""
    seen: int = 0
    """Further ones, on which the baseline alone is run: they teach the types most."""
    added: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Errand:
    """A drawing that is to be made and measured, by a process that is handed this."""

    make: Callable[[], Subject]
    name: str
    """That of the drawing, or how it ends."""
    care: Care
    wish: Wish


def make_data(wish: Wish, processes: int, tell: Told) -> None:
    """Bring a folder of data to what is wanted."""
    (wish.folder / PICTURES).mkdir(parents=True, exist_ok=True)
    known = read_rows(wish.folder)
    write_rows(wish.folder, known)  # so that a line that was cut off cannot spoil the next
    if not known:
        _note(wish.folder, features_version=features_version())
    waiting = _waiting(wish, frozenset(row.drawing for row in known))
    tell(f"{len(known)} pictures are there; {len(waiting)} drawings to go.")
    begun = time.monotonic()
    try:
        _measure(wish.folder, waiting, processes, tell)
    finally:
        _note_counts(wish, time.monotonic() - begun)
    refresh_features(wish.folder, tell)


def _waiting(wish: Wish, known: frozenset[str]) -> list[Errand]:
    """All drawings that are missing. The rows of one are written together, so none is there in part.

    The kinds are mixed evenly: data that were stopped early are usable.
    """
    counts = {Care.MEASURED: wish.drawings, Care.TRIED: wish.tried, Care.SEEN: wish.seen}
    planned = sorted(
        (index / count, wish.seed + place * _APART, index, care)
        for place, (care, count) in enumerate(counts.items())
        for index in range(count)
    )
    errands = [
        *(Errand(partial(added_subject, *each), each[-1], Care.MEASURED, wish) for each in list_added(wish.added)),
        *(
            Errand(partial(make_drawing, seed, index), f"-{seed}-{index}", care, wish)
            for _, seed, index, care in planned
        ),
    ]
    numbers = {name[name.find("-") :] for name in known}
    return [errand for errand in errands if errand.name not in known | numbers]


def _measure(folder: Path, errands: Sequence[Errand], processes: int, tell: Told) -> None:
    if not errands:
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin)
    before = signal.signal(signal.SIGTERM, _stop)
    begun = time.monotonic()
    try:
        with (folder / ROWS).open("a", encoding="utf-8") as file:
            tasks = (pool.submit(rows_of, errand) for errand in errands)
            for count, rows in enumerate(_as_they_come(tasks, 2 * processes), 1):
                file.write("".join(row.text() + "\n" for row in rows))
                file.flush()
                _progress(count, len(errands), time.monotonic() - begun, tell)
    except BaseException:
        for child in active_children():
            child.terminate()  # what it is at is not done, and will be begun anew
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """What each process does first; only the one that started it is to be stopped from outside."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _as_they_come(tasks: Iterator[Future[list[Row]]], at_once: int) -> Iterator[list[Row]]:
    """Results in the order in which they are there, with only so many tasks handed out at a time."""
    running = set(islice(tasks, at_once))
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        running |= set(islice(tasks, len(done)))
        for each in done:
            yield each.result()


def rows_of(errand: Errand) -> list[Row]:
    """Take all pictures of a drawing and measure them; none of what cannot be drawn."""
    seed = errand.wish.seed
    try:
        subject = errand.make()
        pictures = [(shot, take(subject, shot, seed)) for shot in shots(seed, subject.name, errand.care)]
    except (NotDrawable, SvgaiError):
        return []
    return [_row(subject, shot, errand.wish.folder, pixels) for shot, pixels in pictures]


def _row(subject: Subject, shot: Shot, folder: Path, pixels: Pixels) -> Row:
    file = f"{subject.name}@{shot.name}.png"
    Image.fromarray(pixels).save(folder / PICTURES / file)
    return Row(
        drawing=subject.name,
        family=subject.family,
        image_type=None if subject.image_type is None else subject.image_type.value,
        is_flat=subject.is_flat,
        damage=shot.damage,
        width=pixels.shape[1],
        height=pixels.shape[0],
        split=split_of(subject.name),
        picture=file,
        engine=engine_version(),
        features=measure_features(Picture(pixels)).facts(),
        methods=measure_methods(pixels, shot.methods),
    )


def refresh_features(folder: Path, tell: Told) -> None:
    """Measure the features of all pictures again where they were measured otherwise than they are now."""
    rows = read_rows(folder)
    is_known = _noted(folder).get("features_version") == features_version()
    if is_known and all(tuple(row.features) == NAMES for row in rows):
        return
    tell(f"Measuring the features of {len(rows)} pictures.")
    write_rows(folder, [replace(row, features=_features(folder, row)) for row in rows])
    _note(folder, features_version=features_version())


def _features(folder: Path, row: Row) -> dict[str, float]:
    return measure_features(Picture(read_picture(folder, row))).facts()


def read_picture(folder: Path, row: Row) -> Pixels:
    return np.asarray(Image.open(folder / PICTURES / row.picture).convert("RGBA"))


def _progress(count: int, total: int, seconds: float, tell: Told) -> None:
    if count % 10 == 0 or count == total:
        tell(f"{count} of {total} drawings, {seconds:.0f} s, about {seconds / count * (total - count):.0f} s to go")


def _note_counts(wish: Wish, seconds: float) -> None:
    rows = read_rows(wish.folder)
    _note(
        wish.folder,
        seed=wish.seed,
        wanted={str(Care.MEASURED): wish.drawings, str(Care.TRIED): wish.tried, str(Care.SEEN): wish.seen},
        drawings=len({row.drawing for row in rows}),
        pictures=len(rows),
        measured=sum(1 for row in rows if len(row.methods) == len(TRACERS)),
        splits=dict(sorted(Counter(row.split for row in rows).items())),
        families=dict(sorted(Counter(row.family for row in rows).items())),
        engines=dict(Counter(row.engine for row in rows)),
        seconds=round(seconds + _noted(wish.folder).get("seconds", 0)),
    )


def _note(folder: Path, **facts: Any) -> None:
    """Keep facts about the data beside them."""
    (folder / ABOUT).write_text(json.dumps(_noted(folder) | facts, indent=2) + "\n", encoding="utf-8")


def _noted(folder: Path) -> dict[str, Any]:
    file = folder / ABOUT
    facts: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return facts


def features_version() -> int:
    return features.VERSION
