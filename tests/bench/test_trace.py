"""The benchmark as it is run: a table, rows as JSON, and a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from bench.corpus import Corpus, Original
from bench.drawings import badge
from bench.measurement import Failure, Row, measure, measure_all
from bench.page import write_page
from bench.table import written
from bench.trace import main
from bench.tracers import Tracer, tracer

HEADINGS = "tracer variant n ssim1 ssim4 p10 psnr4 p10 dE med params segs bytes ms p95 fail"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def fails(_: object) -> str:
    raise RuntimeError("out of ink")


def original(size: int = 32) -> Original:
    return Original.drawn("badge", badge(), size)


def test_two_drawings_give_a_table_rows_and_a_page(tmp_path: Path) -> None:
    rows_file, folder = tmp_path / "kept" / "rows.json", tmp_path / "page"
    ran = run("--limit", 2, "--size", 64, "--tracer", "svgai:method=baseline", "--tracer", "vtracer",
              "--worst", 1, "--json", rows_file, "--html", folder)  # fmt: skip
    assert ran.exit_code == 0, ran.output

    lines = ran.stdout.splitlines()
    assert lines[0] == "2 drawings from bench/drawings.py, all, 64px"
    assert lines[1].split() == HEADINGS.split()
    assert [line.split()[0] for line in lines[2::2]][:2] == ["svgai:method=baseline", "vtracer"]
    assert len(lines[2].split()) == len(HEADINGS.split())

    rows = json.loads(rows_file.read_text())
    assert {(row["tracer"], row["name"]) for row in rows} == {
        (name, drawing) for name in ("svgai:method=baseline", "vtracer") for drawing in ("badge", "rings")
    }
    assert all(0 < row["ssim1"] <= 1 and row["psnr4"] > 5 and row["params"] > 0 for row in rows)

    page = (folder / "index.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len([source for source in sources if "vtracer" in source]) == 4
    assert all((folder / unquote(source)).is_file() for source in sources)
    assert "http" not in page


def test_a_folder_of_drawings_is_measured_in_every_variant_and_size(tmp_path: Path) -> None:
    (tmp_path / "ours.svg").write_text(badge())
    ran = run(tmp_path, "--size", 32, "--size", 48, "--variant", "white", "--variant", "jpeg50", "--tracer", "vtracer")
    assert ran.exit_code == 0, ran.output
    assert [line.split()[:2] for line in ran.stdout.splitlines() if line.startswith("vtracer")] == [
        ["vtracer", "white"],
        ["vtracer", "jpeg50"],
    ] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tracer", "inkscape"], "there is no tracer 'inkscape'"),
        (["--variant", "sepia"], "'sepia' is not one of"),
        (["--kind", "gradient"], "There is no drawing of kind gradient"),
        (["nowhere"], "does not exist"),
    ],
)
def test_what_does_not_exist_is_a_clear_error(arguments: list[str], said: str) -> None:
    ran = run(*arguments)
    assert ran.exit_code != 0
    assert said in ran.stderr
    assert ran.stdout == ""


def test_a_tracer_that_is_not_installed_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    ran = run("--limit", 1, "--size", 32, "--tracer", "potrace4x", "--tracer", "vtracer")
    assert ran.exit_code == 0, ran.output
    assert "potrace is not installed: apt-get install potrace" in ran.stderr
    assert "potrace" not in ran.stdout
    assert run("--tracer", "potrace4x").exit_code == 1


def test_the_original_itself_would_be_perfect() -> None:
    row = measure(Tracer("artist", lambda _: badge()), "rgba", original())
    assert isinstance(row, Row)
    assert (row.params, row.segs, row.bytes, row.delta_e) == (1, 1, 1, 0)
    assert row.ssim1 == row.ssim4 == pytest.approx(1)
    assert row.psnr4 == pytest.approx(68.13, abs=0.01)


@pytest.mark.parametrize(
    ("trace", "reason"),
    [(fails, "RuntimeError: out of ink"), (lambda _: "no SVG", "NotDrawable: no SVG is no SVG")],
)
def test_a_failure_is_counted_and_never_fatal(trace: object, reason: str) -> None:
    assert measure(Tracer("careless", trace), "rgba", original()) == Failure("careless", "rgba", 32, "badge", reason)


def test_the_page_shows_failures_first_and_what_was_not_traced(tmp_path: Path) -> None:
    class Moody:
        """Fails at the second picture."""

        calls = 0

        def __call__(self, _: object) -> str:
            self.calls += 1
            return badge() if self.calls < 3 else fails(_)

    tracers = [Tracer("<moody>", Moody()), tracer("vtracer"), Tracer("choosy", lambda _: None)]
    pictures = [original(), Original.drawn("a #2 & more", badge(), 32)]
    measured = measure_all(pictures, 32, tracers, ["rgba"])
    page = write_page(tmp_path, Corpus(None, "all", 2), [measured]).read_text()
    assert page.index("a #2 &amp; more") < page.index("<h2>badge")
    assert "RuntimeError: out of ink" in page
    assert "It is not made for such pictures." in page
    assert "<moody>" not in page
    assert all((tmp_path / unquote(source)).is_file() for source in re.findall(r'src="([^"]+)"', page))
    assert [line.split()[-1] for line in written(measured, 0)] == ["fail", "1", "0", "failed"]
