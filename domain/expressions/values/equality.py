"""When two values are the same, and which of two comes first. Unlike `=`, types must agree here."""

from collections.abc import Hashable
from datetime import datetime, time
from typing import Any, Final

from domain.environment.moments import epoch_nanos, fraction_of
from domain.expressions.values.kinds import EvaluationError, Value, kind_of, object_items, unwrapped
from domain.expressions.values.rendering import MAX_DEPTH, describe

COMPARABLE: Final = frozenset({"text", "number", "boolean", "date", "datetime", "time"})


def identity(value: Value, depth: int = 0) -> Hashable:
    """A key that is equal for equal values: same type and same content, arrays and objects through and through."""
    if depth > MAX_DEPTH:
        raise EvaluationError("value is nested too deep")
    kind = kind_of(value)
    match kind:
        case "array":
            return kind, tuple(identity(unwrapped(item), depth + 1) for item in value)
        case "object":
            return kind, tuple((name, identity(item, depth + 1)) for name, item in object_items(value))
        case "datetime":
            return kind, epoch_nanos(value)
        case "time":
            return kind, order_of_time(value)
        case "function":
            return kind, value.name
        case "error":
            return kind, value.message
    return kind, value


def are_equal(a: Value, b: Value) -> bool:
    return identity(a) == identity(b)


def order_of_time(value: time) -> int:
    """Nanoseconds since midnight."""
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000_000 + fraction_of(value)


def sort_key(value: Value) -> Any:
    """What values of one comparable type are ordered by."""
    if isinstance(value, datetime):
        return epoch_nanos(value)
    return order_of_time(value) if isinstance(value, time) else value


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1; null comes first. Raises EvaluationError for types that have no order or don't agree."""
    if a is None or b is None:
        return (a is not None) - (b is not None)
    kinds = {check_comparable(a), check_comparable(b)}
    if len(kinds) > 1:
        raise EvaluationError("can't compare values of different types")
    left, right = sort_key(a), sort_key(b)
    return int(left > right) - int(left < right)


def check_comparable(value: Value) -> str:
    """The value's type; raises EvaluationError when it has no order."""
    kind = kind_of(value)
    if kind not in COMPARABLE:
        raise EvaluationError(f"{describe(value)} isn't a comparable type")
    return kind
