"""Simplification: the simplest curves that explain the picture.

Each strand is tried with a node less, a corner rounded or a curve straightened, and where much is left
unexplained with a node more. What is tried is refined against the pixels around the strand alone, all
others staying where they are, and kept if what it explains is worth its numbers.
"""

from __future__ import annotations

import numpy as np

from svgai.engine.forms import Form, numbers_of, shaped
from svgai.engine.frame import Frame, numbers_in
from svgai.engine.kernels.beziers import are_near
from svgai.engine.target import Target
from svgai.engine.variants import PLACES, at_extremes, cornered, filleted, forms_like, rolled, variants
from svgai.engine.web import Web
from svgai.strands import Curve, Figure, Network, Numbers, along_all

_LEAST = 3
"""Segments of a ring in which single ones are tried otherwise."""
_STEPS = 4
_SAME = 1e-9
"""A cost that is lower by so little is no lower."""
_TROUBLED = 0.5
"""Squared coverage that a ring leaves unexplained if something is amiss."""
_DOUBTFUL = 0.2
"""Squared coverage that a form leaves unexplained if it may be none."""
_CLEAR = 0.5
"""The part of that which curves may leave if they are to take its place."""
_FOR_FORMS = 0.25
"""The part of the work that there is for forms besides what is left."""
_AROUND = 3
"""Pixels to each side of a segment in which what is left unexplained counts as its own."""
_ASTRAY = 3.0
"""Pixels that a ring may move in one trial."""


def simplify(figure: Figure, target: Target, work: int) -> Figure:
    """Try simpler curves and forms for every strand that is no form, and richer ones where that explains more.

    The work, in pixels painted for trials, is shared out: what a strand does not need goes to those after it. As much
    again is for those that leave much unexplained, and some more for forms that do.
    """
    if not any(len(curve) for curve in figure[0].curves):
        return figure
    sheet = _Sheet(figure, target)
    numbers = [number for number, curve in enumerate(sheet.network.curves) if len(curve) and number not in sheet.forms]
    errors = _errors(sheet.network, target)
    troubled = {number: float(errors[number]) for number in numbers if errors[number] > _TROUBLED}
    extra = work / max(1e-9, sum(troubled.values()))
    left = work
    for done, number in enumerate(numbers):
        frame = sheet.around(number)
        own = int(extra * troubled.get(number, 0.0))
        most_trials = (left // (len(numbers) - done) + own) // _work(frame)
        if most_trials < 1 and len(frame.strands) > 1:
            continue
        search = _Search(frame, most_trials)
        search.finish()
        sheet.takes(number, search)
        left -= max(0, search.trials * _work(frame) - own)
    sheet.doubt_forms(max(0, left) + int(_FOR_FORMS * work))
    return Web.woven(sheet.network).network(sheet.network), sheet.forms


def _errors(network: Network, target: Target) -> Numbers:
    """What each strand leaves unexplained."""
    web = Web.woven(network)
    return web.errors(target, web.painted(target, web.steps(target)))


class _Sheet:
    """All curves and forms, and what they look like, while one strand after the other is simplified."""

    def __init__(self, figure: Figure, target: Target) -> None:
        self.network, self.forms, self.target = figure[0], dict(figure[1]), target
        self.shown = Web.woven(self.network).rendered(target)

    def around(self, number: int) -> Frame:
        return Frame.around(self.network, number, self.target, self.shown)

    def takes(self, number: int, search: _Search) -> None:
        """Draw a strand as a search has found it."""
        search.frame.repaint(self.shown, self.target, search.best)
        self.network = search.frame.returned(self.network, search.best)
        self.forms.pop(number, None)
        if search.form:
            self.forms[number] = search.frame.form_out(search.form)

    def doubt_forms(self, work: int) -> None:
        """Draw forms that nothing touches, but that leave much unexplained, as curves that leave far less."""
        errors = _errors(shaped(self.network, self.forms), self.target)
        free = self.network.free_rings()
        doubtful = [number for number in free if number in self.forms and errors[number] > _DOUBTFUL]
        for done, number in enumerate(doubtful):
            frame = self.around(number)
            most_trials = work // (len(doubtful) - done) // _work(frame)
            if most_trials < 1:
                continue
            search = _Search(frame, most_trials)
            search.finish()
            work -= search.trials * _work(frame)
            form = frame.form_in(self.forms[number])
            error = frame.error(frame.holding(frame.outline(form)))
            is_clear = frame.error(search.best) < _CLEAR * error
            if is_clear and search.cost < frame.cost(error, len(numbers_of(form)[1])):
                self.takes(number, search)


def _from_worst(frame: Frame, part: Network) -> Curve:
    """The ring from that of its nodes on behind which most is left unexplained."""
    curve = part.curves[-1]
    off = ((frame.shown(part) - frame.target.pixels) ** 2).sum(axis=-1, dtype=np.float64)
    total = np.pad(off.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    places = along_all(curve.controls, PLACES).astype(int)
    height, width = off.shape
    left, right = (np.clip(places[..., 0] + reach, 0, width) for reach in (-_AROUND, _AROUND + 1))
    top, bottom = (np.clip(places[..., 1] + reach, 0, height) for reach in (-_AROUND, _AROUND + 1))
    around = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return rolled(curve, int(np.argmax(around.max(axis=1))))


class _Search:
    """The best of all curves that were tried in a frame, among those that it meets."""

    def __init__(self, frame: Frame, most_trials: int) -> None:
        self.frame, self.most_trials, self.trials = frame, most_trials, 0
        self.best, error = frame.tried(frame.part, _STEPS)
        self.form: Form | None = None
        if not self._is_sound(self.best, frame.curve):
            self.best, error = frame.part, frame.error(frame.part)
        self.cost = frame.cost(error, numbers_in(self.curve))

    @property
    def curve(self) -> Curve:
        return self.best.curves[-1]

    def finish(self) -> None:
        """Try what may be better at once, then all variants, again and again while any of them is better."""
        for form in forms_like(self.curve) if len(self.frame.strands) == 1 else ():
            self.takes_form(form)
        for trial_at in (cornered, filleted):
            number = 0
            while number < len(self.curve):
                trial = trial_at(self.curve, number)
                if trial:
                    self.takes(trial)
                number += 1
        trial = at_extremes(self.curve)
        if trial:
            self.takes(trial)
        is_better = len(self.curve) >= _LEAST or not self.curve.is_ring
        while is_better:
            is_better = self._goes_round()

    def _goes_round(self) -> bool:
        """Whether any variant is better, as long as trials are left."""
        if self.trials >= self.most_trials:
            return False
        if self.curve.is_ring:
            self.best = self.frame.holding(_from_worst(self.frame, self.best))
        is_better, number = False, 0
        while number < len(self.curve) and self.trials < self.most_trials:
            if any(self.takes(trial) for trial in variants(self.curve, number)):
                is_better = True
            else:
                number += 1
        return is_better

    def takes(self, trial: Curve) -> bool:
        """Whether a curve, once refined, is the best."""
        made, error = self.frame.tried(self.frame.holding(trial), _STEPS)
        return self._takes(made, self.frame.cost(error, numbers_in(made.curves[-1])), None)

    def takes_form(self, trial: Form) -> bool:
        """Whether a form, once refined, is the best."""
        form = self.frame.fitted(trial)
        made = self.frame.holding(self.frame.outline(form))
        return self._takes(made, self.frame.cost(self.frame.error(made), len(numbers_of(form)[1])), form)

    def _takes(self, made: Network, cost: float, form: Form | None) -> bool:
        self.trials += 1
        is_better = cost < self.cost - _SAME and self._is_sound(made, self.curve)
        if is_better:
            self.best, self.cost, self.form = made, cost, form
        return is_better

    def _is_sound(self, made: Network, former: Curve) -> bool:
        return not _strays(made.curves[-1], former) and self.frame.keeps(made)


def _strays(ring: Curve, former: Curve) -> bool:
    """Whether a ring goes where it was not: where it crosses itself, areas cancel out, and errors do not tell."""
    points = along_all(ring.controls, PLACES).reshape(-1, 2)
    return not are_near(points, former.controls, _ASTRAY)


def _work(frame: Frame) -> int:
    """What one trial costs."""
    return (_STEPS + 2) * frame.work
