"""Dates and times to the nanosecond.

Python's own types stop at microseconds. Where the last three digits matter (epochs, layouts with nine digits, times
taken over from elsewhere) a `NanoDateTime` or `NanoTime` carries them beside; everything else uses the plain types, and
`nanos_of` reads 0 from those.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

ZERO_DATETIME: Final = datetime(1, 1, 1, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT: Final = time()


class NanoDateTime(datetime):
    """An aware datetime with 0 to 999 nanoseconds beyond its microseconds."""

    nanos: int = 0


class NanoTime(time):
    """A time of day with 0 to 999 nanoseconds beyond its microseconds."""

    nanos: int = 0


def nanos_of(value: datetime | time) -> int:
    """The nanoseconds beyond the microseconds: 0 to 999."""
    return getattr(value, "nanos", 0)


def fraction_of(value: datetime | time) -> int:
    """The fraction of the second in nanoseconds: 0 to 999,999,999."""
    return value.microsecond * 1000 + nanos_of(value)


def with_nanos(value: datetime, nanos: int) -> datetime:
    """The same moment with its last three digits set."""
    if not nanos and value.__class__ is datetime:
        return value
    made = NanoDateTime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        value.tzinfo,
        fold=value.fold,
    )
    made.nanos = nanos
    return made


def in_zone(value: datetime, zone: tzinfo) -> datetime:
    """The same moment on another zone's clock. Raises OverflowError where that shows a year before 1 or after 9999."""
    if value.tzinfo is zone:
        return value
    return with_nanos(_moved(_plain(value), zone), nanos_of(value))


def _moved(value: datetime, zone: tzinfo) -> datetime:
    try:
        return value.astimezone(zone)
    except OverflowError:  # on the way through UTC, which may have another day
        moved = value.replace(tzinfo=zone)
        if moved.utcoffset() != value.utcoffset():
            raise
        return moved


def _plain(value: datetime) -> datetime:
    if value.__class__ is datetime:
        return value
    return datetime.combine(value.date(), _plain_time(value), value.tzinfo)


def _plain_time(value: datetime) -> time:
    return time(value.hour, value.minute, value.second, value.microsecond, fold=value.fold)


def clock_time(hour: int, minute: int = 0, second: int = 0, fraction: int = 0) -> time:
    """A time of day from its parts, the fraction in nanoseconds."""
    micros, nanos = divmod(fraction, 1000)
    if not nanos:
        return time(hour, minute, second, micros)
    made = NanoTime(hour, minute, second, micros)
    made.nanos = nanos
    return made


def time_of(value: datetime) -> time:
    """The time that the datetime's own clock shows."""
    return clock_time(value.hour, value.minute, value.second, fraction_of(value))


def local_moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """A wall-clock time in a zone.

    Where a clock change makes it doubtful (shown twice, or never), the offset is the one in force at the moment that is
    found when the wall-clock time is first read with the offset in force at that same reading in UTC. It is the rule
    that flow authors' times have always followed: a skipped 02:30 in New York is 01:30, a repeated one is the first.
    """
    moment = datetime.combine(day, time(clock.hour, clock.minute, clock.second, clock.microsecond), zone)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        moment = _settled(moment, zone)
    return with_nanos(moment, nanos_of(clock))


def _settled(doubtful: datetime, zone: tzinfo) -> datetime:
    as_utc = doubtful.replace(tzinfo=UTC)
    guess = as_utc - offset_at(as_utc, zone)
    return (as_utc - offset_at(guess, zone)).astimezone(zone)


def offset_at(moment: datetime, zone: tzinfo) -> timedelta:
    """The zone's offset from UTC at a moment."""
    return moment.astimezone(zone).utcoffset() or timedelta()


def epoch_nanos(value: datetime) -> int:
    """Nanoseconds since 1970 in UTC, negative before."""
    elapsed = _plain(value) - EPOCH
    seconds = elapsed.days * 86400 + elapsed.seconds
    return (seconds * 1_000_000 + elapsed.microseconds) * 1000 + nanos_of(value)


def from_epoch_nanos(nanos: int, zone: tzinfo) -> datetime:
    """The moment so many nanoseconds after 1970. Raises OverflowError outside the years 1 to 9999."""
    micros, rest = divmod(nanos, 1000)
    return with_nanos((EPOCH + timedelta(microseconds=micros)).astimezone(zone), rest)


def same_class_key(value: Any) -> tuple[Any, int]:
    """A key that orders datetimes, or times, to the nanosecond."""
    if isinstance(value, datetime):
        return (epoch_nanos(value), 0)
    return (value.hour * 3600 + value.minute * 60 + value.second, fraction_of(value))
