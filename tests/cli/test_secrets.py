"""No command shows the secrets of a URL, in any spelling and after any error."""

import pytest

import expectations.assess  # noqa: F401 - else a command that ends at once leaves its preload thread to the next test
from tests.city import with_extract

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


def require_no_secret(result):
    """Require that a command failed, with a message that shows no secret."""
    code, out, err = result
    assert code
    printed = out + err
    assert printed.strip()
    for secret in ("nutzer", "geheim", "geh%65im", "heim", "h eim", "ge;"):
        assert secret not in printed, printed[-2000:]
    assert "Traceback" not in printed, printed[-2000:]


@pytest.mark.parametrize("url", PLATFORMS)
def test_no_spelling_of_the_platforms_url_shows_a_secret(licex, city, monkeypatch, url):
    monkeypatch.setenv("LICEX_TARGET", url)
    for words in [("ledger",), ("migrate",), ("run", SOURCE, "--day", DAY, "--dry-run")]:
        if "nowhere" not in url:  # the path of a file is not secret
            require_no_secret(licex(*words))


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_shows_the_platforms_password(licex, city, declaration, monkeypatch, words):
    sweeping = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ, rising: ID}")
    (city / "sources/transport/road.yaml").write_text(sweeping + "sweep: {schedule: '0 3 * * 6'}\n", encoding="utf-8")
    url = f"postgresql+psycopg://{HOST}/x?user=nutzer&password=geheim"
    monkeypatch.setenv("LICEX_TARGET", url)
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    require_no_secret(licex(*words))


@pytest.mark.parametrize("url", SOURCES)
def test_no_spelling_of_a_sources_url_shows_a_secret(licex, city, declaration, monkeypatch, url):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    for words in [("check", "--connect"), ("preview", SOURCE, "--day", DAY)]:
        require_no_secret(licex(*words))


@pytest.mark.parametrize("url", SOURCES)
def test_no_spelling_of_a_witness_url_shows_a_secret(licex, city, declaration, monkeypatch, url):
    witness = ", witness: {connection: other, query: SELECT 1}}"
    text = declaration.replace("updated_at: GXSJ}", "updated_at: GXSJ" + witness)
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LICEX_CONN_OTHER", url)
    require_no_secret(licex("check", "--connect"))


@pytest.mark.parametrize("url", SOURCES)
def test_a_url_in_place_of_a_folder_shows_no_secret(licex, city, declaration, monkeypatch, url):
    text = with_extract(declaration, "{kind: text, connection: transport, path: a.csv}")
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
    if "://" in url:  # anything else is the name of a folder
        require_no_secret(licex("preview", SOURCE, "--day", DAY))


@pytest.mark.parametrize("url", WORKSPACES)
def test_the_url_of_the_workspace_shows_no_secret(licex, city, monkeypatch, url):
    monkeypatch.setenv("LICEX_WORKSPACE", url)
    require_no_secret(licex("run", SOURCE, "--day", DAY))


def test_ledger_and_pages_show_no_secret_of_a_source_that_was_not_reached(licex, city, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"postgresql+psycopg://{HOST}/x?user=nutzer&password=geheim")
    require_no_secret(licex("run", SOURCE, "--day", DAY))
    ((reason,),) = platform("SELECT reason FROM exchange_batch")
    pages = [path.read_text(encoding="utf-8") for path in city.glob("workspace/reports/**/*.html")]
    assert len(pages) == 2
    for text in (reason, *pages):
        assert "nutzer" not in text
        assert "geheim" not in text
