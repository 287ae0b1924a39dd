import pytest

from loaders.platform import Platform
from standard.errors import UsageError


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://bureau:geh@eim:g@heim@db/x", "mysql+pymysql://bureau:a@b:g@heim/x"]
)
def test_a_password_that_is_not_written_as_urls_write_it_is_refused_and_not_told(url):
    with pytest.raises(UsageError, match="LICEX_TARGET: expected a SQLAlchemy URL") as refused:
        Platform(url)
    assert "heim" not in str(refused.value)
