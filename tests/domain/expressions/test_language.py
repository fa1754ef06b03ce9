"""Templates, operators, look-ups and values of the expression language."""

from decimal import Decimal

import pytest

from domain.expressions.grammar import parse
from domain.expressions.references import context_references, renaming, rewritten
from domain.expressions.scope import Scope
from domain.expressions.syntax_tree import canonical
from domain.expressions.template import Template, compile_template, has_expressions
from domain.expressions.values.kinds import Deprecated, EvaluationError, XError
from tests.domain.expressions.evaluated import ENVIRONMENT, NOW, error_of, scope, text_of, value_of

CONTACT = {"__default__": "Ann Lee", "name": "Ann Lee", "age": Decimal(30), "tags": ["a", "b"], "none": None}


@pytest.mark.parametrize(
    ("template", "text"),
    {
        "Hi @contact.name!": "Hi Ann Lee!",
        "Hi @contact": "Hi Ann Lee",
        "@CONTACT.Name.": "Ann Lee.",
        "ann@example.com @@contact @": "ann@example.com @contact @",
        '@(contact.name & " (" & contact.age & ")")': "Ann Lee (30)",
        "@(contact.tags[0])@(contact.tags[-1])": "ab",
        '@(contact["AGE"] + 1)': "31",
        '@(contact.none)|@(contact["missing"])': "|",
        "@(2 ^ 3 ^ 2)": "64",
        "@(-2 ^ 2)": "4",
        "@(1 + 2 * 3 - 4 / 2)": "5",
        '@(1 = "1")@(1 != 1)@("a" = "A")': "truefalsefalse",
        "@(10 / 3)": "3.3333333333333333",
        "@(0.1 + 0.2)": "0.3",
        "@((x) => x)": "<anon>",
        "@(((x, y) => x * y)(6, 7))": "42",
        '@("a\\tb\\u00e9 \\w")': "a\\tb\\u00e9 \\w",
        '@("a\\tb\\u00e9")': "a\tbé",
        "@(upper": "@(upper",
        '@(")")': ")",
        "@(TRUE)@(False)@(NULL)": "truefalse",
    }.items(),
)
def test_template_gives(template: str, text: str) -> None:
    assert text_of(template, contact=CONTACT) == text


@pytest.mark.parametrize(
    ("template", "error"),
    {
        "@(1 / 0)": "division by zero",
        "@(nothing)": "context has no property 'nothing'",
        "@contact.height": "object has no property 'height'",
        "@(contact.tags[5])": "index 5 out of range for 2 items",
        "@(contact.age.x)": "30 doesn't support lookups",
        "@(null.x)": "syntax error at .x",
        "@(contact())": "contact is not a function",
        "@(1 +)": "syntax error at ",
        "@(1 2)": "syntax error at 2",
        '@("a" + 1)': 'unable to convert "a" to a number',
        '@("é😀🫨\u00a0\u200b" + 1)': 'unable to convert "é😀🫨\\u00a0\\u200b" to a number',
        "@(10 ^ 101)": "number value out of range",
        "@((a, b))": "syntax error at ",
        "@((a, 1) => a)": "syntax error at 1) => a",
        "@((a b))": "syntax error at b)",
        "@(1 + (a, b) & 2)": "syntax error at & 2",
        "@(99999999999999999999999999999999999999)": "number 99999999999999999999999999999999999999 is out of range",
    }.items(),
)
def test_error_tells_what_is_wrong(template: str, error: str) -> None:
    assert error_of(template, contact=CONTACT) == f"error evaluating {template}: {error}"


def test_template_of_one_expression_keeps_its_type() -> None:
    assert value_of(" @(1 + 1) ") == Decimal(2)
    assert value_of("x@(1 + 1)") == "x2"
    assert value_of("  \n") == ""
    assert value_of(" x @(1 + 1)\n") == "x 2"
    assert isinstance(value_of("@(1 / 0)"), XError)


def test_reading_something_deprecated_warns_once_per_expression() -> None:
    given = scope({"contact": {"id": Deprecated("7", "@contact.id is deprecated")}})

    assert compile_template("@(contact.id & contact.id) @contact.id").evaluate(given) == "77 7"
    assert [problem.text for problem in given.problems] == ["@contact.id is deprecated"] * 2


def test_what_expressions_give_can_be_escaped() -> None:
    given = scope({"contact": CONTACT})

    assert compile_template("name = @contact.name").evaluate(given, lambda text: f"<{text}>") == "name = <Ann Lee>"


@pytest.mark.parametrize("text", ["a", "a@b.c", "@@contact", "@unknown.x"])
def test_text_without_expressions_is_constant(text: str) -> None:
    assert not has_expressions(text)
    assert Template(text).constant == text.replace("@@", "@")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1+2*3", "1 + 2 * 3"),
        ("Upper( NAME )", "upper(NAME)"),
        ('a["b"].c.0', 'a["b"].c.0'),
        ("(x,y)=>x", "(x, y) => x"),
        ("1.50+99999999999999999999999999999999999999", "1.5 + 99999999999999999999999999999999999999"),
    ],
)
def test_expression_has_one_canonical_text(source: str, text: str) -> None:
    assert canonical(parse(source)).lower() == text.lower()
    assert canonical(parse(canonical(parse(source)))) == canonical(parse(source))


def test_nesting_has_an_end() -> None:
    with pytest.raises(EvaluationError, match="expression nesting too deep"):
        parse("(" * 101 + "1" + ")" * 101)


def test_references_tell_what_a_template_looks_at() -> None:
    paths, errors = context_references('@contact.fields.age @(upper(results["x"].value) & foo) @(1 +)')

    assert ("contact", "fields", "age") in paths
    assert ("results", "x", "value") in paths
    assert errors == ["error evaluating @(1 +): syntax error at "]


def test_renaming_rewrites_only_what_it_concerns() -> None:
    assert rewritten("@webhook @( 1+1 ) @webhook.x", renaming("webhook", "webhook.json")) == (
        "@webhook.json @( 1+1 ) @webhook.json.x",
        [],
    )


def test_argument_of_a_function_is_not_the_context_of_that_name() -> None:
    template = "@(webhook.a & foreach(webhook.b, (webhook) => webhook.c))"
    names = frozenset({"webhook"})

    assert context_references(template, names)[0] == [("webhook",), ("webhook", "a"), ("webhook",), ("webhook", "b")]
    assert rewritten(template, renaming("webhook", "legacy"), names)[0] == (
        "@(legacy.a & foreach(legacy.b, (webhook) => webhook.c))"
    )


def test_budget_ends_an_expression_however_it_is_built() -> None:
    small = Scope(ENVIRONMENT, {}, lambda: NOW, lambda: 0.5, budget=100)

    value = Template('@(is_error(repeat("x", 50) & repeat("y", 50)))').evaluate_value(small)

    assert isinstance(value, XError)
    assert value.message == "expression is too complex to evaluate"
