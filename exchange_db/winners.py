"""Which of several sources' claims is the current state of a record: the greatest (precedence, stamp, source name)."""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, delete, exists, false, func, insert, select, true, update

from exchange_db.staging import Staging
from exchange_db.stamps import STAMP
from exchange_db.tables import CLAIM, CLAIMANT

_OTHER = CLAIM.alias("other")


def find_winners(connection: Connection, staging: Staging, source: str, *, moved: bool) -> None:
    """Decide the records of `staging.rival` anew, and all that the source shares when it ranks otherwise than before.

    Args:
        connection: of the transaction.
        staging: where the merge has put what it knows.
        source: whose batch it is.
        moved: whether it ranks otherwise than before.
    """
    c, r, w, k = CLAIM.c, staging.rival.c, staging.winner.c, CLAIMANT.c
    if moved:
        shared = exists(select(_OTHER.c.record).where(_OTHER.c.record == c.record, _OTHER.c.source != c.source))
        every = select(c.record).where(c.source == source, shared)
        connection.execute(delete(staging.rival))  # all of them are among those that come now
        connection.execute(insert(staging.rival).from_select(["record"], every))
    _add_parted(connection, staging, source)
    if connection.execute(select(r.record).limit(1)).first() is None:
        return
    # How often the order of one source began anew says nothing of another's.
    stamp = [c[name].desc() for name in STAMP if name != "beginning"]
    # Who no longer stands behind a record, since its key names another, leaves it to those who do.
    stands = case((c.moved_to.is_(None), 1), else_=0)
    order = (stands.desc(), k.precedence.desc(), *stamp, c.digest.desc(), c.source.desc())
    place = func.row_number().over(partition_by=c.record, order_by=order).label("place")
    ranks = and_(k.source == c.source, k.certificate_type_code == c.certificate_type_code)
    ranked = (
        select(c.record, c.source, c.wins, place)
        .select_from(CLAIM.join(staging.rival, r.record == c.record).join(CLAIMANT, ranks))
        .subquery()
    )
    first = select(ranked.c.record, ranked.c.source, ranked.c.wins).where(ranked.c.place == 1)
    connection.execute(insert(staging.winner).from_select(["record", "source", "won"], first))
    for wins, where in ((false(), c.source != w.source), (true(), c.source == w.source)):
        connection.execute(update(CLAIM).where(c.record == w.record, where, c.wins != wins).values(wins=wins))


def _add_parted(connection: Connection, staging: Staging, source: str) -> None:
    """Have the records decided too of which a claim has moved, or not any more, and that others claim as well."""
    c, r, p = _OTHER.c, staging.rival.c, staging.parted.c
    known = exists(select(r.record).where(r.record == p.record))
    claimed = exists(select(c.record).where(c.record == p.record, c.source != source))
    rows = select(p.record).distinct().where(~known, claimed)
    connection.execute(insert(staging.rival).from_select(["record"], rows))
