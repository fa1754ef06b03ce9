"""Addresses of databases and of Redis, which hold passwords: what is wrong with one is said without them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_ESCAPES = "in a user or password write / as %2F, ? as %3F, # as %23, @ as %40, % as %25"
_REDIS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def without_secrets(address: str) -> str:
    """As it may be shown."""
    hidden = re.sub(r"://.*@", "://…@", address, flags=re.DOTALL)
    return re.sub(r"(pass\w*)=[^&\s]*", r"\1=…", hidden, flags=re.IGNORECASE)


def postgres_faults(name: str, address: str) -> Iterator[str]:
    """What keeps this address from being used, as far as it can be told without connecting; `name` is the variable's."""
    import psycopg2
    from psycopg2.extensions import parse_dsn

    try:
        parse_dsn(address)
    except psycopg2.ProgrammingError as error:
        why = str(error).strip().splitlines()[0].removeprefix("invalid dsn: ")
        if not why.startswith("invalid URI query parameter"):
            why = why.partition('"')[0].strip(" :")  # what it quotes may be the password
        yield f"{name} is {without_secrets(address)!r}: {why} ({_ESCAPES})."


def redis_faults(name: str, address: str) -> Iterator[str]:
    """What keeps this address from being used, as far as it can be told without connecting; `name` is the variable's."""
    shown = without_secrets(address)
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        yield f"{name} is {shown!r}: host and port can't be told apart from the rest ({_ESCAPES})."
        return
    given = {option: values[0] for option, values in parse_qs(parts.query).items()}
    if parts.scheme != "rediss":
        for option in sorted(given):
            if option.startswith("ssl_"):
                yield f"{name} is {shown!r}: with {option} expected it to begin with rediss://"
    for option in _REDIS_FILES:
        if option in given and not Path(given[option]).is_file():
            yield f"{name} says {option}={given[option]}: there is no such file."
