"""The commands that the documents for operators tell to type."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOR_OPERATORS = ("DEPLOYMENT", "AI_DEPLOYMENT", "OPERATIONS")


def commands(document: str) -> list[str]:
    """Each line of its blocks for a shell, without what is said of it."""
    text = (ROOT / "docs" / f"{document}.md").read_text()
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    return [command for line in lines if (command := re.sub(r"\s+# .*", "", line).strip())]


def all_commands() -> list[str]:
    return [command for document in FOR_OPERATORS for command in commands(document)]
