"""Translates the help of commands and the errors of the command line."""

from __future__ import annotations

import gettext
import os
from typing import Any

from standard.messages import DOMAIN, LOCALES, Language, language, translate_word

# Typer's own texts, for the catalogue: some Typer looks up itself, others are translated here by their template.
TYPER_TEXTS = (
    *("Arguments", "Options", "Commands", "Error", "Aborted.", "Usage: ", "[required]", "[default: {}]"),
    "Show this message and exit.",
    "Install completion for the current shell.",
    "Show completion for the current shell, to copy it or customize the installation.",
    "Missing command",
    "No such command '{name}'",
    "No such command '{name}'. Did you mean {meant}?",
    "No such option: {name}",
    "No such option: {name} Did you mean {meant}?",
    "No such option: {name} (Possible options: {meant})",
    "Missing argument '{name}'",
    "Missing option '{name}'",
    "Option '{name}' requires an argument",
    "Option '{name}' requires {count} arguments",
    "Option '{name}' does not take a value",
    "Got unexpected extra argument ({names})",
    "Got unexpected extra arguments ({names})",
    "Invalid value for '{name}': {problem}",
)


def translate_help(command: Any) -> None:
    """Translate the help of a command and its subcommands into the user's language.

    Args:
        command: as `typer.main.get_command` returns it.
    """
    if language() is Language.ENGLISH:
        return
    # Typer looks up its own texts with gettext when it first prints something.
    os.environ["LANGUAGE"] = "zh_CN"
    gettext.bindtextdomain(DOMAIN, str(LOCALES))
    gettext.textdomain(DOMAIN)
    _translate(command)


def _translate(command: Any) -> None:
    english_usage, help_option = command.get_usage, command.get_help_option

    def get_usage(context: Any) -> str:
        usage: str = english_usage(context)
        prefix = "Usage: "
        return translate_word(prefix) + usage.removeprefix(prefix)

    def get_help_option(context: Any) -> Any:  # created by Typer on first use
        option = help_option(context)
        if option is not None:
            option.help = translate_word(option.help)
        return option

    command.get_usage, command.get_help_option = get_usage, get_help_option
    command.help = translate_word(command.help or "")
    command.rich_help_panel = translate_word(getattr(command, "rich_help_panel", None) or "") or None
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = translate_word(parameter.help)
    for subcommand in getattr(command, "commands", {}).values():
        _translate(subcommand)
