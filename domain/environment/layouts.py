"""Layouts of dates and times: `YYYY-MM-DD tt:mm`, for writing and for strict reading.

A layout is runs of equal letters and the signs `space : / . , T - _` between them:

    YY YYYY year · M MM MMM MMMM month · D DD day · EEE EEEE weekday
    h hh hour 1-12 · t tt hour 0-23 · m mm minute · s ss second · fff ffffff fffffffff fraction · aa AA half of the day
    Z (`Z` or ±HH:MM) · ZZZ (±HH:MM)

Names of months and days can only be written. Anything else is a LayoutError that names the run.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from domain.environment.locale_names import LocaleNames, names_for
from domain.environment.moments import clock_time, fraction_of, local_moment, offset_at

IGNORED: Final = frozenset(" :/.,T-_")
RUN: Final = re.compile(r"(.)\1*", re.DOTALL)

DATE_RUNS: Final = frozenset({"YY", "YYYY", "M", "MM", "MMM", "MMMM", "D", "DD", "EEE", "EEEE"})
TIME_RUNS: Final = frozenset({"h", "hh", "t", "tt", "m", "mm", "s", "ss", "fff", "ffffff", "fffffffff", "aa", "AA"})
ZONE_RUNS: Final = frozenset({"Z", "ZZZ"})
NAME_RUNS: Final = frozenset({"MMM", "MMMM", "EEE", "EEEE"})
RUNS_OF_KIND: Final = {
    "date": DATE_RUNS,
    "time": TIME_RUNS,
    "datetime": DATE_RUNS | TIME_RUNS | ZONE_RUNS,
}
TWO_DIGIT_YEAR_PIVOT: Final = 69


class LayoutError(ValueError):
    """A layout holds something it may not, or a text does not follow its layout."""


@lru_cache(maxsize=1024)
def _runs(layout: str, kind: str, purpose: str) -> tuple[str, ...]:
    """The layout's runs; raises LayoutError for one that its kind and purpose don't have."""
    allowed = RUNS_OF_KIND[kind]
    runs = tuple(match.group() for match in RUN.finditer(layout))
    for run in runs:
        if run[0] in IGNORED:
            continue
        if run not in allowed or (purpose == "parsing" and run in NAME_RUNS):
            raise LayoutError(f"'{run}' is not valid in a {kind} {purpose} layout")
    return runs


def check_layout(layout: str, kind: str) -> None:
    """Raises LayoutError unless the layout can be used for reading a date, time or datetime."""
    _runs(layout, kind, "parsing")


def format_datetime(value: datetime, layout: str, locale: str = "") -> str:
    """The moment as its own clock shows it."""
    return _written(value, value, layout, "datetime", locale)


def format_date(value: date, layout: str, locale: str = "") -> str:
    return _written(value, None, layout, "date", locale)


def format_time(value: time, layout: str, locale: str = "") -> str:
    return _written(None, value, layout, "time", locale)


def _written(day: date | None, clock: time | datetime | None, layout: str, kind: str, locale: str) -> str:
    names = names_for(locale)
    return "".join(
        run if run[0] in IGNORED else WRITERS[run](day, clock, names) for run in _runs(layout, kind, "formatting")
    )


Writer = Callable[..., str]


def _half_day(clock: time, names: LocaleNames) -> str:
    return names.halves[0] if clock.hour < 12 else names.halves[1]


def _offset(moment: datetime) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _weekday(day: date) -> int:
    """Sunday is 0."""
    return day.isoweekday() % 7


WRITERS: Final[dict[str, Writer]] = {
    "YY": lambda d, t, n: f"{d.year % 100:02d}",
    "YYYY": lambda d, t, n: f"{d.year:04d}",
    "M": lambda d, t, n: str(d.month),
    "MM": lambda d, t, n: f"{d.month:02d}",
    "MMM": lambda d, t, n: n.short_months[d.month - 1],
    "MMMM": lambda d, t, n: n.months[d.month - 1],
    "D": lambda d, t, n: str(d.day),
    "DD": lambda d, t, n: f"{d.day:02d}",
    "EEE": lambda d, t, n: n.short_days[_weekday(d)],
    "EEEE": lambda d, t, n: n.days[_weekday(d)],
    "h": lambda d, t, n: str(t.hour % 12 or 12),
    "hh": lambda d, t, n: f"{t.hour % 12 or 12:02d}",
    "t": lambda d, t, n: f"{t.hour:02d}".lstrip("0"),
    "tt": lambda d, t, n: f"{t.hour:02d}",
    "m": lambda d, t, n: str(t.minute),
    "mm": lambda d, t, n: f"{t.minute:02d}",
    "s": lambda d, t, n: str(t.second),
    "ss": lambda d, t, n: f"{t.second:02d}",
    "fff": lambda d, t, n: f"{fraction_of(t):09d}"[:3],
    "ffffff": lambda d, t, n: f"{fraction_of(t):09d}"[:6],
    "fffffffff": lambda d, t, n: f"{fraction_of(t):09d}",
    "aa": lambda d, t, n: _half_day(t, n).lower(),
    "AA": lambda d, t, n: _half_day(t, n).upper(),
    "Z": lambda d, t, n: "Z" if not d.utcoffset() else _offset(d),
    "ZZZ": lambda d, t, n: _offset(d),
}


class _Reading:
    """What has been read of a text so far."""

    __slots__ = ("day", "fraction", "half", "hour", "minute", "month", "offset", "rest", "second", "year")

    def __init__(self, text: str) -> None:
        self.rest = text
        self.year, self.month, self.day = 0, 1, 1
        self.hour, self.minute, self.second, self.fraction = 0, 0, 0, 0
        self.half = ""
        self.offset: timedelta | None = None

    def take(self, pattern: re.Pattern[str], run: str) -> str:
        match = pattern.match(self.rest)
        if match is None:
            raise _unreadable(self.rest, run)
        self.rest = self.rest[match.end() :]
        return match.group()


NUMBER_OF_RUN: Final[dict[str, tuple[str, str, int, int]]] = {
    "YYYY": ("year", r"[0-9]{4}", 0, 9999),
    "YY": ("year", r"[0-9]{2}", 0, 99),
    "M": ("month", r"[0-9]{1,2}", 1, 12),
    "MM": ("month", r"[0-9]{2}", 1, 12),
    "D": ("day", r"[0-9]{1,2}", 1, 31),
    "DD": ("day", r"[0-9]{2}", 1, 31),
    "h": ("hour", r"[0-9]{1,2}", 0, 12),
    "hh": ("hour", r"[0-9]{2}", 0, 12),
    "t": ("hour", r"[0-9]{1,2}", 0, 23),
    "tt": ("hour", r"[0-9]{1,2}", 0, 23),
    "m": ("minute", r"[0-9]{1,2}", 0, 59),
    "mm": ("minute", r"[0-9]{2}", 0, 59),
    "s": ("second", r"[0-9]{1,2}", 0, 59),
    "ss": ("second", r"[0-9]{2}", 0, 59),
}
"""A run's part, how it is written, and its range."""

PATTERNS: Final = {pattern: re.compile(pattern) for _, pattern, _, _ in NUMBER_OF_RUN.values()}
FRACTION: Final = re.compile(r"[.,][0-9]+")
HALF: Final = {"aa": re.compile("am|pm"), "AA": re.compile("AM|PM")}
OFFSET: Final = re.compile(r"[+-][0-9]{2}:[0-9]{2}")
OFFSET_OR_Z: Final = re.compile(rf"Z|{OFFSET.pattern}")
DIGITS: Final = {n: re.compile(rf"[0-9]{{{n}}}") for n in (3, 6, 9)}


def parse_datetime(text: str, layout: str, zone: tzinfo) -> datetime:
    """The moment that a text of this layout names: in the zone, unless it carries another offset. Raises LayoutError."""
    read = _read(text, layout, "datetime")
    day, clock = _date_of(read), _time_of(read)
    if read.offset is None:
        return local_moment(day, clock, zone)
    moment = local_moment(day, clock, UTC) - read.offset
    if read.offset == timedelta() and text.endswith("Z"):
        return local_moment(day, clock, UTC)
    target = zone if offset_at(moment, zone) == read.offset else timezone(read.offset)
    shown = moment.astimezone(target)
    return local_moment(shown.date(), clock, target)


def parse_date(text: str, layout: str) -> date:
    """The date that a text of this layout names. Raises LayoutError."""
    return _date_of(_read(text, layout, "date"))


def parse_time(text: str, layout: str) -> time:
    """The time of day that a text of this layout names. Raises LayoutError."""
    return _time_of(_read(text, layout, "time"))


def _read(text: str, layout: str, kind: str) -> _Reading:
    reading = _Reading(text)
    pieces = _pieces(layout, kind)
    for position, piece in enumerate(pieces):
        if piece[0] in IGNORED:
            _skip(reading, piece)
        else:
            _read_run(reading, piece, pieces[position + 1 : position + 3])
    if reading.rest:
        raise _unreadable(reading.rest, "")
    return reading


@lru_cache(maxsize=1024)
def _pieces(layout: str, kind: str) -> tuple[str, ...]:
    """The layout's runs of letters, and all signs between two of them as one."""
    pieces: list[str] = []
    for run in _runs(layout, kind, "parsing"):
        if pieces and run[0] in IGNORED and pieces[-1][0] in IGNORED:
            pieces[-1] += run
        else:
            pieces.append(run)
    return tuple(pieces)


def _unreadable(text: str, run: str) -> LayoutError:
    return LayoutError(f"cannot parse '{text}' as '{run}'")


def _skip(reading: _Reading, signs: str) -> None:
    """Signs must be there as they are; spaces match any number of spaces."""
    for match in RUN.finditer(signs):
        run = match.group()
        if run[0] == " ":
            if reading.rest and reading.rest[0] != " ":
                raise _unreadable(reading.rest, signs)
            reading.rest = reading.rest.lstrip(" ")
        elif reading.rest.startswith(run):
            reading.rest = reading.rest[len(run) :]
        else:
            raise _unreadable(reading.rest, signs)


def _read_run(reading: _Reading, run: str, following: tuple[str, ...]) -> None:
    numeric = NUMBER_OF_RUN.get(run)
    if numeric is not None:
        part, pattern, low, high = numeric
        number = int(reading.take(PATTERNS[pattern], run))
        if not low <= number <= high:
            raise _unreadable(reading.rest, run)
        if run == "YY":
            number += 1900 if number >= TWO_DIGIT_YEAR_PIVOT else 2000
        setattr(reading, part, number)
        if part == "second" and not _fraction_follows(following) and FRACTION.match(reading.rest):
            reading.fraction = int(reading.take(FRACTION, run)[1:10].ljust(9, "0"))
    elif run[0] == "f":
        reading.fraction = int(reading.take(DIGITS[len(run)], run).ljust(9, "0"))
    elif run in HALF:
        reading.half = reading.take(HALF[run], run).lower()
    else:
        reading.offset = _offset_of(reading.take(OFFSET_OR_Z if run == "Z" else OFFSET, run))


def _fraction_follows(following: tuple[str, ...]) -> bool:
    return len(following) == 2 and following[0] in (".", ",") and following[1][0] == "f"


def _offset_of(written: str) -> timedelta:
    if written == "Z":
        return timedelta()
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[4:6]))
    if offset >= timedelta(hours=24):
        raise LayoutError(f"cannot parse '{written}' as 'ZZZ'")
    return -offset if written[0] == "-" else offset


def _date_of(read: _Reading) -> date:
    try:
        return date(read.year or 1, read.month, read.day)
    except ValueError:
        raise LayoutError(f"there is no day {read.day} in month {read.month} of {read.year}") from None


def _time_of(read: _Reading) -> time:
    hour = read.hour
    if read.half == "pm" and hour < 12:
        hour += 12
    elif read.half == "am" and hour == 12:
        hour = 0
    return clock_time(hour, read.minute, read.second, read.fraction)
