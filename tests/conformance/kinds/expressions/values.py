"""Values: operators, comparing, rendering, converting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.environment.environment import Environment
from domain.expressions.operators import BINARY, negate
from domain.expressions.scope import Scope
from domain.expressions.template import compile_template
from domain.expressions.values import conversions
from domain.expressions.values.equality import are_equal, compare
from domain.expressions.values.json_text import from_json, to_json
from domain.expressions.values.kinds import Value, XError
from domain.expressions.values.rendering import is_true, pretty, render
from tests.conformance.kinds.expressions.checking import Check, Checks, attempt, scope_of
from tests.conformance.outcomes import equal
from tests.conformance.typed_values import decoded, differs


def _binary(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        a, b = decoded(case["arg1"]), decoded(case["arg2"])
        return differs(attempt(lambda: BINARY[case["operator"]](a, b)), case["expected"])

    return check


def _unary(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: differs(attempt(lambda: negate(decoded(case["arg"]))), case["expected"])


def _x_values(given: dict[str, Any], folder: Path) -> Check:
    environment = Environment.from_json(given["env"])

    def check(case: Any) -> str:
        value = decoded(case["value"])
        rendered = "" if isinstance(value, XError) else render(value)
        found = to_json(value), rendered, pretty(value, environment), is_true(value)
        return equal(found, (case["marshaled"], case["rendered"], case["formatted"], case["asBool"]))

    return check


def _x_equals(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: equal(are_equal(decoded(case["x1"]), decoded(case["x2"])), case["result"])


def _x_compare(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: equal(compare(decoded(case["x1"]), decoded(case["x2"])), case["result"])


def _conversion(key: str, convert: Callable[[Value, Scope], Value]) -> Checks:
    def checks(given: dict[str, Any], folder: Path) -> Check:
        def check(case: Any) -> str:
            found = attempt(lambda: convert(decoded(case["value"]), scope_of(given, folder)))
            if case["hasError"] or isinstance(found, XError):
                return equal(isinstance(found, XError), case["hasError"])
            return differs(found, case[key])

        return check

    return checks


def _json_lookups(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        scope.root = {"j": attempt(lambda: from_json(case["json"] or ""))}
        value = compile_template(f"@({case['expression']})").evaluate_value(scope)
        if case["hasError"] or isinstance(value, XError):
            return equal(isinstance(value, XError), case["hasError"])
        return differs(value, case["expected"])

    return check


CHECKS: dict[str, Checks] = {
    "binary_operators": _binary,
    "unary_operators": _unary,
    "x_values": _x_values,
    "x_equals": _x_equals,
    "x_compare": _x_compare,
    "to_date": _conversion("expected", conversions.to_date),
    "to_datetime": _conversion("expected", conversions.to_datetime),
    "to_time": _conversion("expected", lambda value, scope: conversions.to_time(value)),
    "to_array": _conversion("asArray", lambda value, scope: conversions.to_array(value)),
    "to_object": _conversion("asObject", lambda value, scope: conversions.to_object(value)),
    "to_function": _conversion("asFunc", lambda value, scope: conversions.to_function(value)),
    "json_lookups": _json_lookups,
}
