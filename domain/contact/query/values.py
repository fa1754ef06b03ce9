"""The values in queries: numbers, and days in the organization's date format and zone."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from domain.contact.query.errors import invalid_date, invalid_number
from domain.environment.date_text import datetime_from_text
from domain.environment.environment import Environment
from domain.environment.moments import MIDNIGHT, epoch_nanos, in_zone, local_moment
from domain.expressions.values.number import number_from_text

DAY_NANOS: Final = 24 * 60 * 60 * 1_000_000_000

CENTURY: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Years of two digits up to 26 are in this century, as in what people enter now: the value of a field and a query for it mean the
same day. Fixed, because a stored query must not change its meaning."""


def number_value(text: str) -> Decimal:
    """A query's number. Raises QueryError (`invalid_number`)."""
    number = number_from_text(text)
    if number is None:
        raise invalid_number(text)
    return number


def day_start(text: str, environment: Environment) -> datetime:
    """The day that a query's date is in: its midnight in the organization's zone. It ends 24 hours later, which may be in the year 10000.

    Raises QueryError (`invalid_date`).
    """
    zone = environment.timezone
    try:
        moment = datetime_from_text(text, environment.date_format, zone, _century)
        return local_moment(in_zone(moment, zone).date(), MIDNIGHT, zone)
    except (ValueError, OverflowError):
        raise invalid_date(text) from None


def day_nanos(text: str, environment: Environment) -> tuple[int, int]:
    """The same day as nanoseconds since 1970: from its start, up to but without its end."""
    start = epoch_nanos(day_start(text, environment))
    return start, start + DAY_NANOS


def _century() -> datetime:
    return CENTURY
