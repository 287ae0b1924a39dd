"""Writes the result of a batch into the note of its run, which Airflow's list of runs shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from standard.messages import Message, joined, localize, stored_sentence

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

    from standard.ledger_entry import LedgerEntry

NOTE_KEY = "ended"  # key of the XCom in which a task that writes pages passes the note
_MAX_LENGTH = 1_000  # characters of a note in Airflow
_PREFIX = "licex: "  # marks our notes; other notes were written by people and stay


def note_of(entry: LedgerEntry | None, page: str) -> str:
    """Render the note of a run: the ledger entry of its batch, and the page.

    Args:
        entry: the last ledger entry of the batch; None if it has none.
        page: path or URL of the department's page.
    """
    if entry is None:
        return _PREFIX + localize(Message("nothing in the ledger; page: {page}", page=page))
    counts = Message(
        "{accepted:,} accepted, {held:,} held, {refused:,} refused of {extracted:,} rows",
        accepted=entry.accepted,
        held=entry.held,
        refused=entry.refused,
        extracted=entry.extracted,
    )
    ended = Message(
        "{day}: run {run} in the ledger, {status}: {counts}",
        day=entry.day,
        run=entry.run,
        status=stored_sentence(entry.status),
        counts=counts,
    )
    parts = [ended, stored_sentence(entry.reason), Message("page: {page}", page=page)]
    return _PREFIX + localize(joined("; ", filter(None, parts)))


class RunNoteListener:
    """Copies the note from the XCom to the run, in the scheduler; a note written by a person stays."""

    @hookimpl
    def on_dag_run_success(self, dag_run: DagRun, msg: str) -> None:
        """Note how a green run ended."""
        _note(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: DagRun, msg: str) -> None:
        """Note why a run is red."""
        _note(dag_run)


def _note(dag_run: DagRun) -> None:
    """Write the note in the scheduler's own transaction, which must not be committed here; a run in this process has its own."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    session: Any = settings.Session and settings.Session.object_session(dag_run)
    if session is not None:
        _write(dag_run, session)
        return
    with create_session() as new_session:
        stored = new_session.get(DagRun, dag_run.id)
        if stored is not None:
            _write(stored, new_session)


def _write(dag_run: DagRun, session: Any) -> None:
    from airflow.models.xcom import XComModel

    notes = XComModel.get_many(run_id=dag_run.run_id, key=NOTE_KEY, dag_ids=dag_run.dag_id)
    # A step that was cleared alone has a newer note than the report, which was not run again.
    latest = max(session.scalars(notes), key=lambda note: note.timestamp, default=None)
    if latest is not None and (not dag_run.note or dag_run.note.startswith(_PREFIX)):
        dag_run.note = str(XComModel.deserialize_value(latest))[:_MAX_LENGTH]
