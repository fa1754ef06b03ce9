"""Queries compiled: a tree becomes one function of a contact, with the query's own values read beforehand.

Where a contact has several values (URNs of a scheme), a comparison holds when it holds for one of them; `!=` holds when it
holds for all, so for a contact without a value too.
"""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from domain.contact.query.errors import QueryError
from domain.contact.query.name_words import name_words
from domain.contact.query.properties import (
    COMPARISONS,
    CONTAINS,
    DATETIME,
    EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    NOT_EQUAL,
    NUMBER,
    UNKNOWN_TYPE,
)
from domain.contact.query.syntax_tree import AND, Combination, Condition, Node
from domain.contact.query.values import day_nanos, number_value
from domain.environment.environment import Environment
from domain.environment.words import lower, trim

Contact = TypeVar("Contact")
Value = str | Decimal | int
"""Text, a number as Decimal, a moment as nanoseconds since 1970 (int)."""

ReadValues = Callable[[Contact], Sequence[Value]]
Matcher = Callable[[Contact], bool]
ValueTest = Callable[[Any], bool]
ReaderOf = Callable[[Condition], ReadValues[Contact]]
"""Finds how to read the values of a condition's property from a contact."""

_ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    EQUAL: operator.eq,
    NOT_EQUAL: operator.ne,
    GREATER: operator.gt,
    GREATER_OR_EQUAL: operator.ge,
    LESS: operator.lt,
    LESS_OR_EQUAL: operator.le,
}


def compile_node(node: Node, environment: Environment, reader_of: ReaderOf[Contact]) -> Matcher[Contact]:
    """A function that says whether the node holds for a contact. Raises QueryError for values that can't be read."""
    if isinstance(node, Condition):
        return _compile_condition(node, environment, reader_of(node))
    return _compile_combination(node, [compile_node(child, environment, reader_of) for child in node.children])


def _compile_combination(node: Combination, matchers: list[Matcher[Contact]]) -> Matcher[Contact]:
    if len(matchers) == 2:
        first, second = matchers
        if node.operator == AND:
            return lambda contact: first(contact) and second(contact)
        return lambda contact: first(contact) or second(contact)
    if node.operator == AND:
        return lambda contact: all(matches(contact) for matches in matchers)
    return lambda contact: any(matches(contact) for matches in matchers)


def _compile_condition(condition: Condition, environment: Environment, read: ReadValues[Contact]) -> Matcher[Contact]:
    if condition.value == "" and condition.operator == EQUAL:
        return lambda contact: not read(contact)
    if condition.value == "" and condition.operator == NOT_EQUAL:
        return lambda contact: bool(read(contact))
    holds = _value_test(condition, environment)
    if condition.operator == NOT_EQUAL:
        return lambda contact: all(map(holds, read(contact)))
    return lambda contact: any(map(holds, read(contact)))


def _value_test(condition: Condition, environment: Environment) -> ValueTest:
    if condition.value_type == NUMBER:
        return _number_test(condition)
    if condition.value_type == DATETIME:
        return _moment_test(condition, environment)
    if condition.value_type == UNKNOWN_TYPE:
        return _any_type_test(condition, environment)
    return _text_test(condition)


def _any_type_test(condition: Condition, environment: Environment) -> ValueTest:
    """For a field of unknown type: the value's own type decides; what the query's value can't be is different from it."""
    tests: dict[type, ValueTest] = {
        str: _never if condition.operator in COMPARISONS else _text_test(condition),
        Decimal: _otherwise_different(lambda: _number_test(condition), condition),
        int: _otherwise_different(lambda: _moment_test(condition, environment), condition),
    }
    return lambda value: tests[type(value)](value)


def _otherwise_different(compile_test: Callable[[], ValueTest], condition: Condition) -> ValueTest:
    try:
        return compile_test()
    except QueryError:
        return _always if condition.operator == NOT_EQUAL else _never


def _always(_: Value) -> bool:
    return True


def _never(_: Value) -> bool:
    return False


def _number_test(condition: Condition) -> ValueTest:
    compare, wanted = _ORDERINGS[condition.operator], number_value(condition.value)
    return lambda number: compare(number, wanted)


def _moment_test(condition: Condition, environment: Environment) -> ValueTest:
    start, end = day_nanos(condition.value, environment)
    match condition.operator:
        case "=":
            return lambda moment: start <= moment < end
        case "!=":
            return lambda moment: not start <= moment < end
        case ">":
            return lambda moment: bool(moment >= end)
        case ">=":
            return lambda moment: bool(moment >= start)
        case "<":
            return lambda moment: bool(moment < start)
    return lambda moment: bool(moment < end)


def _text_test(condition: Condition) -> ValueTest:
    if condition.operator == CONTAINS:
        return _name_test(condition.value) if condition.is_attribute("name") else _part_test(condition.value)
    wanted = text_key(condition.value)
    compare = _ORDERINGS[condition.operator]
    return lambda text: compare(text_key(text), wanted)


def _name_test(value: str) -> ValueTest:
    wanted = name_words(value)
    return lambda name: any(word.startswith(wanted) for word in name_words(name))


def _part_test(value: str) -> ValueTest:
    wanted = text_key(value)
    return lambda text: wanted in text_key(text)


def text_key(text: str) -> str:
    """What of a text is compared: case and white space around it are not."""
    return lower(trim(text))
