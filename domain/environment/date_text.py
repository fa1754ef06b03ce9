"""Dates and times as people type them: `31-12-2018`, `it's 10:30pm ok`, `2001-01-02T10:34:56+02:00`.

The organization's date format says which number is the day. `now` is asked only when it matters: for the century of a
two-digit year, and for the time of day where a missing time is to be filled in.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from domain.environment.moments import (
    MIDNIGHT,
    clock_time,
    in_zone,
    local_moment,
    offset_at,
    time_of,
    with_nanos,
)

Now = Callable[[], datetime]

BLANK: Final = " \n\r\t"
ISO_DATE_LENGTH: Final = 10
ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
ISO_DATETIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
SEPARATOR: Final = r"[-.\\/_ ]"
DAY_FIRST: Final = re.compile(
    rf"\b([0-9]{{1,2}}){SEPARATOR}([0-9]{{1,2}}){SEPARATOR}([0-9]{{4}}|[0-9]{{2}})\b", re.ASCII
)
YEAR_FIRST: Final = re.compile(
    rf"\b([0-9]{{4}}|[0-9]{{2}}){SEPARATOR}([0-9]{{1,2}}){SEPARATOR}([0-9]{{1,2}})\b", re.ASCII
)
TIME: Final = re.compile(
    r"\b([0-9]{1,2})(?::?([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?)?\W*([ap]m)?\b", re.ASCII | re.IGNORECASE
)
NANO_DIGITS: Final = 9
NO_NAME: Final = ""
"""Of a zone that is only an offset. It has to be said, or Python takes `+00:00` for UTC itself."""


def nanos_from_digits(digits: str | None) -> int:
    """A fraction's digits as nanoseconds; more than nine are cut."""
    return int(digits[:NANO_DIGITS].ljust(NANO_DIGITS, "0")) if digits else 0


def date_from_text(text: str, date_format: str, now: Now) -> date:
    """The first date in a text. Raises ValueError when there is none."""
    return _found_date(text.strip(BLANK), date_format, now)[0]


def datetime_from_text(text: str, date_format: str, zone: tzinfo, now: Now, *, fill_time: bool = False) -> datetime:
    """The first date in a text with the time that follows it; without one, midnight, or now's time when filling.

    Raises ValueError when there is no date.
    """
    text = text.strip(BLANK)
    exact = iso_datetime(text, zone)
    if exact is not None:
        return exact
    day, rest = _found_date(text, date_format, now)
    clock = _found_time(rest)
    if clock is None:
        clock = time_of(in_zone(now(), zone)) if fill_time else MIDNIGHT
    return local_moment(day, clock, zone)


def time_from_text(text: str) -> time:
    """The first time of day in a text. Raises ValueError when there is none."""
    found = _found_time(text)
    if found is None:
        raise ValueError(f"no time in {text!r}")
    return found


def iso_datetime(text: str, zone: tzinfo) -> datetime | None:
    """A complete ISO time with its offset: on the zone's clock when the offset is the zone's own at that moment.

    None for a text that is anything else.
    """
    match = ISO_DATETIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.group(1, 2, 3, 4, 5))
    second, fraction, sign, offset_hours, offset_minutes = match.group(6, 7, 8, 9, 10)
    nanos = nanos_from_digits(fraction)
    try:
        read = datetime(year, month, day, hour, minute, int(second or 0), nanos // 1000, UTC)
        if sign is not None:
            read = _at_offset(read, sign, int(offset_hours), int(offset_minutes), zone)
    except (ValueError, OverflowError):
        return None
    return with_nanos(read, nanos % 1000)


def _at_offset(read: datetime, sign: str, hours: int, minutes: int, zone: tzinfo) -> datetime:
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    if hours > 24 or minutes > 59:
        raise ValueError("no such offset")
    shown = read.replace(tzinfo=timezone(offset, NO_NAME))
    try:
        moment = read - offset
    except OverflowError:  # the calendar's last evening or first morning: UTC has no such day
        there = read.replace(tzinfo=zone)
        return there if there.utcoffset() == offset else shown
    return moment.astimezone(zone) if offset_at(moment, zone) == offset else shown


def _found_date(text: str, date_format: str, now: Now) -> tuple[date, str]:
    """The first valid date and the text after it."""
    iso = ISO_DATE.match(text[:ISO_DATE_LENGTH])
    if iso is not None:
        day = _date(int(iso[1]), int(iso[2]), int(iso[3]))
        if day is not None:
            return day, text[iso.end() :]
    this_year = now().year
    for match in (YEAR_FIRST if date_format.startswith("Y") else DAY_FIRST).finditer(text):
        day = _matched_date(match, date_format, this_year)
        if day is not None:
            return day, text[match.end() :]
    raise ValueError(f"no date in {text!r}")


def _matched_date(match: re.Match[str], date_format: str, this_year: int) -> date | None:
    first, second, third = match.groups()
    if date_format.startswith("Y"):
        year, month, day = first, second, third
    elif date_format.startswith("M"):
        month, day, year = first, second, third
    else:
        day, month, year = first, second, third
    return _date(_full_year(year, this_year), int(month), int(day))


def _full_year(written: str, this_year: int) -> int:
    """Two digits up to this year's are in this century, later ones in the last."""
    year = int(written)
    if len(written) == 4:
        return year
    return year + (1900 if year > this_year % 1000 else 2000)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _found_time(text: str) -> time | None:
    for match in TIME.finditer(text):
        hour, minute, second, fraction, half = match.groups()
        found = _time(int(hour), int(minute or 0), int(second or 0), nanos_from_digits(fraction), half)
        if found is not None:
            return found
    return None


def _time(hour: int, minute: int, second: int, nanos: int, half: str | None) -> time | None:
    if half is not None:
        if half.lower() == "pm" and hour < 12:
            hour += 12
        elif half.lower() == "am" and hour == 12:
            hour = 0
    if hour == 24 and minute == second == nanos == 0:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    return clock_time(hour, minute, second, nanos)
