"""The command `svgai learning`: what is learned from conversions, looked at, done now, and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.services import Services


@click.group()
def learning() -> None:
    """See what the service learned, let it learn now, or take back what it learned."""


@learning.command("list")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON.")
def list_versions(as_json: bool) -> None:
    """Show all versions of the predictor, and whether models still fit."""
    from app.learning import report

    services = _services()
    found = report(services.versions, services.records)
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    for line in _lines(found):
        click.echo(line)


@learning.command("run")
def run() -> None:
    """Learn now what there is to learn, as the schedule does from time to time."""
    from workers.learning import learn

    finding = learn(_services())
    click.echo(f"{finding.standing}: {finding.reason}")


@learning.command("restore")
def restore() -> None:
    """Take what was learned last out of use; what was in use before is again."""
    from app.learning import Stage
    from svgai.ml import learned
    from workers.learning import put_in_order

    services = _services()
    is_learned = learned.restore(services.settings.learned)
    put_in_order(services, refused="an operator took it back", state=Stage.REFUSED)
    click.echo("what was learned before is in use" if is_learned else "the models that were delivered are in use")


def _services() -> Services:
    from sqlalchemy.exc import DatabaseError

    from app.errors import StoreAway
    from app.factory import create_services
    from app.settings import read_settings

    services = create_services(read_settings())
    try:
        services.versions.all()
    except (StoreAway, DatabaseError) as fault:
        reason = str(getattr(fault.__cause__, "orig", fault)).strip().partition("\n")[0]
        raise click.ClickException(f"The database cannot be used: {reason}. `make migrate` makes its tables.") from None
    return services


def _lines(found: dict[str, Any]) -> Iterable[str]:
    for version in found["versions"]:
        yield f"{version['version']:<32} {version['state']:<10} {version['conversions']:>6}  {version['reason']}"
    for finding in found["findings"]:
        yield f"{finding['name']:<12} {finding['standing']:<10} {finding['reason']}"
    trial = found["trial"]
    if trial:
        yield f"on trial: {trial['shadow']} against {trial['serving']}"
        for name in ("gain", "worth", "error"):
            told = trial[name]
            yield f"  {name:<6} {told['verdict']:<10} of {told['conversions']}, p {told['p']}"
