"""Expressions as somebody might build them at random: a value or a declared error, and the same in canonical text."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.grammar import parse
from domain.expressions.references import context_references, renaming, rewritten
from domain.expressions.syntax_tree import canonical
from domain.expressions.template import Template
from domain.expressions.values.conversions import to_text
from domain.expressions.values.json_text import to_json
from domain.expressions.values.kinds import Deprecated, EvaluationError, Lazy, Value, XError, kind_of
from domain.expressions.values.rendering import describe, is_true, pretty
from tests.domain.expressions.evaluated import ENVIRONMENT, scope

LITERALS = (
    "1", "0", "2.5", "2147483648", "0.0000001", "99999999999999999999", '"a"', '""', '"12"', '"x y z"', '"é😀"', '"D"', '"tt:mm"',
    '"31-12-2024 10:30"', '"2024-01-01T00:00:00Z"', '"9999-12-31"', '"0001-01-01"', '"YYYY-MM-DD"', '"America/New_York"',
    '"tel:+250788123123"', r'"[1,{\"a\":2}]"', r'"\w+"', '","', "true", "null", "now()", "today()", 'time("10:30")', "array()",
    'array(1, "b", null)', 'object("a", 1)', "upper", "contact", "contact.name", "contact.old", "missing", "1 / 0", "-1",
)  # fmt: skip
CERTAIN = sorted(set(FUNCTIONS) - {"rand", "rand_between"})
OPERATORS = ("+", "-", "*", "/", "^", "=", "!=", "<", "<=", ">", ">=", "&")


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(CERTAIN), several),
        st.builds("{} {} {}".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from(("a", "0", "name"))),
        st.builds("((x) => {})({})".format, inner, inner),
        st.builds("foreach({}, (x) => {})".format, inner, inner),
        st.builds("(x, y) => {}".format, inner),
        st.builds("-{}".format, inner),
    )


EXPRESSIONS = st.recursive(st.sampled_from(LITERALS), _larger, max_leaves=8)


def _root() -> dict[str, Value]:
    contact = {
        "__default__": "Bob",
        "name": "Bob",
        "age": 5,
        "old": Deprecated("x", "gone"),
        "lazy": Lazy(lambda: [None]),
    }
    return {"contact": contact}


def _shown(expression: str) -> tuple[Any, ...]:
    value = Template(f"@({expression})").evaluate_value(scope(_root()))
    if isinstance(value, XError):
        return "error", value.message
    try:
        return (
            kind_of(value),
            to_text(value),
            to_json(value),
            pretty(value, ENVIRONMENT),
            describe(value),
            is_true(value),
        )
    except EvaluationError as error:
        return "error", str(error)


@settings(max_examples=500, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_means_the_same_in_canonical_text(expression: str) -> None:
    try:
        text = canonical(parse(expression))
    except EvaluationError as error:
        assert _shown(expression) == ("error", str(error))
        return
    assert canonical(parse(text)) == text
    assert _shown(text) == _shown(expression)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_can_be_looked_through_and_renamed(expression: str) -> None:
    template = f"Hi @({expression})"
    paths, errors = context_references(template)
    renamed, _ = rewritten(template, renaming("contact", "parent.contact"))

    assert ("contact" not in expression) or errors or any(path[0] == "contact" for path in paths)
    assert errors or not any(path[0] == "contact" for path in context_references(renamed)[0])
