"""How what earlier versions kept of personal values is masked again, by what is declared today."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.remask import remask_findings
from pipeline.exchange import Exchange
from sources.register import Source
from standard.batch import BatchKey
from standard.licence import LICENCE
from standard.masking import mask_personal
from workspace import batch_files as files
from workspace.manifests import read_manifest

_MANIFESTS = (files.MANIFEST, files.DELIVERED)
_FINDINGS = (files.CONFORMED, files.JUDGED, files.FINDINGS)


class Remasked(NamedTuple):
    """What was changed, or would be: files of the archive, and findings on the platform."""

    paths: list[str]
    findings: int


def remask(exchange: Exchange, *, dry_run: bool) -> Remasked:
    """Take out of manifests, archived findings and the platform's findings what of personal values should not be there; and files that earlier versions have begun to write and not ended.

    Values of sources that nobody declares any more are all taken for personal.

    Args:
        exchange: where everything is. Nothing else may write meanwhile.
        dry_run: whether the changes are only named.

    Raises:
        DeclarationError: when a declaration cannot be used; nothing was changed.
    """
    sources = {name: exchange.register.source(name) for name in exchange.register}
    paths = []
    for key, name in exchange.workspace.written((*_MANIFESTS, *_FINDINGS)):
        source = sources.get(key.source)
        of_manifest = name.rpartition("/")[2] in _MANIFESTS
        change = _manifest if of_manifest else _findings
        if change(exchange, key, name, source, dry_run):
            paths.append(exchange.workspace.path(key, name))
    for path in exchange.workspace.half_written():
        paths.append(path)
        if not dry_run:
            exchange.workspace.remove_half_written(path)
    with exchange.database.transaction(reading=dry_run) as connection:
        found = remask_findings(
            connection, lambda source, element: element in _personal(sources.get(source), [element]), dry_run=dry_run
        )
    return Remasked(paths, found)


def _manifest(exchange: Exchange, key: BatchKey, name: str, source: Source | None, dry_run: bool) -> bool:
    from workspace.column_profile import without_names

    kept = read_manifest(exchange.workspace, key, name)
    profile = without_names(kept.profile, source)
    if profile == kept.profile:
        return False
    if not dry_run:
        text = replace(kept, profile=profile).to_json()
        exchange.workspace.write_text(exchange.workspace.path(key, name), text)
    return True


def _findings(exchange: Exchange, key: BatchKey, name: str, source: Source | None, dry_run: bool) -> bool:
    found = exchange.workspace.read_table(key, name)
    personal = _personal(source, pc.unique(found["element"]).to_pylist())
    masked = pc.and_(
        pc.is_in(found["element"], pa.array(sorted(personal), pa.string())),
        pc.invert(pc.starts_with(found["rule"], "placeholder")),
    )
    values = pc.if_else(masked, mask_personal(found["value"].combine_chunks()), found["value"])
    if values.equals(found["value"]):
        return False
    if not dry_run:
        place = found.schema.get_field_index("value")
        table = found.set_column(place, found.schema.field(place), values)
        exchange.workspace.write_table(exchange.workspace.path(key, name), [table], found.schema)
    return True


def _personal(source: Source | None, elements: list[str]) -> set[str]:
    """Which of some elements are personal; of a source that nobody declares all that are not the standard's may be."""
    fields = LICENCE.by_name | {field.name: field for field in (source.face if source else ())}
    return {name for name in elements if (fields[name].personal if name in fields else name.startswith("KZ_"))}
