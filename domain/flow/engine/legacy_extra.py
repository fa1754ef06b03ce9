"""`@legacy_extra`: what flows of version 11 knew as `@extra`, kept for those that still read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import regex

from domain.expressions.values.kinds import Value
from domain.flow.engine.context_values import json_value
from domain.flow.engine.session import Result

MAX_KEY_CHARS = 255
_NOT_IN_KEYS = regex.compile(r"[^a-zA-Z0-9_]")


def legacy_extra(params: Any, results: Mapping[str, Result]) -> Value:
    """The trigger's params and what came with the results, the later over the earlier, in one object."""
    merged: dict[str, Value] = {}
    if isinstance(params, Mapping):
        merged.update(_with_legacy_keys(json_value(params)))
    for key, result in sorted(results.items(), key=lambda item: item[1].created_on):
        if result.extra is None:
            continue
        value = _with_legacy_keys(json_value(result.extra))
        merged[key] = result.extra_text or orjson.dumps(result.extra).decode()
        if isinstance(value, dict):
            merged.update(value)
        elif isinstance(value, list):
            merged.update((str(index), item) for index, item in enumerate(value))
    return merged


def _with_legacy_keys(value: Value) -> Value:
    if isinstance(value, dict):
        return {_legacy_key(key): _with_legacy_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_legacy_keys(item) for item in value]
    return value


def _legacy_key(key: str) -> str:
    cleaned: str = _NOT_IN_KEYS.sub("_", key.lower())
    return cleaned[:MAX_KEY_CHARS]
