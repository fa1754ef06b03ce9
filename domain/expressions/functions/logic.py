"""Functions that choose: `and`, `or`, `if`, `default`, `is_error`."""

from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_boolean, to_text
from domain.expressions.values.kinds import EvaluationError, Value, XError


def and_(scope: Scope, *values: Value) -> Value:
    """Whether all are true; an error counts only when nothing false comes before it."""
    return all(to_boolean(value) for value in values)


def or_(scope: Scope, *values: Value) -> Value:
    """Whether any is true; an error counts only when nothing true comes before it."""
    return any(to_boolean(value) for value in values)


def if_(scope: Scope, test: Value, value1: Value, value2: Value) -> Value:
    """One of two values; the one that isn't chosen may be an error."""
    return value1 if to_boolean(test) else value2


def is_error(scope: Scope, value: Value) -> Value:
    return value.__class__ is XError


def default(scope: Scope, value: Value, otherwise: Value) -> Value:
    """The value, or another where it is an error or has no text."""
    try:
        return otherwise if to_text(value) == "" else value
    except EvaluationError:
        return otherwise
