"""On which terms a channel sends: settings that channels of every type have beside their type's own.

tps             parts per second; absent: as many as go
max_concurrent  messages on their way at once; absent: the sender's own bound
quiet_hours     "21:00-07:00": when bulk waits and replies go; "none": never, whatever the workspace says; absent: as the workspace
expire_minutes  a message that waited longer is not sent any more; absent: seven days
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from domain.channel.quiet_hours import NO_QUIET_HOURS, QuietHours
from domain.errors import Invalid

EXPIRE_MINUTES: Final = 7 * 24 * 60
MOST_EXPIRE_MINUTES: Final = 366 * 24 * 60
MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """`rate` in parts per second and `at_once` in messages, 0 for no bound; `quiet` None if there are no quiet hours."""

    rate: float = 0.0
    at_once: int = 0
    quiet: QuietHours | None = None
    expires_after: timedelta = timedelta(minutes=EXPIRE_MINUTES)

    @classmethod
    def of(cls, config: Mapping[str, Any], workspace_quiet_hours: str = "") -> "SendingTerms":
        """The terms of a channel's settings. One that can't be read (an old channel may have such) counts as absent."""
        minutes = _number(config.get("expire_minutes"), MOST_EXPIRE_MINUTES) or EXPIRE_MINUTES
        return cls(
            rate=_number(config.get("tps"), MOST),
            at_once=int(_number(config.get("max_concurrent"), MOST)),
            quiet=_quiet(config.get("quiet_hours") or workspace_quiet_hours),
            expires_after=timedelta(minutes=minutes),
        )


def check_terms(config: Mapping[str, Any]) -> None:
    """Raises Invalid for a setting of these that can't be read, naming it."""
    for name, most in (("tps", MOST), ("max_concurrent", MOST), ("expire_minutes", MOST_EXPIRE_MINUTES)):
        value = config.get(name)
        if value not in (None, "", 0, "0") and not _number(value, most):
            raise Invalid(f"Expected a number above 0 and below {most}, not {value!r}.", field=name)
    check_quiet_hours(config.get("quiet_hours"))


def check_quiet_hours(value: Any) -> None:
    """Raises Invalid for what is neither empty, nor "none", nor two times of the day."""
    if value in (None, "", NO_QUIET_HOURS):
        return
    if not isinstance(value, str):
        raise Invalid(f"Expected two times such as 21:00-07:00, or none, not {value!r}.", field="quiet_hours")
    QuietHours.read(value)


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool):
        return 0.0
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    return number if 0 < number < most else 0.0


def _quiet(value: Any) -> QuietHours | None:
    try:
        return QuietHours.read(value) if isinstance(value, str) and value not in ("", NO_QUIET_HOURS) else None
    except Invalid:
        return None
