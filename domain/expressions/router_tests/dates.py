"""Tests of dates and times in a text. A date without a time matches with the time that it is now."""

from collections.abc import Callable
from datetime import date

from domain.environment.date_text import datetime_from_text, time_from_text
from domain.environment.moments import in_zone
from domain.expressions.router_tests.results import match, no_match
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_datetime, to_text
from domain.expressions.values.kinds import Value


def _dated(scope: Scope, text: str, holds: Callable[[date], bool]) -> Value:
    environment = scope.environment
    try:
        found = datetime_from_text(text, environment.date_format, environment.timezone, scope.now, fill_time=True)
    except ValueError:
        return no_match()
    return match(found) if holds(in_zone(found, environment.timezone).date()) else no_match()


def _day(scope: Scope, value: Value) -> date:
    return in_zone(to_datetime(value, scope), scope.environment.timezone).date()


def has_date(scope: Scope, text: Value) -> Value:
    """Whether there is a date."""
    return _dated(scope, to_text(text), lambda day: True)


def has_date_lt(scope: Scope, text: Value, limit: Value) -> Value:
    """Whether there is a date before another."""
    characters, latest = to_text(text), _day(scope, limit)
    return _dated(scope, characters, lambda day: day < latest)


def has_date_eq(scope: Scope, text: Value, value: Value) -> Value:
    characters, expected = to_text(text), _day(scope, value)
    return _dated(scope, characters, lambda day: day == expected)


def has_date_gt(scope: Scope, text: Value, limit: Value) -> Value:
    """Whether there is a date after another."""
    characters, earliest = to_text(text), _day(scope, limit)
    return _dated(scope, characters, lambda day: day > earliest)


def has_time(scope: Scope, text: Value) -> Value:
    """Whether there is a time of day."""
    try:
        return match(time_from_text(to_text(text)))
    except ValueError:
        return no_match()
