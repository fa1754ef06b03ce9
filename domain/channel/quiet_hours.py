"""A daily window in which bulk messages wait, by the clock on the contact's wall."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from domain.errors import Invalid

NO_QUIET_HOURS: Final = "none"
_SHAPE: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` up to `end`, past midnight if `end` is the earlier one."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> "QuietHours":
        """Of "21:00-07:00". Raises Invalid."""
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise Invalid(f"Expected two times such as 21:00-07:00, or none, not {text!r}.", field="quiet_hours")
        hours = [int(each) for each in found.groups()]
        made = cls(time(hours[0], hours[1]), time(hours[2], hours[3]))
        if made.begin == made.end:
            raise Invalid("Expected an end that is not the beginning.", field="quiet_hours")
        return made

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet ends that `now` lies in, in UTC; None if it isn't quiet."""
        local = now.astimezone(zone)
        clock = local.time().replace(tzinfo=None)
        past_midnight = self.end < self.begin
        if not (clock >= self.begin or clock < self.end if past_midnight else self.begin <= clock < self.end):
            return None
        day = local.date() + timedelta(days=past_midnight and clock >= self.begin)
        end = datetime.combine(day, self.end, tzinfo=zone).astimezone(UTC)
        # Where clocks are put forward the end may not exist, or lie behind: then it is over within the minute.
        return end if end > now else now.astimezone(UTC) + timedelta(minutes=1)
