"""Query text to a tree of conditions. What a word alone means (a name, a number, a URN) is decided here; how a query is put together is in
`grammar.py`, what is allowed in `validation.py`.
"""

import re
from typing import Final

import regex

from domain.contact.query.errors import too_complex, unknown_property, unknown_property_type
from domain.contact.query.grammar import Comparison, Written, read_tokens
from domain.contact.query.name_words import name_words
from domain.contact.query.properties import ATTRIBUTE_TYPES, CONTAINS, EQUAL, TEXT, UNKNOWN_TYPE, PropertyType
from domain.contact.query.resolver import QueryResolver
from domain.contact.query.scanner import scan
from domain.contact.query.syntax_tree import Combination, Condition, Node
from domain.contact.query.validation import checked
from domain.contact.reference_code import looks_like_reference_code
from domain.environment.environment import Environment
from domain.environment.words import nesting_exceeds, trim
from domain.errors import Invalid
from domain.urn.parse import parse_urn
from domain.urn.phones import parse_phone
from domain.urn.schemes import is_scheme

CHARACTERS_LIMIT: Final = 10_000
"""More than any person writes; bounds the work of reading."""

CONDITIONS_LIMIT: Final = 250
"""Bounds the work of asking: every condition may be a look-up for every contact."""

DEPTH_LIMIT: Final = 100
"""Brackets in brackets: the parser, the matcher and databases recurse."""

_PART_OF_NUMBER: Final = re.compile(r"\+?[\-0-9]{4,}")
_NOT_IN_NUMBER: Final = re.compile(r"[^+0-9]")
_SCHEME: Final = regex.compile(r"[\p{L}\p{Nd}_]+")


def parse_tree(text: str, environment: Environment, resolver: QueryResolver | None) -> Node:
    """The tree of a query as written, every condition checked. Raises QueryError."""
    text = trim(text)
    if len(text) > CHARACTERS_LIMIT or nesting_exceeds(text, DEPTH_LIMIT):
        raise too_complex()
    number = "" if environment.redaction_policy == "urns" else parse_phone(text, environment.default_country)
    if number:
        return Condition(PropertyType.URN, "tel", EQUAL, number, TEXT)
    return _Understanding(environment, resolver).of(read_tokens(scan(text)))


class _Understanding:
    """What written comparisons mean for an organization, in the order in which they are written."""

    __slots__ = ("_conditions", "_environment", "_redacted", "_resolver")

    def __init__(self, environment: Environment, resolver: QueryResolver | None) -> None:
        self._environment = environment
        self._resolver = resolver
        self._redacted = environment.redaction_policy == "urns"
        self._conditions = 0

    def of(self, written: Written) -> Node:
        if isinstance(written, Comparison):
            name, operator, value = written
            if name:
                return self._condition(*self._property(name), operator, value)
            return self._condition(*self._implied(value))
        return Combination(written.operator, tuple(self.of(child) for child in written.children))

    def _property(self, name: str) -> tuple[PropertyType, str]:
        prefix, dot, key = name.lower().rpartition(".")
        if dot:
            if prefix == "fields":
                return PropertyType.FIELD, key
            if prefix == "urns":
                return PropertyType.URN, key
            raise unknown_property_type(prefix)
        if key in ATTRIBUTE_TYPES:
            return PropertyType.ATTRIBUTE, key
        if is_scheme(key):
            return PropertyType.URN, key
        return PropertyType.FIELD, key

    def _implied(self, value: str) -> tuple[PropertyType, str, str, str]:
        """What a value without a property is compared with."""
        if self._redacted:
            if looks_like_reference_code(value):
                return PropertyType.ATTRIBUTE, "ref", EQUAL, value
            return self._implied_name(value)
        address = _as_address(value)
        if address is not None:
            return PropertyType.URN, address[0], EQUAL, address[1]
        if _PART_OF_NUMBER.fullmatch(value):
            return PropertyType.URN, "tel", CONTAINS, _NOT_IN_NUMBER.sub("", value)
        return self._implied_name(value)

    def _implied_name(self, value: str) -> tuple[PropertyType, str, str, str]:
        return PropertyType.ATTRIBUTE, "name", CONTAINS if name_words(value) else EQUAL, value

    def _condition(self, property_type: PropertyType, key: str, operator: str, value: str) -> Condition:
        self._conditions += 1
        if self._conditions > CONDITIONS_LIMIT:
            raise too_complex()
        condition = Condition(property_type, key, operator, value, self._value_type(property_type, key))
        return checked(condition, self._environment, self._resolver)

    def _value_type(self, property_type: PropertyType, key: str) -> str:
        if property_type is PropertyType.ATTRIBUTE:
            return ATTRIBUTE_TYPES[key]
        if property_type is PropertyType.URN:
            return TEXT
        if self._resolver is None:
            return UNKNOWN_TYPE
        field = self._resolver.field(key)
        if field is None:
            raise unknown_property(key)
        return field.value_type


def _as_address(value: str) -> tuple[str, str] | None:
    """Scheme and path of a value that is a URN, with a scheme that can be written in a query."""
    try:
        urn = parse_urn(value)
    except Invalid:
        return None
    return (urn.scheme.lower(), urn.path) if _SCHEME.fullmatch(urn.scheme) else None
