"""Control characters in values of a department are made visible in everything that a command prints or writes."""

import io
import re
import sqlite3
import subprocess
import sys
import zipfile

import openpyxl
import pytest

from tests.city import with_extract

DAY = "2026-03-01"
HOSTILE = "\x1b[2J\x07\u202e\x9b31m\nERROR forged\r\u2028x[red]\x7f\u200b\u2060\u061c\U000e0041\ufe00\ufe01"
CONTROL = re.compile(
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
EXTRACT = "{kind: %s, path: '%s', updated_at: GXSJ, key: [ID]}"


def require_harmless(*texts):
    """Require that texts have no control characters and no forged log line."""
    for text in texts:
        assert not CONTROL.search(text), repr(CONTROL.search(text))
        assert not [line for line in text.splitlines() if line.lstrip(" │").startswith("ERROR forged")], text[-3000:]


@pytest.fixture
def all_texts(licex, city, platform):
    """Run a command, and those that show its result; returns every text that was printed or written."""

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


def declare_file(city, declaration, kind, path):
    text = with_extract(declaration, EXTRACT % (kind, path))
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")


def workbook(rows, title="登记表"):
    book = openpyxl.Workbook()
    book.active.title = title
    book.active.append(rows.column_names)
    for row in rows.to_pylist():
        book.active.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("column", ["XKZBH", "MC", "DM", "FZRQ", "ZT", "QH", "JYFW", "ID"])
def test_values_of_a_table(city, refill, all_texts, column):
    refill({column: "3704" + HOSTILE}, {"ID": "2"})
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("more", ["changes: {operation: ZT, kept: ['10'], deleted: [D]}", "rising: ID"])
def test_no_command_prints_control_characters_of_values(city, licex, declaration, refill, more):
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
        require_harmless(out, err)
        assert "Traceback" not in out + err, words


def test_the_result_of_a_witness_query(city, licex, declaration):
    witness = ", witness: {connection: transport, query: 'SELECT MC FROM XKZ'}}"
    text = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ" + witness)
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET MC = ?", (HOSTILE,))
    database.close()
    for words in (("run", SOURCE, "--day", DAY), ("check", "--connect"), ("ledger",)):
        _, out, err = licex(*words)
        assert "its witness to give one whole number" in out + err
        require_harmless(out, err)


def test_column_names_of_a_table(city, all_texts):
    with sqlite3.connect(city / "transport.db") as database:
        database.execute(f'ALTER TABLE XKZ ADD COLUMN "新{HOSTILE}" TEXT')
        database.execute(f'ALTER TABLE XKZ RENAME COLUMN MC TO "MC{HOSTILE}"')
    database.close()
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\xff\xfe\x00", b"", b"ID,GXSJ\n1,2026\n"])
@pytest.mark.parametrize("name", [HOSTILE, "\udcff\udcfe" + HOSTILE])
def test_names_of_files(city, declaration, all_texts, content, name):
    declare_file(city, declaration, "text", "{day}*.csv")
    (city / f"sources/transport/{DAY}x{name}.csv").write_bytes(content)
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_names_of_files_that_cannot_be_read(city, declaration, all_texts, kind):
    declare_file(city, declaration, kind, "{day}*.x")
    (city / f"sources/transport/{DAY}x{HOSTILE}.x").symlink_to(city / "nowhere")
    (city / f"sources/transport/{DAY}y{HOSTILE}.x").mkdir()
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


def test_names_of_members_of_an_archive(city, declaration, raw, all_texts):
    declare_file(city, declaration, "workbook", "{day}.zip', member: '*.xlsx")
    rows = raw({"ZT": "77"}).drop_columns(["_locator"])
    with zipfile.ZipFile(city / f"sources/transport/{DAY}.zip", "w") as packed:
        packed.writestr(f"甲{HOSTILE}.xlsx", workbook(rows))
        packed.writestr(f"乙{HOSTILE}.xlsx", workbook(rows.rename_columns([f"{n}\u202e" for n in rows.column_names])))
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


def test_names_of_sheets_and_titles_of_columns(city, declaration, raw, all_texts):
    declare_file(city, declaration, "workbook", "{day}.xlsx', sheets: '*")
    rows = raw({"ZT": "77"}, {"XKZBH": "370402000002"}).drop_columns(["_locator", "BZ"])
    content = workbook(rows.append_column("_x1b_", rows["ZT"]), "登记表ABC")
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name).replace("登记表ABC".encode(), "登记&#x202e;&#10;ERROR&#x85;forged".encode())
            new.writestr(name, part.replace(b"_x1b_", b"&#x202e;&#10;_x001B_[2J"))
    (city / f"sources/transport/{DAY}.xlsx").write_bytes(changed.getvalue())
    require_harmless(*all_texts("run", "transport.road", "--day", DAY))


WARNING = """
import sys, warnings
import pipeline.queries, cli.main
def warn(*_, **__):
    warnings.warn(sys.stdin.read(), RuntimeWarning)
    return []
pipeline.queries.ledger = warn
sys.argv = ["licex", "ledger"]
cli.main.main()
"""


def test_warnings_of_libraries(city):
    text = HOSTILE + " postgresql://h/x?password=geheim"
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", WARNING]
    result = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True)
    require_harmless(result.stdout, result.stderr)
    assert "warning: ␛[2J" in result.stderr
    assert "geheim" not in result.stderr


def test_unexpected_exceptions(licex, city, monkeypatch):
    def fails(*_):
        raise RuntimeError(HOSTILE + " postgresql://h/x?password=geheim")

    monkeypatch.setattr("pipeline.queries.ledger", fails)
    code, out, err = licex("ledger")
    assert code == 1
    require_harmless(out, err)
    assert "geheim" not in err
    assert "Traceback" not in out
