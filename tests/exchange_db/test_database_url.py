import pytest
from sqlalchemy.engine import make_url

from exchange_db.database import ExchangeDatabase
from standard.errors import PlatformUnreachable, UsageError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bureau:geh@eim:g@heim@db/x",
        "mysql+pymysql://bureau:a@b:g@heim/x",
        "postgresql+psycopg://bureau:ge@heim@127.0.0.1:9/x",
        "postgresql+psycopg://bureau:ge@a/heim@127.0.0.1:9/x",
    ],
)
def test_an_unquoted_password_is_refused_and_not_shown(url):
    with pytest.raises(UsageError, match="LICEX_TARGET: expected a SQLAlchemy URL") as refused:
        ExchangeDatabase(url)
    assert "heim" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_platform_that_would_forget_everything_is_refused(url):
    with pytest.raises(UsageError, match="LICEX_TARGET: expected a database that keeps"):
        ExchangeDatabase(url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://bureau:geheim@127.0.0.1:9/x?ssl_ca=/nowhere.pem",
        "mysql+pymysql://bureau:geheim@127.0.0.1:9/x?unknown=1",
    ],
)
def test_a_url_that_the_driver_rejects_is_reported_in_one_sentence(url):
    platform = ExchangeDatabase(url)
    with pytest.raises(UsageError, match="correct LICEX_TARGET") as refused:
        platform.prepare()
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://127.0.0.1:9/x?user=bureau&password=geheim",
        "postgresql+psycopg:///x?host=127.0.0.1&port=9&user=bureau&password=geheim",
        "postgresql+psycopg://127.0.0.1:9/x?user=bureau&password=geheim&passfile=geheim",
        "postgresql+psycopg://127.0.0.1:9/x?user=bureau&passwort=geheim",
        "mysql+pymysql://127.0.0.1:9/x?user=bureau&password=geheim",
        "mssql+pyodbc://?odbc_connect=Driver%3DNone%3BServer%3D127.0.0.1%3BUID%3Dbureau%3BPWD%3Dgeheim",
    ],
)
def test_a_password_in_the_query_of_the_platforms_url_is_not_shown(url):
    with pytest.raises((PlatformUnreachable, UsageError)) as refused:
        ExchangeDatabase(url).prepare()
    message = f"{refused.value} {refused.value.__cause__}"
    assert "geheim" not in message
    assert "bureau" not in message


def test_a_password_that_is_wrong_for_a_real_server_is_not_shown(postgresql_url):
    url = make_url(postgresql_url)
    with pytest.raises(PlatformUnreachable) as refused:
        ExchangeDatabase(
            f"postgresql+psycopg://{url.host}:{url.port}/{url.database}?user=nobodyhere&password=geheim"
        ).prepare()
    assert str(refused.value).startswith(f"postgresql+psycopg://{url.host}:{url.port}/{url.database}: expected")
    assert "nobodyhere" not in str(refused.value)
    assert "geheim" not in str(refused.value)
