"""Output of batch results: JSON, and the findings of a trial as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli import render
from standard.messages import Message

if TYPE_CHECKING:
    from pipeline.runner import BatchResult
    from pipeline.trial import Trial

_COLUMNS = ("rule", "element", "value", "findings", "locator", "expected", "hint")
_GROUPS = 30  # groups of findings in a table


def result_data(item: BatchResult) -> dict[str, Any]:
    """The result of a batch for JSON; that of a trial has its findings, grouped by rule, element and value."""
    shown = {
        "batch": str(item.key),
        "entry": item.entry and item.entry.as_dict(),
        "problem": item.problem,
        "exit_code": item.exit_code,
        "page": item.page,
    }
    findings = getattr(item, "findings", None)
    return shown if findings is None else {**shown, "findings": findings}


def show_findings(trial: Trial) -> None:
    """Print the groups of findings, most frequent first, or that there are none."""
    if trial.entry is not None and not trial.entry.read:
        render.out(Message("{batch}: no row is of that day; name another with --day", batch=trial.key))
    elif trial.entry is not None and not trial.findings:
        render.out(Message("{batch}: no findings", batch=trial.key))
    if trial.findings:
        title = Message("{batch}: findings by rule, element and value", batch=trial.key)
        rows = [{name: group[name] for name in _COLUMNS} for group in trial.findings[:_GROUPS]]
        render.table(title, rows)
    if len(trial.findings) > _GROUPS:
        more = len(trial.findings) - _GROUPS
        render.out(Message("and {groups:,} more groups; --json lists them all", groups=more))
