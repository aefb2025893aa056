"""Forms held against pixels come back to where they were drawn, and stay what they are."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.engine.curves import fit_curves
from svgai.engine.fitting import refine_shapes
from svgai.engine.forms import Form, form_of, is_reversed, numbers_of, outline, shaped
from svgai.engine.target import Target, aim
from svgai.engine.web import Web
from svgai.strands import Network
from tests.svgai.engine.flat import mapped, pictured

FORMS = {
    "circle": (Circle(32.3, 31.6, 17.2), '<circle cx="32.3" cy="31.6" r="17.2"/>'),
    "small circle": (Circle(30.7, 33.2, 4.1), '<circle cx="30.7" cy="33.2" r="4.1"/>'),
    "ellipse": (Ellipse(31.4, 32.2, 21.3, 9.7), '<ellipse cx="31.4" cy="32.2" rx="21.3" ry="9.7"/>'),
    "turned ellipse": (
        Ellipse(31.4, 32.2, 21.3, 9.7, 33),
        '<ellipse cx="31.4" cy="32.2" rx="21.3" ry="9.7" transform="rotate(33 31.4 32.2)"/>',
    ),
    "square": (Rectangle(32.2, 31.3, 30.4, 30.4, 0, 25), '<rect {} transform="rotate(25 32.2 31.3)"/>'),
    "rectangle": (Rectangle(31.7, 30.4, 40.3, 22.6), "<rect {}/>"),
    "round rectangle": (Rectangle(31.7, 30.4, 40.3, 22.6, 6.3), '<rect {} rx="6.3"/>'),
    "turned round rectangle": (
        Rectangle(31.7, 30.4, 40.3, 22.6, 6.3, 17),
        '<rect {} rx="6.3" transform="rotate(17 31.7 30.4)"/>',
    ),
    "pill": (Rectangle(31.7, 30.4, 44.4, 18.2, 9.1, 8), '<rect {} rx="9.1" transform="rotate(8 31.7 30.4)"/>'),
}


def scene(name: str) -> tuple[Circle | Ellipse | Rectangle, Network, Target]:
    form, text = FORMS[name]
    if isinstance(form, Rectangle):
        x, y = form.x - form.width / 2, form.y - form.height / 2
        text = text.format(f'x="{x}" y="{y}" width="{form.width}" height="{form.height}"')
    picture = pictured(text.replace("<", '<g fill="#c81e3c"><', 1) + "</g>")
    inks, cover, _, strands = mapped(picture)
    return form, fit_curves(strands), aim(strands, inks, cover, picture)


def disturbed(form: Circle | Ellipse | Rectangle, seed: int) -> Circle | Ellipse | Rectangle:
    numbers, free = numbers_of(form)
    return form_of(form, numbers + np.random.default_rng(seed).uniform(-0.15, 0.15, len(free)) @ free)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", FORMS)
def test_from_a_disturbed_start_it_comes_back_to_what_was_drawn(name: str, seed: int) -> None:
    form, network, target = scene(name)
    (found,) = refine_shapes({0: disturbed(form, seed)}, network, target).values()
    for field in fields(form):
        assert getattr(found, field.name) == pytest.approx(getattr(form, field.name), abs=0.02), field.name


@pytest.mark.parametrize("name", FORMS)
def test_it_stays_what_it_is(name: str) -> None:
    """A square remains a square, what is upright is upright, and ends that are half circles remain so."""
    form, network, target = scene(name)
    (found,) = refine_shapes({0: disturbed(form, 5)}, network, target).values()
    assert type(found) is type(form)
    assert len(numbers_of(found)[1]) == len(numbers_of(form)[1])


@pytest.mark.parametrize("name", FORMS)
def test_numbers_say_all_of_a_form(name: str) -> None:
    form = replace(FORMS[name][0], is_hole=True)
    assert form_of(form, numbers_of(form)[0]) == form


@pytest.mark.parametrize("name", FORMS)
def test_its_outline_shows_the_picture(name: str) -> None:
    form, network, target = scene(name)
    outline = shaped(network, {0: form})
    error = np.square(Web.woven(outline).shown(target) - target.pixels).sum() / 255**2
    assert error < 0.2
    assert math.copysign(1, area(outline)) == math.copysign(1, area(network))


def area(network: Network) -> float:
    x, y = network.curves[0].controls[:, :3].reshape(-1, 2).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def test_one_that_is_nowhere_near_is_left_where_it_was_found() -> None:
    _, network, target = scene("circle")
    far = Circle(20.0, 20.0, 9.0)
    assert refine_shapes({0: far}, network, target) == {0: far}


@pytest.mark.parametrize("form", [Ellipse(32.4, 8.2, 0.2, 0.3), Rectangle(40.1, 8.3, 0.3, 0.2, 0.1), Circle(9, 9, 0.1)])
@pytest.mark.parametrize("shade", [0.2, 0.9, 3.0])
def test_what_is_hardly_there_does_not_turn_inside_out(form: Form, shade: float) -> None:
    """Where the picture shows less than nothing of it, as others show too much, its size would fall below nothing."""
    _, network, target = scene("circle")
    there = network.redrawn({0: outline(form, numbers_of(form)[0], is_reversed(network.curves[0]))})
    paper = target.colours[-1]
    pixels = paper - shade * (Web.woven(there).shown(target) - paper)
    (found,) = refine_shapes({0: form}, there, replace(target, pixels=pixels.astype(np.float32))).values()
    assert min(numbers_of(found)[0][2:4]) > 0


def test_without_forms_there_is_nothing_to_do() -> None:
    _, network, target = scene("circle")
    assert refine_shapes({}, network, target) == {}
    assert shaped(network, {}).curves == network.curves
