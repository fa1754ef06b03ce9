"""Functions and router tests called with typed arguments."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.environment.environment import Environment
from domain.environment.locations import LocationHierarchy
from domain.environment.moments import from_epoch_nanos
from domain.expressions.calls import call
from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.router_tests import ROUTER_TESTS
from domain.expressions.scope import Scope
from domain.expressions.template import compile_template
from domain.expressions.values.kinds import XFunction, object_property
from domain.expressions.values.rendering import is_true, render
from tests.conformance.outcomes import checked, numbered, read_json
from tests.conformance.runner import Outcome
from tests.conformance.typed_values import decoded, differs, nanos_of_iso
from tests.conformance.universe import generators

FIXED_NOW = nanos_of_iso("2018-04-11T13:24:30.123456Z")


DELIBERATE = {
    "boolean of 0000-00-00": "no expression can make that date: a text that names no date is an error, not a zero date",
}
DRAWS = 20
"""How far a random case may be down the sequence: the cases before it drew too, and some of those may not be here."""


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "function_calls.json")
    functions = document["functions"]
    for name, case in numbered("functions", functions["cases"]):
        environment = Environment.from_json(case["env"], prompts=functions["prompts"])
        if any(isinstance(argument, dict) and argument.get("value") == "0000-00-00" for argument in case["args"]):
            yield f"{case['name']} of 0000-00-00", False, ""
        elif case["name"].startswith("rand"):
            yield checked(name, lambda c=case, e=environment: _random(e, folder, c, functions["random_seed"]))  # type: ignore[misc]
        else:
            scope = _scope(environment, folder)
            yield checked(f"{name} {case['name']}", lambda c=case, s=scope: _call(s, FUNCTIONS[c["name"]], c))  # type: ignore[misc]
    tests = document["router_tests"]
    for name, case in numbered("router_tests", tests["cases"]):
        scope = _scope(_located(case["env"], tests["assets"]), folder)
        yield checked(f"{name} {case['name']}", lambda c=case, s=scope: _call(s, ROUTER_TESTS[c["name"]], c))  # type: ignore[misc]
    yield from _has_phone(document["has_phone"], folder)
    yield from _has_number(document["has_number_formats"], folder)
    yield from _templates(document["router_test_templates"], folder)


def _random(environment: Environment, folder: Path, case: dict[str, Any], seed: int) -> str:
    scope = _scope(environment, folder, seed)
    differences = [_call(scope, FUNCTIONS[case["name"]], case) for _ in range(DRAWS)]
    return "" if "" in differences else differences[0]


def _scope(environment: Environment, folder: Path, seed: int = 123456) -> Scope:
    generator = generators(folder).PCG(seed)

    def now() -> datetime:
        return from_epoch_nanos(FIXED_NOW, environment.timezone)

    return Scope(environment, {}, now, generator.float64)


def _located(encoded: dict[str, Any], assets: dict[str, Any]) -> Environment:
    environment = Environment.from_json(encoded)
    locations = LocationHierarchy.from_json(assets["locations"][0], environment.collate)
    return environment.merged(locations=locations)


def _call(scope: Scope, function: XFunction, case: dict[str, Any]) -> str:
    encoded = case["args"]
    arguments = decoded(encoded) if isinstance(encoded, dict) else [decoded(argument) for argument in encoded]
    return differs(call(scope, function, arguments), case["expected"])


def _has_phone(given: dict[str, Any], folder: Path) -> Iterator[Outcome]:
    for name, case in numbered("has_phone", given["cases"]):
        scope = _scope(Environment.from_json(given["env"]), folder)
        arguments = [case["text"]] if case["country"] is None else [case["text"], case["country"]]
        yield checked(name, lambda s=scope, a=arguments, c=case: _matches(s, "has_phone", a, c["match"]))  # type: ignore[misc]


def _matches(scope: Scope, test: str, arguments: list[Any], expected: str | None) -> str:
    result = call(scope, ROUTER_TESTS[test], arguments)
    found = render(object_property(result, "match")) if is_true(result) else None
    return "" if found == expected else f"got {found!r}, expected {expected!r}"


def _has_number(given: dict[str, Any], folder: Path) -> Iterator[Outcome]:
    for name, case in numbered("has_number_formats", given["cases"]):
        symbols = {key: case[camel] for key, camel in SYMBOLS.items()}
        scope = _scope(Environment.from_json({"number_format": symbols}), folder)
        expected = case["expected"] or None
        yield checked(name, lambda s=scope, c=case, e=expected: _matches(s, "has_number", [c["input"]], e))  # type: ignore[misc]


SYMBOLS = {"decimal_symbol": "decimalSymbol", "digit_grouping_symbol": "digitGroupingSymbol"}


def _templates(given: dict[str, Any], folder: Path) -> Iterator[Outcome]:
    root = decoded(given["context"])

    def check(case: dict[str, Any]) -> str:
        scope = _scope(Environment(), folder)
        scope.root = root
        text = compile_template(case["template"]).evaluate(scope)
        found = text, bool(scope.problems)
        expected = case["expected"], case["hasError"]
        return "" if found == expected else f"got {found!r}, expected {expected!r}"

    for name, case in numbered("router_test_templates", given["cases"]):
        yield checked(name, lambda case=case: check(case))  # type: ignore[misc]
