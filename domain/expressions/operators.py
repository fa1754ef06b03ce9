"""What the operators do with values. Bad operands raise EvaluationError."""

from collections.abc import Callable
from typing import Final

from domain.expressions.values import number
from domain.expressions.values.conversions import to_number, to_text
from domain.expressions.values.kinds import Value

BINARY: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "&": lambda a, b: to_text(a) + to_text(b),
    "=": lambda a, b: to_text(a) == to_text(b),
    "!=": lambda a, b: to_text(a) != to_text(b),
    "+": lambda a, b: number.add(to_number(a), to_number(b)),
    "-": lambda a, b: number.subtract(to_number(a), to_number(b)),
    "*": lambda a, b: number.multiply(to_number(a), to_number(b)),
    "/": lambda a, b: number.divide(to_number(a), to_number(b)),
    "^": lambda a, b: number.power(to_number(a), to_number(b)),
    "<": lambda a, b: to_number(a) < to_number(b),
    "<=": lambda a, b: to_number(a) <= to_number(b),
    ">": lambda a, b: to_number(a) > to_number(b),
    ">=": lambda a, b: to_number(a) >= to_number(b),
}
"""Texts are compared exactly, so that 1 equals "1"; the arithmetic and the order are of numbers."""


def negate(value: Value) -> Value:
    return to_number(value).copy_negate()
