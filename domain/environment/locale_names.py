"""Names of months, days and halves of the day by locale."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class LocaleNames:
    """Twelve months from January, seven days from Sunday, before and after noon."""

    short_days: tuple[str, ...]
    days: tuple[str, ...]
    short_months: tuple[str, ...]
    months: tuple[str, ...]
    halves: tuple[str, str]


ENGLISH: Final = LocaleNames(
    ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
    ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    ("AM", "PM"),
)


@lru_cache(maxsize=256)
def names_for(locale: str) -> LocaleNames:
    """The names for a locale such as `eng-US` or `es_EC`; English where the locale is not known."""
    return ENGLISH
