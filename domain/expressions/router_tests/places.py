"""Tests of places: states, districts and wards that the organization knows, found however people write them."""

from domain.environment.locations import Location, LocationHierarchy
from domain.expressions.router_tests.results import match, no_match
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_text
from domain.expressions.values.kinds import EvaluationError, Value

STATE, DISTRICT, WARD = 1, 2, 3


WORK_OF_PLACES = 4
"""Units of work per character: every word and every pair of words is looked up, as the environment compares names."""


def _hierarchy(scope: Scope, *texts: str) -> LocationHierarchy:
    scope.labour(sum(map(len, texts)) * WORK_OF_PLACES)
    locations = scope.environment.locations
    if locations is None:
        raise EvaluationError("can't find locations in environment which is not location enabled")
    return locations


def _matched(found: list[Location]) -> Value:
    return match(found[0].path) if found else no_match()


def has_state(scope: Scope, text: Value) -> Value:
    """Whether the text names a state."""
    characters = to_text(text)
    return _matched(_hierarchy(scope, characters).search(characters, STATE))


def has_district(scope: Scope, text: Value, state: Value = "") -> Value:
    """Whether the text names a district of a state; without a state, the only district of that name."""
    characters, of_state = to_text(text), to_text(state)
    places = _hierarchy(scope, characters, of_state)
    for parent in places.search(of_state, STATE)[:1]:
        found = places.search(characters, DISTRICT, parent)
        if found:
            return _matched(found)
    return no_match() if of_state else _only(places.search(characters, DISTRICT))


def has_ward(scope: Scope, *text_and_places: Value) -> Value:
    """Whether the text names a ward of a state's district; without a district, the only ward of that name."""
    if len(text_and_places) not in (1, 3):
        raise EvaluationError(f"takes one or three arguments, got {len(text_and_places)}")
    characters, of_state, of_district = (*map(to_text, text_and_places), "", "")[:3]
    places = _hierarchy(scope, characters, of_state, of_district)
    for state in places.search(of_state, STATE)[:1]:
        for district in places.search(of_district, DISTRICT, state)[:1]:
            found = places.search(characters, WARD, district)
            if found:
                return _matched(found)
    return no_match() if of_district else _only(places.search(characters, WARD))


def _only(found: list[Location]) -> Value:
    return _matched(found) if len(found) == 1 else no_match()
