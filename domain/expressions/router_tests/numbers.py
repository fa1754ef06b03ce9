"""Tests of numbers in a text, written with the organization's symbols or in Arabic-Indic or Bengali digits."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import re2

from domain.environment.environment import NumberFormat
from domain.environment.words import trim
from domain.expressions.patterns import strict_pattern
from domain.expressions.router_tests.results import match, no_match
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_number, to_text
from domain.expressions.values.kinds import Value
from domain.expressions.values.number import number_from_text

ARABIC_INDIC: Final = 0x0660
EASTERN_ARABIC: Final = 0x06F0
BENGALI: Final = 0x09E6
DIGITS: Final = {start + digit: str(digit) for start in (ARABIC_INDIC, EASTERN_ARABIC, BENGALI) for digit in range(10)}


@lru_cache(maxsize=64)
def _candidates(number_format: NumberFormat, in_ascii: bool) -> Any:
    """What may be a number. Python's own expressions are faster where the text has no digits but 0 to 9."""
    group, point = re2.escape(number_format.digit_grouping_symbol), re2.escape(number_format.decimal_symbol)
    if in_ascii and number_format.digit_grouping_symbol.isascii() and number_format.decimal_symbol.isascii():
        return re.compile(rf"[-+]?(?:[0-9{group}]+(?:{point}[0-9]+)?|(?:\W|^){point}[0-9]+)", re.ASCII)
    return strict_pattern(rf"[-+]?([\pN{group}]+({point}[\pN]+)?|(\W|^){point}[\pN]+)")


def parse_written_number(text: str, number_format: NumberFormat) -> Decimal | None:
    """The number that a text is when written with an organization's symbols, or None."""
    digits = trim(text)
    if number_format.digit_grouping_symbol:
        digits = digits.replace(number_format.digit_grouping_symbol, "")
    if number_format.decimal_symbol != ".":
        digits = digits.replace(number_format.decimal_symbol, ".")
    return number_from_text(digits if digits.isascii() else digits.translate(DIGITS))


def numbers_in(text: str, number_format: NumberFormat) -> Iterator[Decimal]:
    """The numbers in a text, in order."""
    pattern = _candidates(number_format, text.isascii())
    for candidate in pattern.finditer(text):
        number = parse_written_number(candidate.group(), number_format)
        if number is not None:
            yield number


def _first(scope: Scope, text: str, holds: Callable[[Decimal], bool]) -> Value:
    for number in numbers_in(text, scope.environment.number_format):
        if holds(number):
            return match(number)
    return no_match()


def has_number(scope: Scope, text: Value) -> Value:
    """Whether there is a number; matches the first."""
    return _first(scope, to_text(text), lambda number: True)


def has_number_eq(scope: Scope, text: Value, value: Value) -> Value:
    characters, expected = to_text(text), to_number(value)
    return _first(scope, characters, lambda number: number == expected)


def has_number_lt(scope: Scope, text: Value, limit: Value) -> Value:
    characters, most = to_text(text), to_number(limit)
    return _first(scope, characters, lambda number: number < most)


def has_number_lte(scope: Scope, text: Value, limit: Value) -> Value:
    characters, most = to_text(text), to_number(limit)
    return _first(scope, characters, lambda number: number <= most)


def has_number_gt(scope: Scope, text: Value, limit: Value) -> Value:
    characters, least = to_text(text), to_number(limit)
    return _first(scope, characters, lambda number: number > least)


def has_number_gte(scope: Scope, text: Value, limit: Value) -> Value:
    characters, least = to_text(text), to_number(limit)
    return _first(scope, characters, lambda number: number >= least)


def has_number_between(scope: Scope, text: Value, least: Value, most: Value) -> Value:
    """Whether there is a number from least to most, both included."""
    characters, low, high = to_text(text), to_number(least), to_number(most)
    return _first(scope, characters, lambda number: low <= number <= high)
