"""Points in time as the engine holds them: nanoseconds for arithmetic, RFC 3339 text in state and events.

State keeps the text, because most timestamps are only carried along: nothing is parsed until somebody asks. The text has up
to nine fraction digits without trailing zeros, and the zone it came with (`Z` for UTC).
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import regex

from domain.environment.moments import EPOCH, epoch_nanos, from_epoch_nanos, with_nanos
from domain.errors import Invalid

NANOS = 1_000_000_000
"""Nanoseconds in a second."""

_RFC3339 = regex.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", regex.ASCII
)


@lru_cache(maxsize=4096)
def _second_text(second: int) -> str:
    return (EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


def rfc3339(nanos: int) -> str:
    """The UTC text of a number of nanoseconds since 1970."""
    second, fraction = divmod(nanos, NANOS)
    if not fraction:
        return _second_text(second) + "Z"
    micros, rest = divmod(fraction, 1_000)
    digits = "%09d" % fraction if rest else "%06d" % micros  # noqa: UP031  # the engine's hottest text: half an f-string's time
    return f"{_second_text(second)}.{digits}".rstrip("0") + "Z"


def nanos_of(moment: datetime) -> int:
    """The nanoseconds since 1970 of a datetime that knows its zone."""
    return epoch_nanos(moment)


def moment_of(nanos: int) -> datetime:
    """The datetime, in UTC, of a number of nanoseconds since 1970."""
    return from_epoch_nanos(nanos, UTC)


@lru_cache(maxsize=8192)
def moment_in(text: str) -> datetime:
    """The datetime that an RFC 3339 text means, in the zone it names.

    It may be one that UTC's calendar doesn't have, like the last evening of 9999 in New York: people enter such days for "never".

    Raises:
        Invalid: the text is no RFC 3339 date and time.
    """
    nanos, clean = _parse(text)
    offset = "+00:00" if clean.endswith("Z") else clean[-6:]
    micros, rest = divmod(nanos % NANOS, 1_000)
    return with_nanos(datetime.fromisoformat(clean[:19] + offset).replace(microsecond=micros), rest)


def parse_rfc3339(text: str) -> int:
    """The nanoseconds since 1970 of an RFC 3339 text.

    Raises:
        Invalid: the text is no RFC 3339 date and time, or no such day or hour exists.
    """
    return _parse(text)[0]


def normalised(text: str) -> str:
    """The same moment as state holds it: trailing zeros of the fraction gone, `Z` instead of an empty offset.

    Raises:
        Invalid: the text is no RFC 3339 date and time.
    """
    return _parse(text)[1]


@lru_cache(maxsize=8192)
def _parse(text: str) -> tuple[int, str]:
    return _parse_usual(text) or _parse_any(text)


def _parse_usual(text: str) -> tuple[int, str] | None:
    """As we write them ourselves, 2025-01-31T12:30:00.123456Z: without the pattern, which costs several times as much."""
    if len(text) != 27 or not text.isascii() or text[4:20:3] != "--T::." or text[26] != "Z":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return nanos_of(moment), text[:26].rstrip("0").rstrip(".") + "Z"


def _parse_any(text: str) -> tuple[int, str]:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Invalid(f"'{text[:64]}' is not a date and time such as 2025-01-31T12:30:00Z")
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = match.groups()
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise Invalid(f"'{text[:64]}' is not a date and time: {error}") from None
    if not zulu and (int(off_hours) > 23 or int(off_minutes) > 59):
        raise Invalid(f"'{text[:64]}' is not a date and time: its offset is not within 23:59")
    digits = (fraction or "")[:9]
    offset = 0 if zulu else (int(off_hours) * 3600 + int(off_minutes) * 60) * (-1 if sign == "-" else 1)
    nanos = nanos_of(local) - offset * NANOS + int(digits.ljust(9, "0"))
    trimmed = digits.rstrip("0")
    zone = f"{sign}{off_hours}:{off_minutes}" if offset else "Z"
    clock = f"{year}-{month}-{day}T{int(hour):02d}:{minute}:{second}"
    return nanos, clock + (f".{trimmed}" if trimmed else "") + zone
