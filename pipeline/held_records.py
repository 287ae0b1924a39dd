"""Explains why a record is held, since when and by which rules, for `licex trace`."""

from __future__ import annotations

from typing import Any

from standard.messages import Message, bilingual, joined
from standard.rule import Scope
from standard.rules import RULES


def held_by_source(record: dict[str, Any]) -> list[dict[str, Any]]:
    """List, source by source, the rules that hold or held the rows of a record.

    Args:
        record: as returned by `exchange_db.queries.trace`.

    Returns:
        One entry for each source whose rows are held, or whose record never reached the platform: `source`, `rules`, `since` and
        `until` (the first and last day of the findings), `open`, and `platform`, the batch of the state on the platform, or an empty
        text.
    """
    on_platform = next((row["batch"] for row in record["licence"]), "")
    accepted = {claim["source"]: tuple(claim[name] for name in _STAMP) for claim in record["claims"]}
    holding = [row for row in record["states"] if row["rule"] in _HOLDING]
    entries = []
    for source in dict.fromkeys(row["source"] for row in holding):
        rows = [row for row in holding if row["source"] == source]
        standing = [row for row in rows if row["open"]] or ([] if on_platform else rows)
        if standing:
            seen = _seen_since(record["findings"], source, accepted.get(source))
            entries.append(
                {
                    "source": source,
                    "rules": list(dict.fromkeys(row["rule"] for row in standing)),
                    "since": min(seen or [row["first_day"] for row in standing]),
                    "until": max(row["last_day"] for row in standing),
                    "open": any(row["open"] for row in standing),
                    "platform": on_platform,
                }
            )
    return entries


def _seen_since(sights: list[dict[str, Any]], source: str, accepted: tuple[Any, ...] | None) -> list[str]:
    """The days after the last accepted row on which any rule held the source's record."""
    held = [row for row in sights if row["source"] == source and row["rule"] in _HOLDING]
    return [row["day"] for row in held if accepted is None or tuple(row[name] for name in _STAMP) > accepted]


def held_message(item: dict[str, Any]) -> Message:
    """Render one entry of `held_by_source` as a sentence."""
    titles = [
        Message("{rule} ({title})", rule=rule, title=bilingual(RULES[rule].title_zh, RULES[rule].title_en))
        for rule in item["rules"]
    ]
    rules, source, since, until = joined(", ", titles), item["source"], item["since"], item["until"]
    if item["open"]:
        text = Message(
            "{source}: held since {since} by {rules}, last found on {until}",
            source=source,
            since=since,
            rules=rules,
            until=until,
        )
    else:
        text = Message(
            "{source}: was held from {since} to {until} by {rules}; nothing has come in its place",
            source=source,
            since=since,
            until=until,
            rules=rules,
        )
    if item["platform"]:
        return Message("{held}; the platform keeps the state of {batch}", held=text, batch=item["platform"])
    return Message("{held}; it is not on the platform", held=text)


# Orders a finding relative to the accepted row.
_STAMP = ("beginning", "observed_at", "read_at", "judged_at")
_HOLDING = frozenset(rule.id for rule in RULES.values() if rule.critical and rule.scope is Scope.ROW)
