"""What each kind of setting accepts."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from gateways.channels.contract import ConfigField


def expected_instead(setting: ConfigField, value: Any) -> str | None:
    """What a value should have been; None when it is fine."""
    if setting.choices and value not in setting.choices:
        return "one of " + ", ".join(setting.choices)
    right, expected = _KINDS[setting.kind]
    return None if right(value) else expected


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return value.removeprefix("-").isdecimal() and value.isascii()
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "text": (lambda value: isinstance(value, str | int) and not isinstance(value, bool), "a text"),
    "secret": (lambda value: isinstance(value, str), "a text"),
    "url": (_is_url, "a URL that starts with http:// or https://"),
    "int": (_is_integer, "a whole number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "list": (lambda value: isinstance(value, list), "a list"),
    "map": (lambda value: isinstance(value, dict), "a set of names and values"),
}
