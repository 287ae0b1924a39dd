"""How the findings of a batch, and its rows that are no accepted content, are staged: as they are kept and shown to people."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from exchange_db.bulk_insert import put
from exchange_db.delivery import Delivery
from exchange_db.staging import Staging
from standard.batch import BatchKey, Outcome, Verdict
from standard.masking import mask_texts
from standard.raw import LOCATOR_LENGTH
from standard.storable import escaped_texts, storable_texts

_SIGHTED = ["record", "locator", "certificate_number"]
_ENDING = [*_SIGHTED, "observed_at"]


def stage_beside(connection: Connection, staged: Staging, delivery: Delivery) -> None:
    """Stage the rows that name a record and are no accepted content: those that were not accepted, and the ends."""
    if delivery.verdict.accepted == delivery.verdict.extracted and not delivery.verdict.endings:
        return
    for group in delivery.rows(["outcome", "ends", *_ENDING]):
        accepted = pc.equal(group["outcome"], str(Outcome.ACCEPTED))
        endings = group.filter(pc.and_(accepted, group["ends"]))
        put(connection, staged.ending, [_as_endings(endings.select(_ENDING), escaped=delivery.escaped)])
        # The same record may come again. A row that says it ended does not say that it is there.
        named = pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"]))
        beside = group.filter(pc.and_(named, pc.invert(accepted))).select(_SIGHTED)
        # Shown to people when the record vanishes, and to nobody else; a number too long for the platform is held anyway.
        for name, most in (("certificate_number", 128), ("locator", LOCATOR_LENGTH)):
            beside = _shown(beside, name, most, escaped=delivery.escaped)
        put(connection, staged.sighting, [beside])


def _as_endings(rows: pa.Table, *, escaped: bool) -> pa.Table:
    """Ends as they are kept, each with the subject of a finding on it."""
    rows = rows.combine_chunks()
    nameless = pc.equal(rows["record"], "").combine_chunks()
    places = _place_names(mask_texts(rows["locator"].combine_chunks()), nameless)
    rows = rows.append_column("subject", pc.if_else(nameless, places, rows["record"]))
    number = pc.fill_null(rows["certificate_number"], "")
    rows = rows.set_column(rows.schema.get_field_index("certificate_number"), "certificate_number", number)
    return _shown(rows, "certificate_number", 128, escaped=escaped)


def _shown(table: pa.Table, name: str, most: int, *, escaped: bool) -> pa.Table:
    place = table.schema.get_field_index(name)
    shown = storable_texts(mask_texts(table[name].combine_chunks()))
    shown = escaped_texts(shown) if escaped else shown
    return table.set_column(place, name, pc.utf8_slice_codeunits(shown, 0, most))


def staged_findings(findings: pa.Table, verdict: Verdict) -> pa.Table:
    """Findings as the platform keeps them.

    The subject is the record; where the row names none, the place itself; of a finding on the batch, its day.
    """
    key, count = BatchKey.of(verdict.batch), findings.num_rows
    nameless = pc.equal(findings["record"], "")
    places = _place_names(findings["locator"].combine_chunks(), nameless.combine_chunks())
    whole = pc.less(findings["row"], 0)
    of_snapshot = verdict.kind == "snapshot"
    columns = {
        "source": pa.repeat(key.source, count),
        "day": pa.repeat(str(key.day), count),
        "found_by": pa.repeat(verdict.batch, count),
        "rule": findings["rule"],
        "element": findings["element"],
        "subject": pc.if_else(whole, str(key.day), pc.if_else(nameless, places, findings["record"])),
        "locator": findings["locator"],
        "certificate_number": findings["certificate_number"],
        "value": findings["value"],
        "expected": findings["expected"],
        "beginning": pa.repeat(pa.scalar(verdict.beginning, pa.int32()), count),
        "observed_at": pa.repeat(verdict.taken_at, count) if of_snapshot else findings["observed_at"],
        "read_at": pa.repeat(verdict.taken_at, count),
        "judged_at": pa.repeat(verdict.judged_at, count),
    }
    return pa.table(columns)


def _place_names(locators: pa.Array, nameless: pa.Array) -> pa.Array:
    """The subjects of findings on rows that name no record: a digest of the whole place, null for all other rows."""
    places = pc.if_else(nameless, locators, None).dictionary_encode()
    named = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in places.dictionary.to_pylist()]
    return pa.array(named, pa.string()).take(places.indices)
