"""What a sprint changed of a session: a session grows with every step, so the log keeps what is new, not all of it again.

A change of an object: {"set": {key: value}, "gone": [key, …], "in": {key: change}}; of a list that went on: {"in": {place: change},
"add": [value, …]}. What can't be said so is set whole. `changed(before, difference(before, after))` equals `after`, order included.
"""

from typing import Any

Json = Any
Change = dict[str, Any]


def difference(before: dict[str, Json], after: dict[str, Json]) -> Change:
    """The change that makes `after` of `before`. Both are plain JSON values; parts are shared, not copied."""
    found: Change = {}
    if gone := [key for key in before if key not in after]:
        found["gone"] = gone
    if [key for key in before if key in after] != [key for key in after if key in before]:
        return {"gone": list(before), "set": after}
    for key, value in after.items():
        if key not in before:
            found.setdefault("set", {})[key] = value
        elif not _same(before[key], value):
            inner = _inner(before[key], value)
            if inner is None:
                found.setdefault("set", {})[key] = value
            else:
                found.setdefault("in", {})[key] = inner
    new = found.get("set", {})
    if any(key not in before for key in new) and list(changed(before, found)) != list(after):
        return {"gone": list(before), "set": after}
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
    """The change within a value; None if it must be set whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        return difference(before, after)
    if isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        return _list_difference(before, after)
    return None


def _list_difference(before: list[Json], after: list[Json]) -> Change | None:
    found: Change = {}
    for place, (old, new) in enumerate(zip(before, after, strict=False)):
        if not _same(old, new):
            inner = _inner(old, new)
            if inner is None:
                return None
            found.setdefault("in", {})[str(place)] = inner
    if len(after) > len(before):
        found["add"] = after[len(before) :]
    return found


def _changed(before: Json, change: Change) -> Json:
    if isinstance(before, dict):
        return changed(before, change)
    after = list(before)
    for place, inner in change.get("in", {}).items():
        after[int(place)] = _changed(before[int(place)], inner)
    return after + change.get("add", [])


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON: `1` and `true` are not, nor are objects whose keys stand in another order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
