"""Knows what of an address may be shown: scheme, host, port and database of a URL. All else of it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

_ODBC = "odbc:"
_URL = re.compile(r"([A-Za-z][\w+.-]*)://(.*)", re.DOTALL)
# User and password as SQLAlchemy takes them: a password may hold `/` and `?`, though it should not.
_USER = re.compile(r"(?:([^:/@]*)(?::([^@]*))?@)?(.*)", re.DOTALL)
_PAIR = re.compile(r"([^=;]*)=\s*(\{(?:[^}]|\}\})*\}|[^;]*)|([^=;]+)")

# Options whose values say nothing of anybody, so that a driver's sentence about them stays as it is.
_OPEN = frozenset(
    [
        "driver",
        "server",
        "servername",
        "host",
        "hostaddr",
        "port",
        "database",
        "db",
        "dbname",
        "dsn",
        "charset",
        "client_encoding",
        "encoding",
        "sslmode",
        "ssl_mode",
        "uri",
        "mode",
        "timeout",
        "connect_timeout",
        "read_timeout",
        "write_timeout",
        "connection_timeout",
        "encrypt",
        "trustservercertificate",
        "bigint",
        "application_name",
        "local_infile",
        "autocommit",
        "collation",
        "nolock",
        "cache",
        "immutable",
        "plugin",
    ]
)
_SECRET = re.compile(r"(?i)pass|pwd|secret|token|user|uid|key|pin|auth|cred|sig|sas")

# What a host, several of them, and the path behind them may be written with; what has anything else may be more than that.
_HOSTS = re.compile(r"[\w.,:\[\]~-]*(?:%[\w.%~-]*\])?[\w.,:\[\]~-]*", re.ASCII)
_MORE = re.compile(r"(?i)[=&]|%(?:3d|26|3f|40|23|3b)")

# Inside a sentence: what looks like a URL with more than may be shown, and an option that is called a password. What
# stands before it need not be a blank: no blank stands between Chinese words.
_SCHEME = "A-Za-z0-9+.-"
_IN_SENTENCE = re.compile(rf"(?<![{_SCHEME}])[{_SCHEME}]*:/+[^\s'\"<>]*")
_NAMED = re.compile(
    r"(?i)\b((?:\w*(?:pwd|passwd|password|passphrase|secret|token))|uid|user id)(\s*=\s*)(\{(?:[^}]|\}\})*\}|'[^']*'|\"[^\"]*\"|[^;&\s,)'\"]+)"
)
_ENDS = ":;,.)"  # of a sentence, after a URL


def shown_url(url: str) -> str:
    """A URL with its scheme, host, port and database, and nothing else.

    Where it cannot be told for certain what is what, as with a password that is not written as URLs write it, only the
    scheme stays.
    """
    found = _URL.fullmatch(url.strip())
    if not found:
        return "…"
    scheme, rest = found.groups()
    user, password, place = _USER.fullmatch(rest).groups()  # type: ignore[union-attr]  # it fits every text
    place, _, query = place.partition("?")
    place = re.split("[;#]", place)[0]
    unsure = "?" in f"{user}{password}" or "@" in place or (password is not None and "@" in query) or _no_port(place)
    return f"{scheme}://{'…' if unsure or _holds_more(place) else place}"


def _holds_more(place: str) -> bool:
    """Whether what should be host and database may hold options too, as where the `?` before them is not one."""
    host, _, path = place.partition("/")
    return not _HOSTS.fullmatch(host) or _MORE.search(path) is not None


def _no_port(place: str) -> str:
    """What stands where a port should, and is none: the password of a URL whose host was left out."""
    host = place.partition("/")[0]
    behind = (each.rpartition("]")[2].partition(":")[2] for each in host.split(","))
    return next((port for port in behind if port and not port.isdecimal()), "")


def without_secrets(text: str, location: str) -> str:
    """A driver's words without anything that its URL or connection string should not show.

    Args:
        text: what the driver said, which may repeat a part of it.
        location: a URL, or `odbc:` and a connection string.
    """
    for secret in sorted(secrets_of(location), key=len, reverse=True):
        text = (
            re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
            if len(secret) < 3
            else text.replace(secret, "***")
        )
    return without_addresses(text)


def without_addresses(text: str) -> str:
    """A sentence in which every URL shows what it may, and what is called a password is hidden."""
    return _NAMED.sub(r"\1\2***", _IN_SENTENCE.sub(_cut, text))


def _cut(match: re.Match[str]) -> str:
    found = match.group().rstrip(_ENDS)
    end = match.group()[len(found) :]
    if not set(found) & set("@?") and not _no_port(found.partition("://")[2]) and not _MORE.search(found):
        return match.group()
    scheme, _, rest = found.partition(":")
    return shown_url(f"{scheme}://{rest.lstrip('/') if '@' in found else rest.removeprefix('//')}") + end


def secrets_of(location: str) -> set[str]:
    """Everything of a location that no sentence may hold, as it is and as a URL writes it."""
    if location.startswith(_ODBC):
        found = set(_of_string(location.removeprefix(_ODBC)))
    elif match := _URL.fullmatch(location.strip()):
        found = set(_of_url(match[2]))
    else:
        found = {location}
    plain = {form(secret) for secret in found if secret.strip() for form in (str, unquote, unquote_plus)}
    forms = (str, lambda secret: quote(secret, safe=""), quote_plus, lambda secret: repr(secret)[1:-1])
    return {form(secret) for secret in plain for form in forms} - {""}


def _of_url(rest: str) -> Iterator[str]:
    user, password, place = _USER.fullmatch(rest).groups()  # type: ignore[union-attr]  # it fits every text
    yield from filter(None, (user, password))
    place, _, query = place.partition("?")
    if "@" in place:  # the rest of a password that is not written as URLs write it
        yield from re.split("[@:/?]", rest)
    yield from filter(None, [_no_port(place)])
    if _holds_more(place):
        yield from re.split("[/?=&;()]", unquote(place))
    options = parse_qsl(query, keep_blank_values=True)
    secret = any(_SECRET.search(name) for name, _ in options)
    for name, value in options:
        if secret and not value:
            yield name  # a password with an `&` in it goes on here
        if name.lower() == "odbc_connect":
            yield from _of_string(value)
        elif _hidden(name, value):
            yield value


def _of_string(text: str) -> Iterator[str]:
    for name, value, alone in _PAIR.findall(text):
        if alone.strip():
            yield alone.strip()
        elif _hidden(name.strip(), value):
            yield from (value.strip(), value.strip().strip("{}").replace("}}", "}"))


def _hidden(name: str, value: str) -> bool:
    if _SECRET.search(name):
        return True
    return (
        name.lower() not in _OPEN and len(value) > 5
    )  # shorter ones, such as `yes` and `1`, would tear holes in sentences
