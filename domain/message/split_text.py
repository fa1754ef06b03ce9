"""Cutting a text into parts that fit, on the borders a reader would choose.

A part ends, in this order of preference: at the first blank of its last few characters; at the last end of a sentence
or clause, else the last blank, of its second half; and only when there is none, between two characters as readers see
them (never inside an emoji or between a letter and its accent). Parts are trimmed, empty parts dropped.
"""

from collections.abc import Callable
from typing import Final, Literal

import regex

from domain.message import gsm7

Weigh = Callable[[str], int]

LOOK_BACK: Final = 6
"""The last characters of a part, where any blank is as good a border as a full stop further back."""

GSM7_ALONE: Final = 160
GSM7_JOINED: Final = 153
"""A joined part gives up seven septets to its header; of UCS-2's 70 units it takes three."""
UCS2_ALONE: Final = 70
UCS2_JOINED: Final = 67

_CLAUSE_END: Final = regex.compile(r"[.!?…;:,。！？；：，、؟،।](?=\s)|\n|[。！？；：，、]")
_BLANK: Final = regex.compile(r"\s")
_CHARACTER: Final = regex.compile(r"\X")


def split_text(text: str, limit: int, weigh: Weigh = len) -> tuple[str, ...]:
    """The text in parts of at most `limit`, counted by `weigh` (characters unless told). A text that fits stays as it is."""
    if limit < 1:
        raise ValueError(f"the limit of a part is a positive number, not {limit}")
    if weigh(text) <= limit:
        return (text,)
    parts: list[str] = []
    rest = text.strip()
    while rest and weigh(rest) > limit:
        cut = _cut(rest, _fitting(rest, limit, weigh))
        part = rest[:cut].rstrip()
        if part:
            parts.append(part)
        rest = rest[cut:].lstrip()
    return (*parts, rest) if rest else tuple(parts)


def _fitting(text: str, limit: int, weigh: Weigh) -> int:
    """How many characters of the text fit."""
    if weigh is len:
        return limit
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if weigh(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, fitting: int) -> int:
    """Where to cut, at most `fitting` characters from the start; the character there may be a blank that is dropped."""
    near_end = _BLANK.search(text, max(1, fitting - LOOK_BACK), fitting + 1)
    if near_end is not None:
        return int(near_end.start())
    half = max(1, fitting // 2)
    for border in (_CLAUSE_END, _BLANK):
        found = [match.end() for match in border.finditer(text, half, fitting)]
        if found:
            return int(found[-1])
    return _between_characters(text, fitting)


def _between_characters(text: str, fitting: int) -> int:
    """The last border between two visible characters; a single character wider than the limit is cut all the same."""
    end = 0
    for match in _CHARACTER.finditer(text, 0, min(len(text), fitting + 64)):
        if match.end() > fitting:
            break
        end = match.end()
    return end or max(1, fitting)


def utf16_units(text: str) -> int:
    """How many UCS-2 units a text takes: characters beyond the basic plane, emoji above all, count double."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_sms(text: str) -> tuple[str, ...]:
    """The text in as many SMS as it takes when each is sent on its own: 160 septets, or 70 units of UCS-2."""
    if gsm7.is_gsm7(text):
        return split_text(text, GSM7_ALONE, gsm7.septets)
    return split_text(text, UCS2_ALONE, utf16_units)


def sms_segments(text: str) -> tuple[Literal["gsm7", "ucs2"], int]:
    """The alphabet a text needs and how many SMS segments an operator makes, and bills, of it (at least one)."""
    if gsm7.is_gsm7(text):
        units = gsm7.septets(text)
        return "gsm7", 1 if units <= GSM7_ALONE else -(-units // GSM7_JOINED)
    units = utf16_units(text)
    return "ucs2", 1 if units <= UCS2_ALONE else -(-units // UCS2_JOINED)
