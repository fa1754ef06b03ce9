"""Texts character by character and word by word: what a word is, upper and lower case, trimming, cutting, naming keys.

Case changes map one character to one (ß has no capital, İ becomes i, no special sigma at the end of a word): keywords and
answers were always compared that way.
"""

import re
from functools import lru_cache
from typing import Final

import regex

SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_']+|[$+<=>^`|~]")
WORD: Final = regex.compile(r"[\p{M}\p{L}\p{N}_']+|\p{S}")
NOT_KEY: Final = regex.compile(r"[^\p{L}0-9_]+")
ELLIPSIS: Final = "..."
OPENING: Final = "([{"
CLOSING: Final = ")]}"


def trim(text: str) -> str:
    """Without white space at either end."""
    return text.strip(SPACES)


def words_of(text: str) -> list[str]:
    """The words and symbols of a text: runs of letters, marks, digits, `_` and `'`; each symbol (emoji too) by itself."""
    if text.isascii():
        return ASCII_WORD.findall(text)
    found: list[str] = WORD.findall(text)
    return found


def split_on(text: str, delimiters: str) -> list[str]:
    """The non-empty pieces between any of the delimiting characters."""
    pieces = [text]
    for delimiter in set(delimiters):
        pieces = [part for piece in pieces for part in piece.split(delimiter)]
    return [piece for piece in pieces if piece]


def lower(text: str) -> str:
    """Lower case, character by character."""
    return text.lower() if text.isascii() else "".join(map(_lower_character, text))


def upper(text: str) -> str:
    """Upper case, character by character."""
    return text.upper() if text.isascii() else "".join(map(_upper_character, text))


@lru_cache(maxsize=4096)
def _lower_character(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else lowered[0]


@lru_cache(maxsize=4096)
def _upper_character(character: str) -> str:
    raised = character.upper()
    return raised if len(raised) == 1 else _title_character(character)


@lru_cache(maxsize=4096)
def _title_character(character: str) -> str:
    titled = character.title()
    return titled if len(titled) == 1 else character


def title(text: str) -> str:
    """Each word's first letter as a capital, the others small. An apostrophe separates words, as any ASCII sign does."""
    written = []
    after_separator = True
    for character in lower(text):
        written.append(_title_character(character) if after_separator else character)
        after_separator = _separates(character)
    return "".join(written)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return character in SPACES


def truncate(text: str, limit: int) -> str:
    """The first characters of a text."""
    return text if len(text) <= limit else text[: max(limit, 0)]


def truncate_with_ellipsis(text: str, limit: int) -> str:
    """Cut to a limit that includes the three dots showing that something was cut (a limit under four has no room for them)."""
    if len(text) <= limit:
        return text
    return truncate(text, limit) if limit <= len(ELLIPSIS) else text[: limit - len(ELLIPSIS)] + ELLIPSIS


def snakify(text: str) -> str:
    """The key of a result's or field's name: `Favorite Color?` gives `favorite_color_`."""
    return lower(NOT_KEY.sub("_", trim(text)))


def indent(text: str, prefix: str) -> str:
    """Every line that is not empty, moved in by a prefix."""
    return "\n".join(prefix + line if line else line for line in text.split("\n"))


def prefix_overlap(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    count = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        count += 1
    return count


def nesting_exceeds(text: str, limit: int) -> bool:
    """Whether brackets of any kind are open more than `limit` deep, wherever they stand."""
    depth = 0
    for character in text:
        if character in OPENING:
            depth += 1
            if depth > limit:
                return True
        elif character in CLOSING and depth > 0:
            depth -= 1
    return False
