"""13.5.0: a message names its template and variables itself; components are gone."""

from collections.abc import Callable
from typing import Any

from domain.flow.definition.migrations.walk import Object, actions_of, languages_of, objects_in


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "send_msg"):
        templating = action.pop("templating", None)
        if isinstance(templating, dict):
            _flatten(flow, action, templating)


def _flatten(flow: Object, action: Object, templating: Object) -> None:
    components = objects_in(templating, "components")
    action["template"] = templating.get("template")
    action["template_variables"] = [param for component in components for param in _params(component)]
    uuid = action.get("uuid")
    for items in languages_of(flow).values():
        merged: list[Any] = []
        is_translated = False
        for component in components:
            translated = _taken_params(items, component)
            is_translated = is_translated or translated is not None
            merged.extend(_params(component) if translated is None else translated)
        if is_translated and isinstance(uuid, str):
            item = items.setdefault(uuid, {})
            if isinstance(item, dict):
                item["template_variables"] = merged


def _params(component: Object) -> list[Any]:
    params = component.get("params")
    return params if isinstance(params, list) else []


def _taken_params(items: Object, component: Object) -> list[Any] | None:
    """The translated parameters of a component, which are removed from where they were."""
    uuid = component.get("uuid")
    item = items.pop(uuid, None) if isinstance(uuid, str) else None
    params = item.get("params") if isinstance(item, dict) else None
    return params if isinstance(params, list) else None
