"""Healing tests, and reviewing changes to them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from maestro_cli.failure import CliError, ExitCode

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def heal(
    path: Annotated[Path, typer.Argument(help="The project's folder.", show_default=False)],
    pytest_args: Annotated[
        list[str] | None, typer.Argument(metavar="[-- PYTEST ARGS]", help="More arguments for pytest.")
    ] = None,
    base: Annotated[
        str,
        typer.Option(
            help="Last revision at which the tests were right. Without it nothing is more than proposed."
        ),
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Edit the tests in place.")] = False,
    branch: Annotated[str, typer.Option(help="Commit the heals on a new branch of this name.")] = "",
    patch: Annotated[Path | None, typer.Option(help="Write the patch to this file.")] = None,
    from_junit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Heal the tests that failed in this JUnit XML, of any CI, instead of running all first.",
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(
            help="Interpreter for the tests. Else the project's .venv, the active environment, "
            "or one that is built for the project."
        ),
    ] = None,
    timeout: Annotated[
        str, typer.Option(help="The longest that one run of the tests may take: 90s, 10m, 1h.")
    ] = "10m",
    budget: Annotated[
        str,
        typer.Option(
            metavar="SECONDS|10m",
            help="The longest that all of it may take. What it does not come to is UNHEALED, and what is "
            "proved until then is kept.",
            show_default=False,
        ),
    ] = "",
    mutation_seconds: Annotated[
        int,
        typer.Option(
            min=0,
            max=3600,
            help="How long all heals together may be tried on mutants of the product; 0: not at all.",
        ),
    ] = 20,
    orders: Annotated[
        int,
        typer.Option(
            min=0, max=100, help="Run the tests in so many other orders too, and heal what fails there."
        ),
    ] = 0,
    as_json: AsJson = False,
    junit: Annotated[Path | None, typer.Option(help="Write the outcome as JUnit XML to this file.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write the outcome as Markdown to this file: a comment for a pull request, with verdicts, "
            "evidence and diffs."
        ),
    ] = None,
) -> None:
    """Heal the failing tests of a project.

    Runs them in a throw-away environment, finds out why they fail, edits the tests that are out of date, and
    proves each edit. Refuses where the product is what is broken. Without --apply, --branch or --patch
    nothing of yours changes: the patch is shown and kept in the data directory.

    Exit codes: 0 nothing is left to heal · 1 something was proposed, refused or not healed · 2 wrong use ·
    3 it could not run.

    Examples:

    maestro heal . --base v1.4.0

    maestro heal . --base HEAD~3 --branch healed -- tests/unit -x

    maestro heal . --base main --from-junit ci/results.xml --report comment.md

    maestro heal . --base HEAD --orders 10
    """
    from maestro_cli.durations import duration
    from maestro_cli.heal.command import Options, run_heal

    if sum((apply, bool(branch), patch is not None)) > 1:
        raise CliError("--apply, --branch and --patch exclude each other.", "Choose one.", ExitCode.WRONG_USE)
    longest, mutation = duration(timeout), timedelta(seconds=mutation_seconds)
    arguments = tuple(pytest_args or ())
    options = Options(
        base=base,
        apply=apply,
        branch=branch,
        patch=patch,
        python=python,
        timeout=longest,
        mutation_time=mutation,
        budget=duration(budget) if budget else None,
        as_json=as_json,
        junit=junit,
        report=report,
        from_junit=from_junit,
        pytest_args=arguments,
        orders=orders,
    )
    raise typer.Exit(run_heal(path, options))


def review(
    healing: Annotated[
        str, typer.Argument(metavar="[HEALING]", help="One healing's id; all that wait without it.")
    ] = "",
    approve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEST", help="Say yes to the heal of this test, or to `all` that wait; repeat it."
        ),
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEST", help="Say no to the heal of this test, or to `all` that wait; repeat it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say yes or no to heals that wait for a person.

    On a terminal it walks through them: failure, numbered evidence, diff, then a key: a approves, r rejects,
    s skips, q quits. Ctrl-C leaves the healing at hand as it was. Elsewhere it lists them. What is approved
    joins the patch, and what is rejected leaves it: where the healing was asked for with --apply, --branch or
    --patch, that is brought in line; the new patch is kept in the data directory in any case.

    Exit codes: 0 nothing waits · 1 something still waits · 2 wrong use · 3 it could not run, or a decision is
    noted and could not be delivered.

    Examples:

    maestro review

    maestro review healing-6fq2 --approve tests/test_shop.py::test_total --reject all
    """
    from maestro_cli.review.command import Options
    from maestro_cli.review.command import review as work
    from maestro_cli.running import run
    from maestro_core.settings import Settings

    if (approve or reject) and not healing:
        raise CliError(
            "--approve and --reject need a healing.", "`maestro review` lists them.", ExitCode.WRONG_USE
        )
    options = Options(healing, tuple(approve or ()), tuple(reject or ()), as_json)
    raise typer.Exit(run(work(Settings(), options)))


def guard(
    path: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    base: Annotated[str, typer.Option(help="The revision to compare with.")] = "HEAD",
    head: Annotated[
        str, typer.Option(help="The revision to review; without it the working tree.", show_default=False)
    ] = "",
    as_json: AsJson = False,
    sarif: Annotated[
        Path | None, typer.Option(help="Write the findings as SARIF 2.1.0 to this file.")
    ] = None,
    approve: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Let the finding of this id pass; may be repeated.")
    ] = None,
    mutation: Annotated[
        bool,
        typer.Option(
            "--mutation", help="Run the tests that are touched, too: do they still kill the same mutants?"
        ),
    ] = False,
    mutation_seconds: Annotated[
        int, typer.Option(min=1, max=3600, help="How long the tests may be tried on mutants of the product.")
    ] = 60,
    python: Annotated[
        Path | None,
        typer.Option(help="Interpreter for the tests with --mutation; else as maestro heal does."),
    ] = None,
    stop_hook: Annotated[
        bool, typer.Option("--stop-hook", help="Answer as the stop hook of a coding agent.")
    ] = False,
) -> None:
    """Review a change to tests, whoever made it: where does it weaken them?

    A changed expectation is shown, and is no weakening. Nothing is run without --mutation. What --approve
    lets pass stands in .maestro-approvals, and holds while the file that it is about stays as it is.

    Exit codes: 0 it weakens nothing · 1 it does · 2 wrong use.

    Examples:

    maestro guard --base main

    maestro guard --base v1.4.0 --head v1.5.0 --sarif guard.sarif

    maestro guard --base main --mutation
    """
    from maestro_cli.guard.command import Mutation, Options, run_guard, run_stop_hook

    tried = Mutation(timedelta(seconds=mutation_seconds), python) if mutation else None
    options = Options(base, head, as_json, sarif, tuple(approve or ()), tried)
    raise typer.Exit(run_stop_hook(path, options) if stop_hook else run_guard(path, options))


def strategies(as_json: AsJson = False) -> None:
    """List the ways to heal: what each heals, on which evidence."""
    from dataclasses import asdict

    from maestro_cli.output import out, print_json
    from maestro_healing.domain.strategies import CATALOGUE

    if as_json:
        print_json([asdict(one) for one in CATALOGUE])
        return
    for one in CATALOGUE:
        mark = "" if one.available else "  (not in this version)"
        out().print(f"[bold]{one.id}[/bold]{mark}")
        out().print(f"  heals     {one.heals}", markup=False)
        out().print(f"  evidence  {one.evidence}", markup=False)


def statistics(as_json: AsJson = False) -> None:
    """Count what became of healings: success by strategy, what people and later runs said, time saved.

    A later run is one of a test whose heal stands in its file, in a later healing of the same folder or
    repository.
    """
    from maestro_cli.running import run
    from maestro_cli.statistics import show
    from maestro_core.settings import Settings

    run(show(Settings(), as_json))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (heal, review, guard, strategies, statistics):
        app.command(rich_help_panel="Heal")(command)
