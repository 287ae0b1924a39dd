"""The script that draws the charts: bundled once for each process, or reused from an earlier process."""

from __future__ import annotations

from importlib.metadata import version

NAME = f"charts-{version('vl-convert-python')}.js"  # file name in the workspace; it depends on the version
_cached: list[str] = []


def charts_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; bundling takes about two seconds."""
    if not _cached:
        import vl_convert

        use_script(str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")))
    return _cached[0]


def use_script(script: str) -> None:
    """Use the script of an earlier process."""
    _cached[:] = [script]
