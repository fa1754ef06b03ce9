"""JSON from outside as expressions see it."""

from decimal import Decimal

from domain.expressions.values.kinds import XError
from domain.flow.engine.context_values import json_value


def test_numbers_of_json_keep_their_digits() -> None:
    assert json_value([1, 0.1, 12345678901234567, 1e22]) == [
        Decimal(1),
        Decimal("0.1"),
        Decimal(12345678901234567),
        Decimal("1E+22"),
    ]


def test_a_number_beyond_all_arithmetic_is_an_error_in_its_place() -> None:
    assert json_value({"a": 1e300, "b": 2}) == {"a": XError("number 1e+300 is out of range"), "b": Decimal(2)}
