"""Which of several sources' claims is the current state of a record: the greatest (precedence, stamp, source name)."""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, delete, exists, false, func, insert, select, true, update

from exchange_db.staging import Staging
from exchange_db.stamps import STAMP
from exchange_db.tables import CLAIM, CLAIMANT

_OTHER = CLAIM.alias("other")


def find_winners(connection: Connection, staging: Staging, source: str, *, reranked: bool) -> None:
    """Decide again which claim wins each record of `staging.rival`, or each shared record if the source's precedence changed.

    Args:
        connection: of the transaction.
        staging: the staging tables, filled by the merge.
        source: name of the batch's source.
        reranked: whether the precedence of the source has changed.
    """
    c, r, w, k = CLAIM.c, staging.rival.c, staging.winner.c, CLAIMANT.c
    if reranked:
        shared = exists(select(_OTHER.c.record).where(_OTHER.c.record == c.record, _OTHER.c.source != c.source))
        records = select(c.record).where(c.source == source, shared)
        connection.execute(delete(staging.rival))  # all of them are included in those that follow
        connection.execute(insert(staging.rival).from_select(["record"], records))
    _add_parted(connection, staging, source)
    if connection.execute(select(r.record).limit(1)).first() is None:
        return
    # The beginnings of different sources' orders cannot be compared.
    stamp = [c[name].desc() for name in STAMP if name != "beginning"]
    # A claim whose key now names another record loses to claims that still stand.
    still_stands = case((c.moved_to.is_(None), 1), else_=0)
    order = (still_stands.desc(), k.precedence.desc(), *stamp, c.digest.desc(), c.source.desc())
    rank = func.row_number().over(partition_by=c.record, order_by=order).label("place")
    ranks = and_(k.source == c.source, k.certificate_type_code == c.certificate_type_code)
    ranked = (
        select(c.record, c.source, c.wins, rank)
        .select_from(CLAIM.join(staging.rival, r.record == c.record).join(CLAIMANT, ranks))
        .subquery()
    )
    winners = select(ranked.c.record, ranked.c.source, ranked.c.wins).where(ranked.c.place == 1)
    connection.execute(insert(staging.winner).from_select(["record", "source", "won"], winners))
    for wins, where in ((false(), c.source != w.source), (true(), c.source == w.source)):
        connection.execute(update(CLAIM).where(c.record == w.record, where, c.wins != wins).values(wins=wins))


def _add_parted(connection: Connection, staging: Staging, source: str) -> None:
    """Add the records with a claim that this batch moved, or un-moved, and that other sources claim too."""
    c, r, p = _OTHER.c, staging.rival.c, staging.parted.c
    known = exists(select(r.record).where(r.record == p.record))
    claimed = exists(select(c.record).where(c.record == p.record, c.source != source))
    rows = select(p.record).distinct().where(~known, claimed)
    connection.execute(insert(staging.rival).from_select(["record"], rows))
