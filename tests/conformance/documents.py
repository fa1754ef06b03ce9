"""Comparing JSON documents and saying where they differ."""

from typing import Any

import orjson


def plain(document: Any) -> Any:
    """The document as somebody else would read it."""
    return orjson.loads(orjson.dumps(document))


def difference(actual: Any, expected: Any, path: str = "") -> str:
    """Where two documents differ first, "" when they don't. Numbers compare by value, arrays in order."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        return _of_objects(actual, expected, path)
    if isinstance(actual, list) and isinstance(expected, list):
        return _of_arrays(actual, expected, path)
    if type(actual) is bool or type(expected) is bool:
        return "" if actual is expected else f"{path}: got {actual!r}, expected {expected!r}"
    return "" if actual == expected else f"{path}: got {actual!r}, expected {expected!r}"


def _of_objects(actual: dict[str, Any], expected: dict[str, Any], path: str) -> str:
    for key in expected.keys() - actual.keys():
        return f"{path}.{key}: missing, expected {expected[key]!r}"
    for key in actual.keys() - expected.keys():
        return f"{path}.{key}: unexpected {actual[key]!r}"
    for key in expected:
        found = difference(actual[key], expected[key], f"{path}.{key}")
        if found:
            return found
    return ""


def _of_arrays(actual: list[Any], expected: list[Any], path: str) -> str:
    for index, (ours, theirs) in enumerate(zip(actual, expected, strict=False)):
        found = difference(ours, theirs, f"{path}[{index}]")
        if found:
            return found
    if len(actual) != len(expected):
        rest = (actual if len(actual) > len(expected) else expected)[min(len(actual), len(expected))]
        return f"{path}: got {len(actual)} items, expected {len(expected)}; first other {rest!r}"
    return ""
