"""Tests of what isn't mere text: phone numbers, groups, results."""

from datetime import UTC, datetime

from domain.environment.date_text import iso_datetime
from domain.expressions.router_tests.results import match, no_match
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import items_of, to_array, to_number, to_object, to_text
from domain.expressions.values.kinds import MISSING, EvaluationError, Value, object_property, unwrapped
from domain.urn.phones import find_phone

WORK_OF_PHONES = 4
"""Units of work per character: a text can be nothing but what might be numbers."""


def has_phone(scope: Scope, text: Value, country: Value = None) -> Value:
    """Whether there is a phone number of a country, the organization's unless told; matches it in international form."""
    characters = to_text(text)
    scope.labour(len(characters) * WORK_OF_PHONES)
    of_country = scope.environment.default_country if country is None else to_text(country)
    found = find_phone(characters, of_country)
    return match(found) if found else no_match()


def has_group(scope: Scope, groups: Value, uuid: Value, name: Value = None) -> Value:
    """Whether an array of groups has the one with this UUID; its name is for people only."""
    sought_in, wanted = items_of(to_array(groups)), to_text(uuid)
    for group in sought_in:
        if to_text(_property(to_object(group), "uuid")) == wanted:
            return match(group)
    return no_match()


def has_category(scope: Scope, result: Value, *categories: Value) -> Value:
    """Whether a result has exactly one of these categories."""
    wanted = [to_text(category) for category in categories]
    category = _category(to_object(result))
    return match(category) if category in wanted else no_match()


def _category(result: Value) -> str:
    """The category of a result; raises EvaluationError when the object is no result."""
    name, created_on, category = (_property(result, key) for key in ("name", "created_on", "category"))
    if not isinstance(name, str) or not name or not _is_moment(created_on):
        raise EvaluationError("first argument must be a result")
    return category if isinstance(category, str) else ""


def _is_moment(value: Value) -> bool:
    """Whether a value is a complete time: a date alone, or one written as people do, is none."""
    return isinstance(value, datetime) or (isinstance(value, str) and iso_datetime(value, UTC) is not None)


def _property(value: Value, name: str) -> Value:
    found = object_property(value, name)
    return None if found is MISSING else unwrapped(found)


def has_intent(scope: Scope, result: Value, name: Value, confidence: Value) -> Value:
    """Never holds: the services that understood intents are gone. Flows that still ask get their arguments checked."""
    to_object(result)
    to_text(name)
    to_number(confidence)
    return no_match()
