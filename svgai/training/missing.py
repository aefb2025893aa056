"""What training needs beyond the library, and how to say that it is not there."""

from __future__ import annotations

from importlib.util import find_spec


class Missing(Exception):
    """Something that training cannot do without is not there."""


def require(*modules: str) -> None:
    """Say at once what is not installed."""
    lacking = [module for module in modules if find_spec(module) is None]
    if lacking:
        raise not_installed(", ".join(lacking))


def not_installed(what: str) -> Missing:
    return Missing(f"{what} not installed: training needs the extra ai (pip install 'svgai[ai]')")
