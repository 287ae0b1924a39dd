"""No command shows more of an address than where it leads, however it is written and whatever goes wrong there."""

import pytest

import expectations.assess  # noqa: F401 - a command that ends at once would leave a thread that loads it to the next test

DAY = "2026-03-01"
SOURCE = "transport.road"
DAYS = ("--from", DAY, "--to", DAY)
COMMANDS = [
    ("run", SOURCE, "--day", DAY),
    ("run", SOURCE, "--day", DAY, "--dry-run"),
    ("backfill", SOURCE, *DAYS),
    ("replay", SOURCE, *DAYS),
    ("sweep", SOURCE),
    ("catch-up",),
    ("check", "--connect"),
    ("preview", SOURCE, "--day", DAY),
    ("report",),
    ("ledger",),
    ("trace", "370402000001"),
    ("unjudged", SOURCE),
    ("accept-beginning", SOURCE, "--by", "王某"),
    ("migrate",),
    ("migrate", "--dry-run"),
    ("remask",),
]
HOST = "127.0.0.1:1"  # where nothing answers
PLATFORMS = [
    f"postgresql+psycopg://{HOST}/x?user=nutzer&password=geheim",
    f"postgresql+psycopg://nutzer:geh%65im@{HOST}/x",
    "postgresql+psycopg:///x?host=127.0.0.1&port=1&user=nutzer&password=geheim",
    f"postgresql+psycopg://nutzer:geheim@{HOST},127.0.0.1:2/x",
    "postgresql+psycopg://nutzer:geheim@[::1]:1/x",
    f"postgresql+psycopg://nutzer:ge@heim@{HOST}/x",
    f"postgresql+psycopg://nutzer:ge/heim@{HOST}/x",
    f"postgresql+psycopg://nutzer:ge'h eim@{HOST}/x",
    f"postgresql+psycopg://nutzer:ge\nheim\x1b@{HOST}/x",
    "postgresql+psycopg://nutzer:geheim@127.0.0.1:port/x",
    f"postgresql+psycopg://{HOST}/x?sslmode=geheim&unknown=geheim",
    f"postgresql+psycopg://{HOST}/x?options=-c%20geheim",
    f"postgresql+psycopg://{HOST}/x&password=geheim",
    f"postgresql+psycopg://{HOST}/x?keepalives_idle=geheim",
    f"mysql+pymysql://nutzer:geheim@{HOST}/x?charset=geheim",
    f"mysql+pymysql://{HOST}/x?user=nutzer&passwd=geheim&unknown=geheim",
    "mssql+pyodbc://?odbc_connect=Driver%3D%7BNone%7D%3BServer%3Dh%3BUID%3Dnutzer%3BPWD%3Dgeheim",
    "sqlite:////nowhere/geheim/x.db?nutzer=geheim",
    "host=127.0.0.1 user=nutzer password=geheim",
    "nutzer:geheim@h/x",
    "geheim",
]
SOURCES = [
    *PLATFORMS,
    "odbc:Driver={None};Server=h;UID=nutzer;PWD={ge;heim}",
    "odbc:DSN=x;UID=nutzer;PWD=geheim",
    "oracle+oracledb://nutzer:geheim@(DESCRIPTION=(ADDRESS=(HOST=127.0.0.1)(PORT=1))(MY_WALLET_PASSWORD=geheim))",
    f"postgresql+psycopg2://nutzer:geheim@{HOST}/x",
    f"unknown://nutzer:geheim@{HOST}/x?token=geheim",
]
WORKSPACES = [
    "s3://nutzer:geheim@bucket/x?secret=geheim",
    f"ftp://nutzer:geheim@{HOST}/x",
    f"http://nutzer:geheim@{HOST}/x?token=geheim",
    "unknown://nutzer:geheim@h/x",
    "unknown://nutzer:ge'h eim@h/x",
]


def keeps_silent(ended):
    code, out, err = ended
    assert code
    said = out + err
    assert said.strip()
    for secret in ("nutzer", "geheim", "geh%65im", "heim", "h eim", "ge;"):
        assert secret not in said, said[-2000:]
    assert "Traceback" not in said, said[-2000:]


@pytest.mark.parametrize("url", PLATFORMS)
def test_of_the_platforms_url(licex, city, monkeypatch, url):
    monkeypatch.setenv("LICEX_TARGET", url)
    for words in [("ledger",), ("migrate",), ("run", SOURCE, "--day", DAY, "--dry-run")]:
        if "nowhere" not in url:  # the way to a file is no secret
            keeps_silent(licex(*words))


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_shows_the_platforms_password(licex, city, declaration, monkeypatch, words):
    sweeping = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ, rising: ID}")
    (city / "sources/transport/road.yaml").write_text(sweeping + "sweep: {schedule: '0 3 * * 6'}\n", encoding="utf-8")
    url = f"postgresql+psycopg://{HOST}/x?user=nutzer&password=geheim"
    monkeypatch.setenv("LICEX_TARGET", url)
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    keeps_silent(licex(*words))


@pytest.mark.parametrize("url", SOURCES)
def test_of_a_sources_url(licex, city, declaration, monkeypatch, url):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    for words in [("check", "--connect"), ("preview", SOURCE, "--day", DAY)]:
        keeps_silent(licex(*words))


@pytest.mark.parametrize("url", SOURCES)
def test_of_a_witness(licex, city, declaration, monkeypatch, url):
    declared = ", witness: {connection: other, query: SELECT 1}}"
    text = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ" + declared)
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LICEX_CONN_OTHER", url)
    keeps_silent(licex("check", "--connect"))


@pytest.mark.parametrize("url", SOURCES)
def test_of_what_should_be_a_folder(licex, city, declaration, monkeypatch, url):
    start, end = declaration.index("extract:"), declaration.index("columns:")
    text = declaration[:start] + "extract: {kind: text, connection: transport, path: a.csv}\n" + declaration[end:]
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    if "://" in url:  # all else is the name of a folder
        keeps_silent(licex("preview", SOURCE, "--day", DAY))


@pytest.mark.parametrize("url", WORKSPACES)
def test_of_the_workspace(licex, city, monkeypatch, url):
    monkeypatch.setenv("LICEX_WORKSPACE", url)
    keeps_silent(licex("run", SOURCE, "--day", DAY))


def test_what_the_ledger_and_the_pages_say_of_a_source_that_was_not_reached(licex, city, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"postgresql+psycopg://{HOST}/x?user=nutzer&password=geheim")
    keeps_silent(licex("run", SOURCE, "--day", DAY))
    ((reason,),) = platform("SELECT reason FROM exchange_batch")
    pages = [path.read_text(encoding="utf-8") for path in city.glob("workspace/reports/**/*.html")]
    assert len(pages) == 2
    for text in (reason, *pages):
        assert "nutzer" not in text
        assert "geheim" not in text
