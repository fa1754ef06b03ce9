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
    exchanged = {each["uuid"]: each["uuid"] for each in dependencies if "uuid" in each} | dict(mapping or {})
    made: Object = _Cloning(exchanged, ids).value(current)
    return made


class _Cloning:
    """One walk over a definition: the same uuid is exchanged for the same other one everywhere."""

    def __init__(self, exchanged: dict[str, str], ids: Callable[[], str]) -> None:
        self._exchanged = exchanged
        self._ids = ids

    def value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {self._key(name): self.value(value[name], name) for name in sorted(value)}
        if isinstance(value, list):
            return [self.uuid(member) if _is_uuid(member) else self.value(member) for member in value]
        if (key == "uuid" or key.endswith("_uuid")) and isinstance(value, str) and value:
            return self.uuid(value)
        return value

    def _key(self, name: str) -> str:
        return self.uuid(name) if is_uuid(name) else name

    def uuid(self, uuid: str) -> str:
        if uuid not in self._exchanged:
            self._exchanged[uuid] = self._ids()
        return self._exchanged[uuid]


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and is_uuid(value)
