"""What the documents must say, they say, and what they name is there."""

import re
from pathlib import Path

import pytest
import typer

from cli.main import app
from standard.credit_codes import CHECK, FORM, ORGANISATION

ROOT = Path(__file__).parents[2]


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def name_of(path):
    return str(path.relative_to(ROOT))


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ +(.+?) *#*$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


def links(path):
    """The relative links of a page, those in code left out."""
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_somewhere(path):
    for link in links(path):
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link
        assert ROOT in [there, *there.parents], link
        if anchor:
            assert anchor in anchors(there), link


def test_the_index_names_every_page():
    index = ROOT / "docs/README.md"
    named = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    pages = {path for path in PAGES if path.is_relative_to(ROOT / "docs") and path.parent.name != "decisions"}
    assert {name_of(path) for path in pages - named - {index} if not path.name.endswith(".zh.md")} == set()


def test_every_page_that_the_code_names_is_there():
    packages = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "tests"]
    files = [path for folder in packages for end in ("py", "po", "env") for path in folder.rglob(f"*.{end}")]
    named = {
        (name_of(path), page)
        for path in files
        for page in re.findall(r"docs/[\w/.-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 5
    assert {(path, page) for path, page in named if not (ROOT / page).exists()} == set()


def promises(document, heading):
    section = page(document).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^(\d)\. \*\*(.+?)\*\*", section, re.MULTILINE)


def test_the_four_promises_are_the_same_everywhere():
    ours = promises("README.md", "Four promises")
    assert ours == promises("docs/explanation/architecture.md", "The four promises")
    assert ours == [
        ("1", "Nothing is lost."),
        ("2", "Order does not matter."),
        ("3", "Every value can be explained."),
        ("4", "What is not right is said."),
    ]
    assert [number for number, _ in promises("README.zh-CN.md", "四项承诺")] == ["1", "2", "3", "4"]
    fourth = (
        "Wherever the platform differs from what its sources hold and the exchange cannot put it right, "
        "an open finding says so, to whoever can."
    )
    for document in ("README.md", "docs/explanation/architecture.md"):
        assert fourth in " ".join(page(document).split())


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (r"a backfill \*\*cancelled\*\*", "marked failed without having done anything"),
        (r"a run of a cancelled backfill \*\*cleared\*\*", "Only deleting the run frees it"),
        (r"a run or task \*\*marked success\*\*", "nothing was read or delivered"),
        (r"a run \*\*marked failed\*\*", "licex ledger"),
        (r"a day reprocessed by a backfill", r"stays \*\*red\*\* for ever"),
        ("`deliver` cleared alone", "the pages are drawn anew"),
    ],
)
def test_operators_are_told_what_was_done_to_a_run_and_how_to_see_it(done, said):
    whole = page("docs/how-to/for-operators.md")
    section = whole.partition("## Clearing, cancelling, marking by hand")[2].partition("\n#")[0]
    row = re.search(rf"^\| {done} \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert row, done
    assert re.search(said, row[0])


def test_every_command_that_a_document_types_is_there():
    commands = set(typer.main.get_command(app).commands)
    for path in PAGES:
        typed = re.findall(r"(?:`|\$ )licex ([a-z][a-z-]+)", path.read_text(encoding="utf-8"))
        assert set(typed) <= commands, path


def test_the_licence_of_psycopg_and_what_its_wheels_bring_are_said():
    said = page("CONTRIBUTING.md").partition("## Direct dependencies")[2]
    assert "| psycopg | LGPL-3.0-only |" in said
    assert re.search(r"`psycopg` is under the LGPL.*`binary`.*brings? `libpq` \(PostgreSQL licence\)", said, re.DOTALL)


def test_every_part_of_a_credit_code_that_may_fail_is_described():
    section = page("docs/reference/values.md").partition("## Credit codes")[2].partition("\n#")[0]
    for words in (FORM, CHECK, ORGANISATION):
        standard = re.search(r"GB \d+", words)[0]
        assert standard in section
    for part in ("form", "organisation code at 9 to 17", "check character at 18"):
        assert part in section


def test_it_is_said_which_lock_a_load_waited_for():
    decision = page("docs/decisions/0033-nobody-waits-for-a-stranger.md")
    assert "the name `findings` in `exchange_lock`" in decision
