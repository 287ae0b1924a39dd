"""The command `licex`: groups of commands, global options, and exit codes."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError  # Typer offers no public name for them

from cli import batches, declarations, ledger, logs, onboarding, reference, render, retention, session, upkeep
from cli.help_language import translate_help
from pipeline.settings import configured_log_file, program_version
from standard.errors import ExchangeError, UsageError
from standard.messages import stored_sentence

app = typer.Typer(
    name="licex",
    help="The nightly licence exchange. Exit codes: 0 done, 1 refused or held above the source's limit, "
    "2 wrong use or declaration, 3 source or platform unreachable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables would show personal data
)

_GROUPS = {
    "Batches": batches,
    "A new source": onboarding,
    "Declarations": declarations,
    "What became of them": ledger,
    "Upkeep": upkeep,
    "Retention": retention,
    "Reference": reference,
}
for _title, _group in _GROUPS.items():
    for _command in _group.commands.registered_commands:
        _command.rich_help_panel = _title
        app.registered_commands.append(_command)


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(f"licex {program_version()}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the program's version.", is_eager=True, callback=_show_version)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Log every step to standard error, with its time.")
    ] = False,
    log_file: Annotated[
        str,
        typer.Option(
            "--log-file", metavar="FILE", help="Append the same lines to a file; LICEX_LOG names one for all."
        ),
    ] = "",
) -> None:
    """Global options: how much is logged, and where."""
    logs.start_logging(verbose=verbose, path=log_file or configured_log_file())
    if logs.is_logging():
        logs.log_step(f"licex {program_version()} {context.invoked_subcommand}")


def main() -> None:
    """Run the command; an expected error is one sentence and an exit code, never a traceback."""
    warnings.showwarning = render.warning
    code = _run()
    logs.log_step(f"ended with exit code {code}")
    logs.stop_logging()
    sys.exit(code)


def _run() -> int:
    command = typer.main.get_command(app)
    translate_help(command)
    try:
        with session.resources:
            return int(command.main(standalone_mode=False) or 0)
    except SystemExit as ended:
        return int(ended.code or 0)
    except NoArgsIsHelpError as help_shown:
        help_shown.show()
        return help_shown.exit_code
    except ClickException as error:
        render.error(_usage_error(error).message)
        return error.exit_code
    except typer.Abort:
        return 1
    except ExchangeError as error:
        render.error(error.message)
        return error.exit_code
    except Exception as error:
        render.unforeseen(error)
        return 1


def _usage_error(error: ClickException) -> UsageError:
    """Convert an error of the command line, as found by Typer."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "licex"
    return UsageError(
        "LX-100",
        "{command}: {problem}; see {command} --help",
        command=command,
        problem=stored_sentence(error.format_message().removesuffix(".")),
    )
