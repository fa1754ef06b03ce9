"""What the operators do with values. Bad operands raise EvaluationError."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from domain.expressions.values import number
from domain.expressions.values.conversions import to_number, to_text
from domain.expressions.values.kinds import Value

Operator = Callable[[Value, Value], Value]


def _arithmetic(compute: Callable[[Decimal, Decimal], Value]) -> Operator:
    """An operator on numbers; texts that are numbers count as such."""

    def operate(a: Value, b: Value) -> Value:
        return compute(
            a if a.__class__ is Decimal else to_number(a),
            b if b.__class__ is Decimal else to_number(b),
        )

    return operate


BINARY: Final[dict[str, Operator]] = {
    "&": lambda a, b: to_text(a) + to_text(b),
    "=": lambda a, b: to_text(a) == to_text(b),
    "!=": lambda a, b: to_text(a) != to_text(b),
    "+": _arithmetic(number.add),
    "-": _arithmetic(number.subtract),
    "*": _arithmetic(number.multiply),
    "/": _arithmetic(number.divide),
    "^": _arithmetic(number.power),
    "<": _arithmetic(operator.lt),
    "<=": _arithmetic(operator.le),
    ">": _arithmetic(operator.gt),
    ">=": _arithmetic(operator.ge),
}
"""Texts are compared exactly, so that 1 equals "1"; the arithmetic and the order are of numbers."""


def negate(value: Value) -> Value:
    return to_number(value).copy_negate()
