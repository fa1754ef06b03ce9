r"""Texts in double quotes, as they are written in expressions and shown in error messages.

Writing escapes what is not printable (`\n`, `\x1f`, `\u200b`, `\U000e0001`). Reading is strict: a text that does not follow the
rules (an unknown escape, a raw line break) is no quoted text, and its reader then keeps the backslashes as they are.
"""

import re
from typing import Final

import regex

ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
UNESCAPES: Final = {written[1]: character for character, written in ESCAPES.items()}
ESCAPED: Final = re.compile(
    r"""\\([abfnrtv\\"])|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|((?:\\(?:x[0-9a-fA-F]{2}|[0-7]{3}))+)"""
)
VALID_CONTENT: Final = re.compile(rf'(?:[^"\\\n]|{ESCAPED.pattern})*')
PRINTABLE: Final = regex.compile(r"[\p{L}\p{M}\p{N}\p{P}\p{S} ]")
"""By the newest tables there are: people write this year's emoji."""

PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")


def quote(text: str) -> str:
    """The text in double quotes."""
    if PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    known = ESCAPES.get(character)
    if known is not None:
        return known
    if PRINTABLE.match(character) is not None:
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def unquote(quoted: str) -> str:
    """What stands between the quotes, escapes resolved. Raises ValueError when the text breaks the rules."""
    content = quoted[1:-1]
    if "\\" not in content and "\n" not in content:
        return content
    if VALID_CONTENT.fullmatch(content) is None:
        raise ValueError("not a quoted text")
    return ESCAPED.sub(_resolved, content)


def _resolved(match: re.Match[str]) -> str:
    simple, short, long, written_bytes = match.groups()
    if simple is not None:
        return UNESCAPES[simple]
    if written_bytes is not None:
        return _from_bytes(written_bytes)
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ValueError("not a quoted text")
    return chr(code)


def _from_bytes(written: str) -> str:
    r"""The characters that a run of \xHH and \ooo makes: they are bytes of UTF-8."""
    codes = [int(code[1:], 16) if code[0] == "x" else int(code, 8) for code in written.split("\\")[1:]]
    if max(codes) > 255:
        raise ValueError("not a quoted text")
    return bytes(codes).decode("utf-8", "replace")
