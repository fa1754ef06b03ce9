"""Evaluates templates where and when the examples of these tests are: Kigali, an afternoon of June 2024."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.environment.environment import Environment
from domain.environment.locations import LocationHierarchy
from domain.expressions.scope import Scope
from domain.expressions.template import Template, combined_errors
from domain.expressions.values.kinds import Value

NOW = datetime(2024, 6, 15, 14, 30, tzinfo=ZoneInfo("Africa/Kigali"))
ENVIRONMENT = Environment.from_json(
    {"timezone": "Africa/Kigali", "date_format": "DD-MM-YYYY", "allowed_languages": ["eng"], "default_country": "RW"}
).merged(prompts={"greet": "Say hello to {{ .arg1 }}"})


def scope(root: Mapping[str, Value] | None = None, *, locations: LocationHierarchy | None = None) -> Scope:
    environment = ENVIRONMENT if locations is None else ENVIRONMENT.merged(locations=locations)
    return Scope(environment, root or {}, lambda: NOW, lambda: 0.25)


def text_of(template: str, **root: Value) -> str:
    """The text of a template that has no errors."""
    given = scope(root)
    text = Template(template, frozenset(root)).evaluate(given)
    assert not given.problems, given.problems
    return text


def value_of(template: str, **root: Value) -> Any:
    """The typed value of a template that is one expression."""
    return Template(template, frozenset(root)).evaluate_value(scope(root))


def error_of(template: str, **root: Value) -> str:
    """What is wrong with a template's expressions."""
    given = scope(root)
    Template(template, frozenset(root)).evaluate(given)
    return combined_errors(given.problems)
