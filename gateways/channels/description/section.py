"""A piece of a description being read: each key is taken once, by type; what is left over is a mistake."""

from collections.abc import Mapping
from typing import Any, TypeVar

from domain.errors import Invalid

T = TypeVar("T")


class DescriptionError(Invalid):
    """The description of a channel type can't be read."""


class Section:
    """A table of a description and where it stands, so that a complaint names the place."""

    def __init__(self, place: str, table: Mapping[str, Any]) -> None:
        self.place = place
        self._left = dict(table)

    def wrong(self, key: str, expected: str) -> DescriptionError:
        """The error to raise about a key."""
        where = f"{self.place}.{key}" if key else self.place
        return DescriptionError(f"{where}: {expected}", field=where)

    def has(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it has to be there."""
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text is expected")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is expected")
        return value

    def number(self, key: str) -> int | None:
        value = self._left.pop(key, None)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.wrong(key, "a whole number is expected")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text for a list of one."""
        value = self._left.pop(key, [])
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values):
            raise self.wrong(key, "a text or a list of texts is expected")
        return tuple(values)

    def one_of(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.wrong(key, f"one of {', '.join(choices)} is expected, not {value!r}")
        return value

    def table(self, key: str) -> dict[str, Any]:
        """A table taken as it is; empty when there is none."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table is expected")
        return value

    def tables(self, key: str) -> list[dict[str, Any]]:
        """A list of tables taken as they are, or one table for a list of one."""
        value = self._left.pop(key, [])
        tables = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in tables):
            raise self.wrong(key, "a table or a list of tables is expected")
        return tables

    def section(self, key: str) -> "Section | None":
        return Section(f"{self.place}.{key}", self.table(key)) if self.has(key) else None

    def sections(self, key: str) -> list["Section"]:
        return [Section(f"{self.place}.{key}[{number}]", each) for number, each in enumerate(self.tables(key))]

    def raw(self, key: str) -> Any:
        return self._left.pop(key, None)

    def finish(self) -> None:
        """Raises when something was not understood."""
        if self._left:
            raise self.wrong("", f"unknown {', '.join(sorted(self._left))}")
