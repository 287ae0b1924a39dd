"""The DuckDB statements that compare the keys of a sweep with the known keys."""

from exchange_db.known_keys import FOUND
from standard.masking import MASKED_NUMBER

# The meanings of rows are the numbers in `known_keys`: 1 is a content, 2 an end, 3 an open finding.
# `logged` has the keys whose contents each have a row of their own: they still name every record they ever named. Other keys
# with several known contents: `named` has all of these contents, `last` the one that was read last, and `former` the records
# that such a key no longer names. Every other key has one known content.
LAST = (
    "CREATE TABLE repeats AS SELECT k, count(*) AS rows FROM met WHERE means = 1 GROUP BY k HAVING count(*) > 1",
    "CREATE TABLE logged AS SELECT k FROM repeats WHERE {of_changes}",
    """
CREATE TABLE named AS
WITH names AS (
    SELECT hash(k) AS h FROM claims UNION ALL SELECT hash(k) FROM others WHERE means = 1
), several AS (
    SELECT h FROM names GROUP BY h HAVING count(*) > 1
)
SELECT record, k, n, said_at, first_at, seen, state FROM claims ANTI JOIN logged USING (k) WHERE hash(k) IN (SELECT h FROM several)
UNION ALL
SELECT record, k, n, said_at, first_at, seen, state FROM others ANTI JOIN logged USING (k)
WHERE means = 1 AND hash(k) IN (SELECT h FROM several)
""",
    """
CREATE TABLE last AS
SELECT * FROM named
QUALIFY row_number() OVER (PARTITION BY k ORDER BY state & 16, seen DESC, said_at DESC NULLS LAST) = 1
""",
    "CREATE TABLE former AS SELECT DISTINCT k, record FROM named ANTI JOIN last USING (k, record)",
    """
CREATE VIEW known AS
SELECT n, said_at, first_at, seen, state FROM claims ANTI JOIN last USING (k)
UNION ALL
SELECT n, said_at, first_at, seen, state FROM last
UNION ALL
SELECT n, said_at, first_at, seen, state FROM others ANTI JOIN last USING (k) ANTI JOIN logged USING (k) WHERE means = 1
UNION ALL
SELECT DISTINCT n, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0 FROM others SEMI JOIN logged USING (k) WHERE means = 1
""",
)
# The claims whose own key does not name them now, except those that were read during the sweep.
ORPHANS = """
CREATE TABLE orphans AS
WITH missed AS (
    SELECT record, k, number, seen, state FROM claims ANTI JOIN (SELECT n FROM met) names USING (n)
    UNION
    SELECT record, k, number, seen, state FROM claims SEMI JOIN former USING (k, record)
)
SELECT * FROM missed ANTI JOIN nameless USING (k) WHERE state & 4 = 0
"""
RETURNED = """
CREATE TABLE returned AS
WITH absent AS (SELECT record, k, n FROM claims WHERE state & 1 = 1)
SELECT record, n FROM absent SEMI JOIN (SELECT n FROM met WHERE means = 1) names USING (n)
    ANTI JOIN former USING (k, record)
UNION
SELECT record, n FROM others SEMI JOIN absent USING (record) SEMI JOIN (SELECT n FROM met WHERE means = 1) names USING (n)
    ANTI JOIN former USING (k, record)
WHERE means <> 2
"""
# Rows with the number of a claim that its own key no longer names, and that were not read since that claim.
HEIRS = """
CREATE TABLE heirs AS
WITH alike AS (
    SELECT met.row, met.k, met.n, orphans.seen FROM met JOIN orphans USING (number)
    WHERE met.means = 1 AND met.k <> orphans.k
)
SELECT DISTINCT row FROM alike ANTI JOIN logged USING (k)
WHERE NOT EXISTS (SELECT 1 FROM others WHERE others.n = alike.n AND others.seen >= alike.seen)
"""
# A row is unread if its key named another record last; if its order is later than the known one and nights have read beyond
# it; if its order is earlier, missing, or that of a former content; and if its record was absent and has returned.
UNREAD = (
    """
CREATE TABLE differing AS
SELECT row, k, met.number,
    known.n IS NULL OR coalesce(met.said_at > coalesce(known.said_at, CASE WHEN $timed THEN known.seen END)
        AND met.said_at < $until, false) AS late,
    coalesce(met.said_at < coalesce(known.first_at, known.said_at), false)
        OR (met.said_at IS NULL AND known.said_at IS NOT NULL AND known.state & 8 = 8) AS back
FROM met LEFT JOIN known USING (n) WHERE means = 1 AND (late OR back)
""",
    """
CREATE TABLE unread AS
SELECT row, number FROM differing WHERE late
UNION
SELECT row, number FROM differing ANTI JOIN logged USING (k) WHERE back
UNION
SELECT row, met.number FROM met JOIN last USING (n) JOIN named USING (n)
WHERE means = 1 AND met.said_at = named.said_at AND met.said_at <> last.said_at
    AND met.said_at IS DISTINCT FROM last.first_at
UNION
SELECT row, number FROM met SEMI JOIN returned USING (n) ANTI JOIN logged USING (k) WHERE means = 1
UNION
SELECT row, number FROM met SEMI JOIN (SELECT row FROM heirs UNION SELECT row FROM turned) USING (row)
UNION
SELECT row, number FROM met WHERE means = 2 AND k NOT IN (SELECT k FROM others WHERE means = 2)
""",
)
# In a register that marks deleted rows: the only row of a key has the opposite mark, and no earlier order. The mark was set
# or removed without a new order.
TURNED = """
CREATE TABLE turned AS
WITH ended AS (
    SELECT k, max(said_at) AS said_at FROM others WHERE means = 2 GROUP BY k
), contrary AS (
    SELECT met.row, met.k FROM met JOIN claims USING (n) JOIN ended ON ended.k = met.k
    WHERE met.means = 1 AND claims.state & 32 = 32 AND met.said_at >= ended.said_at
    UNION
    SELECT met.row, met.k FROM met JOIN claims ON claims.k = met.k
    WHERE met.means = 2 AND claims.state & 3 = 0 AND met.said_at >= claims.said_at
        AND coalesce(met.number = claims.number, true)
)
SELECT row FROM contrary WHERE NOT EXISTS (
    SELECT 1 FROM met WHERE met.k = contrary.k AND met.row <> contrary.row AND met.means > 0
)
"""
# A row with another key may name the record too: a held row, a second row, or one whose key returned. A masked key cannot be
# compared, so it counts as met.
GONE = """
CREATE TABLE gone AS
WITH named AS (
    SELECT record, n, masked FROM others SEMI JOIN orphans USING (record) ANTI JOIN former USING (k, record)
)
SELECT * FROM orphans WHERE record NOT IN (
    SELECT record FROM named WHERE masked UNION ALL SELECT record FROM named SEMI JOIN (SELECT n FROM met) names USING (n)
)
"""
COUNTS = """
SELECT (SELECT count(*) FROM met),
    (SELECT count(*) FROM claims WHERE state & 3 = 0),
    (SELECT count(*) FROM gone WHERE state & 3 = 0 AND number NOT IN (SELECT number FROM unread WHERE number IS NOT NULL)),
    (SELECT CAST(coalesce(sum(rows - 1), 0) AS BIGINT) FROM repeats)
"""
# Every further key of a record is in `others`; the claim's own key is searched only for such records.
SHARED = """
WITH met_now AS (SELECT n FROM met WHERE means = 1), further AS (
    SELECT DISTINCT record, k FROM others SEMI JOIN met_now USING (n) ANTI JOIN former USING (k, record)
    WHERE means <> 2 AND record <> ''
), own AS (
    SELECT record, k FROM claims SEMI JOIN further USING (record) SEMI JOIN met_now USING (n)
    ANTI JOIN former USING (k, record)
)
SELECT record FROM (SELECT * FROM further UNION SELECT * FROM own) GROUP BY record HAVING count(*) > 1
"""
SHARED_NUMBERS = """
WITH alike AS (
    SELECT n FROM met SEMI JOIN unread USING (number) ANTI JOIN unread AS itself ON met.row = itself.row WHERE means = 1
)
SELECT record FROM claims SEMI JOIN alike USING (n) ANTI JOIN former USING (k, record)
"""
# Rows with open findings that no longer exist. The caller ignores them for a table of changes, where a row may be removed after
# it was read and its change still holds.
GONE_ROWS = f"""
SELECT DISTINCT locator FROM (
    SELECT locator, md5_number(locator) AS k FROM read_parquet({{others}})
    WHERE means = {FOUND} AND record = '' AND NOT contains(locator, '{MASKED_NUMBER}')
) open_rows ANTI JOIN met USING (k)
"""  # noqa: S608 - constants
