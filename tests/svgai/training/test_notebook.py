"""The notebook is one, its code compiles, and every command in it exists with the options that it uses."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from svgai.cli import main
from svgai.training.commands import train

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "train_colab.ipynb"
KINDS = {
    "code": {"id", "cell_type", "metadata", "source", "execution_count", "outputs"},
    "markdown": {"id", "cell_type", "metadata", "source"},
}


def cells(kind):
    return ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == kind]


def commands():
    """What stands behind `!svgai`, with values in the place of what Python fills in."""
    lines = [line for cell in cells("code") for line in cell.splitlines() if line.startswith("!svgai ")]
    return [shlex.split(re.sub(r"\{[^}]*\}", "7", line))[1:] for line in lines]


def test_it_is_a_notebook():
    notebook = json.loads(NOTEBOOK.read_text())

    assert notebook["nbformat"] == 4
    assert {cell["cell_type"] for cell in notebook["cells"]} == set(KINDS)
    for cell in notebook["cells"]:
        assert set(cell) == KINDS[cell["cell_type"]]
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_its_code_compiles():
    for number, cell in enumerate(cells("code")):
        lines = cell.splitlines()
        plain = "\n".join("" if line.startswith(("!", "%")) else line for line in lines)
        compile(plain, f"cell {number}", "exec")
        assert all(
            line.startswith(("!pip ", "!git ", "!svgai ", "%cd ")) for line in lines if line[:1] in "!%" and line
        )


def test_the_way_from_data_to_models_is_in_it():
    assert [" ".join(words[:2]) for words in commands()] == [
        "train data",
        "train models",
        "evaluate --data",
        "models import",
    ]


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words[:2]))
def test_a_command_in_it_exists_with_these_options(words, tmp_path, monkeypatch):
    """Parsed as it would be, but not run. Folders that it reads are there."""
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "trained"):
        (tmp_path / folder).mkdir(parents=True)
    command, rest = main, words
    while isinstance(command, click.Group):
        context = click.Context(command)
        command, rest = command.get_command(context, rest[0]), rest[1:]
    with command.make_context("", list(rest)) as context:
        assert not context.args


def test_a_command_that_is_none_would_be_found():
    with pytest.raises(click.NoSuchOption):
        train.get_command(click.Context(train), "data").make_context("", ["--picture", "x"])


def test_its_numbers_are_those_of_the_command():
    code = "\n".join(cells("code"))
    names, values = re.search(r"^(SEED, DRAWINGS, TRIED, SEEN) = (.*)$", code, re.MULTILINE).groups()
    usual = {option.name: option.default for option in train.get_command(click.Context(train), "data").params}

    assert [int(value) for value in values.split(",")] == [usual[name.lower()] for name in names.split(", ")]
