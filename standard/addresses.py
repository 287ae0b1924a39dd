"""Redacts addresses: of a URL only scheme, host, port and database are shown, everything else may be a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

_ODBC = "odbc:"
_URL = re.compile(r"([A-Za-z][\w+.-]*)://(.*)", re.DOTALL)
# User and password as SQLAlchemy parses them: an unquoted `/` or `?` in a password is accepted.
_USER = re.compile(r"(?:([^:/@]*)(?::([^@]*))?@)?(.*)", re.DOTALL)
_PAIR = re.compile(r"([^=;]*)=\s*(\{(?:[^}]|\}\})*\}|[^;]*)|([^=;]+)")

# Options whose values are never secret, so that a driver's message about them is kept as it is.
_PUBLIC_OPTIONS = frozenset(
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

# The characters of one or several hosts, and the syntax of options; a host or path that does not fit may hold options.
_HOSTS = re.compile(r"[\w.,:\[\]~-]*(?:%[\w.%~-]*\])?[\w.,:\[\]~-]*", re.ASCII)
_OPTION_SYNTAX = re.compile(r"(?i)[=&]|%(?:3d|26|3f|40|23|3b)")

# Inside a sentence: URLs, and options whose names say that they are passwords. The character before a URL need not be a
# blank: Chinese words are not separated by blanks.
_SCHEME = "A-Za-z0-9+.-"
_IN_SENTENCE = re.compile(rf"(?<![{_SCHEME}])[{_SCHEME}]*:/+[^\s'\"<>]*")
_PASSWORD_OPTION = re.compile(
    r"(?i)\b((?:\w*(?:pwd|passwd|password|passphrase|secret|token))|uid|user id)(\s*=\s*)(\{(?:[^}]|\}\})*\}|'[^']*'|\"[^\"]*\"|[^;&\s,)'\"]+)"
)
_PUNCTUATION = ":;,.)"  # that may follow a URL in a sentence


def redact_url(url: str) -> str:
    """A URL reduced to its scheme, host, port and database.

    If its parts cannot be told apart with certainty, as when a password is not quoted, only the scheme is left.
    """
    match = _URL.fullmatch(url.strip())
    if not match:
        return "…"
    scheme, rest = match.groups()
    user, password, address = _USER.fullmatch(rest).groups()  # type: ignore[union-attr]  # it matches every text
    address, _, query = address.partition("?")
    address = re.split("[;#]", address)[0]
    ambiguous = (
        "?" in f"{user}{password}"
        or "@" in address
        or (password is not None and "@" in query)
        or _misplaced_password(address)
    )
    return f"{scheme}://{'…' if ambiguous or _may_hold_options(address) else address}"


def _may_hold_options(address: str) -> bool:
    """Whether the text that should be host and database may hold options too, as when the `?` before them is missing."""
    host, _, path = address.partition("/")
    return not _HOSTS.fullmatch(host) or _OPTION_SYNTAX.search(path) is not None


def _misplaced_password(address: str) -> str:
    """The text at the position of a port that is not a number: the password of a URL whose host was left out."""
    hosts = address.partition("/")[0].split(",")
    ports = (host.rpartition("]")[2].partition(":")[2] for host in hosts)
    return next((port for port in ports if port and not port.isdecimal()), "")


def without_secrets(text: str, location: str) -> str:
    """A driver's message without the secrets of its URL or connection string.

    Args:
        text: the driver's message, which may repeat a part of the location.
        location: a URL, or `odbc:` and a connection string.
    """
    for secret in sorted(secrets_of(location), key=len, reverse=True):
        text = (
            re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
            if len(secret) < 3
            else text.replace(secret, "***")
        )
    return redact_text(text)


def redact_text(text: str) -> str:
    """A sentence in which every URL is redacted, and the value of every option that is called a password is hidden."""
    return _PASSWORD_OPTION.sub(r"\1\2***", _IN_SENTENCE.sub(_redact_match, text))


def _redact_match(match: re.Match[str]) -> str:
    url = match.group().rstrip(_PUNCTUATION)
    end = match.group()[len(url) :]
    if not set(url) & set("@?") and not _misplaced_password(url.partition("://")[2]) and not _OPTION_SYNTAX.search(url):
        return match.group()
    scheme, _, rest = url.partition(":")
    return redact_url(f"{scheme}://{rest.lstrip('/') if '@' in url else rest.removeprefix('//')}") + end


def secrets_of(location: str) -> set[str]:
    """Every part of a location that no sentence may show, as it is and as quoted in a URL."""
    if location.startswith(_ODBC):
        secrets = set(_secrets_in_string(location.removeprefix(_ODBC)))
    elif match := _URL.fullmatch(location.strip()):
        secrets = set(_secrets_in_url(match[2]))
    else:
        secrets = {location}
    plain = {form(secret) for secret in secrets if secret.strip() for form in (str, unquote, unquote_plus)}
    forms = (str, lambda secret: quote(secret, safe=""), quote_plus, lambda secret: repr(secret)[1:-1])
    return {form(secret) for secret in plain for form in forms} - {""}


def _secrets_in_url(rest: str) -> Iterator[str]:
    user, password, address = _USER.fullmatch(rest).groups()  # type: ignore[union-attr]  # it matches every text
    yield from filter(None, (user, password))
    address, _, query = address.partition("?")
    if "@" in address:  # the rest of an unquoted password
        yield from re.split("[@:/?]", rest)
    yield from filter(None, [_misplaced_password(address)])
    if _may_hold_options(address):
        yield from re.split("[/?=&;()]", unquote(address))
    options = parse_qsl(query, keep_blank_values=True)
    secret = any(_SECRET.search(name) for name, _ in options)
    for name, value in options:
        if secret and not value:
            yield name  # the rest of a password with an unquoted `&`
        if name.lower() == "odbc_connect":
            yield from _secrets_in_string(value)
        elif _is_secret(name, value):
            yield value


def _secrets_in_string(text: str) -> Iterator[str]:
    for name, value, single in _PAIR.findall(text):
        if single.strip():
            yield single.strip()
        elif _is_secret(name.strip(), value):
            yield from (value.strip(), value.strip().strip("{}").replace("}}", "}"))


def _is_secret(name: str, value: str) -> bool:
    if _SECRET.search(name):
        return True
    # Hiding shorter values, such as `yes` and `1`, would make sentences unreadable.
    return name.lower() not in _PUBLIC_OPTIONS and len(value) > 5
