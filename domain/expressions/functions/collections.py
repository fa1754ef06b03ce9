"""Functions of arrays and objects."""

from collections.abc import Hashable
from decimal import Decimal

from domain.expressions.calls import call_within
from domain.expressions.functions.conversions import check_items
from domain.expressions.functions.numbers import total
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import (
    items_of,
    to_array,
    to_boolean,
    to_function,
    to_integer,
    to_object,
    to_text,
)
from domain.expressions.values.equality import check_comparable, identity, sort_key
from domain.expressions.values.kinds import (
    MISSING,
    EvaluationError,
    Value,
    kind_of,
    object_items,
    object_names,
    object_property,
    unwrapped,
)
from domain.expressions.values.rendering import describe, raise_if_error


def slice_(scope: Scope, array: Value, start: Value, end: Value = None) -> Value:
    """The items from start up to end; negatives count from the end."""
    items = to_array(array)
    first = to_integer(start)
    last = len(items) if end is None else to_integer(end)
    first = max(first + len(items), 0) if first < 0 else first
    last = max(last + len(items), 0) if last < 0 else last
    return items[first:last]


def contains(scope: Scope, array: Value, value: Value) -> Value:
    """Whether an item has the same type and content as a value."""
    items = to_array(array)
    raise_if_error(value)
    sought = identity(value)
    return any(identity(item) == sought for item in items_of(items))


def join(scope: Scope, array: Value, separator: Value) -> Value:
    items, between = items_of(to_array(array)), to_text(separator)
    texts = [to_text(item) for item in items]
    scope.reserve(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def reverse(scope: Scope, array: Value) -> Value:
    return to_array(array)[::-1]


def sort(scope: Scope, array: Value) -> Value:
    """In ascending order; all items must be of one type that has an order."""
    items = items_of(to_array(array))
    if len(items) < 2:
        return items
    kind = check_comparable(items[0])
    for item in items[1:]:
        if check_comparable(item) != kind:
            raise EvaluationError("can't sort array of different types")
    return sorted(items, key=sort_key)


def sum_(scope: Scope, array: Value) -> Value:
    return total(items_of(to_array(array)))


def unique(scope: Scope, array: Value) -> Value:
    """The items without repetitions, each where it came first."""
    found: dict[Hashable, Value] = {}
    for item in items_of(to_array(array)):
        found.setdefault(identity(item), item)
    return list(found.values())


def concat(scope: Scope, array1: Value, array2: Value) -> Value:
    joined = to_array(array1) + to_array(array2)
    check_items(len(joined))
    return joined


def filter_(scope: Scope, array: Value, func: Value) -> Value:
    """The items for which a function gives something true."""
    items, test = items_of(to_array(array)), to_function(func)
    return [item for item in items if to_boolean(call_within(scope, test, [item]))]


def foreach(scope: Scope, array: Value, func: Value, *arguments: Value) -> Value:
    """What a function gives for each item; more arguments go to it after the item."""
    items, change = items_of(to_array(array)), to_function(func)
    return [call_within(scope, change, [item, *arguments]) for item in items]


def foreach_value(scope: Scope, value: Value, func: Value, *arguments: Value) -> Value:
    """The object with what a function gives for each of its values."""
    properties, change = to_object(value), to_function(func)
    return {name: call_within(scope, change, [item, *arguments]) for name, item in object_items(properties)}


def count(scope: Scope, value: Value) -> Value:
    """How many items an array, or properties an object, has; null has none."""
    if value is None:
        return Decimal(0)
    raise_if_error(value)
    kind = kind_of(value)
    if kind == "array":
        return Decimal(len(value))
    if kind == "object":
        return Decimal(len(object_names(value)))
    raise EvaluationError(f"{describe(value)} isn't countable")


def extract(scope: Scope, value: Value, name: Value) -> Value:
    """A property, null where there is none."""
    return _property(to_object(value), to_text(name))


def extract_object(scope: Scope, value: Value, *names: Value) -> Value:
    """An object of only these properties, null for those it doesn't have."""
    source = to_object(value)
    return {name: _property(source, name) for name in map(to_text, names)}


def _property(value: Value, name: str) -> Value:
    found = object_property(value, name)
    return None if found is MISSING else unwrapped(found)


def keys(scope: Scope, value: Value) -> Value:
    return list(object_names(to_object(value)))
