"""Texts that were escaped for HTML, as browsers read them."""

import re
from html.entities import html5
from typing import Final

_REFERENCE: Final = re.compile(r"&(?:#([0-9]{2,}|[0-9](?=;));?|#[xX]([0-9a-fA-F]+);?|([a-zA-Z0-9]+;?))")
"""A character by its code or its name. A single digit is only a code when a semicolon ends it."""

_WINDOWS_1252: Final = range(0x80, 0xA0)
_LAST_CODE: Final = 0x10FFFF
_MOST_DIGITS: Final = 7
_REPLACEMENT: Final = "\ufffd"
_LONGEST_UNENDED_NAME: Final = 6
"""Old names may go without a semicolon: `&ampersand` is `&ersand`."""


def unescaped(text: str) -> str:
    """The text with every character reference replaced; what names nothing stays as it is written."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    if name is not None:
        return _named(name)
    return _of_code(decimal, 10) if hexadecimal is None else _of_code(hexadecimal, 16)


def _of_code(digits: str, base: int) -> str:
    significant = digits.lstrip("0") or "0"
    code = int(significant, base) if len(significant) <= _MOST_DIGITS else _LAST_CODE + 1
    if code in _WINDOWS_1252:
        return bytes((code,)).decode("cp1252", "replace").replace(_REPLACEMENT, chr(code))
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > _LAST_CODE:
        return _REPLACEMENT
    return chr(code)


def _named(name: str) -> str:
    known = html5.get(name)
    if known is not None:
        return known
    for length in range(min(len(name) - 1, _LONGEST_UNENDED_NAME), 1, -1):
        if name[:length] in html5:
            return html5[name[:length]] + name[length:]
    return f"&{name}"
