"""Numbers: exact decimals of at most 36 significant digits between 10^-100 and 10^100.

`Decimal` with a context that refuses, instead of rounding, whatever does not fit: trailing zeros are free, a 37th digit is
an error. Division keeps 16 places and rounds halves away from zero.
"""

import re
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
)
from functools import lru_cache
from typing import Final

from domain.environment.environment import NumberFormat
from domain.environment.words import trim
from domain.expressions.values.kinds import EvaluationError

MAX_DIGITS: Final = 36
MAX_EXPONENT: Final = 100
DIVISION_PLACES: Final = 16
MAX_PLACES: Final = 1000
PLACES_OF_SERIES: Final = 40
"""Up to here a fractional power is worked out term by term; more exact ones hardly ever fit into a number."""
OUT_OF_RANGE: Final = "number value out of range"
DIVISION_BY_ZERO: Final = "division by zero"

NUMBER_TEXT: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
ZERO: Final = Decimal(0)

BOUNDED: Final = Context(
    prec=MAX_DIGITS,
    Emin=-MAX_EXPONENT,
    Emax=MAX_EXPONENT,
    rounding=ROUND_HALF_UP,
    traps=[Inexact, Overflow, Subnormal, InvalidOperation],
)
WIDE: Final = Context(prec=4000, Emin=-999999, Emax=999999, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
"""Room for every intermediate result: 36 digits to the power of 100."""


def bounded(value: Decimal) -> Decimal:
    """The value if it is in range; raises EvaluationError otherwise."""
    try:
        return BOUNDED.plus(value)
    except DecimalException:
        raise EvaluationError(OUT_OF_RANGE) from None


def is_in_range(value: Decimal) -> bool:
    """Whether a value has at most 36 significant digits and a magnitude within 10^±100."""
    try:
        BOUNDED.plus(value)
    except DecimalException:
        return False
    return True


def parse_number(text: str) -> Decimal:
    """A number as people write it in flows: digits, a point, a minus. Raises ValueError with the reason."""
    if NUMBER_TEXT.fullmatch(text) is None:
        raise ValueError("not a valid number format")
    if len(text) > MAX_DIGITS + 2 and len(text.strip("-0.").replace(".", "")) > MAX_DIGITS:
        raise ValueError("number has too many digits")
    value = Decimal(text)
    if not is_in_range(value):
        too_long = len(text.replace(".", "").strip("-0")) > MAX_DIGITS
        raise ValueError("number has too many digits" if too_long else "number value is out of permitted range")
    return value


def number_text(value: Decimal) -> str:
    """Plain digits: no exponent, no zeros at the end of a fraction, no minus before zero."""
    text = str(value)
    if text.isdigit():
        return text
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def add(a: Decimal, b: Decimal) -> Decimal:
    try:
        return BOUNDED.add(a, b)
    except DecimalException:
        raise EvaluationError(OUT_OF_RANGE) from None


def subtract(a: Decimal, b: Decimal) -> Decimal:
    try:
        return BOUNDED.subtract(a, b)
    except DecimalException:
        raise EvaluationError(OUT_OF_RANGE) from None


def multiply(a: Decimal, b: Decimal) -> Decimal:
    try:
        return BOUNDED.multiply(a, b)
    except DecimalException:
        raise EvaluationError(OUT_OF_RANGE) from None


def divide(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise EvaluationError(DIVISION_BY_ZERO)
    return bounded(_quotient(a, b, DIVISION_PLACES))


def remainder(a: Decimal, b: Decimal) -> Decimal:
    """What truncated division leaves: it has the sign of the dividend."""
    if not b:
        raise EvaluationError(DIVISION_BY_ZERO)
    return bounded(WIDE.remainder(a, b))


def _quotient(a: Decimal, b: Decimal, places: int) -> Decimal:
    """a / b at so many places, halves away from zero: long division on whole numbers, so never rounded twice."""
    scaled, divisor = _as_integer(a), _as_integer(b)
    shift = _exponent(a) - _exponent(b) + places
    top, bottom = abs(scaled), abs(divisor)
    if shift >= 0:
        top *= 10**shift
    else:
        bottom *= 10**-shift
    whole, rest = divmod(top, bottom)
    if rest * 2 >= bottom:
        whole += 1
    signed = -whole if (scaled < 0) != (divisor < 0) else whole
    return Decimal(signed).scaleb(-places, WIDE)


def _as_integer(value: Decimal) -> int:
    return int(value.scaleb(-_exponent(value), WIDE))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """base ^ exponent. Zero to the power of zero or less is 0, and so is a negative base with a fractional exponent."""
    if exponent.copy_abs() > MAX_EXPONENT:
        raise EvaluationError(OUT_OF_RANGE)
    if not base:
        return ZERO
    if exponent == exponent.to_integral_value():
        whole = int(exponent)
        raised = WIDE.power(base, abs(whole))
        return bounded(raised if whole >= 0 else _quotient(Decimal(1), raised, DIVISION_PLACES))
    if base < 0:
        return ZERO
    return bounded(_fractional_power(base, exponent))


def _fractional_power(base: Decimal, exponent: Decimal) -> Decimal:
    """The whole part of the exponent exactly, the rest as exp(rest · ln base) at the places the operands' digits warrant."""
    if _exponent(base) > 0:
        base = _quantized(base, 0)
    precision = _digits(base)
    if _digits(exponent) > precision:
        precision += _digits(exponent)
    places = precision + 6 - _exponent(base)
    room = Context(prec=places + 120, rounding=ROUND_HALF_UP)
    whole = truncated(exponent)
    logarithm = _quantized(room.ln(base), places)
    part = WIDE.multiply(logarithm, WIDE.subtract(exponent, Decimal(whole)))
    rest = _sum_of_series(part, places) if places <= PLACES_OF_SERIES else _quantized(room.exp(part), places)
    raised = WIDE.power(base, abs(whole))
    if whole < 0:
        raised = _quotient(Decimal(1), raised, DIVISION_PLACES)
    return WIDE.multiply(raised, rest)


def _sum_of_series(value: Decimal, places: int) -> Decimal:
    """e ^ value by its series, every term rounded to one place more than the result: the last digit that flows are used to."""
    room = Context(prec=2 * places + 60, rounding=ROUND_HALF_UP)
    size, unit = value.copy_abs(), Decimal((0, (1,), -places - 1))
    total = term = Decimal(1)
    count = 0
    rounded = total
    while rounded >= unit:
        count += 1
        term = room.divide(room.multiply(term, size), Decimal(count))
        rounded = term.quantize(unit, context=room)
        total = WIDE.add(total, rounded)
    return _quantized(_quotient(Decimal(1), total, places + 1) if value < 0 else total, places)


def _digits(value: Decimal) -> int:
    return len(value.as_tuple().digits)


def round_half_away(value: Decimal, places: int) -> Decimal:
    """Rounded at so many places (tens for negative places), halves away from zero; in range or EvaluationError."""
    places = max(-MAX_PLACES, min(MAX_PLACES, places))
    if -_exponent(value) <= places:
        return bounded(value)
    return bounded(_quantized(value, places))


def _quantized(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal((0, (1,), -places)), context=WIDE)


def round_up(value: Decimal, places: int) -> Decimal:
    """Toward plus infinity: an exact value stays, another gets half a unit of the last place before rounding."""
    return _round_toward(value, places, 1)


def round_down(value: Decimal, places: int) -> Decimal:
    """Toward minus infinity."""
    return _round_toward(value, places, -1)


def _round_toward(value: Decimal, places: int, direction: int) -> Decimal:
    places = max(-MAX_PLACES, min(MAX_PLACES, places))
    rounded = round_half_away(value, places)
    if rounded == value:
        return value
    half = Decimal((0 if direction > 0 else 1, (5,), -places - 1))
    return bounded(_quantized(WIDE.add(value, half), places))


def truncated(value: Decimal) -> int:
    """The whole part, toward zero."""
    return int(value.to_integral_value(rounding=ROUND_DOWN))


def format_number(value: Decimal, number_format: NumberFormat, places: int = -1, grouped: bool = True) -> str:
    """The number with an organization's symbols; places below 0 show as many as there are."""
    text = number_text(value) if places < 0 else _fixed(value, places)
    whole, _, fraction = text.partition(".")
    if grouped and number_format.digit_grouping_symbol:
        whole = _grouped(whole, number_format.digit_grouping_symbol)
    return f"{whole}{number_format.decimal_symbol}{fraction}" if fraction else whole


def _fixed(value: Decimal, places: int) -> str:
    text = format(_quantized(value, places), "f")
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _grouped(whole: str, symbol: str) -> str:
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return sign + f"{int(digits):,}".replace(",", symbol)


@lru_cache(maxsize=4096)
def number_from_text(text: str) -> Decimal | None:
    """The number that a text holds, spaces around it allowed, or None."""
    try:
        return parse_number(trim(text))
    except ValueError:
        return None
