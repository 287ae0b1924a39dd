"""Stages the findings of a batch and its rows that are not accepted contents, in the form in which they are stored."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from exchange_db.bulk import bulk_insert
from exchange_db.delivery import Delivery
from exchange_db.staging import Staging
from standard.batch import BatchKey, Outcome, Verdict
from standard.masking import mask_texts
from standard.raw import LOCATOR_LENGTH
from standard.storable import escaped_texts, storable_texts

_SIGHTING_COLUMNS = ["record", "locator", "certificate_number"]
_ENDING_COLUMNS = [*_SIGHTING_COLUMNS, "observed_at"]


def stage_other_rows(connection: Connection, staged: Staging, delivery: Delivery) -> None:
    """Stage the rows that name a record but are not accepted contents: rows that were not accepted, and ends."""
    if delivery.verdict.accepted == delivery.verdict.extracted and not delivery.verdict.endings:
        return
    for group in delivery.rows(["outcome", "ends", *_ENDING_COLUMNS]):
        accepted = pc.equal(group["outcome"], str(Outcome.ACCEPTED))
        endings = group.filter(pc.and_(accepted, group["ends"]))
        bulk_insert(
            connection, staged.ending, [_ending_rows(endings.select(_ENDING_COLUMNS), escaped=delivery.escaped)]
        )
        # A record may occur several times. A row that ends it does not show that it is present.
        holds_record = pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"]))
        sightings = group.filter(pc.and_(holds_record, pc.invert(accepted))).select(_SIGHTING_COLUMNS)
        # These texts are only shown to people, if the record vanishes. A number that is too long for the platform is held anyway.
        for name, length in (("certificate_number", 128), ("locator", LOCATOR_LENGTH)):
            sightings = _storable(sightings, name, length, escaped=delivery.escaped)
        bulk_insert(connection, staged.sighting, [sightings])


def _ending_rows(rows: pa.Table, *, escaped: bool) -> pa.Table:
    """The ends as they are stored, each with the subject for a finding on it."""
    rows = rows.combine_chunks()
    without_record = pc.equal(rows["record"], "").combine_chunks()
    subjects = _locator_subjects(mask_texts(rows["locator"].combine_chunks()), without_record)
    rows = rows.append_column("subject", pc.if_else(without_record, subjects, rows["record"]))
    number = pc.fill_null(rows["certificate_number"], "")
    rows = rows.set_column(rows.schema.get_field_index("certificate_number"), "certificate_number", number)
    return _storable(rows, "certificate_number", 128, escaped=escaped)


def _storable(table: pa.Table, name: str, length: int, *, escaped: bool) -> pa.Table:
    index = table.schema.get_field_index(name)
    texts = storable_texts(mask_texts(table[name].combine_chunks()))
    texts = escaped_texts(texts) if escaped else texts
    return table.set_column(index, name, pc.utf8_slice_codeunits(texts, 0, length))


def finding_rows(findings: pa.Table, verdict: Verdict) -> pa.Table:
    """The findings as the platform stores them.

    The subject is the record; for a row without one, a digest of its locator; for a finding on the batch, its day.
    """
    key, count = BatchKey.of(verdict.batch), findings.num_rows
    without_record = pc.equal(findings["record"], "")
    subjects = _locator_subjects(findings["locator"].combine_chunks(), without_record.combine_chunks())
    of_batch = pc.less(findings["row"], 0)
    of_snapshot = verdict.kind == "snapshot"
    columns = {
        "source": pa.repeat(key.source, count),
        "day": pa.repeat(str(key.day), count),
        "found_by": pa.repeat(verdict.batch, count),
        "rule": findings["rule"],
        "element": findings["element"],
        "subject": pc.if_else(of_batch, str(key.day), pc.if_else(without_record, subjects, findings["record"])),
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


def _locator_subjects(locators: pa.Array, without_record: pa.Array) -> pa.Array:
    """The subjects of findings on rows without a record: a digest of the whole locator; null for all other rows."""
    distinct = pc.if_else(without_record, locators, None).dictionary_encode()
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in distinct.dictionary.to_pylist()]
    return pa.array(digests, pa.string()).take(distinct.indices)
