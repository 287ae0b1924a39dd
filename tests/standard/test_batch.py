"""The records of a batch share their facts from the manifest to the ledger, and those of earlier versions stay readable."""

import json

import pytest

from standard.batch import Manifest, Verdict

MANIFEST = {"batch": "a.b/2026-03-01", "kind": "incremental", "taken_at": "2026-03-01T17:00:00.000000Z", "read": 3}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, (None, None, None, None, None)),
        ({"marks": [], "mark_rows": "", "witnessed": []}, (None, None, None, None, None)),
        ({"marks": [3, 9], "mark_rows": "f", "witnessed": [8, 7]}, (3, 9, "f", 8, 7)),
    ],
)
def test_a_manifest_of_an_earlier_version_is_read(before, now):
    text = json.dumps({**MANIFEST, "rows": 3, "columns": ["ID"], "digest": "d", **before})
    found = Manifest.from_json(text)
    assert (found.mark_after, found.mark_last, found.mark_rows, found.witnessed, found.beside_witness) == now
    assert Manifest.from_json(found.to_json()) == found


def test_a_verdict_of_an_earlier_version_is_read():
    text = json.dumps({**MANIFEST, "judged_at": "x", "marks": [3, 9], "mark_rows": "", "witnessed": 8, "held": 1})
    found = Verdict.from_json(text)
    assert (found.mark_after, found.mark_last, found.mark_rows, found.witnessed, found.held) == (3, 9, None, 8, 1)


def test_the_facts_of_a_reading_and_the_counts_of_its_rows_go_on_unchanged():
    manifest = Manifest(**MANIFEST, rows=3, columns=[], digest="", mark_after=3, mark_last=9, witnessed=8)
    verdict = Verdict(manifest.batch, "x", **manifest.facts(), extracted=3, accepted=2, held=1)
    assert verdict.facts() == manifest.facts()
    assert verdict.counts() == {"left_out": 0, "extracted": 3, "accepted": 2, "held": 1, "duplicates": 0}
