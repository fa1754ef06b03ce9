"""From any value to the type that an operator or function needs. What can't be converted raises EvaluationError."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from domain.environment.date_text import date_from_text, datetime_from_text, time_from_text
from domain.environment.moments import MIDNIGHT, clock_time, in_zone, local_moment, time_of
from domain.environment.words import trim
from domain.expressions.scope import Scope
from domain.expressions.values.kinds import (
    MISSING,
    EvaluationError,
    Value,
    XError,
    XFunction,
    kind_of,
    object_default,
    unwrapped,
)
from domain.expressions.values.number import number_from_text, number_text, truncated
from domain.expressions.values.rendering import describe, is_true, render

INT_MIN: Final = -(2**31)
INT_MAX: Final = 2**31 - 1
LONGEST_NUMBER: Final = 200
"""Characters: no number that is in range takes as many without zeros before it."""


def _unable(value: Value, kind: str) -> EvaluationError:
    return EvaluationError(f"unable to convert {describe(value)} to a {kind}")


def _resolved(value: Value) -> Value:
    """Objects stand for their default; errors are raised."""
    for _ in range(10):
        if value.__class__ is XError:
            raise EvaluationError(value.message)
        if value.__class__ is str or kind_of(value) != "object":
            return value
        default = object_default(value)
        if default is MISSING:
            return value
        value = default
    return value


def to_text(value: Value) -> str:
    """Null is "", everything else as rendered."""
    if value.__class__ is str:
        return value
    if value.__class__ is Decimal:
        return number_text(value)
    if value.__class__ is XError:
        raise EvaluationError(value.message)
    return "" if value is None else render(value)


def to_boolean(value: Value) -> bool:
    """Truthiness, errors raised."""
    if value.__class__ is XError:
        raise EvaluationError(value.message)
    return is_true(value)


def to_number(value: Value) -> Decimal:
    """A number, or a text that is one. Booleans, dates and null are none."""
    if value.__class__ is Decimal:
        return value
    resolved = _resolved(value)
    if resolved.__class__ is Decimal:
        return resolved
    if resolved.__class__ is str:
        digits = resolved if len(resolved) < LONGEST_NUMBER else trim(resolved)
        number = number_from_text(digits) if len(digits) < LONGEST_NUMBER else None
        if number is not None:
            return number
    raise _unable(resolved, "number")


def to_integer(value: Value) -> int:
    """A number's whole part, of at most 32 bits."""
    number = to_number(value)
    whole = truncated(number)
    if not INT_MIN <= whole <= INT_MAX:
        raise EvaluationError(f"number value {number_text(number)} is out of range for an integer")
    return whole


def to_date(value: Value, scope: Scope) -> date:
    """A date, a datetime's date in the environment's zone, or the first date in a text."""
    resolved = _resolved(value)
    environment = scope.environment
    if isinstance(resolved, datetime):
        return in_zone(resolved, environment.timezone).date()
    if isinstance(resolved, date):
        return resolved
    if isinstance(resolved, str):
        try:
            return date_from_text(resolved, environment.date_format, scope.now)
        except ValueError:
            pass
    raise _unable(resolved, "date")


def to_datetime(value: Value, scope: Scope, *, fill_time: bool = False) -> datetime:
    """A datetime, a date's midnight in the environment's zone, or the first date and time in a text."""
    resolved = _resolved(value)
    environment = scope.environment
    if isinstance(resolved, datetime):
        return resolved
    if isinstance(resolved, date):
        return local_moment(resolved, MIDNIGHT, environment.timezone)
    if isinstance(resolved, str):
        try:
            return datetime_from_text(
                resolved, environment.date_format, environment.timezone, scope.now, fill_time=fill_time
            )
        except ValueError:
            pass
    raise _unable(resolved, "datetime")


def to_time(value: Value) -> time:
    """A time, what a datetime's own clock shows, an hour as a number, or the first time in a text."""
    resolved = _resolved(value)
    if isinstance(resolved, time):
        return resolved
    if isinstance(resolved, datetime):
        return time_of(resolved)
    if isinstance(resolved, Decimal):
        hour = truncated(resolved)
        if 0 <= hour <= 24:
            return clock_time(hour % 24)
    elif isinstance(resolved, str):
        try:
            return time_from_text(resolved)
        except ValueError:
            pass
    raise _unable(resolved, "time")


def to_array(value: Value) -> list[Value]:
    """An array; null is an empty one."""
    if value.__class__ is XError:
        raise EvaluationError(value.message)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise EvaluationError(f"unable to convert {describe(value)} to an array")


def to_object(value: Value) -> Value:
    """An object; null is an empty one."""
    if value.__class__ is XError:
        raise EvaluationError(value.message)
    if value is None:
        return {}
    if kind_of(value) == "object":
        return value
    raise EvaluationError(f"unable to convert {describe(value)} to an object")


def to_function(value: Value) -> XFunction:
    """A function; nothing else is one."""
    if value.__class__ is XError:
        raise EvaluationError(value.message)
    if value.__class__ is XFunction:
        return value
    raise EvaluationError(f"{describe(value)} is not a function")


def items_of(array: list[Value]) -> list[Value]:
    """An array's items, ready to be used."""
    return [unwrapped(item) for item in array]
