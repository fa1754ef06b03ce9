"""A flow with another language as its own: its texts change places with their translations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.actions import ACTION_TYPES
from domain.flow.definition.checks import IS_LANGUAGE
from domain.flow.definition.migrate import copied
from domain.flow.definition.migrations.walk import Object, nodes_of, objects_in, routers_of
from domain.flow.definition.model import Case, Category
from domain.flow.definition.read_json import migrate, read_flow
from domain.flow.definition.shapes import specs_of


def change_language(raw: Object, language: str, *, ids: Callable[[], str] | None = None) -> Object:
    """The definition, in the newest version, with `language` as its own. `raw` is left alone.

    Texts become translations in the language that was its own; where there is a translation into the new one it takes their
    place, elsewhere the text stays. Raises DefinitionError.
    """
    if not IS_LANGUAGE.accepts(language):
        raise DefinitionError(f"field 'language' {IS_LANGUAGE.otherwise}")
    current = migrate(raw, ids=ids)
    flow = read_flow(current)
    changed: Object = copied(current)
    if language == flow.language:
        return changed
    written: Object = {}
    for item, names in _localizable(changed):
        native = {name: texts for name in names if (texts := _texts(item.get(name)))}
        if native:
            written[item["uuid"]] = native
        for name in names:
            translation = flow.localization.texts(item["uuid"], name, language)
            if translation is not None:
                item[name] = list(translation) if isinstance(item.get(name), list) else translation[0]
    localization = changed.get("localization") or {}
    localization.pop(language, None)
    changed["localization"] = {**localization, flow.language: written}
    changed["language"] = language
    return changed


def _localizable(flow: Object) -> Iterator[tuple[Object, tuple[str, ...]]]:
    """Every action, category and case, with the names of its properties that have translations."""
    for node in nodes_of(flow):
        for action in objects_in(node, "actions"):
            yield action, _names(ACTION_TYPES[action["type"]])
    for router in routers_of(flow):
        for category in objects_in(router, "categories"):
            yield category, _names(Category)
        for case in objects_in(router, "cases"):
            yield case, _names(Case)


def _names(cls: type) -> tuple[str, ...]:
    return tuple(name for name, spec in specs_of(cls) if spec.localizable)


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return list(value)
    return [value] if value else []
