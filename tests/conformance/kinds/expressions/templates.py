"""Templates: evaluated, with errors and warnings, within a budget of work, searched for references, rewritten."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.expressions.references import context_references, renaming, rewritten
from domain.expressions.template import combined_errors, compile_template, has_expressions
from tests.conformance.kinds.engine import execution_of
from tests.conformance.kinds.expressions.checking import Check, Checks, names_of, scope_of
from tests.conformance.outcomes import checked, equal, read_json
from tests.conformance.runner import Outcome
from tests.conformance.typed_values import differs
from tests.conformance.universe import Universe


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
        return equal((text, errors), (case["expected"], case["hasError"]))

    return check


def _errors(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        text = compile_template(case["template"], names_of(given)).evaluate(scope)
        return equal((text, combined_errors(scope.problems)), ("", case["errorMsg"]))

    return check


def _warnings(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        scope = scope_of(given, folder)
        escape = (lambda text: text.replace('"', '\\"')) if "escaping" in given else None
        text = compile_template(case["template"], names_of(given)).evaluate(scope, escape)
        warnings = [problem.text for problem in scope.problems if problem.kind == "warning"]
        return equal((text, warnings), (case["expected"], case["warnings"]))

    return check


def budget(given: dict[str, Any], folder: Path) -> Iterator[Outcome]:
    def blocked(template: str, budget: int) -> bool:
        scope = scope_of(given, folder, budget)
        compile_template(template, names_of(given)).evaluate(scope)
        return [problem.message for problem in scope.problems] == [given["error"]]

    def check(template: str, budget: int, expected: bool) -> str:
        return equal(blocked(template, budget), expected)

    small = given["small_budget"]
    for expected, kind in ((False, "allowed"), (True, "blocked")):
        for source, budget in ((given, given["default_budget"]), (small, small["budget"])):
            for item in source[kind]:
                template = item["template"] if isinstance(item, dict) else item
                name = f"budget {kind} {budget} {template}"
                yield checked(name, lambda t=template, b=budget, e=expected: check(t, b, e))  # type: ignore[misc]


def _has_expressions(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: equal(has_expressions(case["template"], names_of(given)), case["expected"])


def _context_refs(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        paths, errors = context_references(case["template"], names_of(given))
        return equal(([list(path) for path in paths], bool(errors)), (case["paths"], case["hasError"]))

    return check


def _refactor(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        text, errors = rewritten(case["template"], lambda tree: tree, names_of(given))
        return equal((text, bool(errors)), (case["refactored"], case["hasError"]))

    return check


def _context_rename(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        text, _ = rewritten(case["template"], renaming(case["from"], case["to"]), names_of(given))
        return equal(text, case["expected"])

    return check


def _run_context(given: dict[str, Any], folder: Path) -> Check:
    context = read_json(folder / "functions.json")["context"]
    x = execution_of(context, Universe(folder), redact_urns=False)
    return lambda case: equal(x.text(compile_template(case["template"]))[0], case["expected"])


CHECKS: dict[str, Checks] = {
    "template_values": _template_values,
    "templates": _templates,
    "errors": _errors,
    "deprecated": _warnings,
    "escaping": _warnings,
    "has_expressions": _has_expressions,
    "context_refs": _context_refs,
    "refactor": _refactor,
    "context_rename": _context_rename,
    "run_context": _run_context,
}
