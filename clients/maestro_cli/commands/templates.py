"""The catalogue of templates."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maestro_cli.commands.stacks import PANEL, AsJson

templates = typer.Typer(help="Find, read and render templates.", no_args_is_help=True)
Template = Annotated[str, typer.Argument(help="The template's id.", show_default=False)]
Version = Annotated[str, typer.Option(help="Which version; the newest without one.")]


@templates.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the templates."""
    from maestro_cli import templates as work
    from maestro_cli.running import run

    run(work.show_all(as_json))


@templates.command()
def show(template: Template, version: Version = "", as_json: AsJson = False) -> None:
    """Show one template: what it makes, its parameters, its files."""
    from maestro_cli import templates as work
    from maestro_cli.running import run

    run(work.show(template, version, as_json))


@templates.command()
def search(
    words: Annotated[list[str], typer.Argument(help="Words to look for.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Find templates by words.

    Example: maestro template search python service
    """
    from maestro_cli import templates as work
    from maestro_cli.running import run

    run(work.search(" ".join(words), as_json))


@templates.command()
def render(
    template: Template,
    folder: Annotated[Path, typer.Argument(help="Where to, a new or empty folder.", show_default=False)],
    answer: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An answer; the value may be JSON."),
    ] = None,
    version: Version = "",
) -> None:
    """Render a template into a folder.

    Example: maestro template render python-library ./mylib --set name=mylib
    """
    from maestro_cli import templates as work
    from maestro_cli.running import run

    run(work.render(template, folder, answer or [], version))


@templates.command()
def update(
    folder: Annotated[Path, typer.Argument(help="The project.")] = Path(),
    answer: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An answer to what is asked anew."),
    ] = None,
    version: Version = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Merge a newer version of its template into a project.

    Where both sides changed the same lines, they are printed and nothing is written.

    Example: maestro template update ./mylib --dry-run
    """
    from maestro_cli import update as work
    from maestro_cli.running import run

    raise typer.Exit(run(work.update(folder, version, answer or [], dry_run, as_json)))


@templates.command()
def sync(
    remote: Annotated[str, typer.Argument(help="A remote of the service's settings.", show_default=False)],
    pull: Annotated[bool, typer.Option("--pull", help="Only take what is new there.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Only give what is new here.")] = False,
    as_json: AsJson = False,
) -> None:
    """Exchange templates with a git repository: pull, then push. Nothing is ever forced.

    Example: maestro template sync origin
    """
    from maestro_cli import templates as work
    from maestro_cli.running import run

    both = pull == push
    raise typer.Exit(run(work.sync(remote, pull or both, push or both, as_json)))


class Format(StrEnum):
    """The tools whose templates can be imported."""

    COOKIECUTTER = "cookiecutter"
    COPIER = "copier"
    BACKSTAGE = "backstage"


@templates.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A folder, or a zip or tar archive.", show_default=False)],
    template: Annotated[str, typer.Option("--id", help="Its id; made up without one.")] = "",
    form: Annotated[
        Format | None, typer.Option("--format", help="What it is; found out by its files without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a Cookiecutter, Copier or Backstage template as a draft. Nothing of it is executed.

    Example: maestro template import ./cookiecutter-pypackage
    """
    from maestro_cli import templates as work
    from maestro_cli.running import run

    run(work.import_(path, template, form or "", as_json))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(templates, name="template", rich_help_panel=PANEL)
