"""Terminal output: lines, errors, progress, tables that fit the width, and JSON.

Sentences and headings are printed in the user's language, JSON always in English. Rich is imported only when needed: JSON and
completion do without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli import logs
from standard import errors
from standard.errors import safe_line
from standard.messages import Message, localize, translate, translate_word
from standard.visible import json_text, visible, visible_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_NO_TERMINAL_WIDTH = 180  # without a terminal there is no width; the ledger's table needs this much
_ALARMING = frozenset(["refused", "failed", "missed"])
_SEPARATOR = "  "

Row = Mapping[str, Any]


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show progress on standard error, separate from the command's output."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    console = _console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=logs.is_verbose()) as drawn:
        task = drawn.add_task("")

        def on_progress(text: str) -> None:
            logs.log_step(text)
            drawn.update(task, description=visible_line(translate(text)))

        yield on_progress


def out(line: str) -> None:
    """Print a line; the terminal wraps it."""
    _console().print(_cell(translate(line)), soft_wrap=True)


def text(content: str) -> None:
    """Print the text of a file unchanged; it must not contain invisible characters."""
    print(content, end="")  # noqa: T201 - rich would wrap it


def note(message: str) -> None:
    """Print additional lines on standard error."""
    for line in translate(message).split("\n"):
        _console(stderr=True).print(_cell(line), soft_wrap=True)


def error(message: str) -> None:
    """Print error sentences, each on its own line with its code."""
    logs.log_error(message)
    for line in localize(message).split("\n"):
        _console(stderr=True).print(_cell(line, "red"), soft_wrap=True)


def unforeseen(found: BaseException) -> None:
    """Print the traceback of a defect."""
    from rich.text import Text

    logs.log_defect(found)
    _console(stderr=True).print(Text(visible(errors.safe_traceback(found)), style="red"), soft_wrap=True)


def warning(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """Print a library's warning, as `warnings.showwarning`; control characters from quoted values are made visible."""
    _console(stderr=True).print(_cell(safe_line(f"warning: {message}"), "yellow"), soft_wrap=True)


def data(value: Any) -> None:
    """Print JSON for another program."""
    print(json_text(value))  # noqa: T201 - data for another program


def paths(found: Sequence[str], *, as_json: bool) -> None:
    """Print file paths, or other short lines, without wrapping."""
    if as_json:
        data([safe_line(path) for path in found])
    else:
        for path in found:
            print(safe_line(path))  # noqa: T201 - rich would wrap it


def table(title: str, rows: Sequence[Row], *, right: Collection[str] = (), keys: int = 1, plain: bool = False) -> None:
    """Print rows with the same columns as a table.

    If the table does not fit the terminal, empty columns are left out; if it still does not fit, each row is printed as a paragraph.
    Nothing is cut off.

    Args:
        title: printed with the number of rows; an empty title requires rows.
        rows: values by column name; a tuple is printed as several lines.
        right: right-aligned columns of numbers.
        keys: number of leading columns that identify a row.
        plain: whether to rule off the header only, for long tables.
    """
    from rich.measure import Measurement

    if not rows:
        out(f"{translate_word(title)} (0)")
        return
    console = _console()
    for candidate in (rows, _without_empty(rows)):
        drawn = _table(title, candidate, right, plain)
        if Measurement.get(console, console.options.update(max_width=10_000), drawn).minimum <= console.width:
            console.print(drawn)
            return
    _paragraphs(console, title, rows, keys)


def pairs(title: str, values: Row) -> None:
    """Print names and values; missing values are left out."""
    from rich.table import Table

    drawn = Table(title=translate_word(title), show_header=False, title_justify="left")
    drawn.add_column()
    drawn.add_column(overflow="fold")
    for name, value in values.items():
        if value is not None:
            drawn.add_row(translate_word(name), _cell(value))
    _console().print(drawn)


def _table(title: str, rows: Sequence[Row], right: Collection[str], plain: bool) -> Table:
    from rich import box
    from rich.table import Table

    lines: dict[str, Any] = {"box": box.SIMPLE_HEAD, "pad_edge": False} if plain else {}
    drawn = Table(title=f"{translate_word(title)} ({len(rows)})" if title else None, title_justify="left", **lines)
    for name in rows[0]:
        number = name in right
        drawn.add_column(
            translate_word(name), justify="right" if number else "left", no_wrap=number or plain, overflow="fold"
        )
    for row in rows:
        drawn.add_row(*map(_cell, row.values()))
    return drawn


def _without_empty(rows: Sequence[Row]) -> list[Row]:
    kept = [name for name in rows[0] if any(str(row[name]) not in {"", "0", "None"} for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def _paragraphs(console: Console, title: str, rows: Sequence[Row], keys: int) -> None:
    """Print each row as its key, with `name value` of the other filled columns below."""
    from rich.padding import Padding
    from rich.text import Text

    if title:
        console.print(_cell(f"{translate_word(title)} ({len(rows)})", "italic"))
    for row in rows:
        items = [(name, _cell(value)) for name, value in row.items()]
        head = Text(_SEPARATOR).join(value for _, value in items[:keys])
        head.stylize("bold")
        console.print(head, overflow="fold")
        facts = [
            Text.assemble((f"{translate_word(name)} ", "dim"), value) for name, value in items[keys:] if value.plain
        ]
        for line in _pack(facts, console.width - 2):
            console.print(Padding(line, (0, 0, 0, 2), expand=False), overflow="fold")


def _pack(parts: Sequence[Text], width: int) -> Iterator[Text]:
    """Join the parts into lines that fit the width."""
    from rich.text import Text

    line: list[Text] = []
    for part in parts:
        if line and sum(each.cell_len + len(_SEPARATOR) for each in line) + part.cell_len > width:
            yield Text(_SEPARATOR).join(line)
            line = []
        line.append(part)
    if line:
        yield Text(_SEPARATOR).join(line)


def _cell(value: Any, style: str = "") -> Text:
    """An external value as text that is safe to print."""
    from rich.text import Text

    lines = value if isinstance(value, tuple) else ("" if value is None else value,)
    return Text("\n".join(visible_line(_text(line)) for line in lines), style=style or _style(value))


def _text(value: Any) -> str:
    return translate(value) if isinstance(value, Message) else str(value)


def _style(value: Any) -> str:
    return "red" if isinstance(value, str) and value in _ALARMING else ""


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NO_TERMINAL_WIDTH
    return console
