"""The places an organization knows, in levels: country, state, district, ward."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import regex

from domain.environment.words import trim

PATH_SEPARATOR: Final = ">"
PADDED_SEPARATOR: Final = " > "
SPACE_RUN: Final = re.compile(r"\s+")
NOT_LETTERS: Final = regex.compile(r"[\s\p{P}]+")
WORD: Final = regex.compile(r"[\p{L}0-9]+(?:-[\p{L}0-9]+)*")

Collate = Callable[[str], str]


class Location:
    """One place: its name, its level (0 is the country), its path from the country down."""

    __slots__ = ("aliases", "children", "level", "name", "parent", "path")

    def __init__(self, name: str, aliases: Iterable[str], level: int, parent: "Location | None") -> None:
        self.name = name
        self.aliases = tuple(aliases)
        self.level = level
        self.parent = parent
        self.path: str = name if parent is None else f"{parent.path}{PADDED_SEPARATOR}{name}"
        self.children: list[Location] = []

    def __repr__(self) -> str:
        return f"Location({self.path!r})"

    def is_within(self, other: "Location") -> bool:
        """Whether this place lies somewhere below another."""
        above = self.parent
        while above is not None:
            if above is other:
                return True
            above = above.parent
        return False


class LocationHierarchy:
    """All places below one country, found by path, by name or alias, or fuzzily in a text."""

    def __init__(self, root: Location, collate: Collate) -> None:
        self.root = root
        self._collate = collate
        self._by_path: dict[str, Location] = {}
        self._by_name: list[dict[str, list[Location]]] = []
        for location in _all_below(root):
            self._index(location)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], collate: Collate) -> "LocationHierarchy":
        """Reads `{name, aliases?, children?}`, nested as deep as there are levels."""
        return cls(_read(data, 0, None), collate)

    def _index(self, location: Location) -> None:
        self._by_path[location.path.lower()] = location
        while len(self._by_name) <= location.level:
            self._by_name.append({})
        names = self._by_name[location.level]
        for name in (location.name, *location.aliases):
            listed = names.setdefault(self._collate(name), [])
            if location not in listed:
                listed.append(location)

    def at_path(self, path: str) -> Location | None:
        """The place at `Country > State > …`, however it is spaced or capitalised."""
        return self._by_path.get(normalized_path(path).lower())

    def named(self, name: str, level: int, parent: Location | None = None) -> list[Location]:
        """The places of a level with exactly this name or alias (collated), or at this path, below `parent` if given."""
        if level == 0 or PATH_SEPARATOR in name:
            found = self.at_path(name)
            if found is not None and found.level == level:
                return [found]
        if level >= len(self._by_name):
            return []
        listed = self._by_name[level].get(self._collate(name), [])
        return [place for place in listed if parent is None or place.parent is parent]

    def search(self, text: str, level: int, parent: Location | None = None) -> list[Location]:
        """The places of a level that a text means: by name, by name without spaces and signs, by a word, by two words."""
        for candidate in _candidates(text):
            found = self.named(candidate, level, parent)
            if found:
                return found
        return []


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield NOT_LETTERS.sub("", text)
    words = WORD.findall(text)
    yield from words
    for first, second in zip(words, words[1:], strict=False):
        yield f"{first} {second}"


def _all_below(root: Location) -> Iterator[Location]:
    waiting = [root]
    while waiting:
        location = waiting.pop(0)
        yield location
        waiting.extend(location.children)


def _read(data: Mapping[str, Any], level: int, parent: Location | None) -> Location:
    location = Location(data["name"], data.get("aliases") or (), level, parent)
    location.children = [_read(child, level + 1, location) for child in data.get("children") or ()]
    return location


def normalized_path(path: str) -> str:
    """`ireLAND>antrim   town.` as `Ireland > Antrim Town`."""
    parts = trim(path).rstrip(".").split(PATH_SEPARATOR)
    return PADDED_SEPARATOR.join(_titled(SPACE_RUN.sub(" ", trim(part))) for part in parts)


def _titled(part: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in part.split(" "))


def name_of_path(path: str) -> str:
    """The last part of a path: `Rwanda > Kigali` gives `Kigali`."""
    return trim(path.rpartition(PATH_SEPARATOR)[2])
