"""Functions of dates, times and their zones."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from domain.environment.layouts import LayoutError
from domain.environment.layouts import parse_datetime as read_datetime
from domain.environment.layouts import parse_time as read_time
from domain.environment.moments import (
    clock_time,
    epoch_nanos,
    from_epoch_nanos,
    in_zone,
    local_moment,
    time_of,
)
from domain.environment.zones import zone_name, zone_named
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_date, to_datetime, to_integer, to_number, to_text, to_time
from domain.expressions.values.kinds import EvaluationError, Value
from domain.expressions.values.number import WIDE, add, truncated
from domain.expressions.values.rendering import offset_text

NANOS: Final = {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
OUT_OF_RANGE: Final = "date is outside of the years 1 to 9999"
NANO_PLACES: Final = 9
WORK_OF_ZONE: Final = 50
"""Units of work: a name that is no zone's is looked for in files."""


def zone_argument(scope: Scope, value: Value, otherwise: tzinfo) -> tzinfo:
    """The zone that an optional argument names."""
    if value is None:
        return otherwise
    scope.labour(WORK_OF_ZONE)
    try:
        return zone_named(to_text(value))
    except ValueError as error:
        raise EvaluationError(str(error)) from None


def parse_datetime(scope: Scope, text: Value, layout: Value, zone: Value = None) -> Value:
    """The moment that a text of exactly this layout names, on the clock of a zone, the organization's unless told."""
    written, expected = to_text(text), to_text(layout)
    target = zone_argument(scope, zone, scope.environment.timezone)
    try:
        return in_zone(read_datetime(written, expected, target), target)
    except (LayoutError, OverflowError) as error:
        raise EvaluationError(str(error)) from None


def parse_time(scope: Scope, text: Value, layout: Value) -> Value:
    """The time of day that a text of exactly this layout names."""
    try:
        return read_time(to_text(text), to_text(layout))
    except LayoutError as error:
        raise EvaluationError(str(error)) from None


def datetime_from_epoch(scope: Scope, seconds: Value) -> Value:
    nanos = truncated(WIDE.scaleb(to_number(seconds), NANO_PLACES))
    try:
        return from_epoch_nanos(nanos, scope.environment.timezone)
    except OverflowError:
        raise EvaluationError(OUT_OF_RANGE) from None


def epoch(scope: Scope, moment: Value) -> Value:
    """Seconds since 1970, with their fraction."""
    return Decimal(epoch_nanos(to_datetime(moment, scope))).scaleb(-NANO_PLACES, WIDE)


def datetime_diff(scope: Scope, date1: Value, date2: Value, unit: Value) -> Value:
    """How many whole units lie between: of time passed (s, m, h), or of the calendar (D, W, M, Y)."""
    first, second, counted = to_datetime(date1, scope), to_datetime(date2, scope), to_text(unit)
    if counted in NANOS:
        return Decimal(_truncated_quotient(epoch_nanos(second) - epoch_nanos(first), NANOS[counted]))
    match counted:
        case "D":
            return Decimal(second.toordinal() - first.toordinal())
        case "W":
            return Decimal(_truncated_quotient(second.toordinal() - first.toordinal(), 7))
        case "M":
            return Decimal((second.year - first.year) * 12 + second.month - first.month)
        case "Y":
            return Decimal(second.year - first.year)
    raise EvaluationError(f"unknown unit: {counted}, must be one of s, m, h, D, W, M, Y")


def _truncated_quotient(number: int, divisor: int) -> int:
    whole = abs(number) // divisor
    return -whole if number < 0 else whole


def datetime_add(scope: Scope, moment: Value, offset: Value, unit: Value) -> Value:
    """The moment so many units later. Calendar units keep the wall-clock time; Jan 31 + 1 month is Mar 3."""
    start, count, counted = to_datetime(moment, scope), to_integer(offset), to_text(unit)
    try:
        if counted in NANOS:
            zone = start.tzinfo
            assert zone is not None
            return from_epoch_nanos(epoch_nanos(start) + count * NANOS[counted], zone)
        match counted:
            case "D":
                return add_calendar(start, days=count)
            case "W":
                return add_calendar(start, days=count * 7)
            case "M":
                return add_calendar(start, months=count)
            case "Y":
                return add_calendar(start, months=count * 12)
    except (OverflowError, ValueError):
        raise EvaluationError(OUT_OF_RANGE) from None
    raise EvaluationError(f"unknown unit: {counted}, must be one of s, m, h, D, W, M, Y")


def add_calendar(start: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """Moves the date and keeps the wall-clock time; a day too many for its month runs into the next."""
    zone = start.tzinfo
    assert zone is not None
    return local_moment(normalised_date(start.year, start.month + months, start.day + days), time_of(start), zone)


def normalised_date(year: int, month: int, day: int) -> date:
    """The date of a month and day that may be out of bounds. Raises OverflowError or ValueError outside years 1 to 9999."""
    years, index = divmod(month - 1, 12)
    return date(year + years, index + 1, 1) + timedelta(days=day - 1)


def replace_time(scope: Scope, moment: Value, clock: Value) -> Value:
    """The same date in the same zone at another time."""
    start, new_time = to_datetime(moment, scope), to_time(clock)
    zone = start.tzinfo
    assert zone is not None
    return local_moment(start.date(), new_time, zone)


def tz(scope: Scope, moment: Value) -> Value:
    return zone_name(to_datetime(moment, scope).tzinfo)


def tz_offset(scope: Scope, moment: Value) -> Value:
    return offset_text(to_datetime(moment, scope).utcoffset() or timedelta(), "")


def now(scope: Scope) -> Value:
    return in_zone(scope.now(), scope.environment.timezone)


def today(scope: Scope) -> Value:
    return in_zone(scope.now(), scope.environment.timezone).date()


def date_from_parts(scope: Scope, year: Value, month: Value, day: Value) -> Value:
    """The date; a day too many for its month runs into the next."""
    of_year, of_month, of_day = to_integer(year), to_integer(month), to_integer(day)
    if not 1 <= of_month <= 12:
        raise EvaluationError("invalid value for month, must be 1-12")
    try:
        return normalised_date(of_year, of_month, of_day)
    except (OverflowError, ValueError):
        raise EvaluationError(OUT_OF_RANGE) from None


def weekday(scope: Scope, day: Value) -> Value:
    """0 for Sunday to 6 for Saturday."""
    return Decimal(to_date(day, scope).isoweekday() % 7)


def week_number(scope: Scope, day: Value) -> Value:
    return Decimal(week_of_year(to_date(day, scope)))


def week_of_year(day: date) -> int:
    """Weeks begin on Sunday; the week of January 1 is the first."""
    first = date(day.year, 1, 1)
    return ((day - first).days + first.isoweekday() % 7) // 7 + 1


def time_from_parts(scope: Scope, hour: Value, minute: Value, second: Value) -> Value:
    of_day, of_hour, of_minute = to_integer(hour), to_integer(minute), to_integer(second)
    for number, name, most in ((of_day, "hour", 23), (of_hour, "minute", 59), (of_minute, "second", 59)):
        if not 0 <= number <= most:
            raise EvaluationError(f"invalid value for {name}, must be 0-{most}")
    return clock_time(of_day, of_hour, of_minute)


def legacy_add(scope: Scope, value1: Value, value2: Value) -> Value:
    """The plus of old flows: a date and a number of days in either order, or two numbers."""
    first, second = _as_datetime(value1, scope), _as_datetime(value2, scope)
    if first is not None and second is not None and not (_is_number(value1) or _is_number(value2)):
        raise EvaluationError("cannot operate on two dates")
    if first is not None and (second is None or _is_number(value2)):
        return _days_later(first, value2)
    if second is not None:
        return _days_later(second, value1)
    return add(to_number(value1), to_number(value2))


def _days_later(start: datetime, days: Value) -> datetime:
    try:
        return add_calendar(start, days=to_integer(days))
    except (OverflowError, ValueError):
        raise EvaluationError(OUT_OF_RANGE) from None


def _as_datetime(value: Value, scope: Scope) -> datetime | None:
    try:
        return to_datetime(value, scope)
    except EvaluationError:
        return None


def _is_number(value: Value) -> bool:
    try:
        to_number(value)
    except EvaluationError:
        return False
    return True
