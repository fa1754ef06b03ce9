"""How much there is of a value, so that work on it can be paid for before it is done.

Arrays may share their items (`foreach(a, (x) => a)` holds one array ten thousand times): what takes no memory may take hours to
write. So the weight counts an item as often as it is met, but looks at each array once.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from domain.expressions.values.kinds import Deprecated, Lazy, Value, XError, XFunction

LIGHT: Final = frozenset({str, Decimal, bool, int, type(None), date, datetime, time, XError, XFunction})
"""What has no values inside."""

CHARACTERS_PER_UNIT: Final = 16
OBJECT_OF_HOST: Final = 100
MAX_DEPTH: Final = 200
TOO_HEAVY: Final = 1 << 60


def weight_of(value: Value, known: dict[int, tuple[Value, int]], depth: int = 0) -> int:
    """Units of a value: one for itself, its items' and its characters'. `known` remembers containers by identity."""
    cls = value.__class__
    if cls is str:
        return 1 + len(value) // CHARACTERS_PER_UNIT
    if cls in LIGHT:
        return 1
    found = known.get(id(value))
    if found is not None:
        return found[1]
    if depth > MAX_DEPTH:
        return TOO_HEAVY
    weight = 1 + sum([weight_of(item, known, depth + 1) for item in _items(value)])
    known[id(value)] = (value, weight)
    return weight


def _items(value: Value) -> list[Value]:
    if value.__class__ is list:
        return value
    if isinstance(value, dict):
        return list(value.values())
    if value.__class__ is Lazy:
        return [value.resolve()]
    if value.__class__ is Deprecated:
        return [value.value]
    return [None] * OBJECT_OF_HOST
