"""Whether a condition makes sense: its operator for its property, its value for its type."""

from dataclasses import replace
from typing import Final

from domain.contact.query.errors import (
    invalid_choice,
    invalid_partial_name,
    invalid_partial_urn,
    redacted_urns,
    unsupported_comparison,
    unsupported_contains,
    unsupported_setcheck,
)
from domain.contact.query.name_words import WORD_MINIMUM, name_words
from domain.contact.query.properties import (
    ALWAYS_SET,
    COMPARISONS,
    CONTAINS,
    DATETIME,
    NUMBER,
    UNKNOWN_TYPE,
    PropertyType,
)
from domain.contact.query.resolver import QueryResolver
from domain.contact.query.syntax_tree import Condition
from domain.contact.query.values import day_start, number_value
from domain.environment.environment import LANGUAGE, Environment

PARTIAL_URN_MINIMUM: Final = 3
"""Bytes of a part of an address: two digits are in nearly every number."""

STATUSES: Final = frozenset({"active", "blocked", "stopped", "archived"})

_ORDERED: Final = frozenset({NUMBER, DATETIME, UNKNOWN_TYPE})


def checked(condition: Condition, environment: Environment, resolver: QueryResolver | None) -> Condition:
    """The condition, with the group or flow that it names; raises the first QueryError that it deserves."""
    if condition.reads_urns and condition.value and environment.redaction_policy == "urns":
        raise redacted_urns()
    if condition.operator == CONTAINS:
        _check_contains(condition)
        return condition
    if condition.operator in COMPARISONS:
        if condition.value_type not in _ORDERED:
            raise unsupported_comparison(condition.key, condition.operator)
    elif condition.value == "":
        if condition.property_type is PropertyType.ATTRIBUTE and condition.key in ALWAYS_SET:
            raise unsupported_setcheck(condition.key, condition.operator)
        return condition
    return _with_value_checked(condition, environment, resolver)


def _check_contains(condition: Condition) -> None:
    if condition.is_attribute("name"):
        if not name_words(condition.value):
            raise invalid_partial_name(WORD_MINIMUM)
    elif condition.reads_urns:
        if len(condition.value.encode()) < PARTIAL_URN_MINIMUM:
            raise invalid_partial_urn(PARTIAL_URN_MINIMUM)
    else:
        raise unsupported_contains(condition.key)


def _with_value_checked(condition: Condition, environment: Environment, resolver: QueryResolver | None) -> Condition:
    if condition.value_type == NUMBER:
        number_value(condition.value)
    elif condition.value_type == DATETIME:
        day_start(condition.value, environment)
    elif condition.is_attribute("status"):
        if condition.value.lower() not in STATUSES:
            raise invalid_choice("status", condition.value)
    elif condition.is_attribute("language"):
        if not LANGUAGE.fullmatch(condition.value.lower()):
            raise invalid_choice("language", condition.value)
    elif resolver is not None and condition.is_attribute("group", "flow", "history"):
        return _with_reference(condition, resolver)
    return condition


def _with_reference(condition: Condition, resolver: QueryResolver) -> Condition:
    if condition.key == "group":
        found = resolver.group_named(condition.value)
    else:
        found = resolver.flow_named(condition.value)
    if found is None:
        raise invalid_choice("group" if condition.key == "group" else "flow", condition.value)
    return replace(condition, reference=found.uuid)
