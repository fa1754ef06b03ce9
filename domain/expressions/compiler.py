"""Turns an expression's tree into nested Python closures, so that evaluating walks no tree.

Chains that authors can make as long as a template (`a & b & c …`, `a.b.c …`) become loops and not nested calls: their length
must not be Python's depth. Names of anonymous functions' arguments are known here, so only they look into the frame.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from domain.expressions.calls import anonymous_function, call
from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.operators import BINARY, negate
from domain.expressions.scope import Scope
from domain.expressions.syntax_tree import (
    AnonymousFunction,
    Binary,
    Call,
    Dot,
    Index,
    Literal,
    Negation,
    Node,
    Parentheses,
    Reference,
    canonical,
    visited,
)
from domain.expressions.values.conversions import to_integer, to_text
from domain.expressions.values.kinds import (
    DEFAULT_KEY,
    MISSING,
    SIMPLE,
    WRAPPED,
    EvaluationError,
    ObjectValue,
    Value,
    XError,
    XFunction,
    kind_of,
    object_property,
    unwrapped,
)
from domain.expressions.values.rendering import describe
from domain.expressions.weight import LIGHT

Closure = Callable[[Scope], Value]
Step = Callable[[Scope, Value], Value]
NO_NAMES: Final[frozenset[str]] = frozenset()
NODES_PER_UNIT: Final = 2
WORK_OF_POWER: Final = 200
"""A fractional power is a logarithm and an exponential of as many digits as its operands have."""


def compile_node(node: Node, bound: frozenset[str] = NO_NAMES) -> Closure:
    """The closure that evaluates a node; `bound` are the names of anonymous functions' arguments around it."""
    match node:
        case Literal(value):
            return lambda scope: value
        case Reference(name):
            return _reference(name, bound)
        case Binary():
            return _binary(node, bound)
        case Negation():
            return _negation(node, bound)
        case Dot(Reference(name), lookup) if name.lower() not in bound:
            return _property(name, lookup)
        case Dot() | Index() | Call():
            return _lookups(node, bound)
        case Parentheses(inner):
            return compile_node(inner, bound)
        case AnonymousFunction(parameters, body):
            return anonymous_function(parameters, compile_node(body, bound | set(parameters)), work_of(body))


def work_of(node: Node) -> int:
    """Units of work of evaluating a node once, calls of functions not counted: they are paid for when they are made."""
    nodes = visited(node)
    powers = sum(isinstance(each, Binary) and each.operator == "^" for each in nodes)
    return 1 + len(nodes) // NODES_PER_UNIT + powers * WORK_OF_POWER


def _reference(name: str, bound: frozenset[str]) -> Closure:
    lowered = name.lower()
    if lowered in bound:
        return lambda scope: scope.frame[lowered]
    settle = _settling(name)

    def look_up(scope: Scope) -> Value:
        value = scope.root.get(lowered, MISSING)
        return settle(scope, value) if value is MISSING or value.__class__ in WRAPPED else value

    return look_up


def _settling(name: str) -> Step:
    """What a name means that the context doesn't have, or has only wrapped: a function, an error, the value inside."""
    function = FUNCTIONS.get(name.lower())
    absent = XError(f"context has no property '{name}'") if function is None else function
    return lambda scope, value: absent if value is MISSING else unwrapped(value, scope)


def _property(name: str, lookup: str) -> Closure:
    """`name.lookup`, the most frequent of all expressions: what `_reference` and `_dot_step` do, in one step."""
    lowered, key, settle, step = name.lower(), lookup.lower(), _settling(name), _dot_step(lookup)
    is_default = key == DEFAULT_KEY

    def look_up(scope: Scope) -> Value:
        container = scope.root.get(lowered, MISSING)
        if container.__class__ is dict and not is_default:
            value = container.get(key)
            if value.__class__ in SIMPLE:
                return value
            if value.__class__ is int:
                return Decimal(value)
        if container is MISSING or container.__class__ in WRAPPED:
            container = settle(scope, container)
        return step(scope, container)

    return look_up


def _negation(node: Node, bound: frozenset[str]) -> Closure:
    count = 0
    while isinstance(node, Negation):
        node = node.operand
        count += 1
    operand = compile_node(node, bound)

    def evaluate(scope: Scope) -> Value:
        value = operand(scope)
        try:
            for _ in range(count):
                value = negate(value)
        except EvaluationError as error:
            return XError(str(error))
        return value

    return evaluate


def _binary(node: Binary, bound: frozenset[str]) -> Closure:
    """The whole chain of operators down the left side."""
    steps = []
    left: Node = node
    while isinstance(left, Binary):
        steps.append((BINARY[left.operator], compile_node(left.right, bound)))
        left = left.left
    first = compile_node(left, bound)
    if len(steps) == 1:
        return _single_binary(*steps[0], first)
    steps.reverse()

    def evaluate(scope: Scope) -> Value:
        value = first(scope)
        for operate, right in steps:
            value = _operated(scope, operate, value, right(scope))
        return value

    return evaluate


def _single_binary(operate: Callable[[Value, Value], Value], right: Closure, left: Closure) -> Closure:
    def evaluate(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if first.__class__ not in LIGHT or second.__class__ not in LIGHT:
            scope.handle(first)
            scope.handle(second)
        try:
            result = operate(first, second)
        except EvaluationError as error:
            result = XError(str(error))
        if result.__class__ is str or scope.budget < 1:
            scope.charge(result)
        else:
            scope.budget -= 1
        return result

    return evaluate


def _operated(scope: Scope, operate: Callable[[Value, Value], Value], left: Value, right: Value) -> Value:
    if left.__class__ not in LIGHT or right.__class__ not in LIGHT:
        scope.handle(left)
        scope.handle(right)
    try:
        result = operate(left, right)
    except EvaluationError as error:
        result = XError(str(error))
    scope.charge(result)
    return result


def _lookups(node: Node, bound: frozenset[str]) -> Closure:
    """The whole chain of look-ups and calls after an atom."""
    steps: list[Step] = []
    while True:
        if isinstance(node, Dot):
            steps.append(_dot_step(node.lookup))
            node = node.container
        elif isinstance(node, Index):
            steps.append(_index_step(compile_node(node.lookup, bound)))
            node = node.container
        elif isinstance(node, Call):
            steps.append(_call_step(node, bound))
            node = node.function
        else:
            break
    return _chained(compile_node(node, bound), steps[::-1])


def _chained(first: Closure, steps: list[Step]) -> Closure:
    if len(steps) == 1:
        only = steps[0]
        return lambda scope: only(scope, first(scope))

    def evaluate(scope: Scope) -> Value:
        value = first(scope)
        for step in steps:
            value = step(scope, value)
        return value

    return evaluate


def _dot_step(name: str) -> Step:
    lowered = name.lower()

    def look_up(scope: Scope, container: Value) -> Value:
        if container.__class__ is dict:
            value = container.get(lowered, MISSING)
            if value is MISSING or lowered == DEFAULT_KEY:
                value = object_property(container, name)
        elif isinstance(container, ObjectValue):
            value = container.property(lowered)
        elif container.__class__ is XError:
            return container
        elif isinstance(container, dict):
            value = object_property(container, name)
        else:
            return _in_array(scope, container, name)
        if value is MISSING:
            return XError(f"object has no property '{name}'")
        return unwrapped(value, scope) if value.__class__ in WRAPPED else value

    return look_up


def _index_step(lookup: Closure) -> Step:
    def look_up(scope: Scope, container: Value) -> Value:
        key = lookup(scope)
        if container.__class__ is XError:
            return container
        if key.__class__ is XError:
            return key
        if kind_of(container) != "object":
            return _in_array(scope, container, key)
        try:
            value = object_property(container, to_text(key))
        except EvaluationError as error:
            return XError(str(error))
        return unwrapped(None if value is MISSING else value, scope)

    return look_up


def _in_array(scope: Scope, container: Value, key: Value) -> Value:
    """An array's item by number, negative from the end; other values have no insides."""
    if container is None or not isinstance(container, list):
        return XError(f"{describe(container)} doesn't support lookups")
    try:
        index = to_integer(key)
    except EvaluationError as error:
        return XError(str(error))
    if not -len(container) <= index < len(container):
        return XError(f"index {index} out of range for {len(container)} items")
    return unwrapped(container[index], scope)


def _call_step(node: Call, bound: frozenset[str]) -> Step:
    arguments = [compile_node(argument, bound) for argument in node.arguments]
    callee = canonical(node.function)

    def evaluate(scope: Scope, function: Value) -> Value:
        if function.__class__ is XError:
            return function
        if function.__class__ is not XFunction:
            return XError(f"{callee} is not a function")
        return call(scope, function, [argument(scope) for argument in arguments])

    return evaluate
