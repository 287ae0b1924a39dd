"""Only scheme, host, port and database of an address are shown, wherever the password is."""

import pytest

from standard.addresses import redact_text, redact_url, secrets_of, without_secrets
from standard.errors import ExchangeError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://u:geheim@h:5432/x", "postgresql+psycopg://h:5432/x"),
        ("postgresql+psycopg://h/x?user=u&password=geheim", "postgresql+psycopg://h/x"),
        ("postgresql+psycopg:///x?host=h&user=u&password=geheim", "postgresql+psycopg:///x"),
        ("postgresql+psycopg://h/x;password=geheim", "postgresql+psycopg://h/x"),
        ("postgresql+psycopg://h/x#geheim", "postgresql+psycopg://h/x"),
        ("mysql+pymysql://u:geheim@h1:3306,h2:3307/x?charset=utf8mb4", "mysql+pymysql://h1:3306,h2:3307/x"),
        ("mssql+pyodbc://?odbc_connect=Server%3Dh%3BPWD%3Dgeheim", "mssql+pyodbc://"),
        ("sqlite:////srv/platform.db?password=geheim", "sqlite:////srv/platform.db"),
        ("s3://key:geheim@bucket/path", "s3://bucket/path"),
        ("postgresql://u:gehe@im/heim@h/x", "postgresql://…"),
        ("postgresql://u:gehe?im@h/x", "postgresql://…"),
        ("postgresql://h?password=pa@geheim/x", "postgresql://…"),
        ("postgresql://u:pa@geheim?x@h/x", "postgresql://…"),
        ("postgresql://u:geheim/x", "postgresql://…"),
        ("mysql://u:geheim@[::1]:3306/x", "mysql://[::1]:3306/x"),
        ("geheim", "…"),
        ("mysql://u:geheim@[fe80::1%25eth0]:3306/x", "mysql://[fe80::1%25eth0]:3306/x"),
        ("mysql://u:geheim@::1/x", "mysql://…"),
        ("mysql://%75:g%65heim@h/x", "mysql://h/x"),
        ("postgresql://geheim@h/x", "postgresql://h/x"),
        ("postgresql://u:geheim@h:port/x", "postgresql://…"),
        ("postgresql://u:ge'h eim@h/x", "postgresql://h/x"),
        ("jdbc:postgresql://h/x?password=geheim", "…"),
        ("postgresql://h/x&passwort=geheim", "postgresql://…"),
        ("postgresql://h/x%3Fkennwort%3Dgeheim", "postgresql://…"),
        ("postgresql://h%3Fpassword=geheim/x", "postgresql://…"),
        ("oracle+oracledb://u:p@(DESCRIPTION=(HOST=h)(MY_WALLET_PASSWORD=geheim))", "oracle+oracledb://…"),
        ("sqlite:////srv/数据 (新)/x.db", "sqlite:////srv/数据 (新)/x.db"),
    ],
)
def test_a_url_shows_where_it_leads_and_nothing_else(url, shown):
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "location",
    [
        "postgresql://u:g%40heim@h/x",
        "postgresql://h/x?user=u&password=g%40heim",
        "postgresql://h/x?user=u&PASSWORD=g@heim",
        "postgresql://h/x?passfile=a&g@heim",
        "postgresql://h/x?unknown=g@heim",
        "postgresql://u:g%40heim/x",
        "mssql+pyodbc://?odbc_connect=Driver%3D%7BX%7D%3BUID%3Du%3BPWD%3D%7Bg%40heim%7D",
        "odbc:Driver={X};Server=h;UID=u;PWD={g@heim}",
        "odbc:Driver={X};Server=h;AccessToken=g@heim;",
        "odbc:Driver={X};Server=h;PWD=a;g@heim",
        "odbc:Driver={X};Server=h;Something=g@heim",
        "postgresql://h/x&kennwort=g%40heim",
        "postgresql://h/x%3Fkennwort%3Dg%40heim",
    ],
)
@pytest.mark.parametrize("words", ["cannot open {}", "bad value 'g@heim' given", "g%40heim is wrong", "b'g@heim'"])
def test_no_part_of_a_location_comes_back_in_a_drivers_words(location, words):
    message = without_secrets(words.format(location), location)
    assert "g@heim" not in message
    assert "g%40heim" not in message


def test_what_says_nothing_of_anybody_stays_in_a_drivers_words():
    words = "(1045) invalid sslmode value require for driver X with ssl on 1"
    assert without_secrets(words, "odbc:Driver={X};Server=h;sslmode=require;ssl=1;UID=us;PWD=pw") == words
    assert without_secrets("no such table: x", "sqlite:////srv/x.db?mode=ro&uri=true") == "no such table: x"


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("postgresql://u:geheim@h/x: expected it", "postgresql://h/x: expected it"),
        ("found postgresql://h/x?password=geheim, then", "found postgresql://h/x, then"),
        ("sftp:/u:geheim@h/inbox: expected a file", "sftp://h/inbox: expected a file"),
        ("DSN 'host=h password=geheim user=x'", "DSN 'host=h password=*** user=x'"),
        ("Driver=X;UID=root;PWD={ge;heim};Server=h", "Driver=X;UID=***;PWD=***;Server=h"),
        ("/srv/a@b/x?.csv and name@place.org", "/srv/a@b/x?.csv and name@place.org"),
        ("sqlite:////srv/x.db: expected", "sqlite:////srv/x.db: expected"),
        ("postgresql://u:geheim/x: expected", "postgresql://…: expected"),
        ("找到postgresql://u:geheim@h/x，请改正", "找到postgresql://h/x，请改正"),
        ("url2postgresql://u:geheim@h/x", "url2postgresql://h/x"),
        ("'postgresql://u:geheim@h/x'", "'postgresql://h/x'"),
        ("jdbc:postgresql://h/x?password=geheim", "jdbc:postgresql://h/x"),
        ("postgresql://h/x&kennwort=geheim", "postgresql://…"),
        ("密码password=geheim", "密码password=***"),
    ],
)
def test_an_address_inside_a_sentence_is_cut(sentence, shown):
    assert redact_text(sentence) == shown


def test_every_error_of_ours_is_cut_masked_and_on_one_line():
    message = str(
        ExchangeError("LX-900", "{text}", text="a\nb\x1b[2J\u202e 370402188001010012 postgresql://h/x?password=geheim")
    )
    assert message == "a␊b␛[2J[U+202E] **************0012 postgresql://h/x"


def test_a_line_break_in_a_url_does_not_end_it():
    assert "geheim" not in str(ExchangeError("LX-900", "found {url}: correct it", url="postgresql://u:geheim\n@h/x"))


def test_every_form_of_a_secret_is_known():
    assert {"g@ heim", "g%40%20heim", "g%40+heim"} <= secrets_of("postgresql://u:g%40%20heim@h/x")
