"""Definitions of version 11: action sets and rule sets instead of nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.legacy.action_sets import Context, migrate_action
from domain.flow.definition.legacy.rule_sets import migrate_rule_set
from domain.flow.definition.legacy.texts import BASE, Translator, plain
from domain.flow.definition.migrations.walk import Object, objects_in

LEGACY_KEYS = ("action_sets", "rule_sets", "flow_type")
"""A definition with one of these, and no header of version 13, is of version 11."""

_FLOW_TYPES = {"": "messaging", "F": "messaging", "M": "messaging", "V": "voice", "S": "messaging_offline"}


def migrate_legacy(raw: Object, ids: Callable[[], str], base_media_url: str = "") -> Object:
    """A definition of version 13.0.0. `ids` gives version 4 UUIDs. Raises DefinitionError."""
    found = raw.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    uuid = plain(metadata.get("uuid")) or plain(raw.get("uuid")) or ids()
    context = Context(Translator(plain(raw.get("base_language")) or BASE), ids, base_media_url)
    nodes, shown = _migrate_nodes(raw, context)
    return {
        "uuid": uuid,
        "name": plain(metadata.get("name")) or plain(raw.get("name")),
        "spec_version": "13.0.0",
        "language": context.translator.language,
        "type": _flow_type(raw),
        "revision": _number(metadata.get("revision")) or _number(raw.get("revision")),
        "expire_after_minutes": _number(metadata.get("expires")),
        "localization": context.translator.localization,
        "nodes": nodes,
        "_ui": {"nodes": shown, "stickies": _stickies(metadata, ids)},
    }


def _flow_type(raw: Object) -> str:
    written = raw.get("flow_type") or ""
    if not isinstance(written, str) or written not in _FLOW_TYPES:
        raise DefinitionError(f"field 'flow_type' must be one of F, M, S, V and not '{written}'")
    return _FLOW_TYPES[written]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _migrate_nodes(raw: Object, context: Context) -> tuple[list[Object], Object]:
    """Nodes with the entry first and the rest from top to bottom, and how editors show them."""
    placed: list[tuple[float, Object]] = []
    shown: Object = {}
    for action_set in objects_in(raw, "action_sets"):
        node = _action_node(action_set, context)
        placed.append((_place(action_set, "y"), node))
        shown[node["uuid"]] = _shown(action_set, "execute_actions", {})
    for rule_set in objects_in(raw, "rule_sets"):
        node, ui_type, ui_config = _rule_node(rule_set, context)
        placed.append((_place(rule_set, "y"), node))
        shown[node["uuid"]] = _shown(rule_set, ui_type, ui_config)
    entry = raw.get("entry")
    placed.sort(key=lambda each: (each[1]["uuid"] != entry, each[0]))
    nodes = [node for _, node in placed]
    _drop_unknown_destinations(nodes)
    return nodes, shown


def _action_node(raw: Object, context: Context) -> Object:
    uuid = plain(raw.get("uuid"))
    written = raw.get("actions") or []
    try:
        if not isinstance(written, list):
            raise DefinitionError("field 'actions' must be a list")
        actions = [_action(action, index, context) for index, action in enumerate(written)]
    except DefinitionError as e:
        raise DefinitionError(f"unable to migrate action_set[uuid={uuid}]: {e.sentence}") from e
    exits = [{"uuid": plain(raw.get("exit_uuid")) or context.ids(), "destination_uuid": plain(raw.get("destination"))}]
    return {"uuid": uuid, "actions": actions, "exits": exits} if actions else {"uuid": uuid, "exits": exits}


def _action(raw: Any, index: int, context: Context) -> Object:
    try:
        return migrate_action(raw, context)
    except DefinitionError as e:
        raise DefinitionError(f"action[{index}]: {e.sentence}") from e


def _rule_node(raw: Object, context: Context) -> tuple[Object, str, Object]:
    try:
        return migrate_rule_set(raw, context)
    except DefinitionError as e:
        raise DefinitionError(f"unable to migrate rule_set[uuid={plain(raw.get('uuid'))}]: {e.sentence}") from e


def _place(raw: Object, axis: str) -> float:
    value = raw.get(axis)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value == value else 0


def _shown(raw: Object, ui_type: str, ui_config: Object) -> Object:
    shown = {"type": ui_type, "position": {"left": _place(raw, "x"), "top": _place(raw, "y")}}
    return {**shown, "config": ui_config} if ui_config else shown


def _stickies(metadata: Object, ids: Callable[[], str]) -> Object:
    return {
        ids(): {
            "title": plain(note.get("title")),
            "body": plain(note.get("body")),
            "position": {"left": _place(note, "x"), "top": _place(note, "y")},
        }
        for note in objects_in(metadata, "notes")
    }


def _drop_unknown_destinations(nodes: list[Object]) -> None:
    known = {node["uuid"] for node in nodes}
    for node in nodes:
        for way_out in node["exits"]:
            if way_out["destination_uuid"] not in known:
                del way_out["destination_uuid"]
