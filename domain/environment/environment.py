"""The environment that texts, numbers and dates are read and written in: an organization's, or a contact's merged with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any, Final

from domain.environment.collation import COLLATIONS
from domain.environment.layouts import LayoutError, check_layout
from domain.environment.locations import LocationHierarchy
from domain.environment.zones import zone_name, zone_named
from domain.errors import Invalid

REDACTION_POLICIES: Final = ("none", "urns")
OBFUSCATION_KEY: Final = (0xA3B1C, 0xD2E3F, 0x1A2B3, 0xC0FFEE)
LANGUAGE: Final = re.compile(r"[a-z]{3}")
COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The symbols between whole and fraction, and between groups of three digits."""

    decimal_symbol: str = "."
    digit_grouping_symbol: str = ","


@dataclass(frozen=True, slots=True)
class Environment:
    """How to read and write: formats, zone, languages, country, collation, places, prompts.

    `languages` are ISO 639-3 codes; the first is the default. `default_country` is two capitals or "".
    `redaction_policy` "urns" hides contact addresses from everything that expressions can see. `prompts` are the named
    texts that `prompt()` fills in. Everything but `locations` and `prompts` is kept in JSON.
    """

    date_format: str = "YYYY-MM-DD"
    time_format: str = "tt:mm"
    timezone: tzinfo = UTC
    allowed_languages: tuple[str, ...] = ()
    default_country: str = ""
    number_format: NumberFormat = NumberFormat()
    input_collation: str = "default"
    redaction_policy: str = "none"
    obfuscation_key: tuple[int, int, int, int] = OBFUSCATION_KEY
    locations: LocationHierarchy | None = field(default=None, compare=False)
    prompts: Mapping[str, str] = field(default_factory=dict, compare=False)
    collate: Callable[[str], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        collate = COLLATIONS.get(self.input_collation)
        if collate is None:
            raise Invalid(_expected("input_collation", COLLATIONS), field="input_collation")
        object.__setattr__(self, "collate", collate)

    @property
    def default_language(self) -> str:
        """The first allowed language, or ""."""
        return self.allowed_languages[0] if self.allowed_languages else ""

    @property
    def default_locale(self) -> str:
        """Language and country as `eng-US`, or either alone, or ""."""
        language = self.default_language
        return f"{language}-{self.default_country}" if language and self.default_country else language

    @property
    def datetime_format(self) -> str:
        return f"{self.date_format} {self.time_format}"

    def merged(self, **changes: Any) -> "Environment":
        """This environment with a contact's own zone, country or languages put over it."""
        return replace(self, **changes)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None, **extra: Any) -> "Environment":
        """Reads and checks JSON; absent and null keys keep their defaults. Raises Invalid naming the field.

        `extra` gives what JSON doesn't hold: `locations`, `prompts`.
        """
        given = {key: value for key, value in (data or {}).items() if value is not None}
        read = {name: reader(given[name]) for name, reader in READERS.items() if name in given}
        return cls(**read, **extra)

    def to_json(self) -> dict[str, Any]:
        """All fields, as `from_json` reads them; no default country is left out."""
        written: dict[str, Any] = {
            "date_format": self.date_format,
            "time_format": self.time_format,
            "timezone": zone_name(self.timezone),
            "allowed_languages": list(self.allowed_languages) or None,
            "number_format": {
                "decimal_symbol": self.number_format.decimal_symbol,
                "digit_grouping_symbol": self.number_format.digit_grouping_symbol,
            },
            "default_country": self.default_country,
            "input_collation": self.input_collation,
            "redaction_policy": self.redaction_policy,
            "obfuscation_key": list(self.obfuscation_key),
        }
        if not self.default_country:
            del written["default_country"]
        return written


def _expected(name: str, allowed: Any) -> str:
    return f"field '{name}' must be one of {', '.join(allowed)}"


def _one_of(name: str, allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Invalid(_expected(name, allowed), field=name)
        return str(value)

    return read


def _layout(name: str, kind: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not value or not isinstance(value, str):
            raise Invalid(f"field '{name}' must be a {kind} format, not {value!r}", field=name)
        try:
            check_layout(value, kind)
        except LayoutError as error:
            raise Invalid(f"field '{name}' must be a {kind} format: {error}", field=name) from None
        return value

    return read


def _zone(value: Any) -> tzinfo:
    try:
        return zone_named(str(value))
    except ValueError:
        raise Invalid(f"field 'timezone' must be an IANA time zone, not {value!r}", field="timezone") from None


def _languages(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise Invalid(f"field 'allowed_languages' must be a list, not {value!r}", field="allowed_languages")
    for language in value:
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            raise Invalid(
                f"field 'allowed_languages' must hold three-letter language codes, not {language!r}",
                field="allowed_languages",
            )
    return tuple(value)


def _country(value: Any) -> str:
    if value != "" and not (isinstance(value, str) and COUNTRY.fullmatch(value)):
        raise Invalid(
            f"field 'default_country' must be a two-letter country code, not {value!r}", field="default_country"
        )
    return str(value)


def _number_format(value: Any) -> NumberFormat:
    default = NumberFormat()
    if not isinstance(value, Mapping):
        raise Invalid(f"field 'number_format' must be an object, not {value!r}", field="number_format")
    point = value.get("decimal_symbol", default.decimal_symbol)
    group = value.get("digit_grouping_symbol", default.digit_grouping_symbol)
    if not point or not isinstance(point, str) or not isinstance(group, str):
        raise Invalid(
            "field 'number_format' must have a decimal_symbol and a digit_grouping_symbol", field="number_format"
        )
    return NumberFormat(point, group)


def _is_uint32(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 2**32


def _obfuscation_key(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(map(_is_uint32, value)):
        raise Invalid("field 'obfuscation_key' must be four numbers of 32 bits", field="obfuscation_key")
    return tuple(value)


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "date_format": _layout("date_format", "date"),
    "time_format": _layout("time_format", "time"),
    "timezone": _zone,
    "allowed_languages": _languages,
    "default_country": _country,
    "number_format": _number_format,
    "input_collation": _one_of("input_collation", tuple(COLLATIONS)),
    "redaction_policy": _one_of("redaction_policy", REDACTION_POLICIES),
    "obfuscation_key": _obfuscation_key,
}
