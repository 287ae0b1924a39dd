"""Writes a proposed declaration as YAML with comments, so that no content of a source can become more than a text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onboarding.suggest import Path, Suggestion
from sources.yaml_text import Document
from standard.errors import ExchangeError, safe_line
from standard.visible import visible_line

_SAFE = r"0-9A-Za-z_./\u4e00-\u9fff·（）、-"
_PLAIN = re.compile(rf"[A-Za-z\u4e00-\u9fff]( ?[{_SAFE}])*|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]+[hmd]")
_MEANS_NULL = frozenset({"null", "Null", "NULL"})
_LONGEST = 320  # characters of a comment
_FLOW = ("department",)  # written on one line


def yaml_text(suggestion: Suggestion) -> str:
    """Write the declaration as text.

    Raises:
        ExchangeError: if the text does not parse as the proposal, which would be a defect here.
    """
    lines = [*_comments(suggestion.header), *_mapping(suggestion, (), suggestion.declaration, 0)]
    if suggestion.unsure:
        lines += ["", *_comments(["Not declared, with what speaks for it and against it:", *suggestion.unsure])]
    lines += ["", *_comments(["The columns:", *suggestion.columns])]
    text = "\n".join(lines) + "\n"
    if Document(text).value != _as_parsed(suggestion.declaration):
        raise ExchangeError(
            "LX-900",
            "suggest: expected a declaration that reads as it was proposed, found another; report this as a defect",
        )
    return text


def csv_text(rows: Sequence[Mapping[str, str]], *, header: bool) -> str:
    """Write rows of one of the city's tables as CSV."""
    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows({name: _one_line(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _one_line(value: str) -> str:
    return safe_line(value)


def _as_parsed(value: Any) -> Any:
    """Convert values as parsing a declaration does: all to text, except for null."""
    if isinstance(value, dict):
        return {str(key): _as_parsed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_parsed(each) for each in value]
    return None if value is None else str(value)


def _mapping(suggestion: Suggestion, path: Path, values: Mapping[str, Any], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for key, value in values.items():
        here = (*path, key)
        yield from (f"{margin}{line}" for line in _comments(suggestion.notes.get(here, [])))
        reason = suggestion.reasons.get(here, "")
        beside = f"  {_comment(reason)}" if reason else ""
        if isinstance(value, dict) and value and not _on_one_line(here):
            yield f"{margin}{_scalar(key)}:{beside}"
            yield from _mapping(suggestion, here, value, depth + 1)
        else:
            yield f"{margin}{_scalar(key)}: {_flow(value)}{beside}"


def _on_one_line(path: Path) -> bool:
    """Whether a mapping is always short: a column, a lookup, the department."""
    return len(path) > 1 or path in {(name,) for name in _FLOW}


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return "null" if value is None else _scalar(value)


def _scalar(value: Any) -> str:
    """Write a text, in quotes if YAML or a reader might misinterpret it."""
    text = str(value)
    if isinstance(value, int | float) or (_PLAIN.fullmatch(text) and text not in _MEANS_NULL):
        return text
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(sign: str) -> str:
    if sign == "\t":
        return "\\t"
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable() and visible_line(sign) == sign:
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _comments(sentences: Sequence[str]) -> list[str]:
    return [_comment(sentence) for sentence in sentences]


def _comment(sentence: str) -> str:
    """Write a sentence as a comment of one line, whatever it quotes."""
    line = safe_line(sentence)
    return f"# {line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}"
