"""The command `svgai`: a door to the library; nothing heavy is loaded before a picture is converted."""

from __future__ import annotations

import importlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import Field, dataclass, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

import click

import svgai
from svgai.errors import SvgaiError
from svgai.exports.formats import FORMATS, check_scale, choose_form
from svgai.options import METHODS, Limits, Options

_Command = TypeVar("_Command", bound=Callable[..., Any])
_STANDARD = "-"
_EXIT_CODES = """\b
Exit codes:
  0  every picture was converted
  1  at least one was not
  2  the command was not understood
"""


_ELSEWHERE = {
    "classify": "svgai.model_commands",
    "models": "svgai.model_commands",
    "train": "svgai.training.commands",
    "evaluate": "svgai.training.commands",
}
"""Commands of our own that are loaded when they are asked for, and the module that each is in."""


class _Commands(click.Group):
    """Our own commands, and those of other packages that are installed and complete."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        guests = entry_points(group="svgai.commands").names
        others = (name for name in (*_ELSEWHERE, *guests) if self.get_command(ctx, name))
        return sorted({*super().list_commands(ctx), *others})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _command_elsewhere(cmd_name) or _guest_command(cmd_name)


def _command_elsewhere(name: str) -> click.Command | None:
    if name not in _ELSEWHERE:
        return None
    command = getattr(importlib.import_module(_ELSEWHERE[name]), name, None)
    return command if isinstance(command, click.Command) else None


def _guest_command(name: str) -> click.Command | None:
    for guest in entry_points(group="svgai.commands", name=name):
        try:
            command = guest.load()
        except ImportError:
            return None
        return command if isinstance(command, click.Command) else None
    return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(svgai.__version__, prog_name="svgai")
def main() -> None:
    """Turn pictures into the SVG that a designer would have drawn."""


@dataclass(frozen=True)
class _Errand:
    """One picture on its way: where it comes from, and where its drawing goes in which format."""

    source: str
    target: str
    form: str = "svg"
    scale: float = 1

    @property
    def name(self) -> str:
        return "standard input" if self.source == _STANDARD else _printable(self.source)

    def check(self, *, may_replace: bool) -> None:
        if self.target == _STANDARD:
            return
        target = Path(self.target)
        if not target.parent.is_dir():
            raise _Refused(f"there is no folder {target.parent}")
        if self.source != _STANDARD and target.exists() and target.samefile(self.source):
            raise _Refused("the drawing would replace its own picture")
        if target.exists() and not target.is_file():
            raise _Refused(f"{target} is no file that could be replaced; use -o - for a pipe")
        if target.exists() and not may_replace:
            raise _Refused(f"{target} exists; --force replaces it")

    def read(self, limits: Limits) -> bytes:
        # One byte more than allowed is enough to be refused for it.
        if self.source != _STANDARD:
            return _file(self.source, limits)
        if sys.stdin is None:
            raise _Refused("there is no standard input")
        return sys.stdin.buffer.read(limits.max_bytes + 1)

    def deliver(self, svg: str) -> int:
        """Put the drawing in its place and say how many bytes it has."""
        data = svgai.export(svg, self.form, scale=self.scale)
        if self.target == _STANDARD:
            click.echo(data, nl=self.form == "svg")
        else:
            _replace(Path(self.target).resolve(), data)
        return len(data)


def _replace(target: Path, data: bytes) -> None:
    """Put a file in its place wholly or not at all, with the rights that it had or would have."""
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
            file.write(data)
            os.fchmod(file.fileno(), stat.S_IMODE(mode))
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _printable(name: str) -> str:
    """A name as it is, unless it would steer the terminal or break the line."""
    return name if name.isprintable() else ascii(name)


class _Refused(Exception):
    """An errand that cannot be run, for a reason in plain words."""


def _every_option(command: _Command) -> _Command:
    """Give a command all of `Options`."""
    for option in reversed(fields(Options)):
        flag = f"--{option.name.replace('_', '-')}"
        command = click.option(flag, help=option.metadata["description"], **_taking(option))(command)
    return command


def _taking(option: Field[Any]) -> dict[str, Any]:
    """What a flag takes: a choice, nothing, or a number."""
    about = option.metadata
    if isinstance(option.default, bool):
        return {"is_flag": True}
    kind = click.Choice(about["choices"]) if "choices" in about else click.IntRange(about["least"], about["most"])
    return {"type": kind, "default": option.default, "show_default": True}


def _methods() -> str:
    return "\b\nMethods:\n" + "".join(f"  {name:<10} {summary}\n" for name, summary in METHODS.items())


def _formats() -> str:
    return "\b\nFormats:\n" + "".join(f"  {name:<10} {each.description}\n" for name, each in FORMATS.items())


@main.command(epilog=f"{_methods()}\n{_formats()}\n{_EXIT_CODES}")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="File or folder for the drawing, a folder for several, - for standard output.  [default: beside the picture]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="What to write.  [default: what the suffix of OUT says, else svg]",
)
@click.option(
    "--scale",
    type=float,
    default=1,
    help="How many times as large as the picture; svg and svgz have no such size.  [default: 1]",
)
@_every_option
@click.option("--force", is_flag=True, help="Replace drawings that exist already.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each picture on standard output.")
def convert(
    files: tuple[str, ...],
    output: str | None,
    form: str | None,
    scale: float,
    force: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Convert pictures to SVG, or at once to what else drawings are wanted in.

    Each FILE is a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF, whatever its name; - is standard input.
    A drawing that exists is replaced only with --force, and a picture never by its own drawing.
    """
    errands = _errands(files, _Wish(output, form, scale).checked())
    if as_json and any(errand.target == _STANDARD for errand in errands):
        raise click.UsageError("--json and a drawing on standard output would mix: give -o FILE")
    options = Options(**asked)
    has_bar = len(errands) > 1 and sys.stderr.isatty()
    report = _Report(as_json, waits=has_bar)
    with _progress(errands) if has_bar else nullcontext(errands) as waiting:
        for errand in waiting:
            _run(errand, options, report, may_replace=force)
    report.tell()
    sys.exit(1 if report.failed else 0)


@dataclass(frozen=True)
class _Wish:
    """Where the drawings are to go, and as what."""

    output: str | None
    asked: str | None
    scale: float

    @property
    def is_folder(self) -> bool:
        return self.output is not None and (self.output.endswith("/") or Path(self.output).is_dir())

    @property
    def form(self) -> str:
        names_file = self.output not in (None, _STANDARD) and not self.is_folder
        return choose_form(self.asked, str(self.output) if names_file else "")

    def checked(self) -> _Wish:
        """Itself, if it can be fulfilled; known before anything is converted."""
        try:
            check_scale(self.scale, self.form)
        except SvgaiError as error:
            raise click.UsageError(error.detail) from error
        return self


def _errands(files: tuple[str, ...], wish: _Wish) -> list[_Errand]:
    if len(files) > 1 and wish.output is not None and not wish.is_folder:
        raise click.UsageError(f"several pictures need a folder: {wish.output} is none")
    folders = [file for file in files if file != _STANDARD and (not Path(file).name or Path(file).is_dir())]
    if folders:
        raise click.UsageError(f"{folders[0]!r} is a folder; name pictures")
    targets = _targets(files, wish, FORMATS[wish.form].suffix)
    doubles = {target for target in targets if targets.count(target) > 1}
    if doubles:
        raise click.UsageError(f"several pictures would become {min(doubles)}")
    return [_Errand(file, target, wish.form, wish.scale) for file, target in zip(files, targets, strict=True)]


def _targets(files: tuple[str, ...], wish: _Wish, suffix: str) -> list[str]:
    if wish.is_folder and wish.output is not None:
        _make_folder(wish.output)
        return [str(Path(wish.output) / _drawing_name(file, suffix)) for file in files]
    return [wish.output or (_STANDARD if file == _STANDARD else str(Path(file).with_suffix(suffix))) for file in files]


def _make_folder(path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be made a folder: {error.strerror}") from error


def _drawing_name(file: str, suffix: str) -> str:
    return f"drawing{suffix}" if file == _STANDARD else f"{Path(file).stem}{suffix}"


def _progress(errands: list[_Errand]) -> Any:
    """A bar for several pictures, where somebody is watching."""
    return click.progressbar(
        errands, label="Converting", file=sys.stderr, item_show_func=lambda errand: errand and errand.name
    )


class _Report:
    """What became of each picture, told in words or in JSON."""

    def __init__(self, as_json: bool, *, waits: bool) -> None:
        self.as_json = as_json
        self.waits = waits
        """Whether words wait for the progress bar to end."""
        self.lines: list[str] = []
        self.failed = False

    def done(self, errand: _Errand, result: svgai.Result, size: int) -> None:
        if self.as_json:
            facts = {"file": errand.source, "output": errand.target, "format": errand.form, "bytes": size}
            click.echo(json.dumps({**facts, **result.facts()}))
        else:
            self._say(f"{errand.name}: {_summary(result, size)}")
            for warning in result.warnings:
                self._say(f"{errand.name}: note: {warning}")

    def wrong(self, errand: _Errand, detail: str, facts: dict[str, Any]) -> None:
        self.failed = True
        if self.as_json:
            click.echo(json.dumps({"file": errand.source, "error": facts}))
        self._say(f"svgai: {errand.name}: {detail}")

    def _say(self, line: str) -> None:
        self.lines.append(line)
        if not self.waits:
            self.tell()

    def tell(self) -> None:
        for line in self.lines:
            click.echo(line, err=True)
        self.lines.clear()


def _run(errand: _Errand, options: Options, report: _Report, *, may_replace: bool) -> None:
    limits = Limits()
    try:
        errand.check(may_replace=may_replace)
        result = _converted(errand.read(limits), options, limits)
        size = errand.deliver(result.svg)
    except SvgaiError as error:
        report.wrong(errand, error.detail, error.as_dict())
    except (_Refused, OSError) as error:
        detail = _reason(error) if isinstance(error, OSError) else str(error)
        report.wrong(errand, detail, {"code": "output.refused", "detail": detail})
    else:
        report.done(errand, result, size)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def _file(path: str, limits: Limits) -> bytes:
    from svgai.files.source import read_file

    return read_file(Path(path), limits)


def _converted(data: bytes, options: Options, limits: Limits) -> svgai.Result:
    from svgai.files.header import read_header

    read_header(data, limits)  # what is refused for its header is refused before the engine is loaded
    from svgai import conversion

    return conversion.convert(data, options, limits)


def _summary(result: svgai.Result, size: int) -> str:
    return (
        f"{result.width} x {result.height}, {result.method}, "
        f"{_counted(result.paths, 'path')}, {_counted(result.segments, 'segment')}, "
        f"{size:,} bytes, SSIM {result.quality.ssim:.3f}, colour difference {result.quality.delta_e:.2f}, "
        f"{sum(result.seconds.values()):.2f} s"
    )


def _counted(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


@main.command()
@click.argument("file", metavar="FILE")
@click.option("--explain", "folder", metavar="DIR", help="Draw what each stage found, as pictures in this folder.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def analyze(file: str, folder: str | None, as_json: bool) -> None:
    """Show what the engine sees in a picture.

    Its inks, and how much of it they explain. --explain draws a picture of each stage: a tool for
    whoever works on the tracer, or wonders about a result.
    """
    from svgai.analysis import analyze as look
    from svgai.explanation.sheets import explain

    try:
        analysis = look(_Errand(file, _STANDARD).read(Limits()), Limits())
        made = explain(analysis, Path(folder)) if folder else []
    except (SvgaiError, _Refused, OSError) as error:
        click.echo(f"svgai: {_printable(file)}: {_reason(error) if isinstance(error, OSError) else error}", err=True)
        sys.exit(1)
    _tell_analysis(analysis.facts(), as_json)
    for path in made:
        click.echo(f"wrote {path}", err=True)


_COUNTED = (
    ("strand", "joint"),
    ("line", "cubic", "corner"),
    ("circle", "ellipse", "rectangle"),
    ("shape", "segment", "number"),
)
"""What is told of a drawing, line by line."""


def _tell_analysis(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(f"{facts['width']} x {facts['height']} pixels, {_counted(len(facts['inks']), 'ink')}")
    _tell(f"  {ink['colour']:16} {ink['share']:7.2%}" for ink in facts["inks"])
    click.echo(f"edges {facts['edges']:.2%}, unexplained {facts['unexplained']:.2%}")
    if facts["given_up_after"]:
        click.echo(f"given up after {facts['given_up_after']}: this is no drawing in flat colours")
    else:
        click.echo(f"{_counted(facts['regions'], 'region')}, {_counted(facts['boundaries'], 'boundary', 'boundaries')}")
        _tell(", ".join(_counted(facts[noun + "s"], noun) for noun in line) for line in _COUNTED)
    _tell(f"note: {warning}" for warning in facts["warnings"])


@main.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check that everything a conversion needs is here and works."""
    from svgai.doctor import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings]))
    else:
        _tell(f"{'ok  ' if finding.is_ok else 'FAIL'}  {finding.name:<14} {finding.detail}" for finding in findings)
    sys.exit(0 if all(finding.is_ok for finding in findings) else 1)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
