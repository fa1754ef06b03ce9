"""Translations of a flow's texts: language, then item (an action, case or category), then property, then texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.checks import is_uuid
from domain.flow.definition.language_codes import is_language_code

MAX_ITEMS = 300_000
"""Translated items per language."""
MAX_PROPERTIES = 10
MAX_VALUES = 10
MAX_VALUE_CHARS = 10_000
MAX_PROPERTY_NAME = 64

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Localization:
    """What a flow says in other languages than its own."""

    translations: Mapping[str, Mapping[str, Mapping[str, Texts]]] = field(default_factory=dict)
    """Sorted by language."""
    raw: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """As it was written, with what editors keep there for themselves."""

    def texts(self, item_uuid: str, name: str, language: str) -> Texts | None:
        """The translation of one property of an item, or None."""
        of_language = self.translations.get(language)
        if of_language is None:
            return None
        of_item = of_language.get(item_uuid)
        return None if of_item is None else of_item.get(name)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are translations in, sorted."""
        return tuple(self.translations)

    def each_translation(self, item_uuid: str, name: str) -> Iterator[tuple[str, Texts]]:
        """Every translation of one property with its language, by language."""
        for language, items in self.translations.items():
            if item_uuid in items and name in items[item_uuid]:
                yield language, items[item_uuid][name]


NO_LOCALIZATION = Localization()


def read_localization(raw: Any) -> Localization:
    """Translations out of JSON. Raises DefinitionError where a language, an item or a property can't be."""
    if raw is None:
        return NO_LOCALIZATION
    if not isinstance(raw, dict):
        raise DefinitionError("field 'localization' must be an object")
    translations = {}
    for language, items in sorted(raw.items()):
        if not is_language_code(language):
            raise DefinitionError(f"invalid localization: invalid language code '{shortened(language)}'")
        try:
            translations[language] = _read_language(items)
        except DefinitionError as e:
            raise DefinitionError(f"invalid localization: invalid translation for '{language}': {e.sentence}") from e
    return Localization(translations, raw)


def _read_language(raw: Any) -> dict[str, dict[str, Texts]]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError("must be an object")
    if len(raw) > MAX_ITEMS:
        raise DefinitionError(f"can't have more than {MAX_ITEMS} items (has {len(raw)})")
    read = {}
    for item_uuid, properties in raw.items():
        if not is_uuid(item_uuid):
            raise DefinitionError(f"invalid item uuid '{shortened(item_uuid)}'")
        try:
            texts = _read_item(properties)
        except DefinitionError as e:
            raise DefinitionError(f"invalid item translation for '{item_uuid}': {e.sentence}") from e
        if texts:
            read[item_uuid] = texts
    return read


def _read_item(raw: Any) -> dict[str, Texts]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError("must be an object")
    if len(raw) > MAX_PROPERTIES:
        raise DefinitionError(f"can't have more than {MAX_PROPERTIES} properties (has {len(raw)})")
    read = {}
    for name, values in raw.items():
        if not name or len(name) > MAX_PROPERTY_NAME:
            raise DefinitionError(f"invalid property name '{shortened(name)}'")
        if _is_translation(values):
            read[name] = _read_values(name, values)
    return read


def _is_translation(values: Any) -> bool:
    """Whether the property holds texts; editors keep other things beside them, which mean nothing here."""
    if not isinstance(values, list) or not values or values == [""]:
        return False
    return all(isinstance(value, str) for value in values)


def _read_values(name: str, values: list[str]) -> Texts:
    if len(values) > MAX_VALUES and name != "template_variables":
        raise DefinitionError(f"property '{name}' can't have more than {MAX_VALUES} values (has {len(values)})")
    for value in values:
        if len(value) > MAX_VALUE_CHARS:
            raise DefinitionError(f"property '{name}' can't have values longer than {MAX_VALUE_CHARS} characters")
    return tuple(values)


def shortened(text: str, limit: int = 32) -> str:
    """The text, cut to `limit` characters with an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 3] + "..."
