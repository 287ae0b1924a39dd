"""Shell completion of source names, from file names alone: no declaration is read."""

from __future__ import annotations


def declared_names(incomplete: str) -> list[str]:
    """The names of declared sources that begin with a text; empty if there is no folder of declarations."""
    from pipeline.settings import Settings
    from sources.folder import declaration_files

    return [name for name in declaration_files(Settings.from_environment().sources) if name.startswith(incomplete)]
