"""Functions that turn a value into one of a given type: `number("12")`, `array(1, 2)`, `object("a", 1)`."""

from domain.expressions.scope import Scope
from domain.expressions.values import conversions as convert
from domain.expressions.values.kinds import EvaluationError, Value
from domain.expressions.values.rendering import raise_if_error

MAX_ITEMS = 10_000
"""How many items an array may be given."""


def check_items(count: int) -> None:
    """Raises EvaluationError when an array would be too long."""
    if count > MAX_ITEMS:
        raise EvaluationError(f"array can't have more than {MAX_ITEMS} items")


def text(scope: Scope, value: Value) -> Value:
    return convert.to_text(value)


def boolean(scope: Scope, value: Value) -> Value:
    return convert.to_boolean(value)


def number(scope: Scope, value: Value) -> Value:
    return convert.to_number(value)


def date(scope: Scope, value: Value) -> Value:
    return convert.to_date(value, scope)


def datetime(scope: Scope, value: Value) -> Value:
    return convert.to_datetime(value, scope)


def time(scope: Scope, value: Value) -> Value:
    return convert.to_time(value)


def array(scope: Scope, *values: Value) -> Value:
    """The values as an array; the first error among them is the result."""
    check_items(len(values))
    for value in values:
        raise_if_error(value)
    return list(values)


def object_(scope: Scope, *pairs: Value) -> Value:
    """An object of keys and values in turn; the first error among them is the result."""
    if len(pairs) % 2:
        raise EvaluationError("requires an even number of arguments")
    for value in pairs:
        raise_if_error(value)
    return {convert.to_text(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}
