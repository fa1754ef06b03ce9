"""Nodes, actions and routers out of the JSON of a current definition."""

from __future__ import annotations

from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.actions import ACTION_TYPES, Action
from domain.flow.definition.checks import IS_RESULT_NAME, IS_UUID
from domain.flow.definition.localization import shortened
from domain.flow.definition.model import (
    MAX_TEMPLATE,
    Case,
    Category,
    DialWait,
    Exit,
    MsgWait,
    Node,
    RandomRouter,
    SwitchRouter,
    Wait,
)
from domain.flow.definition.shapes import ListSpec, ObjectSpec, Problems, TextSpec, fill, read_object

_UUID = TextSpec(required=True, check=IS_UUID)
_OPTIONAL_UUID = TextSpec(check=IS_UUID)
_EXITS = ListSpec(ObjectSpec(Exit, required=True), min_items=1)
_RESULT_NAME = TextSpec(check=IS_RESULT_NAME)
_OPERAND = TextSpec(required=True, max_chars=MAX_TEMPLATE)
_CASES = ListSpec(ObjectSpec(Case, required=True))
_WAIT_TYPES: dict[str, type[MsgWait] | type[DialWait]] = {"msg": MsgWait, "dial": DialWait}


def read_node(raw: dict[str, Any]) -> Node:
    """A node. Raises DefinitionError."""
    problems = Problems()
    uuid = _UUID.read(raw.get("uuid"), "uuid", problems)
    actions = raw.get("actions")
    if actions is not None and not isinstance(actions, list):
        problems.add("actions", "must be a list")
    exits = _EXITS.read(raw.get("exits"), "exits", problems)
    if problems.sentences:
        raise DefinitionError("unable to read node: " + ", ".join(problems.sentences))
    return Node(uuid, _read_actions(actions or ()), _read_router(raw.get("router")), exits)


def _read_actions(raw: Any) -> tuple[Action, ...]:
    read = []
    for index, action in enumerate(raw):
        try:
            read.append(read_action(action))
        except DefinitionError as e:
            raise DefinitionError(f"unable to read action[{index}]: {e.sentence}") from e
    return tuple(read)


def type_of(raw: Any) -> str:
    """The type that a JSON object says it has. Raises DefinitionError if it says none."""
    if raw is None:
        raise DefinitionError("field 'type' is required")
    if not isinstance(raw, dict):
        raise DefinitionError("must be an object")
    problems = Problems()
    found = TextSpec(required=True).read(raw.get("type"), "type", problems)
    problems.raise_if_any()
    return found


def read_action(raw: Any) -> Action:
    """An action. Raises DefinitionError."""
    name = type_of(raw)
    cls = ACTION_TYPES.get(name)
    if cls is None:
        raise DefinitionError(f"unknown type: '{shortened(name)}'")
    return read_object(cls, raw)


def _read_router(raw: Any) -> SwitchRouter | RandomRouter | None:
    if raw is None:
        return None
    try:
        return read_router(raw)
    except DefinitionError as e:
        raise DefinitionError(f"unable to read router: {e.sentence}") from e


def read_router(raw: Any) -> SwitchRouter | RandomRouter:
    """A router. Raises DefinitionError."""
    name = type_of(raw)
    if name not in ("switch", "random"):
        raise DefinitionError(f"unknown type: '{shortened(name)}'")
    problems = Problems()
    result_name = _RESULT_NAME.read(raw.get("result_name"), "result_name", problems)
    categories = raw.get("categories")
    if not isinstance(categories, list) or not categories:
        problems.add("categories", "must have a minimum of 1 items")
        categories = []
    operand = cases = default = None
    if name == "switch":
        operand = _OPERAND.read(raw.get("operand"), "operand", problems)
        cases = _CASES.read(raw.get("cases"), "cases", problems)
        default = _OPTIONAL_UUID.read(raw.get("default_category_uuid"), "default_category_uuid", problems)
    problems.raise_if_any()
    wait = read_wait(raw["wait"]) if raw.get("wait") is not None else None
    read = tuple([_read_category(category) for category in categories])
    if name == "random":
        return RandomRouter(wait, result_name, read)
    return SwitchRouter(wait, result_name, read, operand or "", cases or (), default or None)


def _read_category(raw: Any) -> Category:
    problems = Problems()
    if not isinstance(raw, dict):
        raise DefinitionError("unable to read category: field 'uuid' is required")
    read = fill(Category, raw, problems)
    if problems.sentences:
        raise DefinitionError("unable to read category: " + ", ".join(problems.sentences))
    return read


def read_wait(raw: Any) -> Wait:
    """A wait. Raises DefinitionError."""
    try:
        name = type_of(raw)
        cls = _WAIT_TYPES.get(name)
        if cls is None:
            raise DefinitionError(f"unknown type: '{shortened(name)}'")
        return read_object(cls, raw)
    except DefinitionError as e:
        raise DefinitionError(f"unable to read wait: {e.sentence}") from e
