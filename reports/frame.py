"""Renders self-contained pages: template, style and scripts in one file, and a policy that allows no others."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.readable import expected_found, reason_text
from reports.script import charts_script
from reports.words import bilingual, both, phrase
from standard.day import SHANGHAI, instant_of
from standard.visible import visible_line

_HERE = Path(__file__).parent


def render(template: str, **values: Any) -> str:
    """Render a page.

    Args:
        template: file name of a template in this package.
        values: its variables; texts are escaped, and invisible characters in them are made visible.
    """
    return _environment().get_template(template).render(**values)


def preload_templates() -> None:
    """Load what all pages share: their templates, and the script of the charts."""
    for template in _HERE.glob("*.html"):
        _environment().get_template(template.name)


def link(pattern: str, **values: object) -> str:
    """Render a relative link: `link("{source}/{day}.html", source=..., day=...)`."""
    return quote(pattern.format(**values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Markup is already escaped.
        finalize=lambda value: visible_line(value) if type(value) is str else value,
    )
    scripts = {"charts": charts_script(), "script": _file("page.js")}
    environment.globals |= {
        "bilingual": bilingual,
        "both": both,
        "phrase": phrase,
        "expected_found": expected_found,
        "reason_text": reason_text,
        "style": _file("style.css"),
        "policy": _policy([_file("style.css")], list(scripts.values())),
        **scripts,
    }
    environment.filters |= {"grouped": _grouped, "percent": _percent, "local": _local}
    return environment


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(styles: list[str], scripts: list[str]) -> str:
    """A Content-Security-Policy that allows the page's own styles and scripts, and nothing else."""
    return (
        f"default-src 'none'; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: list[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _grouped(number: int) -> str:
    return f"{number:,}"


def _percent(share: float | None) -> str:
    """A share with two decimals, rounded down, so that only a complete share reads 100 %."""
    if share is None:
        return "—"
    return "100%" if share == 1 else f"{int(share * 10_000 + 1e-6) / 100:.2f}%"


def _local(instant: str) -> str:
    """An instant in Asia/Shanghai, to the minute."""
    return f"{instant_of(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else "—"
