"""How long the expression language takes: microseconds of CPU for an evaluation, a compilation, a router test.

python -m tests.benchmarks.bench_expressions
"""

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

from domain.environment.environment import Environment
from domain.expressions.calls import call
from domain.expressions.grammar import parse
from domain.expressions.router_tests import ROUTER_TESTS
from domain.expressions.scope import Scope
from domain.expressions.template import Template, compile_template
from domain.expressions.values.kinds import Value, XFunction

ROUNDS = 25
MARKS = {"template with two expressions, warm": 3, "parsing 79 characters": 60}


def run() -> list[tuple[str, float, str]]:
    """Label, best time of several rounds, unit."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    root = {"contact": {"name": "Bob", "age": 23}, "fields": {"state": "Kigali"}, "results": {"a": "one two"}}
    scope = Scope(Environment(default_country="RW"), root, lambda: now, lambda: 0.5, spent=-(10**12))
    constant = compile_template("Thank you, we will be in touch.")
    two = compile_template("Hi @contact.name, you are @(contact.age + 1) years old")
    nested = compile_template('@(upper(word(results.a, 1)) & if(contact.age > 18, "!", "?"))')
    expression = 'if(contact.age > 18, upper(contact.name) & "!", word(results.a, 0, " ") & "??")'
    text = "I think that yes it is 42 or so, call me on 0788 383 383"
    measured = {
        "constant template": (lambda: constant.evaluate(scope), 4_000),
        "template with two expressions, warm": (lambda: two.evaluate(scope), 4_000),
        "expression of four calls, warm": (lambda: nested.evaluate_value(scope), 500),
        f"parsing {len(expression)} characters": (lambda: parse(expression), 500),
        "compiling a template of two expressions": (lambda: Template(two.source), 500),
        "has_any_word": (lambda: _call(scope, ROUTER_TESTS["has_any_word"], [text, "yes yeah yep"]), 1_000),
        "has_number": (lambda: _call(scope, ROUTER_TESTS["has_number"], [text]), 1_000),
        "has_pattern": (lambda: _call(scope, ROUTER_TESTS["has_pattern"], [text, r"\bcall (me|us)\b"]), 1_000),
        "has_phone": (lambda: _call(scope, ROUTER_TESTS["has_phone"], [text]), 1_000),
        "has_date": (lambda: _call(scope, ROUTER_TESTS["has_date"], ["on 31-12-2018 at 10:30"]), 1_000),
    }
    return [(label, _microseconds(action, times), _unit(label)) for label, (action, times) in measured.items()]


def _call(scope: Scope, function: XFunction, arguments: list[Value]) -> Value:
    scope.begin()
    return call(scope, function, arguments)


def _unit(label: str) -> str:
    return f"µs (mark: {MARKS[label]})" if label in MARKS else "µs"


def _microseconds(action: Callable[[], object], times: int) -> float:
    action()
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        for _ in range(times):
            action()
        best = min(best, process_time() - start)
    return best / times * 1e6


if __name__ == "__main__":
    for label, value, unit in run():
        print(f"{label}: {value:.2f} {unit}")
