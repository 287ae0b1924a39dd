"""Nothing that a department writes drives a terminal or a log: it is shown, in whatever a command prints or leaves."""

import io
import re
import sqlite3
import subprocess
import sys
import zipfile

import openpyxl
import pytest

DAY = "2026-03-01"
HOSTILE = "\x1b[2J\x07\u202e\x9b31m\nERROR forged\r\u2028x[red]\x7f\u200b\u2060\u061c\U000e0041\ufe00\ufe01"
DRIVING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe01\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
SOURCE = "transport.road"
DAYS = ("--from", DAY, "--to", DAY)
COMMANDS = [
    *(("run", SOURCE, "--day", DAY, *more) for more in ((), ("--dry-run",), ("--json",))),
    *((name, SOURCE, *DAYS, *more) for name in ("backfill", "replay") for more in ((), ("--json",))),
    *(("sweep", SOURCE, *more) for more in (("--dry-run",), (), ("--json",))),
    *(("check", "--connect", *more) for more in ((), ("--json",))),
    *((name,) for name in ("report", "ledger", "catch-up", "remask", "migrate", "rules")),
    ("unjudged", SOURCE),
    ("accept-beginning", SOURCE, "--by", HOSTILE),
    ("trace", "370402000001" + HOSTILE),
    ("trace", "370402000001\udcff"),
    ("ledger", "--source", HOSTILE),
    ("preview", SOURCE, "--day", HOSTILE),
]
FILE = "extract: {kind: %s, path: '%s', updated_at: GXSJ, key: [ID]}"


def harmless(*texts):
    for text in texts:
        assert not DRIVING.search(text), repr(DRIVING.search(text))
        assert not [line for line in text.splitlines() if line.lstrip(" │").startswith("ERROR forged")], text[-3000:]


@pytest.fixture
def everything(licex, city, platform):
    """Run a command, then all that shows what it left; gives everything that was printed or left as text."""

    def run(*words):
        _, out, err = licex(*words)
        texts = [out, err]
        for more in ((), ("--json",)):
            for shown in (
                ("ledger", "--all"),
                ("trace", "370402000001"),
                ("preview", "transport.road", "--day", DAY),
                ("check",),
            ):
                texts += licex(*shown, *more)[1:]
        reasons = platform("SELECT reason FROM exchange_batch")
        assert reasons
        texts += [reason for (reason,) in reasons]
        texts += [path.read_text(encoding="utf-8") for path in city.glob("workspace/*/*/*.json")]
        texts += [path.read_text(encoding="utf-8") for path in city.glob("workspace/reports/*/*.html")]
        for path in city.glob("workspace/reports/*/*.xlsx"):
            with zipfile.ZipFile(path) as packed:
                texts += [packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml")]
            cells = (cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row)
            texts += [str(cell.value) for cell in cells]
        return texts

    return run


def declare(city, declaration, kind, path):
    start, end = declaration.index("extract:"), declaration.index("columns:")
    text = declaration[:start] + FILE % (kind, path) + "\n" + declaration[end:]
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")


def written(rows, title="登记表"):
    book = openpyxl.Workbook()
    book.active.title = title
    book.active.append(rows.column_names)
    for row in rows.to_pylist():
        book.active.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("column", ["XKZBH", "MC", "DM", "FZRQ", "ZT", "QH", "JYFW", "ID"])
def test_values_of_a_database(city, refill, everything, column):
    refill({column: "3704" + HOSTILE}, {"ID": "2"})
    harmless(*everything("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("more", ["changes: {operation: ZT, kept: ['10'], deleted: [D]}", "rising: ID"])
def test_no_command_shows_them_as_they_are(city, licex, declaration, refill, more):
    text = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ, " + more + "}")
    text = text if "operation" in more else text + "sweep: {schedule: '0 3 * * 6'}\n"
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    row = dict.fromkeys(("MC", "DM", "FZRQ", "QH", "JYFW", "BZ"), "3704" + HOSTILE)
    refill({**row, "ID": "1", "ZT": HOSTILE}, {"ID": "2"}, {**row, "XKZBH": HOSTILE, "ID": "3"})
    with sqlite3.connect(city / "transport.db") as database:
        database.execute(f'ALTER TABLE XKZ RENAME COLUMN BZ TO "备注{HOSTILE}"')
    database.close()
    for words in COMMANDS:
        _, out, err = licex(*words)
        harmless(out, err)
        assert "Traceback" not in out + err, words


def test_the_answer_of_a_witness(city, licex, declaration):
    declared = ", witness: {connection: transport, query: 'SELECT MC FROM XKZ'}}"
    text = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ" + declared)
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET MC = ?", (HOSTILE,))
    database.close()
    for words in (("run", SOURCE, "--day", DAY), ("check", "--connect"), ("ledger",)):
        _, out, err = licex(*words)
        assert "its witness to give one whole number" in out + err
        harmless(out, err)


def test_column_names_of_a_database(city, everything):
    with sqlite3.connect(city / "transport.db") as database:
        database.execute(f'ALTER TABLE XKZ ADD COLUMN "新{HOSTILE}" TEXT')
        database.execute(f'ALTER TABLE XKZ RENAME COLUMN MC TO "MC{HOSTILE}"')
    database.close()
    harmless(*everything("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\xff\xfe\x00", b"", b"ID,GXSJ\n1,2026\n"])
@pytest.mark.parametrize("name", [HOSTILE, "\udcff\udcfe" + HOSTILE])
def test_names_of_files(city, declaration, everything, content, name):
    declare(city, declaration, "text", "{day}*.csv")
    (city / f"sources/transport/{DAY}x{name}.csv").write_bytes(content)
    harmless(*everything("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_names_of_files_that_cannot_be_read(city, declaration, everything, kind):
    declare(city, declaration, kind, "{day}*.x")
    (city / f"sources/transport/{DAY}x{HOSTILE}.x").symlink_to(city / "nowhere")
    (city / f"sources/transport/{DAY}y{HOSTILE}.x").mkdir()
    harmless(*everything("run", "transport.road", "--day", DAY))


def test_names_of_members_of_an_archive(city, declaration, raw, everything):
    declare(city, declaration, "workbook", "{day}.zip', member: '*.xlsx")
    rows = raw({"ZT": "77"}).drop_columns(["_locator"])
    with zipfile.ZipFile(city / f"sources/transport/{DAY}.zip", "w") as packed:
        packed.writestr(f"甲{HOSTILE}.xlsx", written(rows))
        packed.writestr(f"乙{HOSTILE}.xlsx", written(rows.rename_columns([f"{n}\u202e" for n in rows.column_names])))
    harmless(*everything("run", "transport.road", "--day", DAY))


def test_names_of_sheets_and_titles_of_columns(city, declaration, raw, everything):
    declare(city, declaration, "workbook", "{day}.xlsx', sheets: '*")
    rows = raw({"ZT": "77"}, {"XKZBH": "370402000002"}).drop_columns(["_locator", "BZ"])
    content = written(rows.append_column("_x1b_", rows["ZT"]), "登记表ABC")
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name).replace("登记表ABC".encode(), "登记&#x202e;&#10;ERROR&#x85;forged".encode())
            new.writestr(name, part.replace(b"_x1b_", b"&#x202e;&#10;_x001B_[2J"))
    (city / f"sources/transport/{DAY}.xlsx").write_bytes(changed.getvalue())
    harmless(*everything("run", "transport.road", "--day", DAY))


WARNING = """
import sys, warnings
import pipeline.queries, cli.main
def warns(*_, **__):
    warnings.warn(sys.stdin.read(), RuntimeWarning)
    return []
pipeline.queries.ledger = warns
sys.argv = ["licex", "ledger"]
cli.main.main()
"""


def test_what_a_library_warns_of_does_not_drive_a_terminal(city):
    said = HOSTILE + " postgresql://h/x?password=geheim"
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", WARNING]
    ended = subprocess.run(command, input=said, capture_output=True, encoding="utf-8", check=True)
    harmless(ended.stdout, ended.stderr)
    assert "warning: ␛[2J" in ended.stderr
    assert "geheim" not in ended.stderr


def test_what_nobody_foresaw_does_not_drive_a_terminal(licex, city, monkeypatch):
    def fails(*_):
        raise RuntimeError(HOSTILE + " postgresql://h/x?password=geheim")

    monkeypatch.setattr("pipeline.queries.ledger", fails)
    code, out, err = licex("ledger")
    assert code == 1
    harmless(out, err)
    assert "geheim" not in err
    assert "Traceback" not in out
