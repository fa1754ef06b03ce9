"""What a sprint changed of a session: a session grows with every step, so the log keeps what is new, not all of it again.

A change of an object: {"set": {key: value}, "gone": [key, …], "in": {key: change}}; of a list that went on: {"in": {place: change},
"add": [value, …]}. What can't be said so is set whole. `changed(before, difference(before, after))` equals `after`, order included.
"""

from typing import Any

from orjson import dumps

Json = Any
Change = dict[str, Any]


def difference(before: dict[str, Json], after: dict[str, Json]) -> Change:
    """The change that makes `after` of `before`; {} if they are equal as JSON, in which `1` and `true` are not, nor objects whose
    keys stand in another order. Both are plain JSON values; parts are shared, not copied."""
    found: Change = {}
    if list(before) != list(after):
        gone = [key for key in before if key not in after]
        new = [key for key in after if key not in before]
        if [key for key in before if key in after] + new != list(after):
            return {"gone": list(before), "set": after}
        if gone:
            found["gone"] = gone
    for key, value in after.items():
        inner = _inner(before[key], value) if key in before else None
        if inner is None:
            found.setdefault("set", {})[key] = value
        elif inner:
            found.setdefault("in", {})[key] = inner
    return found


def changed(before: dict[str, Json], change: Change) -> dict[str, Json]:
    """The object after a change; `before` stays as it is."""
    gone = change.get("gone", ())
    after = {key: value for key, value in before.items() if key not in gone} if gone else dict(before)
    after |= change.get("set", {})
    for key, inner in change.get("in", {}).items():
        after[key] = _changed(before[key], inner)
    return after


def _inner(before: Json, after: Json) -> Change | None:
    """The change within a value, {} if there is none; None if it must be set whole."""
    kind = type(before)
    if kind is not type(after):
        return None
    if before == after and (kind is str or dumps(before) == dumps(after)):
        return {}
    if kind is dict:
        return difference(before, after)
    if kind is list:
        return _list_difference(before, after) if len(before) <= len(after) else None
    return None


def _list_difference(before: list[Json], after: list[Json]) -> Change | None:
    """Most of a session are steps that were walked long ago: what stays is compared at once."""
    count = len(before)
    stays = after[:count]
    found: Change = {}
    if before != stays or dumps(before) != dumps(stays):
        for place, (old, new) in enumerate(zip(before, stays, strict=True)):
            inner = _inner(old, new)
            if inner is None:
                return None
            if inner:
                found.setdefault("in", {})[str(place)] = inner
    if len(after) > count:
        found["add"] = after[count:]
    return found


def _changed(before: Json, change: Change) -> Json:
    if isinstance(before, dict):
        return changed(before, change)
    after = list(before)
    for place, inner in change.get("in", {}).items():
        after[int(place)] = _changed(before[int(place)], inner)
    return after + change.get("add", [])
