"""A definition of any version, as JSON, becomes a `Flow`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from domain.errors import DefinitionError
from domain.flow.definition.checks import IS_FLOW_TYPE, IS_LANGUAGE
from domain.flow.definition.localization import read_localization
from domain.flow.definition.migrate import check_size, migrate
from domain.flow.definition.model import Flow, Node
from domain.flow.definition.read_nodes import read_node
from domain.flow.definition.shapes import NumberSpec, Problems, TextSpec
from domain.flow.definition.validate import validate

__all__ = ["decode", "migrate", "read_flow"]

_LANGUAGE = TextSpec(required=True, check=IS_LANGUAGE)
_TYPE = TextSpec(required=True, check=IS_FLOW_TYPE)
_NUMBER = NumberSpec(if_missing=0)


def read_flow(
    raw: dict[str, Any] | bytes | str, *, ids: Callable[[], str] | None = None, base_media_url: str = ""
) -> Flow:
    """A compiled flow out of a definition of any version from 11 on.

    Older definitions are migrated first (see `migrate` for `ids` and `base_media_url`). `raw` is not changed, and
    must not be changed afterwards. Raises DefinitionError with a sentence that names the node and action at fault.
    """
    try:
        current = migrate(decode(raw), ids=ids, base_media_url=base_media_url)
        flow = _read_current(current)
        validate(flow)
    except RecursionError:
        raise DefinitionError("the definition is nested too deeply") from None
    return flow


def decode(raw: dict[str, Any] | bytes | str) -> dict[str, Any]:
    """The JSON object in `raw`. Raises DefinitionError if there is none."""
    if isinstance(raw, bytes | str):
        try:
            raw = orjson.loads(raw)
        except orjson.JSONDecodeError as e:
            raise DefinitionError(f"the definition is not valid JSON: {e}") from e
    if not isinstance(raw, dict):
        raise DefinitionError("the definition must be a JSON object")
    return raw


def _read_current(raw: dict[str, Any]) -> Flow:
    check_size(raw)
    nodes = _read_nodes(raw.get("nodes"))
    problems = Problems()
    language = _LANGUAGE.read(raw.get("language"), "language", problems)
    flow_type = _TYPE.read(raw.get("type"), "type", problems)
    revision = _NUMBER.read(raw.get("revision"), "revision", problems) or 0
    minutes = _NUMBER.read(raw.get("expire_after_minutes"), "expire_after_minutes", problems) or 0
    problems.raise_if_any()
    return Flow(
        raw["uuid"],
        raw["name"],
        flow_type,
        language,
        revision,
        minutes,
        read_localization(raw.get("localization")),
        nodes,
        raw.get("_ui"),
    )


def _read_nodes(raw: Any) -> tuple[Node, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise DefinitionError("field 'nodes' must be a list")
    for index, node in enumerate(raw):
        if node is None:
            raise DefinitionError(f"field 'nodes[{index}]' is required")
        if not isinstance(node, dict):
            raise DefinitionError(f"field 'nodes[{index}]' must be an object")
    return tuple([read_node(node) for node in raw])
