"""The expression language: scanning, parsing, evaluating, converting, comparing, rewriting."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment, NumberFormat
from domain.environment.moments import from_epoch_nanos
from domain.expressions import scanner
from domain.expressions.grammar import parse
from domain.expressions.operators import BINARY, negate
from domain.expressions.references import context_references, renaming, rewritten
from domain.expressions.scope import BUDGET, Scope
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
from domain.expressions.template import combined_errors, compile_template, has_expressions
from domain.expressions.values import conversions, number
from domain.expressions.values.equality import are_equal, compare
from domain.expressions.values.json_text import from_json, to_json
from domain.expressions.values.kinds import EvaluationError, Value, XError
from domain.expressions.values.rendering import is_true, pretty, render
from domain.flow.assets import Assets
from domain.flow.engine.sprint import start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.kinds.engine import execution_of
from tests.conformance.outcomes import checked, numbered, read_json
from tests.conformance.runner import Outcome
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.typed_values import decoded, differs
from tests.conformance.universe import Universe

Check = Callable[[Any], str]


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "expressions.json")
    for section, checks in CHECKS.items():
        if section not in document:
            continue
        given = document[section]
        check = checks(given, folder)
        for name, case in numbered(section, given.get("cases", [])):
            yield checked(name, lambda check=check, case=case: check(case))  # type: ignore[misc]
    yield from _budget(document["budget"], folder)


def scope_of(given: dict[str, Any], folder: Path, budget: int = BUDGET) -> Scope:
    """A scope with a section's environment and context, and the cases' own clock and chance."""
    root = decoded(given["context"]) if "context" in given else {}
    universe = Universe(folder)
    environment = Environment.from_json(given.get("env"))

    def now() -> Any:
        return from_epoch_nanos(universe.now(), environment.timezone)

    return Scope(environment, {name.lower(): value for name, value in root.items()}, now, universe.random, budget)


def names_of(given: dict[str, Any]) -> frozenset[str]:
    if "top_levels" in given:
        return frozenset(given["top_levels"])
    return frozenset(name.lower() for name in given.get("context", {}).get("props", {}))


def _equal(actual: object, expected: object) -> str:
    return "" if actual == expected else f"got {actual!r}, expected {expected!r}"


def _attempt(action: Callable[[], Value]) -> Value:
    try:
        return action()
    except EvaluationError as error:
        return XError(str(error))


def _template_values(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        template = compile_template(case["template"], names_of(given))
        return differs(template.evaluate_value(scope_of(given, folder)), case["expected"])

    return check


def _templates(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        text = compile_template(case["template"], names_of(given)).evaluate(scope)
        errors = any(problem.kind == "error" for problem in scope.problems)
        return _equal((text, errors), (case["expected"], case["hasError"]))

    return check


def _errors(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        text = compile_template(case["template"], names_of(given)).evaluate(scope)
        return _equal((text, combined_errors(scope.problems)), ("", case["errorMsg"]))

    return check


def _warnings(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        escape = (lambda text: text.replace('"', '\\"')) if "escaping" in given else None
        text = compile_template(case["template"], names_of(given)).evaluate(scope, escape)
        warnings = [problem.text for problem in scope.problems if problem.kind == "warning"]
        return _equal((text, warnings), (case["expected"], case["warnings"]))

    return check


def _budget(given: dict[str, Any], folder: Path) -> Iterator[Outcome]:
    def blocked(template: str, budget: int) -> bool:
        scope = scope_of(given, folder, budget)
        compile_template(template, names_of(given)).evaluate(scope)
        return [problem.message for problem in scope.problems] == [given["error"]]

    def check(template: str, budget: int, expected: bool) -> str:
        return _equal(blocked(template, budget), expected)

    small = given["small_budget"]
    for expected, kind in ((False, "allowed"), (True, "blocked")):
        for source, budget in ((given, given["default_budget"]), (small, small["budget"])):
            for item in source[kind]:
                template = item["template"] if isinstance(item, dict) else item
                name = f"budget {kind} {budget} {template}"
                yield checked(name, lambda t=template, b=budget, e=expected: check(t, b, e))  # type: ignore[misc]


def _has_expressions(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: _equal(has_expressions(case["template"], names_of(given)), case["expected"])


def _round_trip(given: dict[str, Any], folder: Path) -> Check:
    def check(case: str) -> str:
        tokens = scanner.scan(case, names_of(given))
        return _equal("".join(token.source for token in tokens), case)

    return check


def _scanner(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        tokens = scanner.scan(case["input"], names_of(given))
        return _equal([{"type": token.kind, "value": token.text} for token in tokens], case["tokens"])

    return check


def tree_of(encoded: dict[str, Any]) -> Node:
    """A tree out of the cases' JSON."""
    match encoded["node"]:
        case "ref":
            return Reference(encoded["name"])
        case "dot":
            return Dot(tree_of(encoded["container"]), encoded["lookup"])
        case "index":
            return Index(tree_of(encoded["container"]), tree_of(encoded["lookup"]))
        case "call":
            return Call(tree_of(encoded["func"]), tuple(map(tree_of, encoded["params"])))
        case "binary":
            return Binary(encoded["op"], tree_of(encoded["exp1"]), tree_of(encoded["exp2"]))
        case "negation" | "neg" | "unary":
            return Negation(tree_of(encoded["exp"]))
        case "paren":
            return Parentheses(tree_of(encoded["exp"]))
        case "anon":
            return AnonymousFunction(tuple(encoded["args"]), tree_of(encoded["body"]))
        case "null":
            return Literal(None)
    return Literal(decoded(encoded["value"]))


def _parse_trees(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        ours, theirs = parse(case["expression"]), tree_of(case["tree"])
        return _equal(repr(ours).lower(), repr(theirs).lower())

    return check


def _canonical(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        tree = tree_of(case["tree"])
        found = canonical(tree), [canonical(node) for node in visited(tree)]
        return _equal(found, (case["canonical"], case["visited"]))

    return check


def _binary(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        a, b = decoded(case["arg1"]), decoded(case["arg2"])
        return differs(_attempt(lambda: BINARY[case["operator"]](a, b)), case["expected"])

    return check


def _unary(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: differs(_attempt(lambda: negate(decoded(case["arg"]))), case["expected"])


def _x_values(given: dict[str, Any], folder: Path) -> Check:
    environment = Environment.from_json(given["env"])

    def check(case: Any) -> str:
        value = decoded(case["value"])
        rendered = "" if isinstance(value, XError) else render(value)
        found = to_json(value), rendered, pretty(value, environment), is_true(value)
        return _equal(found, (case["marshaled"], case["rendered"], case["formatted"], case["asBool"]))

    return check


def _x_equals(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: _equal(are_equal(decoded(case["x1"]), decoded(case["x2"])), case["result"])


def _x_compare(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: _equal(compare(decoded(case["x1"]), decoded(case["x2"])), case["result"])


def _to_number(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        value = decoded(case["value"])
        as_number = _attempt(lambda: conversions.to_number(value))
        as_integer = _attempt(lambda: conversions.to_integer(value))
        errors = isinstance(as_number, XError) or isinstance(as_integer, XError)
        found = (
            Decimal(0) if isinstance(as_number, XError) else as_number,
            0 if isinstance(as_integer, XError) else as_integer,
            errors,
        )
        return _equal(found, (decoded(case["asNumber"]), case["asInteger"], case["hasError"]))

    return check


def _number_range(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: _equal(not number.is_in_range(Decimal(case["value"]["decimal"])), case["isError"])


def _number_format(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        symbols = NumberFormat(**case["format"])
        text = number.format_number(decoded(case["input"]), symbols, case["places"], case["groupDigits"])
        return _equal(text, case["expected"])

    return check


def _number_ops(given: dict[str, Any], folder: Path) -> Check:
    operations: dict[str, Callable[..., Decimal]] = {
        "add": number.add,
        "sub": number.subtract,
        "mul": number.multiply,
        "div": number.divide,
        "mod": number.remainder,
        "pow": number.power,
        "round": number.round_half_away,
        "roundup": number.round_up,
        "rounddown": number.round_down,
    }

    def check(case: Any) -> str:
        argument = Decimal(case["arg"]["number"]) if "number" in case["arg"] else case["arg"]["int"]
        found = _attempt(lambda: operations[case["op"]](Decimal(case["number"]), argument))
        if isinstance(found, XError):
            return _equal(found.message, case.get("error"))
        return _equal(number.number_text(found), case.get("expected"))

    return check


def _conversion(key: str, convert: Callable[[Value, Scope], Value]) -> Callable[[dict[str, Any], Path], Check]:
    def checks(given: dict[str, Any], folder: Path) -> Check:
        def check(case: Any) -> str:
            found = _attempt(lambda: convert(decoded(case["value"]), scope_of(given, folder)))
            if case["hasError"] or isinstance(found, XError):
                return _equal(isinstance(found, XError), case["hasError"])
            return differs(found, case[key])

        return check

    return checks


def _json_lookups(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        scope.root = {"j": _attempt(lambda: from_json(case["json"] or ""))}
        value = compile_template(f"@({case['expression']})").evaluate_value(scope)
        if case["hasError"] or isinstance(value, XError):
            return _equal(isinstance(value, XError), case["hasError"])
        return differs(value, case["expected"])

    return check


def _context_refs(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        paths, errors = context_references(case["template"], names_of(given))
        return _equal(([list(path) for path in paths], bool(errors)), (case["paths"], case["hasError"]))

    return check


def _refactor(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        text, errors = rewritten(case["template"], lambda tree: tree, names_of(given))
        return _equal((text, bool(errors)), (case["refactored"], case["hasError"]))

    return check


def _context_rename(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        text, _ = rewritten(case["template"], renaming(case["from"], case["to"]), names_of(given))
        return _equal(text, case["expected"])

    return check


def _run_context(given: dict[str, Any], folder: Path) -> Check:
    context = read_json(folder / "functions.json")["context"]
    x = execution_of(context, Universe(folder), redact_urns=False)
    return lambda case: _equal(x.text(compile_template(case["template"]))[0], case["expected"])


def _translation(given: dict[str, Any], folder: Path) -> Check:
    path = folder / "engine" / "translation_assets.json"

    def check(case: Any) -> str:
        universe = Universe(folder)
        document = read_json(path)
        document["flows"][0]["nodes"][0]["actions"][0] = json.loads(case["msgAction"])
        assets = Assets.from_json(document, ids=universe.uuid4)
        contact = Contact.from_json(_bob(case["contactLang"], universe), assets)
        trigger = {
            "type": "manual",
            "flow": {key: document["flows"][0][key] for key in ("uuid", "name")},
            "triggered_on": universe.now_text(),
        }
        sprint = start_session(
            assets=assets,
            environment=Environment.from_json({"allowed_languages": case["envLangs"]}),
            contact=contact,
            trigger=read_trigger(trigger),
            world=universe,
            services=ServiceMocks(universe),
        )
        message = plain(sprint.events)[1]["msg"]
        replies = [
            {key.lower(): text for key, text in reply.items()} for reply in case.get("expectedQuickReplies") or []
        ]
        return (
            difference(message.get("text", ""), case["expectedText"], "text")
            or difference(message.get("attachments", []), case.get("expectedAttachments") or [], "attachments")
            or difference(message.get("quick_replies", []), replies, "quick_replies")
        )

    return check


def _bob(language: str, universe: Universe) -> dict[str, Any]:
    return {
        "uuid": universe.uuid4(),
        "name": "Bob",
        "status": "active",
        "language": language,
        "created_on": universe.now_text(),
        "urns": ["tel:+12065551212"],
    }


CHECKS: dict[str, Callable[[dict[str, Any], Path], Check]] = {
    "template_values": _template_values,
    "templates": _templates,
    "errors": _errors,
    "deprecated": _warnings,
    "escaping": _warnings,
    "has_expressions": _has_expressions,
    "template_round_trip": _round_trip,
    "scanner": _scanner,
    "parse_trees": _parse_trees,
    "canonical_strings": _canonical,
    "binary_operators": _binary,
    "unary_operators": _unary,
    "x_values": _x_values,
    "x_equals": _x_equals,
    "x_compare": _x_compare,
    "to_number": _to_number,
    "number_range": _number_range,
    "number_format": _number_format,
    "number_ops": _number_ops,
    "number_op_errors": _number_ops,
    "to_date": _conversion("expected", conversions.to_date),
    "to_datetime": _conversion("expected", conversions.to_datetime),
    "to_time": _conversion("expected", lambda value, scope: conversions.to_time(value)),
    "to_array": _conversion("asArray", lambda value, scope: conversions.to_array(value)),
    "to_object": _conversion("asObject", lambda value, scope: conversions.to_object(value)),
    "to_function": _conversion("asFunc", lambda value, scope: conversions.to_function(value)),
    "json_lookups": _json_lookups,
    "context_refs": _context_refs,
    "refactor": _refactor,
    "context_rename": _context_rename,
    "run_context": _run_context,
    "translation": _translation,
}
