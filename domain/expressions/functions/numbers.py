"""Functions of numbers."""

from decimal import Decimal
from typing import Final

from domain.expressions.scope import Scope
from domain.expressions.values import number as arithmetic
from domain.expressions.values.conversions import to_integer, to_number
from domain.expressions.values.kinds import Value

ROUND_WIDE: Final = arithmetic.WIDE


def abs_(scope: Scope, number: Value) -> Value:
    return to_number(number).copy_abs()


def round_(scope: Scope, number: Value, places: Value = Decimal(0)) -> Value:
    """Halves go away from zero."""
    return arithmetic.round_half_away(to_number(number), to_integer(places))


def round_up(scope: Scope, number: Value, places: Value = Decimal(0)) -> Value:
    return arithmetic.round_up(to_number(number), to_integer(places))


def round_down(scope: Scope, number: Value, places: Value = Decimal(0)) -> Value:
    return arithmetic.round_down(to_number(number), to_integer(places))


def max_(scope: Scope, *numbers: Value) -> Value:
    return max([to_number(number) for number in numbers])


def min_(scope: Scope, *numbers: Value) -> Value:
    return min([to_number(number) for number in numbers])


def total(numbers: list[Value]) -> Decimal:
    """The sum of numbers, or of what can be read as numbers."""
    result = arithmetic.ZERO
    for number in numbers:
        result = arithmetic.add(result, to_number(number))
    return result


def mean(scope: Scope, *numbers: Value) -> Value:
    return arithmetic.divide(total(list(numbers)), Decimal(len(numbers)))


def mod(scope: Scope, dividend: Value, divisor: Value) -> Value:
    """What division leaves, with the sign of the dividend."""
    return arithmetic.remainder(to_number(dividend), to_number(divisor))


def rand(scope: Scope) -> Value:
    """A number from 0 up to but not including 1."""
    return Decimal(repr(scope.random()))


def rand_between(scope: Scope, least: Value, most: Value) -> Value:
    """A whole number from least to most, both included."""
    low, high = to_number(least), to_number(most)
    span = ROUND_WIDE.add(ROUND_WIDE.subtract(high, low), Decimal(1))
    chosen = ROUND_WIDE.add(ROUND_WIDE.multiply(Decimal(repr(scope.random())), span), low)
    return arithmetic.bounded(chosen.to_integral_value(rounding="ROUND_FLOOR"))
