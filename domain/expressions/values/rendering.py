"""Values as text: plain (`render`), pretty (`pretty`), and as error messages speak of them (`describe`)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final

from domain.environment.environment import Environment
from domain.environment.layouts import format_date, format_datetime, format_time
from domain.environment.moments import MIDNIGHT, ZERO_DATETIME, in_zone, nanos_of
from domain.environment.words import indent
from domain.expressions.quoting import quote
from domain.expressions.values.kinds import (
    MISSING,
    EvaluationError,
    Value,
    XError,
    kind_of,
    object_default,
    object_items,
    object_names,
    unwrapped,
)
from domain.expressions.values.number import format_number, number_text

MAX_DEPTH: Final = 100
"""How deep arrays and objects are followed; a host's object may hold itself."""


def render(value: Value, depth: int = 0) -> str:
    """The value as text; an error's message for an error inside of an array or object."""
    cls = value.__class__
    if cls is str:
        return str(value)
    kind = kind_of(value)
    if kind in ("array", "object") and depth > MAX_DEPTH:
        raise EvaluationError("value is nested too deep")
    return RENDERERS[kind](value, depth)


def render_datetime(value: datetime) -> str:
    """`2017-06-23T15:30:00.000000Z`, to the microsecond, with `±HH:MM` where it isn't UTC."""
    text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
    offset = value.utcoffset() or timedelta()
    return text + ("Z" if not offset else offset_text(offset, ":"))


def offset_text(offset: timedelta, separator: str) -> str:
    """`±HH:MM` with a separator, seconds dropped."""
    minutes = int(offset.total_seconds() / 60)
    return f"{'-' if offset < timedelta() else '+'}{abs(minutes) // 60:02d}{separator}{abs(minutes) % 60:02d}"


def render_time(value: time) -> str:
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}.{value.microsecond:06d}"


def render_date(value: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def _render_array(value: list[Value], depth: int) -> str:
    return "[" + ", ".join(render(unwrapped(item), depth + 1) for item in value) + "]"


def _render_object(value: Value, depth: int) -> str:
    default = object_default(value)
    if default is not MISSING:
        return render(default, depth + 1)
    return "{" + ", ".join(f"{name}: {render(item, depth + 1)}" for name, item in object_items(value)) + "}"


RENDERERS: Final[dict[str, Callable[[Value, int], str]]] = {
    "null": lambda value, depth: "",
    "text": lambda value, depth: str(value),
    "number": lambda value, depth: number_text(value),
    "boolean": lambda value, depth: "true" if value else "false",
    "datetime": lambda value, depth: render_datetime(value),
    "date": lambda value, depth: render_date(value),
    "time": lambda value, depth: render_time(value),
    "array": _render_array,
    "object": _render_object,
    "function": lambda value, depth: value.name,
    "error": lambda value, depth: value.message,
}


def pretty(value: Value, environment: Environment, depth: int = 0) -> str:
    """The value as people of the organization write it: grouped digits, their date format, lists and `key: value` lines."""
    kind = kind_of(value)
    if depth > MAX_DEPTH:
        raise EvaluationError("value is nested too deep")
    match kind:
        case "number":
            return format_number(value, environment.number_format)
        case "datetime":
            return format_datetime(
                in_zone(value, environment.timezone), environment.datetime_format, environment.default_locale
            )
        case "date":
            return format_date(value, environment.date_format, environment.default_locale)
        case "time":
            return format_time(value, environment.time_format, environment.default_locale)
        case "array":
            return _pretty_array(value, environment, depth)
        case "object":
            return _pretty_object(value, environment, depth)
        case "null" | "error":
            return ""
    return render(value)


def _pretty_array(value: list[Value], environment: Environment, depth: int) -> str:
    items = [pretty(unwrapped(item), environment, depth + 1) for item in value]
    if any("\n" in item for item in items):
        return "\n".join(f"- {indent(item, '  ').removeprefix('  ')}" for item in items)
    return ", ".join(items)


def _pretty_object(value: Value, environment: Environment, depth: int) -> str:
    default = object_default(value)
    if default is not MISSING:
        return pretty(default, environment, depth + 1)
    lines = []
    for name, item in object_items(value):
        text = pretty(item, environment, depth + 1)
        lines.append(f"{name}:\n{indent(text, '  ')}" if "\n" in text else f"{name}: {text}")
    return "\n".join(lines)


def describe(value: Value) -> str:
    """The value as an error message names it: texts in quotes, small things themselves, others by their kind."""
    kind = kind_of(value)
    match kind:
        case "text":
            return quote(value)
        case "number" | "boolean":
            return render(value)
        case "function":
            return f"{value.name}(...)"
    return kind


def is_true(value: Value) -> bool:
    """Truthiness: not null, not zero, not empty, not `false` in any case; errors are false."""
    if value.__class__ is bool:
        return bool(value)
    kind = kind_of(value)
    match kind:
        case "text":
            return bool(value) and str(value).lower() != "false"
        case "object":
            default = object_default(value)
            return bool(object_names(value)) if default is MISSING else is_true(default)
        case "datetime":
            return bool(value != ZERO_DATETIME)
        case "time":
            return bool(value != MIDNIGHT) or nanos_of(value) > 0
        case "date" | "function":
            return True
        case "null" | "error":
            return False
    return bool(value)


def raise_if_error(value: Value) -> None:
    """Raises the error that a value is."""
    if value.__class__ is XError:
        raise EvaluationError(value.message)
