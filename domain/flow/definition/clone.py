"""A copy of a flow that shares no identity with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.flow.definition.checks import is_uuid
from domain.flow.definition.inspect import inspect
from domain.flow.definition.migrations.walk import Object
from domain.flow.definition.read_json import migrate, read_flow


def clone(raw: Object, ids: Callable[[], str], mapping: Mapping[str, str] | None = None) -> Object:
    """The definition, in the newest version, with another uuid for the flow and everything in it. `raw` is left alone.

    Args:
        raw: the definition, of any version.
        ids: version 4 UUIDs.
        mapping: uuids that have a known counterpart, such as groups of the workspace that the copy is for. What the flow
            depends on and is not named there keeps its uuid.

    Raises:
        DefinitionError: the definition can't be read.
    """
    current = migrate(raw, ids=ids)
    dependencies = inspect(read_flow(current))["dependencies"]
    known: dict[str, str] = {each["uuid"]: each["uuid"] for each in dependencies if "uuid" in each} | dict(
        mapping or {}
    )

    def counterpart(uuid: str) -> str:
        if uuid not in known:
            known[uuid] = ids()
        return known[uuid]

    made: Object = with_uuids(current, counterpart)
    return made


def with_uuids(value: Any, counterpart: Callable[[str], str], key: str = "") -> Any:
    """The JSON value with another uuid for each in it: values of `uuid` and `…_uuid`, members of lists, and keys of objects."""
    if isinstance(value, dict):
        return {
            counterpart(name) if is_uuid(name) else name: with_uuids(value[name], counterpart, name)
            for name in sorted(value)
        }
    if isinstance(value, list):
        return [
            counterpart(member) if isinstance(member, str) and is_uuid(member) else with_uuids(member, counterpart)
            for member in value
        ]
    if (key == "uuid" or key.endswith("_uuid")) and isinstance(value, str) and value:
        return counterpart(value)
    return value
