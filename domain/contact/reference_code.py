"""Reference codes: how a contact is called where its addresses are not to be seen (`A6YWQL`).

A code is the contact's id, scrambled under the organization's key by a Feistel network, so that codes neither tell how
many contacts there are nor lead from one to the next, and are turned back without a table. Ids below 2^30 have six
characters, later ones seven.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from domain.errors import Invalid

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which are mistaken for each other on the telephone."""

LAST_ID: Final = 9_999_999_999

_SHORT_LENGTH, _SHORT_BITS = 6, 30
_LONG_LENGTH, _LONG_BITS = 7, 34
_LONG_FROM: Final = 1 << _SHORT_BITS
_BITS_PER_CHARACTER: Final = 5
_MULTIPLIER: Final = 0x45D9F3B
_CODE: Final = re.compile(rf"[{ALPHABET}]{{{_SHORT_LENGTH},{_LONG_LENGTH}}}")
_DIGITS: Final = {character: digit for digit, character in enumerate(ALPHABET)}


def looks_like_reference_code(text: str) -> bool:
    """Whether the text has a code's length and characters."""
    return _CODE.fullmatch(text) is not None


@lru_cache(maxsize=16_384)
def reference_code(contact_id: int, key: tuple[int, int, int, int]) -> str:
    """The code of a contact's id (1 to 9,999,999,999) under the organization's obfuscation key. Raises Invalid."""
    if not 0 < contact_id <= LAST_ID:
        raise Invalid(f"a contact's id is from 1 to {LAST_ID}, not {contact_id}", field="id")
    if contact_id < _LONG_FROM:
        return _written(_scrambled(contact_id, key, _SHORT_BITS), _SHORT_LENGTH)
    return _written(_scrambled(contact_id - _LONG_FROM, key, _LONG_BITS), _LONG_LENGTH)


def contact_id_of(code: str, key: tuple[int, int, int, int]) -> int:
    """The contact id behind a code. Raises Invalid for text that is no code of this key."""
    if not looks_like_reference_code(code):
        raise Invalid(f"'{code[:16]}' is not a contact's reference code", field="ref")
    bits, offset = (_SHORT_BITS, 0) if len(code) == _SHORT_LENGTH else (_LONG_BITS, _LONG_FROM)
    number = 0
    for character in code:
        number = number << _BITS_PER_CHARACTER | _DIGITS[character]
    contact_id = offset + _unscrambled(number, key, bits) if number >> bits == 0 else 0
    if not 0 < contact_id <= LAST_ID:
        raise Invalid(f"'{code}' is not a contact's reference code", field="ref")
    return contact_id


def _scrambled(number: int, key: Sequence[int], bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for part in key:
        left, right = right, left ^ _mixed(right, part, mask)
    return left << half | right


def _unscrambled(number: int, key: Sequence[int], bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for part in reversed(key):
        left, right = right ^ _mixed(left, part, mask), left
    return left << half | right


def _mixed(half: int, part: int, mask: int) -> int:
    mixed = (half ^ part) * _MULTIPLIER
    return (mixed ^ mixed >> 16) & mask


def _written(number: int, length: int) -> str:
    shifts = range((length - 1) * _BITS_PER_CHARACTER, -1, -_BITS_PER_CHARACTER)
    return "".join(ALPHABET[number >> shift & 31] for shift in shifts)
