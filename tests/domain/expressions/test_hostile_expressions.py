"""Whatever an author writes: an answer or a declared error, at a bounded cost."""

from time import thread_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.expressions.calls import call
from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.patterns import compiled_pattern
from domain.expressions.router_tests import ROUTER_TESTS
from domain.expressions.scope import MAX_WORK, MAX_WORK_OF_ALL
from domain.expressions.template import Template, compile_template
from domain.expressions.values.conversions import to_text
from domain.expressions.values.json_text import to_json
from domain.expressions.values.kinds import EvaluationError, TooComplex, XError
from tests.domain.expressions.evaluated import NOW, scope
from tests.examples.work_limits import cpu_limit

ITEMS = 'concat(split(repeat("a ", 5000), " "), split(repeat("a ", 5000), " "))'
MOST_SECONDS = 5
"""Of CPU. It is one or less where nothing else runs."""

TOO_MUCH = (
    '((a) => foreach(a, (x) => contains(a, "b")))(ITEMS)',
    "((a) => foreach(a, (x) => a = a))(ITEMS)",
    "((a) => foreach(a, (x) => sort(a)))(ITEMS)",
    "((a) => foreach(a, (x) => unique(a)))(ITEMS)",
    "((a) => json(foreach(a, (x) => a)))(ITEMS)",
    "((a) => foreach(a, (x) => a) & 1)(ITEMS)",
    "((a) => foreach(a, (x) => foreach(a, (y) => a)))(ITEMS)",
    '((a, t) => foreach(a, (x) => has_pattern(t, t)))(ITEMS, repeat("x", 5000))',
    '((a, t) => foreach(a, (x) => regex_match(t, t & "?")))(ITEMS, repeat("x", 5000))',
    '((a, t) => foreach(a, (x) => clean(t)))(ITEMS, repeat("é", 10000))',
    "((a) => foreach(a, (x) => foreach(a, (y) => 2 ^ 0.5)))(ITEMS)",
    '((a) => foreach(a, (x) => foreach(a, (y) => is_error(parse_datetime(now(), "YYYY-MM-DD", "Mars/" & x)))))(ITEMS)',
    '((a) => foreach(a, (x) => foreach(a, (y) => is_error(datetime("31-12-2024 10:30")))))(ITEMS)',
    '((a) => foreach(a, (x) => foreach(a, (y) => is_error(regex_match("a", "\\\\pL{90}" & rand())))))(ITEMS)',
    '((a, t) => foreach(a, (x) => regex_match(t, "(\\\\pL|\\\\pN){99}$")))(ITEMS, repeat("é", 5000))',
    "((a) => foreach(a, (x) => foreach(a, (y) => 1" + "+1" * 900 + ")))(ITEMS)",
    '((a, t) => foreach(a, (x) => has_any_word(t, t & x)))(ITEMS, join(foreach(slice(ITEMS, 0, 900), (x) => rand()), " "))',
    "((f) => f(f))((f) => f(f))",
    "((f, n) => f(f, n))((f, n) => if(n = 0, 0, f(f, n - 1) + f(f, n - 1)), 60)",
)
ODD = (
    "@(" + "1+" * 4900 + "1)",
    "@(" + "-" * 9000 + "1)",
    "@(contact" + ".a" * 4900 + ")",
    "@(" + "(x)=>" * 1900 + "x)",
    "@(" + "if(" * 90 + "1" + ",1,1)" * 90 + ")",
    '@("' + "\\" * 9000 + '")',
    "@" + "(" * 5000,
    '@("' * 3000,
    "@contact" * 1200,
    "@(1)" * 2500,
    "@(9^100)",
    "@(2^0.5^0.3)",
)
ANY_VALUE = st.one_of(
    st.none(), st.booleans(), st.text(max_size=12), st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.sampled_from([NOW, NOW.date(), NOW.time(), XError("no"), FUNCTIONS["upper"], "12", "01-02-2024", "[", "tel:+250788123123"]),
    st.lists(st.text(max_size=3) | st.booleans(), max_size=3), st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)  # fmt: skip
WORDS = ["@", "@(", ")", "(", '"', "\\", "contact", ".name", "[0]", "upper", "foreach", ",", " ", "=>", "x", "1", "+", "&", "/",
         "-", "results", "null", "0.5", "é", "\0", "if", "@contact.name", "array", "json", ">", "="]  # fmt: skip


@pytest.mark.parametrize("expression", TOO_MUCH)
def test_too_much_work_is_not_done(expression: str) -> None:
    given_scope = scope()
    template = Template(f"@({expression.replace('ITEMS', ITEMS)})")

    started = thread_time()
    value = template.evaluate_value(given_scope)

    assert isinstance(value, XError)
    assert value.message == "expression is too complex to evaluate"
    assert thread_time() - started < cpu_limit(MOST_SECONDS)


@pytest.mark.parametrize("template", ODD, ids=lambda template: template[:20])
def test_odd_templates_have_an_answer(template: str) -> None:
    text = Template(template).evaluate(scope({"contact": {"name": "Bob"}}))

    assert len(text) < 20_000


def test_many_expressions_together_have_an_end_too() -> None:
    given_scope = scope()
    costly = compile_template(f'@(((a) => count(foreach(a, (x) => has_text(repeat("b", 60)))))({ITEMS}))')

    values = [costly.evaluate_value(given_scope) for _ in range(MAX_WORK_OF_ALL // MAX_WORK * 3)]

    assert not isinstance(values[0], XError)
    assert isinstance(values[-1], XError)
    assert given_scope.work_done <= MAX_WORK_OF_ALL + MAX_WORK


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted({**FUNCTIONS, **ROUTER_TESTS})), st.lists(ANY_VALUE, max_size=4))
def test_functions_answer_anything_with_a_value_or_a_declared_error(name: str, arguments: list[Any]) -> None:
    function = FUNCTIONS.get(name) or ROUTER_TESTS[name]
    try:
        result = call(scope(), function, arguments)
        to_text(result)
        to_json(result)
    except (EvaluationError, TooComplex):
        return


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=20).map("".join))
def test_any_template_can_be_evaluated(source: str) -> None:
    given_scope = scope({"contact": {"name": "Bob"}, "results": {}})
    template = Template(source)

    text = template.evaluate(given_scope)
    template.evaluate_value(given_scope)

    assert isinstance(text, str)
    assert all(problem.kind in ("error", "warning") for problem in given_scope.problems)


@pytest.mark.parametrize(
    ("pattern", "is_valid"), [(r"a\C", False), (r"[\C]", False), (r"\\C", True), (r"\Q\C\E", True), (r"\Q\E\C", False)]
)
def test_patterns_of_bytes_are_refused(pattern: str, is_valid: bool) -> None:
    assert (compiled_pattern(pattern) is not None) == is_valid
