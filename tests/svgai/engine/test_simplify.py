"""The search finds the simplest curves that still show the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from svgai import Limits
from svgai.drawing import Circle, Ellipse, Path, Rectangle
from svgai.engine.forms import Form, numbers_of
from svgai.engine.frame import Frame, numbers_in
from svgai.engine.raster import draw
from svgai.engine.simplify import _from_worst, _strays, simplify
from svgai.engine.variants import _bent, _divided, at_extremes, cornered, filleted, rolled, variants
from svgai.engine.web import Web
from svgai.files.intake import from_array
from svgai.strands import Curve, Network, Primitives, along
from tests.svgai.engine.flat import by_resvg, svg, traced
from tests.svgai.engine.test_refine import SCENES, Scene, scene, scene_of

WORK = 600_000_000


def simplified(at: Scene, network: Network, primitives: dict | None = None) -> Network:
    return simplify((network, primitives or {}), at.target, WORK)[0]


def only(network: Network) -> Curve:
    (curve,) = network.curves
    return curve


def cost(at: Scene, network: Network, forms: Primitives) -> float:
    """What rings leave unexplained, and their numbers; of forms those that say how they are."""
    numbers = sum(
        len(numbers_of(forms[number])[1]) if number in forms else numbers_in(curve)
        for number, curve in enumerate(network.curves)
        if curve.is_ring
    )
    return at.error(network) + at.target.price * numbers


def richer(curve: Curve) -> Curve:
    """The same shape with twice as many segments, none of them a line."""
    for number in reversed(range(len(curve))):
        curve = _divided(_bent(curve, number) if curve.is_line[number] else curve, number)
    return curve


@pytest.mark.parametrize("name", ["triangle", "arrow", "drop", "bean"])
def test_segments_that_explain_nothing_are_left_out_again(name: str) -> None:
    at = scene(name)
    refined = at.refined()
    plain = only(simplified(at, refined))
    found = only(simplified(at, replace(refined, curves=(richer(only(refined)),))))
    assert len(only(refined)) >= len(plain)
    assert len(found) <= len(plain) + 1
    assert at.error(replace(refined, curves=(found,))) < 2 * at.error(refined) + 0.3


@pytest.mark.parametrize("name", ["triangle", "arrow"])
def test_what_was_drawn_with_lines_comes_back_as_lines(name: str) -> None:
    at = scene(name)
    refined = at.refined()
    found = only(simplified(at, replace(refined, curves=(richer(only(refined)),))))
    assert found.is_line.all()
    assert len(found) == {"triangle": 3, "arrow": 7}[name]
    corners = np.array([pair.split() for pair in SCENES[name].split('d="M')[1].split("z")[0].split("L")], object)
    truth = np.array([float(number) for row in corners for number in row]).reshape(-1, 2)
    off = np.hypot(*(found.nodes[:, None] - truth).transpose(2, 0, 1)).min(axis=0)
    assert off.max() < 0.05


@pytest.mark.parametrize("name", list(SCENES))
def test_it_never_costs_more_and_is_the_same_each_time(name: str) -> None:
    at = scene(name)
    refined = at.refined()
    found, forms = simplify((refined, {}), at.target, WORK)
    assert cost(at, found, forms) <= cost(at, refined, {}) + 1e-6
    again, same = simplify((refined, {}), at.target, WORK)
    assert same == forms
    for one, other in zip(found.curves, again.curves, strict=True):
        assert np.array_equal(one.nodes, other.nodes)
        assert np.array_equal(one.handles, other.handles)


def test_a_drop_comes_back_with_the_four_segments_that_it_was_drawn_with() -> None:
    at = scene("drop")
    assert len(only(simplified(at, at.refined()))) == 4


def test_whole_forms_stay_as_they_are() -> None:
    at = scene_of('<circle cx="32.3" cy="31.6" r="20.2"/>')
    network, forms = at.refined(), {0: Circle(32.3, 31.6, 20.2)}
    found, kept = simplify((network, forms), at.target, WORK)
    assert kept == forms
    assert np.array_equal(only(found).controls, only(network).controls)


def counter(letter: str, x: float, y: float) -> list[Form]:
    """What the counter of a letter comes back as, cut out of a square."""
    outline = {
        "a": "h-4.3c-1.9 0-2.4.5-2.4 2.3 0 1.5.5 2.3 2.3 2.3 1.5 0 3-.4 4.4-1.2z",
        "b": "h-6c-2 0-3 .9-3 3s1 3.2 3 3.2h6z",
    }
    drawn = f'<path fill-rule="evenodd" d="M8 10h34v34h-34zM{x} {y}{outline[letter]}"/>'
    (shape,) = traced(from_array(by_resvg(svg(drawn, 56, 56), 56, 56), Limits())).shapes
    return [form for form in shape.forms if not isinstance(form, Rectangle) or form.width < 30]


@pytest.mark.parametrize(("letter", "x", "y"), [("a", 21.53, 23.45), ("a", 23.4, 24.6), ("b", 20.68, 20.92)])
def test_what_was_taken_for_a_form_is_none_if_curves_show_far_more(letter: str, x: float, y: float) -> None:
    (found,) = counter(letter, x, y)
    assert isinstance(found, Path)


WAVE = (
    '<path fill="#143cc8" d="M8.4 8.3H55.2V55.6H8.4z"/>'
    '<path fill="#c81e3c" d="M8.4 30.2C20 16 38 46 55.2 26.1V55.6H8.4z"/>'
)


@pytest.mark.parametrize("inside", [WAVE, SCENES["disc over halves"], SCENES["four"]])
def test_strands_that_meet_get_simpler_too_and_stay_joined(inside: str) -> None:
    at = scene_of(inside)
    refined = at.refined()
    rich = replace(refined, curves=tuple(map(richer, refined.curves)), places=2 * refined.places)  # or nearly
    found, plain = (simplified(at, Web.woven(each).network(each)) for each in (rich, refined))
    assert sum(map(len, found.curves)) <= sum(map(len, plain.curves)) + 1
    assert at.error(found) < at.error(refined) + 0.3
    for strand, curve in zip(found.strands, found.curves, strict=True):
        for joint, end in zip(strand.ends or (), (0, -1), strict=False):
            if found.hosts[joint] >= 0:
                segment, t = found.position(joint)
                there = along(found.curves[found.hosts[joint]].controls[segment], np.array([t]))[0]
                assert there == pytest.approx(curve.nodes[end], abs=1e-6)


def test_a_wave_between_two_inks_is_one_cubic() -> None:
    at = scene_of(WAVE)
    found = simplified(at, at.refined())
    (wave,) = (curve for curve, strand in zip(found.curves, found.strands, strict=True) if strand.ends)
    assert len(wave) == 1
    middle = along(wave.controls[0], np.linspace(0.1, 0.9, 9))
    drawn = along(np.array([(8.4, 30.2), (20, 16), (38, 46), (55.2, 26.1)]), np.linspace(0, 1, 2001))
    assert np.hypot(*(middle[:, None] - drawn).transpose(2, 0, 1)).min(axis=1).max() < 0.05


def test_a_frame_knows_whether_joints_stay_as_they_were() -> None:
    at = scene("disc over halves")
    network = at.refined()
    disc = max(range(len(network.curves)), key=lambda number: len(network.strands.all[number].joints))
    frame = Frame.around(network, disc, at.target, Web.woven(network).shown(at.target))
    one, other = frame.part.strands.all[-1].joints
    swapped, close = frame.part.places.copy(), frame.part.places.copy()
    swapped[[one, other]] = frame.part.places[[other, one]]
    close[one] = frame.part.places[other]
    far = frame.holding(replace(frame.curve, nodes=frame.curve.nodes + 5, handles=frame.curve.handles + 5))
    assert frame.keeps(frame.part)
    assert frame.keeps(frame.holding(rolled(frame.curve, 1)))
    assert not any(frame.keeps(replace(frame.part, places=places)) for places in (swapped, close))
    assert not frame.keeps(far)


@pytest.mark.parametrize("by", [0.0, 0.7])
def test_what_a_frame_repaints_is_what_the_whole_looks_like(by: float) -> None:
    at = scene("disc over halves")
    network = at.refined()
    for number, curve in enumerate(network.curves):
        shown = Web.woven(network).rendered(at.target)
        frame = Frame.around(network, number, at.target, shown)
        nodes = frame.curve.nodes.copy()
        nodes[len(curve) // 2] += by
        part = frame.refined(frame.holding(replace(frame.curve, nodes=nodes)), 0)
        frame.repaint(shown, at.target, part)
        whole = Web.woven(frame.returned(network, part)).rendered(at.target)
        assert np.abs(shown - whole).max() < 0.5


@pytest.mark.parametrize("width", [1.6, 2.2, 3.1])
@pytest.mark.parametrize("lean", [0, 20])
def test_the_dot_on_an_i_is_a_rectangle_even_in_a_few_pixels(width: float, lean: float) -> None:
    random, boxes = np.random.default_rng(3), 0
    for _ in range(8):
        x, y = random.uniform(20, 21, 2)
        inside = f'<path transform="rotate({lean} {x} {y})" d="M{x:.3f} {y:.3f}h{width}v{2.8 * width:.2f}h-{width}z"/>'
        picture = from_array(draw(svg(inside, 48, 48), 48, 48), Limits())
        ((form,),) = (shape.forms for shape in traced(picture).shapes)
        boxes += isinstance(form, Rectangle) or (isinstance(form, Path) and form.commands in {"MLLLZ", "MLLLLZ"})
    assert boxes >= 7


def spot(width: float, height: float, seed: int) -> tuple[tuple[float, float], Form]:
    """An ellipse of a few pixels somewhere, and what it comes back as."""
    random = np.random.default_rng(seed)
    (x, y), turn = random.uniform(20, 21, 2), random.uniform(20, 70)
    drawn = f'<ellipse cx="{x}" cy="{y}" rx="{width / 2}" ry="{height / 2}" transform="rotate({turn} {x} {y})"/>'
    ((form,),) = (shape.forms for shape in traced(from_array(draw(svg(drawn, 40, 40), 40, 40), Limits())).shapes)
    return (x, y), form


@pytest.mark.parametrize("radius", [1.3, 1.6])
def test_a_dot_is_round_even_in_a_few_pixels(radius: float) -> None:
    """In so few pixels, drawn by counting samples, no more is known of its axes than a fifth of a pixel."""
    found = [spot(2 * radius, 2 * radius, seed) for seed in range(10)]
    dots = [(place, form) for place, form in found if isinstance(form, Circle | Ellipse)]
    assert len(dots) >= 9
    for place, form in dots:
        axes = (form.radius, form.radius) if isinstance(form, Circle) else (form.rx, form.ry)
        assert (form.x, form.y, *axes) == pytest.approx((*place, radius, radius), abs=0.25)


def test_a_leaning_ellipse_of_a_few_pixels_is_one() -> None:
    found = [spot(6.8, 3.4, seed) for seed in range(10)]
    assert sum(isinstance(form, Ellipse) for _, form in found) >= 9


def test_a_ring_that_goes_where_it_was_not_is_found_out() -> None:
    nodes = np.array([(10.0, 10), (40, 10), (40, 40), (10, 40)])
    square = Curve.joined(nodes, np.zeros(4, np.bool_), np.ones(4, np.bool_), np.zeros((4, 2, 2)))
    moved, thorny = (replace(square, nodes=nodes + np.outer([0, 0, 1, 0], by)) for by in ((1.5, 1.5), (14, 3)))
    assert not _strays(moved, square)
    assert _strays(thorny, square)
    assert not _strays(replace(square, nodes=nodes + np.array([0, 2])), square)


def blunt_square(round_by: float) -> Curve:
    """A square of 20 pixels whose corner at the lower right is a cubic that begins so far from it, and hugs it."""
    nodes = np.array([(10, 10), (30.0, 10), (30, 30 - round_by), (30 - round_by, 30.02), (10, 30)])
    is_line = np.array([True, True, False, True, True])
    handles = np.zeros((5, 2, 2))
    handles[2] = (30, 30 - 0.1 * round_by), (30 - 0.1 * round_by, 30.02)
    return Curve.joined(nodes, np.array([False, False, True, True, False]), is_line, handles)


def test_a_cubic_that_hugs_a_corner_is_tried_as_two_lines() -> None:
    square = cornered(blunt_square(1.2), 2)
    assert square
    assert square.is_line.all()
    assert len(square) == 4  # no node is left where lines go on
    assert np.abs(np.sort(square.nodes.ravel()) - [10, 10, 10, 10, 30, 30, 30, 30]).max() < 0.03
    steps = np.roll(square.nodes, -1, axis=0) - square.nodes
    assert (steps == 0).any(axis=1)[1:3].all()  # level and upright at that corner


@pytest.mark.parametrize("number", [0, 1])
def test_a_line_has_no_corner_to_hug(number: int) -> None:
    assert cornered(blunt_square(1.2), number) is None


def test_a_round_corner_is_none() -> None:
    assert cornered(blunt_square(6), 2) is None


def test_the_end_of_a_stroke_three_pixels_wide_has_corners() -> None:
    """The crossbar of a t: in so few pixels its end looks round."""
    body = "M8.3 4.7h5.5v6.9h6.9v4.7h-6.9v14.1h-5.5v-14.1h-4.6v-4.7h4.6z"
    picture = draw(svg(f'<path d="{body}" fill="#10069f"/>', 32, 40), 32, 40)
    ((form,),) = (shape.forms for shape in traced(from_array(picture, Limits())).shapes)
    assert isinstance(form, Path)
    assert form.commands.count("C") == 0
    assert form.segments <= 13


def chipped_square(radius: float, pieces: int) -> Curve:
    """A square of 20 pixels whose corner at the lower right is round, in so many pieces that meet at corners."""
    turns = np.linspace(0, np.pi / 2, pieces + 1)
    arc = 30 - radius + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    nodes = np.vstack([[(10, 10), (30, 10)], arc, [(10, 30)]])
    is_line = np.ones(len(nodes), np.bool_)
    is_line[2 : 2 + pieces] = False
    step = np.roll(nodes, -1, axis=0) - nodes
    handles = np.stack([nodes + step / 3, nodes + 2 * step / 3], axis=1)
    return Curve.joined(nodes, np.zeros(len(nodes), np.bool_), is_line, handles)


@pytest.mark.parametrize(("radius", "pieces"), [(3, 2), (5, 2), (8, 3), (8, 4)])
def test_what_lies_between_two_lines_is_tried_as_one_fillet(radius: float, pieces: int) -> None:
    chipped = chipped_square(radius, pieces)
    curve = filleted(chipped, 1)
    assert curve
    assert len(curve) == 5
    assert curve.is_line.tolist() == [True, True, False, True, True]
    assert curve.is_smooth.tolist() == [False, False, True, True, False]
    points = along(curve.controls[2], np.linspace(0, 1, 20))
    off = np.abs(np.hypot(*(points - (30 - radius)).T) - radius)
    assert off.max() < 0.1 * radius  # chords, as it was, lie inside of the arc
    assert curve.nodes[1, 0] == curve.nodes[2, 0]  # the line goes on as it did
    assert np.array_equal(curve.nodes[:2], chipped.nodes[:2])


def test_an_open_curve_has_fillets_between_its_lines() -> None:
    ring = chipped_square(5, 2)
    size = len(ring)
    open_one = Curve.joined(
        np.vstack([ring.nodes, ring.nodes[:1]]), np.zeros(size + 1, np.bool_), ring.is_line, ring.handles, False
    )
    curve = filleted(open_one, 1)
    assert curve
    assert not curve.is_ring
    assert len(curve) == 5
    assert np.array_equal(curve.nodes[[0, -1]], open_one.nodes[[0, -1]])


@pytest.mark.parametrize("number", [0, 2, 3, 4])
def test_what_is_no_line_before_a_bend_has_no_fillet(number: int) -> None:
    assert filleted(chipped_square(5, 2), number) is None


def test_a_fillet_is_no_other_fillet() -> None:
    once = filleted(chipped_square(5, 2), 1)
    assert once
    assert filleted(once, 1) is None


@pytest.mark.parametrize("worst", [0, 2, 5])
def test_the_search_begins_where_most_is_left(worst: int) -> None:
    at = scene("arrow")
    refined = at.refined()
    curve = only(refined)
    nodes = curve.nodes.copy()
    nodes[worst] += 1.5
    bent = replace(curve, nodes=nodes)
    network = replace(refined, curves=(bent,))
    frame = Frame.around(network, 0, at.target, Web.woven(network).shown(at.target))
    found = _from_worst(frame, frame.part)
    off = ((frame.shown(frame.part) - frame.target.pixels) ** 2).sum(axis=-1)
    left = [max(around(off, *place) for place in along(each, np.linspace(0, 0.9, 10))) for each in found.controls]
    assert max(left) > 1000
    assert left[0] == pytest.approx(max(left))
    first = int(np.argmin(np.hypot(*(nodes - frame.moved_out(found).nodes[0]).T)))
    assert np.allclose(np.roll(frame.moved_out(found).controls, first, axis=0), bent.controls)


def around(off: np.ndarray, x: float, y: float) -> float:
    """What is left in seven by seven pixels."""
    row, column = int(y), int(x)
    return float(off[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4].sum())


def test_what_rings_leave_unexplained_is_told() -> None:
    at = scene("arrow")
    refined = at.refined()
    stump = replace(refined, curves=(replace_nodes(only(refined), 3),))
    errors = left_by(stump, at)
    assert at.error(stump) >= errors[0] > 10
    assert left_by(refined, at)[0] < 0.5


def left_by(network: Network, at: Scene) -> np.ndarray:
    web = Web.woven(network)
    return web.errors(at.target, web.painted(at.target, web.steps(at.target)))


def replace_nodes(curve: Curve, number: int) -> Curve:
    """A ring with one of its nodes four pixels aside."""
    nodes = curve.nodes.copy()
    nodes[number] += 4
    return replace(curve, nodes=nodes)


POD = "M32 5C51 5 60 20 56 35S47 59 32 59 7 44 7 32 13 5 32 5z"
TOPS = np.array([(32, 5), (32, 59)], float)


def test_nodes_come_to_lie_where_a_curve_is_level_or_upright_as_they_were_drawn() -> None:
    """Wherever the outline was divided at first."""
    at = scene_of(f'<path fill="#143cc8" d="{POD}"/>')
    found = only(simplified(at, at.refined()))
    arms = np.abs(found.handles[:, 0] - found.nodes)
    is_held = found.is_smooth & (arms.min(axis=1) == 0)
    for top in TOPS:
        assert np.hypot(*(found.nodes[is_held] - top).T).min() < 0.2


def test_a_node_at_a_slope_is_tried_where_its_curves_are_level() -> None:
    nodes = np.array([(10.0, 40.0), (26.0, 13.0), (50.0, 40.0)])
    handles = np.array([[(10, 25), (18, 16)], [(36, 9.25), (50, 22)], [(50, 60), (10, 60)]], float)
    ring = Curve(nodes, np.array([False, True, False]), np.zeros(3, np.bool_), handles, True)
    moved = [
        trial for trial in variants(ring, 1) if len(trial) == 3 and trial.is_smooth[1] and (trial.nodes != nodes).any()
    ]
    assert moved
    for trial in moved:
        assert trial.handles[0, 1, 1] == trial.nodes[1, 1] == trial.handles[1, 0, 1]
        outline = np.concatenate([along(each, np.linspace(0, 1, 200)) for each in ring.controls])
        made = np.concatenate([along(each, np.linspace(0, 1, 50)) for each in trial.controls])
        assert max(np.hypot(*(outline - place).T).min() for place in made) < 0.5


def test_a_ring_is_tried_with_nodes_just_where_it_is_level_or_upright() -> None:
    round_one = divided_at_slopes(only(scene("bean").network))
    made = at_extremes(round_one)
    assert made
    arms = np.abs(made.handles[:, 0] - made.nodes)
    is_between_cubics = made.is_smooth & ~made.is_line & ~np.roll(made.is_line, 1)
    assert is_between_cubics.sum() >= 3
    assert (arms.min(axis=1)[is_between_cubics] == 0).all()
    before, after = (
        np.concatenate([along(each, np.linspace(0, 1, 100)) for each in c.controls]) for c in (round_one, made)
    )
    assert max(np.hypot(*(before - place).T).min() for place in after) < 0.6


def divided_at_slopes(ring: Curve) -> Curve:
    for number in reversed(range(len(ring))):
        ring = _divided(ring, number, 0.4)
    return replace(ring, is_smooth=np.ones(len(ring), np.bool_))


@pytest.mark.parametrize("name", ["triangle", "arrow"])
def test_a_ring_of_lines_has_no_such_nodes(name: str) -> None:
    assert at_extremes(simplified(scene(name), scene(name).refined()).curves[0]) is None


def test_corners_and_lines_stay_as_they_are_where_cubics_are_divided_anew() -> None:
    """A half disc on a plate, its bow divided at slopes."""
    nodes = np.array([(10.0, 40.0), (15.86, 25.86), (44.14, 25.86), (50.0, 40.0), (50.0, 50.0), (10.0, 50.0)])
    handles = np.zeros((6, 2, 2))
    handles[0] = (10, 34.7), (12.1, 29.6)
    handles[1] = (23.66, 18.05), (36.34, 18.05)
    handles[2] = (47.9, 29.6), (50, 34.7)
    is_line = np.array([False, False, False, True, True, True])
    ring = Curve(nodes, np.array([True, True, True, True, False, False]), is_line, handles, True)
    made = at_extremes(ring)
    assert made
    assert made.is_line.tolist().count(True) == 3
    for node in nodes[[0, 3, 4, 5]]:
        assert (made.nodes == node).all(axis=1).any()
    (top,) = made.nodes[made.is_smooth & ~made.is_line & ~np.roll(made.is_line, 1)]
    assert top == pytest.approx((30, 20), abs=0.5)
