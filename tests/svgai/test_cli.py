"""The command: files, folders, pipes, and an honest exit code."""

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image

import svgai
from svgai import cli
from svgai.options import METHODS, Options
from tests import samples

pytestmark = pytest.mark.alone


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo.png").write_bytes(samples.logo_png(48))
    (tmp_path / "other.jpg").write_bytes(samples.logo_jpeg(48))
    (tmp_path / "broken.png").write_bytes(samples.logo_png(48)[:200])
    (tmp_path / "out").mkdir()
    return tmp_path


def run(*arguments: str, **options):
    return CliRunner().invoke(cli.main, list(arguments), **options)


def test_a_drawing_lies_beside_its_picture(here):
    answer = run("convert", "logo.png")
    assert answer.exit_code == 0
    assert (here / "logo.svg").read_text().startswith("<svg")
    assert "logo.png: 48 x 48, " in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(("out", "file"), [("new.svg", "new.svg"), ("out", "out/logo.svg"), ("out/", "out/logo.svg")])
def test_the_output_is_a_file_or_a_folder(here, out, file):
    assert run("convert", "logo.png", "-o", out).exit_code == 0
    assert (here / file).exists()


@pytest.mark.parametrize(
    ("out", "beginning"),
    [
        ("new.svg", b"<svg"),
        ("new.svgz", b"\x1f\x8b"),
        ("new.png", b"\x89PNG"),
        ("new.PDF", b"%PDF"),
        ("new.eps", b"%!PS"),
        ("new.dxf", b"0\nSECTION"),
        ("new", b"<svg"),
    ],
)
def test_the_suffix_of_the_output_chooses_the_format(here, out, beginning):
    assert run("convert", "logo.png", "-o", out).exit_code == 0
    assert (here / out).read_bytes().startswith(beginning)


def test_an_unknown_suffix_is_told_with_those_that_there_are(here):
    answer = run("convert", "logo.png", "-o", "new.ai")
    assert answer.exit_code == 2
    assert "No format has the suffix '.ai'; there are .svg, .svgz, .png, .pdf, .eps, .dxf." in answer.stderr
    assert not (here / "new.ai").exists()


@pytest.mark.parametrize(
    ("arguments", "file"),
    [((), "logo.pdf"), (("-o", "out"), "out/logo.pdf"), (("-o", "new.bin"), "new.bin"), (("-o", "new"), "new")],
)
def test_a_format_can_be_asked_for(here, arguments, file):
    assert run("convert", "logo.png", "--format", "pdf", *arguments).exit_code == 0
    assert (here / file).read_bytes().startswith(b"%PDF")


def test_a_format_can_be_asked_for_in_a_pipe(here):
    answer = run("convert", "-", "--format", "dxf", input=samples.logo_png(48))
    assert answer.stdout.endswith("0\nEOF\n")


def test_a_file_is_not_named_as_what_it_is_not(here):
    answer = run("convert", "logo.png", "--format", "pdf", "-o", "new.svg")
    assert answer.exit_code == 2
    assert "new.svg is named as svg, and pdf is asked for" in answer.stderr


def test_a_scale_reaches_the_drawing(here):
    assert run("convert", "logo.png", "-o", "new.png", "--scale", "2.5").exit_code == 0
    with Image.open(here / "new.png") as image:
        assert image.size == (120, 120)


@pytest.mark.parametrize("arguments", [("--scale", "2"), ("--scale", "0", "-o", "new.pdf")])
def test_a_scale_that_makes_no_sense_is_told_before_anything_is_done(here, arguments):
    answer = run("convert", "logo.png", *arguments)
    assert answer.exit_code == 2
    assert "scale is " in answer.stderr


def test_an_export_that_cannot_be_is_told_in_one_line(here):
    answer = run("convert", "logo.png", "-o", "new.png", "--scale", "900")
    assert answer.exit_code == 1
    assert answer.stderr == (
        "svgai: logo.png: The PNG would have a side of 43,200 pixels; the limit is 32,767. Take a smaller scale.\n"
    )
    assert not (here / "new.png").exists()


def test_several_pictures_go_to_a_folder(here):
    assert run("convert", "logo.png", "other.jpg", "-o", "out").exit_code == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == ["logo.svg", "other.svg"]


def test_several_pictures_do_not_go_to_one_file(here):
    answer = run("convert", "logo.png", "other.jpg", "-o", "new.svg")
    assert answer.exit_code == 2
    assert "need a folder" in answer.stderr


def test_two_pictures_never_become_one_drawing(here):
    (here / "logo.jpg").write_bytes(samples.logo_jpeg(48))
    assert run("convert", "logo.png", "logo.jpg").exit_code == 2


def test_one_broken_picture_stops_no_other(here):
    answer = run("convert", "broken.png", "logo.png")
    assert answer.exit_code == 1
    assert "svgai: broken.png: The PNG file is broken" in answer.stderr
    assert (here / "logo.svg").exists()
    assert not (here / "broken.svg").exists()


def test_a_drawing_that_exists_is_kept_unless_forced(here):
    (here / "logo.svg").write_text("precious")
    refused = run("convert", "logo.png")
    assert refused.exit_code == 1
    assert "logo.svg exists; --force replaces it" in refused.stderr
    assert (here / "logo.svg").read_text() == "precious"
    assert run("convert", "logo.png", "--force").exit_code == 0
    assert (here / "logo.svg").read_text() != "precious"


def test_a_picture_is_never_replaced_by_its_drawing(here):
    before = (here / "logo.png").read_bytes()
    answer = run("convert", "logo.png", "-o", "./logo.png", "--force")
    assert answer.exit_code == 1
    assert (here / "logo.png").read_bytes() == before


def test_a_missing_file_is_told_in_one_line(here):
    answer = run("convert", "nowhere.png")
    assert answer.exit_code == 1
    assert answer.stderr == "svgai: nowhere.png: There is no file nowhere.png.\n"


def test_a_folder_that_does_not_exist_is_told_in_one_line(here):
    answer = run("convert", "logo.png", "-o", "no/such/place.svg")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "no folder no/such" in answer.stderr


def test_json_has_one_line_for_each_picture(here):
    answer = run("convert", "logo.png", "broken.png", "--json")
    good, bad = map(json.loads, answer.stdout.splitlines())
    assert (good["file"], good["output"], good["width"]) == ("logo.png", "logo.svg", 48)
    assert good["method"] in METHODS
    assert good["quality"]["ssim"] >= good["baseline_quality"]["ssim"]
    assert good["quality"]["ssim"] > 0.9
    assert (good["format"], good["bytes"]) == ("svg", len((here / "logo.svg").read_text()))
    assert (bad["file"], bad["error"]["code"]) == ("broken.png", "picture.corrupt")
    assert answer.exit_code == 1


def test_json_and_a_drawing_are_not_mixed_on_standard_output(here):
    assert run("convert", "logo.png", "--json", "-o", "-").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--method", "magic", "logo.png"],
        ["--precision", "9", "logo.png"],
        ["--max-colors", "1", "logo.png"],
        ["--cutout=yes", "logo.png"],
        ["--nonsense"],
    ],
)
def test_a_command_that_makes_no_sense_exits_with_two(here, arguments):
    assert run("convert", *arguments).exit_code == 2


def test_options_reach_the_conversion(here):
    run("convert", "logo.png", "-o", "a.svg", "--precision", "0")
    run("convert", "logo.png", "-o", "b.svg", "--precision", "4")
    assert len((here / "a.svg").read_text()) < len((here / "b.svg").read_text())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_asked_for(here, method):
    answer = run("convert", "logo.png", "--method", method, "--cutout", "--max-colors", "8")
    assert answer.exit_code == 0
    assert (here / "logo.svg").read_text().startswith("<svg")


def test_that_the_baseline_stepped_in_is_told(here):
    (here / "noise.png").write_bytes(samples.noise_png(24))
    answer = run("convert", "noise.png", "--method", "fast")
    assert "noise.png: 24 x 24, baseline, " in answer.stderr
    assert "noise.png: note: " in answer.stderr
    assert "fast" in answer.stderr.splitlines()[1]


def test_help_tells_every_option_and_method():
    told = run("convert", "--help").stdout
    for option in fields(Options):
        assert f"--{option.name.replace('_', '-')} " in told
    for name, summary in METHODS.items():
        assert f"{name:<10} {summary}\n" in told


def test_help_tells_every_format():
    told = run("convert", "--help").stdout
    for name, known in svgai.FORMATS.items():
        assert f"{name:<10} {known.description}\n" in told


def test_help_tells_the_exit_codes():
    answer = run("convert", "--help")
    assert answer.exit_code == 0
    assert "1  at least one was not" in answer.stdout


def test_the_version_is_told():
    assert svgai.__version__ in run("--version").stdout


def test_a_bomb_is_refused_in_one_line(here):
    (here / "bomb.png").write_bytes(samples.bomb_png())
    answer = run("convert", "bomb.png")
    assert answer.exit_code == 1
    assert answer.stderr == (
        "svgai: bomb.png: The picture is 30,000 x 30,000 = 900,000,000 pixels; the limit is 33,554,432.\n"
    )


def test_a_bomb_is_refused_before_the_engine_is_loaded(here):
    (here / "bomb.png").write_bytes(samples.bomb_png())
    program = (
        "import sys\n"
        "from svgai.cli import main\n"
        "try: main(['convert', 'bomb.png'])\n"
        "except SystemExit as end: print(end.code, *(name for name in ('numpy', 'cv2', 'skia') if name in sys.modules))"
    )
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - begun)
        assert answer.stdout.strip() == "1"
    assert min(seconds) < 0.3, seconds  # with Python's own start; about 0.09 on a quiet machine


def test_a_bar_shows_only_where_somebody_watches_many_pictures(here):
    assert "Converting" not in run("convert", "logo.png", "other.jpg", "-o", "out").stderr
    assert "Converting" in watched("convert", "logo.png", "other.jpg", "-o", "out2/")
    assert "Converting" not in watched("convert", "logo.png", "-o", "out3/")


def watched(*arguments):
    """What somebody at a terminal sees."""
    screen, end = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "svgai", *arguments], stdout=end, stderr=end):
        os.close(end)
        seen = b""
        with contextlib.suppress(OSError):  # how Linux tells that nobody holds the other end any more
            while data := os.read(screen, 4096):
                seen += data
    os.close(screen)
    return seen.decode()


def test_in_a_pipe_bytes_go_in_and_an_svg_comes_out():
    answer = subprocess.run(
        [sys.executable, "-m", "svgai", "convert", "-"], input=samples.logo_png(32), capture_output=True, check=True
    )
    assert answer.stdout.startswith(b"<svg")
    assert b"standard input: 32 x 32" in answer.stderr


def test_in_a_pipe_an_error_is_one_line_and_nothing_comes_out():
    answer = subprocess.run(
        [sys.executable, "-m", "svgai", "convert", "-"], input=b"%PDF", capture_output=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (1, b"")
    assert answer.stderr.startswith(b"svgai: standard input: The file is a PDF;")


@pytest.mark.parametrize("arguments", [["--help"], ["convert", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments):
    probe = (
        "import sys; from svgai.cli import main; main.main(sys.argv[1:], standalone_mode=False);"
        "heavy = ('numpy', 'cv2', 'skia', 'vtracer', 'PIL', 'skimage', 'onnxruntime', 'torch');"
        "heavy = (*heavy, 'celery', 'sqlalchemy', 'flask');"
        "print([name for name in heavy if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"


class Guest:
    def __init__(self, name: str, thing: object) -> None:
        self.name, self.thing = name, thing

    def load(self) -> object:
        if isinstance(self.thing, Exception):
            raise self.thing
        return self.thing


class Guests(list):
    @property
    def names(self) -> set[str]:
        return {guest.name for guest in self}


def test_commands_of_others_are_found_and_broken_ones_hidden(monkeypatch):
    @click.command()
    def wave() -> None:
        """Wave at somebody."""
        click.echo("hello")

    guests = Guests([Guest("wave", wave), Guest("serve", ImportError("no flask"))])

    def installed(group: str, name: str | None = None) -> Guests:
        assert group == "svgai.commands"
        return Guests(guest for guest in guests if name in (None, guest.name))

    monkeypatch.setattr(cli, "entry_points", installed)
    shown = run("--help").stdout
    assert "Wave at somebody." in shown
    assert "serve" not in shown
    assert run("wave").stdout == "hello\n"
    assert run("serve").exit_code == 2


def test_nothing_but_the_drawing_is_ever_written(here):
    (here / "precious").write_text("mine")
    (here / ".out.svg.part").symlink_to("precious")
    assert run("convert", "logo.png", "-o", "out.svg").exit_code == 0
    assert (here / "precious").read_text() == "mine"
    assert not (here / "out.svg").is_symlink()


def test_replacing_keeps_the_rights_and_follows_a_link(here):
    (here / "real.svg").write_text("old")
    (here / "real.svg").chmod(0o640)
    (here / "link.svg").symlink_to("real.svg")
    assert run("convert", "logo.png", "-o", "link.svg", "--force").exit_code == 0
    assert (here / "link.svg").is_symlink()
    assert (here / "real.svg").read_text().startswith("<svg")
    assert (here / "real.svg").stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_not_replaced(here):
    os.mkfifo(here / "fifo")
    answer = run("convert", "logo.png", "-o", "fifo", "--force")
    assert answer.exit_code == 1
    assert "no file that could be replaced" in answer.stderr
    assert (here / "fifo").is_fifo()


def test_a_drawing_that_cannot_be_written_leaves_nothing(here, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    answer = run("convert", "logo.png", "-o", "out.svg")
    assert (answer.exit_code, answer.stderr) == (1, "svgai: logo.png: No space left on device\n")
    assert sorted(path.name for path in here.glob(".out*")) == []


@pytest.mark.parametrize(
    "arguments", [["."], ["/"], [""], ["logo.png", "-o", "logo.png/"], ["logo.png", "-o", "/proc/x/"]]
)
def test_a_wrong_place_is_told_in_words(here, arguments):
    answer = run("convert", *arguments)
    assert answer.exit_code == 2
    assert "Error: " in answer.stderr


def test_a_name_cannot_steer_the_terminal(here):
    name = "evil\x1b[31m\n.png"
    (here / name).write_bytes(b"no picture")
    assert "\x1b" not in run("convert", name).stderr


def test_a_pipe_with_a_name_is_read(here):
    line = "svgai convert <(cat logo.png) -o piped.svg"
    tools = str(Path(sys.executable).parent)
    subprocess.run(["bash", "-c", line], cwd=here, env={"PATH": f"{tools}:/usr/bin:/bin"}, check=True)
    assert (here / "piped.svg").read_text().startswith("<svg")
