"""Notes on every run how its batch ended, so that Airflow's list of runs shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from standard.messages import Message, joined, kept, shown

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

    from standard.batch import LedgerEntry

ENDED = "ended"  # key of the XCom by which a task that writes pages hands over the note
_LONGEST = 1_000  # characters that Airflow keeps of a note
_OURS = "licex: "  # by which a note of ours is known, and one that a person wrote stays


def note_of(entry: LedgerEntry | None, page: str) -> str:
    """Write the note of a run: what the ledger has of its batch, and where the page is.

    Args:
        entry: the last ledger entry of the batch; None where it has none.
        page: path or URL of the department's page.
    """
    if entry is None:
        return _OURS + shown(Message("nothing in the ledger; page: {page}", page=page))
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
        status=kept(entry.status),
        counts=counts,
    )
    parts = [ended, kept(entry.reason), Message("page: {page}", page=page)]
    return _OURS + shown(joined("; ", filter(None, parts)))


class RunNoter:
    """Moves the note from the XCom to the run, in the scheduler; a note that a person wrote stays."""

    @hookimpl
    def on_dag_run_success(self, dag_run: DagRun, msg: str) -> None:
        """Note how a green run ended."""
        _note(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: DagRun, msg: str) -> None:
        """Note why a run is red."""
        _note(dag_run)


def _note(dag_run: DagRun) -> None:
    """Note in the scheduler's own transaction, which must not be committed here; a run in this process has one of its own."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    session: Any = settings.Session and settings.Session.object_session(dag_run)
    if session is not None:
        _write(dag_run, session)
        return
    with create_session() as own:
        found = own.get(DagRun, dag_run.id)
        if found is not None:
            _write(found, own)


def _write(dag_run: DagRun, session: Any) -> None:
    from airflow.models.xcom import XComModel

    handed_over = XComModel.get_many(run_id=dag_run.run_id, key=ENDED, dag_ids=dag_run.dag_id)
    # A step that was run alone hands over a newer note than the report that it did not run again.
    found = max(session.scalars(handed_over), key=lambda one: one.timestamp, default=None)
    if found is not None and (not dag_run.note or dag_run.note.startswith(_OURS)):
        dag_run.note = str(XComModel.deserialize_value(found))[:_LONGEST]
