"""Data are measured once, whoever stops it and whenever; and they are what the contract says."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from svgai.methods import TRACERS
from svgai.ml.features import NAMES
from svgai.options import BASELINE
from svgai.training import data, measuring
from svgai.training.data import Wish, make_data, refresh_features
from svgai.training.pictures import QUICK, Care, shots
from svgai.training.rows import ABOUT, PICTURES, ROWS, read_rows, write_rows

pytest.importorskip("resvg_py")
pytest.importorskip("font_caladea", reason="the fonts of the extra ai")

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h6v5z" fill="#c03"/></svg>'


@pytest.fixture
def wish(tmp_path):
    """A drawing to measure, which somebody added, one to try quick methods on, one that is hardly more than seen."""
    added = tmp_path / "added" / "simple"
    added.mkdir(parents=True)
    (added / "triangle.svg").write_text(SVG)
    return Wish(tmp_path / "data", seed=3, drawings=0, tried=1, seen=1, added=(tmp_path / "added",))


def told():
    lines = []
    return lines, lines.append


def without_seconds(rows):
    return [
        dataclasses.replace(
            row, methods={name: dataclasses.replace(made, seconds=0) for name, made in row.methods.items()}
        )
        for row in rows
    ]


@pytest.fixture
def one_process(monkeypatch):
    """Measure here and now, so that what a test puts in the place of a part holds there, too."""

    class Here:
        def __init__(self, *_, initializer):
            initializer()

        def submit(self, work, *given):
            future = data.Future()
            future.set_result(work(*given))
            return future

        def shutdown(self, **_):
            pass

    monkeypatch.setattr(data, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(data, "_begin", lambda: None)


def test_every_method_is_measured_on_each_picture_in_other_processes(wish):
    lines, tell = told()
    make_data(wish, 1, tell)
    rows = read_rows(wish.folder)
    measured = [row for row in rows if set(row.methods) == set(TRACERS)]
    others = [row for row in rows if row.drawing not in {each.drawing for each in measured}]

    assert len({row.drawing for row in rows}) == 3
    assert {row.family for row in measured} == {"added"}
    assert {frozenset(row.methods) for row in rows} == {frozenset(each) for each in (TRACERS, QUICK, (BASELINE,))}
    assert any("optimised" in row.methods for row in others)
    assert not any("refined" in row.methods for row in others)
    assert {row.damage == "none" for row in measured} == {True, False}
    assert all(tuple(row.features) == NAMES for row in rows)
    assert all(0 < made.seconds < 60 and -1 <= made.ssim <= 1 for row in rows for made in row.methods.values())
    assert all(made.ssim >= row.methods[BASELINE].ssim for row in rows for made in row.methods.values())
    assert {row.image_type for row in measured} == {"simple"}
    for row in rows:
        with Image.open(wish.folder / PICTURES / row.picture) as picture:
            assert picture.size == (row.width, row.height)
    about = json.loads((wish.folder / ABOUT).read_text())
    assert (about["drawings"], about["pictures"], about["measured"]) == (3, len(rows), len(measured))
    assert any("3 of 3" in line for line in lines)


def test_what_was_measured_is_not_measured_again(wish, one_process, monkeypatch):
    make_data(wish, 1, told()[1])
    before = (wish.folder / ROWS).read_text()
    monkeypatch.setattr(data, "rows_of", lambda errand: pytest.fail(f"{errand} is known"))
    make_data(wish, 1, told()[1])

    assert sorted((wish.folder / ROWS).read_text().splitlines()) == sorted(before.splitlines())


def test_data_that_were_stopped_go_on_to_the_same_rows(wish, one_process):
    make_data(wish, 1, told()[1])
    whole = read_rows(wish.folder)
    last = whole[-1].drawing
    kept = [row for row in whole if row.drawing != last]
    write_rows(wish.folder, kept)
    with (wish.folder / ROWS).open("a") as file:
        file.write(whole[-1].text()[:50])  # cut off while it was written
    make_data(wish, 1, told()[1])

    assert without_seconds(read_rows(wish.folder)) == without_seconds(whole)


def test_more_drawings_leave_the_others_as_they_are(wish, one_process):
    make_data(wish, 1, told()[1])
    before = read_rows(wish.folder)
    make_data(dataclasses.replace(wish, seen=3), 1, told()[1])

    assert {row.text() for row in before} < {row.text() for row in read_rows(wish.folder)}


def is_gone(group, seconds):
    """Whether no process of a group is left, or will be soon."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_what_is_stopped_from_outside_leaves_whole_rows_and_no_process(tmp_path):
    code = "from svgai.training.commands import train; train()"
    made = ["data", "--out", str(tmp_path), "--drawings", "0", "--tried", "0", "--seen", "200", "--processes", "2"]
    process = subprocess.Popen([sys.executable, "-c", code, *made], start_new_session=True, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(read_rows(tmp_path)) < 2:
        time.sleep(0.05)
    process.terminate()

    assert process.wait(20) == 128 + signal.SIGTERM
    counted = Counter(row.drawing for row in read_rows(tmp_path))
    assert counted
    assert all(count == len(shots(5, name, Care.SEEN)) for name, count in counted.items())
    assert json.loads((tmp_path / ABOUT).read_text())["pictures"] == counted.total()
    assert is_gone(process.pid, seconds=5)


def test_a_drawing_that_is_none_is_left_out(wish, one_process):
    (wish.added[0] / "broken.svg").write_text("<p>no drawing</p>")
    (wish.added[0] / "broken.png").write_bytes(b"no picture")
    make_data(wish, 1, told()[1])

    assert len({row.drawing for row in read_rows(wish.folder)}) == 3


def test_features_are_measured_again_when_they_are_others(wish, one_process):
    make_data(wish, 1, told()[1])
    right = read_rows(wish.folder)
    write_rows(wish.folder, [dataclasses.replace(row, features={"old": 1.0}) for row in right])
    refresh_features(wish.folder, told()[1])

    assert read_rows(wish.folder) == right


def test_features_are_measured_again_when_they_are_measured_otherwise(wish, one_process, monkeypatch):
    make_data(wish, 1, told()[1])
    right = read_rows(wish.folder)
    write_rows(wish.folder, [dataclasses.replace(row, features=dict.fromkeys(NAMES, 0.0)) for row in right])
    refresh_features(wish.folder, told()[1])
    assert read_rows(wish.folder)[0].features == dict.fromkeys(NAMES, 0.0)
    monkeypatch.setattr(data, "features_version", lambda: -1)
    refresh_features(wish.folder, told()[1])

    assert read_rows(wish.folder) == right


def test_a_conversion_that_takes_too_long_is_given_up(monkeypatch):
    def forever(*_):
        while True:
            sum(range(1000))

    monkeypatch.setattr(measuring, "convert", forever)
    monkeypatch.setattr(measuring, "LONGEST_SECONDS", 0.05)

    assert measuring.measure_methods(np.zeros((9, 9, 4), np.uint8)) == {}
