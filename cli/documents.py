"""Generates the reference pages of the documentation, by path: the standard, rules, commands, settings and errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from cli.declaration_page import declaration_page
from cli.markdown import GENERATED, grid
from cli.tables_page import tables_page
from pipeline.settings import DOCUMENTED
from sources.json_schema import json_schema
from standard.codes import catalogue, code_list, status_families
from standard.error_codes import ERROR_CODES
from standard.field import Field
from standard.licence import LICENCE
from standard.rule import DIMENSION_TITLES
from standard.rules import RULES

_LEAD = (
    "Every setting is an environment variable. It must be the same for every process that runs tasks: scheduler and workers. "
    "Give absolute paths: a relative one starts from wherever the process was started. "
    "[Deploy](../how-to/deploy.md#settings) has examples.\n"
)


def pages() -> dict[str, str]:
    """The pages by their paths in the folder of the documentation, and the JSON Schema of declarations."""
    return {f"reference/{name}": text for name, text in _pages()}


def write(folder: str) -> list[str]:
    """Write the pages into a folder of documentation; returns their paths."""
    paths = []
    for name, text in pages().items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths


def _pages() -> Iterator[tuple[str, str]]:
    yield "standard.md", _standard()
    yield "rules.md", _rules()
    yield "cli.md", _cli()
    yield "settings.md", _settings()
    yield "errors.md", _errors()
    yield "tables.md", tables_page()
    yield "declaration.md", declaration_page()
    yield "declaration.schema.json", json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def _element(field: Field) -> list[str]:
    marks = [("required", field.required), ("personal", field.personal), ("several joined by ^", field.multiple)]
    return [
        f"`{field.name}`",
        field.title,
        field.short_name or "—",
        str(field.kind),
        str(field.length or "—"),
        ", ".join(name for name, holds in marks if holds) or "—",
    ]


def _standard() -> str:
    parts = [
        "# The standard\n",
        GENERATED,
        f"A record is named by {', '.join(f'`{name}`' for name in LICENCE.key)}.\n",
        "## Elements\n",
        grid(
            ("element", "中文名", "short name", "kind", "length", "marks"),
            (_element(field) for field in LICENCE.fields),
        ),
    ]
    for name, title in (
        ("holder_type", "Holder type codes"),
        ("holder_category", "Holder categories"),
        ("status", "Statuses"),
        ("area", "Area codes"),
    ):
        parts += [f"## {title}\n", grid(("code", "name"), code_list(name).items())]
    families = [
        (family, code, status or "") for family, codes in status_families().items() for code, status in codes.items()
    ]
    parts += [
        "## Status families\n",
        "Each is a lookup of that name.\n",
        grid(("lookup", "code", "status"), families),
    ]
    types = [(item.code, item.name, item.holder_category or "—") for item in catalogue().values()]
    parts += ["## Licence types\n", grid(("code", "name", "holder category"), types)]
    return "\n".join(parts)


def _rules() -> str:
    rows = [
        (
            f"`{rule.id}`",
            "<br>".join(DIMENSION_TITLES[rule.dimension]),
            str(rule.severity),
            str(rule.scope),
            f"{rule.title_zh}<br>{rule.title_en}",
            f"{rule.advice_zh}<br>{rule.advice_en}",
        )
        for rule in RULES.values()
    ]
    lead = (
        "A critical rule holds the row, or refuses the batch; a warning travels with what it was found on. "
        "Of several rules that one cell breaks, the first in this order is reported.\n"
    )
    head = ("rule", "dimension", "severity", "scope", "what is wrong", "what to do")
    return "\n".join(["# The rules\n", GENERATED, lead, grid(head, rows)])


def _errors() -> str:
    parts = [
        "# Errors 错误代码\n",
        GENERATED,
        "Every error ends with its code in brackets. Under a Chinese locale, or with `LICEX_LANG=zh`, it is in Chinese.\n",
        "每条错误信息末尾的方括号内是错误代码。中文环境下（或设置 `LICEX_LANG=zh`）以中文显示。\n",
    ]
    labels = (("含义", "Meaning"), ("由谁处理", "Whose it is"), ("怎么办", "What to do"))
    for error in ERROR_CODES.values():
        rows = zip(labels, (error.meaning, error.owner, error.remedy), strict=True)
        parts += [
            f"## {error.code} {' '.join(error.title)}\n",
            grid(("", "中文", "English"), ((" ".join(label), *texts) for label, texts in rows)),
        ]
    return "\n".join(parts)


def _cli() -> str:
    from cli.main import app

    parts = ["# The command `licex`\n", GENERATED, f"{app.info.help}\n"]
    command = typer.main.get_command(app)
    parts += ["## Before any command\n", grid(("option", "meaning"), _parameters(command))]
    for name, sub in sorted(getattr(command, "commands", {}).items()):
        if not sub.hidden:
            parts += [f"## `licex {name}`\n", f"{sub.help}\n", grid(("argument", "meaning"), _parameters(sub))]
    return "\n".join(parts)


def _settings() -> str:
    rows = [(f"`{name}`", meaning, default) for name, meaning, default in DOCUMENTED]
    return "\n".join(["# Settings\n", GENERATED, _LEAD, grid(("variable", "meaning", "default"), rows)])


def _parameters(command: Any) -> Iterable[Sequence[str]]:
    for parameter in command.params:
        if parameter.name != "help":
            shown = (
                " ".join(parameter.opts)
                if parameter.param_type_name == "option"
                else str(parameter.metavar or parameter.name)
            )
            yield f"`{shown}`", str(getattr(parameter, "help", "") or "")
