"""Names of months, days and halves of the day in the language of a locale."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from domain.environment.locales import best_locale

DEFAULT_LOCALE: Final = "en_US"


@dataclass(frozen=True, slots=True)
class LocaleNames:
    """Seven days from Sunday, twelve months from January, before and after noon."""

    short_days: tuple[str, ...]
    days: tuple[str, ...]
    short_months: tuple[str, ...]
    months: tuple[str, ...]
    halves: tuple[str, ...]


@lru_cache(maxsize=256)
def names_for(locale: str) -> LocaleNames:
    """The names for a locale such as `eng-US`, `spa` or `es_EC`: of the nearest one that has any; English for ""."""
    lines = _lines()
    line = lines[DEFAULT_LOCALE] if not locale else lines[best_locale([locale], _available())]
    return LocaleNames(*(tuple(field.split(";")) for field in line.split("|")))


@cache
def _lines() -> dict[str, str]:
    from domain.environment.locale_tables import NAMES  # a big table that only formats with names need

    lines = {}
    for line in NAMES.splitlines():
        locales, _, names = line.partition("|")
        lines.update(dict.fromkeys(locales.split(" "), names))
    return lines


@cache
def _available() -> tuple[str, ...]:
    """All locales, the default one first: it is what an unknown language gets."""
    return (DEFAULT_LOCALE, *(name for name in sorted(_lines()) if name != DEFAULT_LOCALE))
