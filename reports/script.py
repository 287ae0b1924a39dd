"""The script that draws the charts of every page: made once a process, or taken from an earlier one that kept it."""

from __future__ import annotations

from importlib.metadata import version

NAME = f"charts-{version('vl-convert-python')}.js"  # under which it may be kept; another version draws otherwise
_made: list[str] = []


def charts_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; bundling them takes some two seconds."""
    if not _made:
        import vl_convert

        take(str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")))
    return _made[0]


def take(script: str) -> None:
    """Use what an earlier process made."""
    _made[:] = [script]
