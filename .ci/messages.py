"""The catalogue of messages: `update` synchronises it with the code, `check` finds differences.

The catalogue is `standard/locales/zh_CN/LC_MESSAGES/licex.po`; its compiled form stands beside it, so that the program runs
from a checkout and from a wheel without a step of its own.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PO = ROOT / "standard/locales/zh_CN/LC_MESSAGES/licex.po"
MO = PO.with_suffix(".mo")

# Which argument of a call is a template.
TEMPLATES = {
    **dict.fromkeys(["ExchangeError", "UsageError", "DeclarationError", "SourceRefused", "SourceUnreachable"], (1,)),
    **dict.fromkeys(["PlatformUnreachable", "TurnTaken", "QuietHours", "AlreadyDelivered", "Unreachable"], (1,)),
    **dict.fromkeys(["PlatformRefused", "Message"], (0,)),
    "plural": (0, 1),
}
# Of these a literal is a sentence or a heading; anything else was made elsewhere.
SHOWN, SHOWN_BY_COMMANDS = {"on_progress"}, {"out", "note", "error", "table", "pairs"}
# Where a template is no literal: where messages are made, and where one comes back from another process.
OWN = ("standard/messages.py", "standard/errors.py", "extractors/files/workbooks/book_files.py")
HEADER = b"""# The sentences of the exchange in Chinese. `make messages` brings the list to what the code says.
msgid ""
msgstr ""
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def collect_messages() -> tuple[dict[str, set[str]], list[str]]:
    """Every template in the code with its files, and the calls whose template is not a literal."""
    found: dict[str, set[str]] = {}
    problems = []
    for path in sorted(_files()):
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, text in _texts(tree, cli=name.startswith("cli/") and name != "cli/render.py"):
            if text is None and name not in OWN:
                problems.append(f"{name}:{line}: expected a literal template, found another expression")
            elif text and any(map(str.isalpha, "".join(literal for literal, _, _, _ in Formatter().parse(text)))):
                found.setdefault(text, set()).add(name)
    return found, problems


def _files() -> Iterator[Path]:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    for package in packages:
        yield from (ROOT / package.replace(".", "/")).glob("*.py")


def _texts(tree: ast.Module, *, cli: bool) -> Iterator[tuple[int, str | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, SHOWN | (SHOWN_BY_COMMANDS if cli else set()))
        if cli:
            yield from _of_command(node)


def _of_call(node: ast.Call, shown: set[str]) -> Iterator[tuple[int, str | None]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for place in TEMPLATES.get(name, ()):
        if place < len(node.args) and not isinstance(node.args[place], ast.Starred):
            yield node.lineno, _literal(node.args[place])
    if name in shown and node.args and (text := _literal(node.args[0])) is not None:
        yield node.lineno, text
    for keyword in node.keywords:
        if keyword.arg == "help" and (text := _literal(keyword.value)) is not None:
            yield node.lineno, text


def _of_command(node: ast.AST) -> Iterator[tuple[int, str | None]]:
    """The other texts of a module of commands: docstrings of commands, and headings of tables."""
    if isinstance(node, ast.FunctionDef) and any("command" in ast.unparse(each) for each in node.decorator_list):
        yield node.lineno, ast.get_docstring(node)
    if isinstance(node, ast.Dict):
        yield from ((node.lineno, text) for key in node.keys if key and (text := _literal(key)))
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and ast.unparse(node.targets[0]).isupper():
        for part in ast.walk(node.value):
            if text := _literal(part):
                yield node.lineno, text


def _literal(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def names_of(template: str) -> set[str]:
    """The names in the braces of a template."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def read() -> Catalog:
    """Read the catalogue."""
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN")


def compiled(catalogue: Catalog) -> bytes:
    """The compiled catalogue that the program reads."""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # else it would be of today
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update() -> None:
    """Add and remove messages as in the code, and compile."""
    found, _ = collect_messages()
    old = {message.id: message.string for message in read()} if PO.exists() else {}
    made = Catalog(locale="zh_CN")
    for text in sorted(found, key=lambda text: (sorted(found[text]), text)):
        made.add(text, old.get(text, ""), locations=[(name, 0) for name in sorted(found[text])])
    out = io.BytesIO()
    write_po(out, made, include_lineno=False, width=0, omit_header=True)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(HEADER + out.getvalue())
    MO.write_bytes(compiled(read()))


def check() -> list[str]:
    """The problems of the catalogue, a sentence each."""
    found, problems = collect_messages()
    known = {message.id: message for message in read() if message.id}
    where = f"{PO.relative_to(ROOT)}"
    problems += [f"{where}: expected {text!r}, found none; run make messages" for text in found if text not in known]
    problems += [
        f"{where}: expected only what the code says, found {text!r}; run make messages"
        for text in known
        if text not in found
    ]
    for text, message in known.items():
        if not message.string or message.fuzzy:
            problems.append(f"{where}: expected a translation of {text!r}, found none; write one")
        elif names_of(text) != names_of(message.string):
            problems.append(
                f"{where}: expected the names {sorted(names_of(text))} in the translation of {text!r}, found others"
            )
        elif (
            re.fullmatch(r"[\x00-\x7f]*", message.string)
            and re.search("[a-z]{4}", message.string)
            and " " in message.string
        ):
            problems.append(f"{where}: expected Chinese as the translation of {text!r}, found {message.string!r}")
    if MO.read_bytes() != compiled(read()):
        problems.append(f"{MO.relative_to(ROOT)}: expected the compiled catalogue, found another; run make messages")
    return problems


def main(command: str) -> int:
    """Run a command; returns the exit code."""
    if command == "update":
        update()
        return 0
    for problem in check():
        print(problem)  # noqa: T201 - a check prints
    return int(bool(check()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
