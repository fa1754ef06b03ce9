"""Telephone numbers: from what people and aggregators write to E.164 and back.

A number is accepted when it is *possible* (right length for its country), not only when it is known to be assigned:
numbering plans change faster than anybody's tables.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from domain.kept import kept_for_short_texts
from domain.urn.errors import ImpossibleNumber
from domain.urn.schemes import SCHEMES

NUMBERS_KEPT = 65_536
"""How many parsed numbers are kept; parsing one takes about 20 µs."""

LONGEST_KEPT = 60
"""Characters of a number with all that people write between its digits."""

ROUNDS_TO_SETTLE = 3
"""How often an E.164 form may change when it is parsed again before the number is refused: some numbers lose a carrier
prefix each time, and two forms of one number would be two contacts."""

FULL_NUMBER_LENGTH = 11
"""From this length on, a number that isn't possible in its country may have been written without its plus sign."""

_NOISE = re.compile(r"[\W_]+")
_SHORT_CODE = re.compile(r"[1-9][0-9]{2,5}")
_SENDER_ID = re.compile(r"[a-z0-9]{3,64}")
_CANDIDATE = re.compile(r"\+?[\d .\-()]{5,}", re.ASCII)


@kept_for_short_texts(NUMBERS_KEPT, LONGEST_KEPT)
def normalise_number(text: str, country: str = "", *, short_codes: bool = False, sender_ids: bool = False) -> str:
    """A number as people write it to E.164 (`+250788383383`), a short code (`1234`) or a sender id (`prizes`).

    `country` is the ISO code ("" when unknown) of numbers without a country code. Raises ImpossibleNumber.
    """
    stripped = text.strip()
    number = ("+" if stripped.startswith("+") else "") + _NOISE.sub("", stripped)
    full = _e164(number, country)
    if full is None and len(number) >= FULL_NUMBER_LENGTH and number[0] not in "0+":
        full = _e164("+" + number, country)
    if full is not None:
        return full
    if short_codes and _is_known_country(country) and _SHORT_CODE.fullmatch(number):
        return number
    if sender_ids and _SENDER_ID.fullmatch(number.lower()):
        return number.lower()
    raise ImpossibleNumber


def _e164(number: str, country: str) -> str | None:
    for _ in range(ROUNDS_TO_SETTLE):
        try:
            parsed = phonenumbers.parse(number, country or None)
        except NumberParseException:
            return None
        if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
            return None
        full: str = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        if full == number:
            return full
        number = full
    return None


def _is_known_country(country: str) -> bool:
    return country in phonenumbers.SUPPORTED_REGIONS


def parse_phone(text: str, country: str = "") -> str:
    """The E.164 number that a whole text is, or "" when it isn't one: for searches, which must not guess."""
    stripped = text.strip()
    return _number_in(stripped, country) if _CANDIDATE.fullmatch(stripped) else ""


def find_phones(text: str, country: str = "") -> list[str]:
    """The E.164 numbers in a text, in order of appearance."""
    found = (_number_in(candidate, country) for candidate in _CANDIDATE.findall(text))
    return [number for number in found if number]


def find_phone(text: str, country: str = "") -> str:
    """The first E.164 number in a text, "" when there is none; reads no further than it must."""
    for candidate in _CANDIDATE.finditer(text):
        number = _number_in(candidate.group(), country)
        if number:
            return number
    return ""


def _number_in(candidate: str, country: str) -> str:
    try:
        number = normalise_number(candidate, country)
    except ImpossibleNumber:
        return ""
    return number if SCHEMES["tel"].takes(number) else ""


@kept_for_short_texts(NUMBERS_KEPT, LONGEST_KEPT)
def country_of_number(number: str) -> str:
    """The ISO code of the country of an E.164 number, "" when it has none (short codes, satellite and freephone)."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except NumberParseException:
        return ""
    return region if region is not None and len(region) == 2 and region.isalpha() and region != "ZZ" else ""


@kept_for_short_texts(NUMBERS_KEPT, LONGEST_KEPT)
def national_format(number: str) -> str:
    """An E.164 number as people of its country write it; anything else unchanged."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    written: str = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return written


def local_number(number: str, country: str) -> str:
    """The digits to dial inside `country` without a trunk prefix; a number that can't be read stays as it is."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except NumberParseException:
        return number
    return str(parsed.national_number)
