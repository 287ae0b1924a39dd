"""Masks personal values that earlier versions stored, according to the present declarations."""

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
from standard.rule import FIXED_WORDS
from workspace import batch_files as files
from workspace.manifests import read_manifest

_MANIFESTS = (files.MANIFEST, files.DELIVERED)
_FINDINGS = (files.CONFORMED, files.JUDGED, files.FINDINGS)


class Remasked(NamedTuple):
    """What was changed, or would be: paths in the archive, and the number of findings on the platform."""

    paths: list[str]
    findings: int


def remask(exchange: Exchange, *, dry_run: bool) -> Remasked:
    """Mask personal values in manifests, archived findings and the platform's findings, and remove files that were never completed.

    All values of sources that are no longer declared count as personal.

    Args:
        exchange: where everything is. Nothing else may write in the meantime.
        dry_run: whether to report the changes only.

    Raises:
        DeclarationError: when a declaration cannot be used; nothing was changed.
    """
    sources = {name: exchange.register.source(name) for name in exchange.register}
    paths = []
    for key, name in exchange.workspace.find_files((*_MANIFESTS, *_FINDINGS)):
        source = sources.get(key.source)
        is_manifest = name.rpartition("/")[2] in _MANIFESTS
        mask = _mask_manifest if is_manifest else _mask_findings
        if mask(exchange, key, name, source, dry_run):
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


def _mask_manifest(exchange: Exchange, key: BatchKey, name: str, source: Source | None, dry_run: bool) -> bool:
    from workspace.column_profile import without_unlisted_values

    manifest = read_manifest(exchange.workspace, key, name)
    profile = without_unlisted_values(manifest.profile, source)
    if profile == manifest.profile:
        return False
    if not dry_run:
        text = replace(manifest, profile=profile).to_json()
        exchange.workspace.write_text(exchange.workspace.path(key, name), text)
    return True


def _mask_findings(exchange: Exchange, key: BatchKey, name: str, source: Source | None, dry_run: bool) -> bool:
    findings = exchange.workspace.read_table(key, name)
    personal = _personal(source, pc.unique(findings["element"]).to_pylist())
    masked = pc.is_in(findings["element"], pa.array(sorted(personal), pa.string()))
    for rules in FIXED_WORDS:
        masked = pc.and_(masked, pc.invert(pc.starts_with(findings["rule"], rules)))
    values = pc.if_else(masked, mask_personal(findings["value"].combine_chunks()), findings["value"])
    if values.equals(findings["value"]):
        return False
    if not dry_run:
        index = findings.schema.get_field_index("value")
        table = findings.set_column(index, findings.schema.field(index), values)
        exchange.workspace.write_table(exchange.workspace.path(key, name), [table], findings.schema)
    return True


def _personal(source: Source | None, elements: list[str]) -> set[str]:
    """The personal ones among some elements; of an undeclared source, all face fields count as personal."""
    fields = LICENCE.by_name | {field.name: field for field in (source.face if source else ())}
    return {name for name in elements if (fields[name].personal if name in fields else name.startswith("KZ_"))}
