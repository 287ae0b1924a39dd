"""The help of commands and the errors of the command line, in the language of the reader."""

from __future__ import annotations

import gettext
import os
from typing import Any

from standard.messages import DOMAIN, LOCALES, Language, language, translate_word

# What Typer itself says, for the catalogue. Some it looks up itself; some is translated here, known again by its template.
TYPER_SAYS = (
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


def speak(command: Any) -> None:
    """Have a command and those below it say their help in the reader's language.

    Args:
        command: as `typer.main.get_command` returns it.
    """
    if language() is Language.ENGLISH:
        return
    # Typer asks gettext for its own words when it first draws something.
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

    def get_help_option(context: Any) -> Any:  # Typer makes it when it is first needed
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
    for below in getattr(command, "commands", {}).values():
        _translate(below)
