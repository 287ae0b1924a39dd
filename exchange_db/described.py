"""What each table and view of the exchange database is for, and each of its columns; from it comes the page of the documentation."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Table

from exchange_db.tables import CLAIM, FINDING_TABLE, METADATA, SEEN
from exchange_db.views import FINDING_VIEW, IDENTIFIER, LICENCE_TABLE, SEEN_VIEW, VERSION
from standard.licence import LICENCE


class DescribedColumn(NamedTuple):
    """A column.

    Attributes:
        name: its name.
        type: as SQLAlchemy spells it; each database has its own words.
        null: whether it may be null.
        key: whether it is of the primary key.
        meaning: what it says.
    """

    name: str
    type: str
    null: bool
    key: bool
    meaning: str


class DescribedTable(NamedTuple):
    """A table or view.

    Attributes:
        name: its name.
        view: whether it is a view.
        row: what one row of it is.
        purpose: what it is for.
        elements: whether it has the columns of the standard's elements, beside those that are listed.
        columns: its other columns.
    """

    name: str
    view: bool
    row: str
    purpose: str
    elements: bool
    columns: list[DescribedColumn]


# Name: what one row is; what it is for.
_TABLES = """
claim: record and source; all that a source says now of a record, with the stamp that decides. The winning claim is the current state.
claim_history: record, source and content; what a source said before, or what came too late to count.
claimant: source and licence type; how a source ranks, and whether it gives identifiers of its own.
sighting: source and record; the newest reading that held the record without its row being accepted.
former_key: source, record and key; which record a key named before the record stood under another key.
ending: source, record, key and order; every end of a record, or of a key whose row names no record.
sweep: sweep of a source's keys; readings of the keys alone, which say what is no longer there.
exchange_batch: run of a batch; the ledger.
audit: look at a licence or at rows; who was shown what, written before it is shown. Never purged.
purge: kind and source of a purge; the account of what was removed because it was old. Never purged.
coverage: run of days of a source; the days of which the ledger has a batch, as intervals. The gaps are the missed days.
exchange_lock: name; what a load holds while it merges.
finding_state: source, rule, element and subject; what is wrong now, or was.
finding_sight: sight of a finding; where and on which day it was seen, which is what the page of a day lists.
licence: record; the current state of every record: the winning claims. Read this one.
licence_version: record, source and content; every content that was ever accepted, with the first and last time it was observed.
licence_identifier: record and face; every identifier that the exchange has given out, and the face it was given for.
finding: source, rule, element and subject; `finding_state`, with whether the platform has a state of the record now.
finding_seen: sight of a finding; `finding_sight`, with the same.
"""

# Column, or table and column: its meaning.
_COLUMNS = """
record: digest of the licence's key: type, issuing authority and number
source: name of the source, `<department>.<licence>`
digest: digest of the whole content
face_digest: digest of the content without status and identifier
identifier_version: version of an identifier that the exchange minted; null for the source's own
version: version of the identifier
face: the `KZ_` fields as one JSON object
source_updated_at: update time that the row carries
locator: place of the row at its department: key, line, or sheet and row
batch: batch that it comes from, `<source>/<day>`
first_observed_at: least order at which this content was seen
last_observed_at: greatest order at which this content was seen
beginning: of the stamp: how often the order of the source had begun anew
observed_at: of the stamp: the order that the source gives, or the instant of a snapshot
read_at: of the stamp: instant of the reading
judged_at: of the stamp: instant of the judgement
seen_at: newest reading that held the content
wins: whether this claim is the current state of its record
absent_at: newest full reading, where that no longer held the record; null while the source has it
ended: why the source no longer stands behind it: `moved`, `deleted` or `vanished`; null while it does
moved_to: record that its key names now
moved_from: record that its key named before
id: names the row in its table and says nothing
certificate_type_code: code of the licence type
certificate_number: number of the licence
certificate_identifier: the identifier
claimant.precedence: of all claims of this source and type
claimant.gives_identifiers: whether the source gives identifiers of its own
sighting.seen_at: newest reading that held the record
sighting.locator: place of the row, masked where it looks like a citizen number
sighting.certificate_number: number of the licence, masked where it looks like a citizen number
former_key.locator: the key
former_key.seen_at: newest reading at which the key named the record
ending.subject: subject of findings on it
ending.locator: the key
sweep.day: day that it stands for
sweep.taken_at: instant before the first key was read
sweep.swept_at: instant at which it was written down
sweep.keys_met: keys that were read
sweep.vanished: records that no key names any more
sweep.unread: rows that were met and never read, or not as they are
sweep.seconds: what it took
exchange_batch.day: day that the batch stands for
exchange_batch.run: number of the run among those of the batch
exchange_batch.status: `delivered`, `refused`, `failed` or `repeated`; `begun` where a person accepted new numbers
exchange_batch.kind: `incremental`, `snapshot` or `sweep`
exchange_batch.taken_at: when the source was read; of a dated file the end of its day
exchange_batch.judged_at: when the batch was judged, or tried in vain
exchange_batch.delivered_at: when it was delivered, or written down as refused or failed
exchange_batch.read: rows met in the source, those above a header included
exchange_batch.left_out: rows that are no records
exchange_batch.extracted: rows that are records: `accepted + held + duplicates + refused`
exchange_batch.accepted: rows that may be delivered: `inserted + updated + unchanged + stale`
exchange_batch.held: rows that break a critical rule, or that the platform's database refuses
exchange_batch.duplicates: rows of a record of which another row is taken
exchange_batch.refused: rows of a batch that was refused
exchange_batch.inserted: accepted rows that began a record
exchange_batch.updated: accepted rows that changed a record
exchange_batch.unchanged: accepted rows whose content was known
exchange_batch.stale: accepted rows that are older than what the source's claim says
exchange_batch.without_time: rows without an update time or number, which no day ever sees
exchange_batch.future_time: rows with an update time after the reading, which no day sees until then
exchange_batch.vanished: records that the newest full reading of the source no longer holds
exchange_batch.moved: records whose key names another record since this batch
exchange_batch.counted: the source's own count of the rows; null where it cannot count
exchange_batch.witnessed: what the declared witness counted of all rows; null where none is declared
exchange_batch.content: digest of the files that were read, by which the same delivery is known again; empty for a database
exchange_batch.mark_after: of a rising number: the one after which the batch begins
exchange_batch.mark_last: of a rising number: the one with which the batch ends
exchange_batch.mark_rows: fingerprints of the rows that have the last number
exchange_batch.ordered_by: what orders the source's changes: `reading`, `time` or `number`, with `/changes` behind it for changes; empty for older versions
exchange_batch.beginning: how often that order had begun anew before this batch
exchange_batch.verdict_digest: names the verdict that was delivered, and through it all that it was given on; empty for older versions
exchange_batch.reason: why the batch was refused or failed, in one sentence
exchange_batch.failing: rows with findings by quality dimension
exchange_batch.seconds: what the run took with its delivery
exchange_batch.report_seconds: what its pages took after that; null where none was written
exchange_batch.ran_by: user of the operating system, or person who triggered the run in Airflow; empty for older versions
exchange_batch.host: machine that ran it; empty for older versions
exchange_batch.program: version of the program; empty for older versions
exchange_batch.declaration: digest of the declaration and of `quirks.py` as they were when the batch was judged; empty for older versions
audit.at: when
audit.ran_by: user of the operating system
audit.host: on which machine
audit.program: with which version of the program
audit.action: `trace` or `preview`
audit.subject: the licence, masked where it looks like a citizen number, or the batch
purge.source: whose; empty for the city's pages
purge.what: `raw`, `licences`, `findings` or `reports`
purge.kept_days: age by which it went
purge.first_day: first day of what went
purge.last_day: last day of what went
purge.items: how many files or findings
purge.bytes: how big; 0 for findings
purge.begun_at: when it began
purge.ended_at: when it ended; null where it was killed, and the next one took the rest
coverage.first_day: first day
coverage.last_day: last day, included
coverage.reached: whether the source was reached; a day on which it was only tried in vain stands alone
exchange_lock.name: a source, a licence type, or `findings`
rule: id of the rule
element: element, or column of the source where none fits; empty for the batch
subject: the record, or a digest of the locator where the row names none
finding.locator: place of the row, masked where it looks like a citizen number
finding.certificate_number: number of the licence, masked where it looks like a citizen number
value: what was found, masked
expected: what would have been right
day: day that it belongs to
found_by: batch that found it
finding_state.day: day of the batch that saw it last
first_day: first day on which it was seen
last_day: last day on which it was seen
open: whether it still stands
platform_holds: whether the platform has a state of that record now
"""
_VIEWS = (LICENCE_TABLE, VERSION, IDENTIFIER, FINDING_VIEW, SEEN_VIEW)
_OF = {  # the table whose columns a view shows
    **dict.fromkeys([LICENCE_TABLE.name, VERSION.name, IDENTIFIER.name], CLAIM),
    FINDING_VIEW.name: FINDING_TABLE,
    SEEN_VIEW.name: SEEN,
}


def described_elements() -> list[DescribedColumn]:
    """The columns of the standard's elements, as claims and the views on them have them."""
    return [_column(CLAIM, field.name, {field.name: field.title}) for field in LICENCE.fields]


def described_tables() -> list[DescribedTable]:
    """Every table, then every view.

    Raises:
        KeyError: for a table or column that nobody has described.
    """
    return [_described(table, _lines(_TABLES), _lines(_COLUMNS)) for table in (*METADATA.tables.values(), *_VIEWS)]


def _described(table: Table, purposes: dict[str, str], meanings: dict[str, str]) -> DescribedTable:
    row, _, purpose = purposes[table.name].partition("; ")
    names = [column.name for column in table.c]
    elements = set(LICENCE.names) <= set(names)
    columns = [_column(table, name, meanings) for name in names if not (elements and name in LICENCE.names)]
    return DescribedTable(table.name, table.name in _OF, row, purpose, elements, columns)


def _column(table: Table, name: str, meanings: dict[str, str]) -> DescribedColumn:
    column, base = table.c[name], _OF.get(table.name, table)
    null = bool(base.c[name].nullable) if name in base.c else name == "moved_from"
    known = (f"{base.name}.{name}", f"{base.name.partition('_')[0]}.{name}", name)
    meaning = next((meanings[each] for each in known if each in meanings), None) or meanings[name]
    return DescribedColumn(name, str(column.type), null, column.primary_key, meaning)


def _lines(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.strip().splitlines())
