"""Every property with every way to compare it: what is allowed, and the code of what is not."""

from itertools import product

import pytest

from domain.contact.contact import Contact
from domain.contact.query.errors import QueryError
from domain.contact.query.query import parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.contact.query.values import day_start
from domain.environment.environment import Environment
from domain.expressions.values.rendering import render_datetime
from domain.flow.assets import Assets
from tests.domain.contact.query.test_queries import ENVIRONMENT, REDACTED, RESOLVER, parsed

OK = "ok"
NO_PART, NO_ORDER, ALWAYS_SET = "unsupported_contains", "unsupported_comparison", "unsupported_setcheck"
PROPERTIES = {
    # property and a value: = !=   ~        < >       = ""
    'uuid "x"': (OK, NO_PART, NO_ORDER, ALWAYS_SET),
    "id 12": (OK, NO_PART, NO_ORDER, ALWAYS_SET),
    "ref A6YWQL": (OK, NO_PART, NO_ORDER, ALWAYS_SET),
    "name Ann": (OK, OK, NO_ORDER, OK),
    "status active": (OK, NO_PART, NO_ORDER, ALWAYS_SET),
    "language kin": (OK, NO_PART, NO_ORDER, OK),
    "urn 788": (OK, OK, NO_ORDER, OK),
    "group testers": (OK, NO_PART, NO_ORDER, OK),
    "flow registration": (OK, NO_PART, NO_ORDER, OK),
    "history registration": (OK, NO_PART, NO_ORDER, OK),
    "tickets 1": (OK, NO_PART, OK, ALWAYS_SET),
    "created_on 29-02-2024": (OK, NO_PART, OK, ALWAYS_SET),
    "last_seen_on 29-02-2024": (OK, NO_PART, OK, OK),
    "tel 788": (OK, OK, NO_ORDER, OK),
    "urns.mailto ann@x.com": (OK, OK, NO_ORDER, OK),
    "age 18": (OK, NO_PART, OK, OK),
    "fields.joined 29-02-2024": (OK, NO_PART, OK, OK),
    "color red": (OK, NO_PART, NO_ORDER, OK),
    "home Kigali": (OK, NO_PART, NO_ORDER, OK),
}
OPERATORS = (("=", "!=", "is"), ("~", "has"), (">", ">=", "<", "<="), ('= ""', '!= ""'))
CASES = [
    (f"{name} {operator}" if operator.endswith('"') else f"{name} {operator} {value}", outcome)
    for (name, value), outcomes in ((key.split(" "), outcomes) for key, outcomes in PROPERTIES.items())
    for operators, outcome in zip(OPERATORS, outcomes, strict=True)
    for operator in operators
]


def _outcome(text: str, environment: Environment = ENVIRONMENT) -> str:
    try:
        query = parsed(text, environment)
    except QueryError as error:
        return error.code
    assert str(parsed(str(query), environment)) == str(query)
    return OK


@pytest.mark.parametrize(("text", "outcome"), CASES)
def test_operator_is_allowed_or_refused(text: str, outcome: str) -> None:
    assert _outcome(text) == outcome


@pytest.mark.parametrize(
    ("text", "canonical"),
    {
        "w me": 'name = "w" AND name ~ "me"',
        "李": 'name ~ "李"',
        "สมชาย": 'name = "สมชาย"',
        "123": "name ~ 123",
        "1234": "urns.tel ~ 1234",
        "+12-3": 'urns.tel ~ "+123"',
        "-1234": "urns.tel ~ 1234",
        "a1234": 'name ~ "a1234"',
        "twitter:": 'name ~ "twitter:"',
        ":bobby": 'name ~ ":bobby"',
        "http://foo.com": 'urns.http = "//foo.com"',
        '"Bob Smith"': 'name ~ "Bob Smith"',
        "ann@x.com": 'name ~ "ann@x.com"',
        "O'Shea-Lee": 'name ~ "O\'Shea-Lee"',
        "((ann))": 'name ~ "ann"',
        "not ann": 'name ~ "not" AND name ~ "ann"',
        "name = name": 'name = "name"',
        "name = ann age = 18": 'name = "ann" AND fields.age = 18',
        "age = .5": 'fields.age = ".5"',
        "age = 5.50": "fields.age = 5.50",
        'age = " 18 "': 'fields.age = " 18 "',
        r'color = "a\nb"': r'fields.color = "a\nb"',
        r'color = "a\q"': r'fields.color = "a\\q"',
        "Language IS Kin": 'language = "Kin"',
        "tel = 1.50": "urns.tel = 1.50",
        "urns.unheard = 12": "urns.unheard = 12",
    }.items(),
)
def test_what_is_written_means(text: str, canonical: str) -> None:
    assert str(parsed(text)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "and", "or ann", "ann or", "ann and", "ann)", "()", "age > 18 < 20", "name == ann", "name <> ann", "name => ann",
     "name !~ ann", '"name" = ann', "name = and", "name = ", "= ann", "$", "ann, lee", "a.b.c = 1", ".name = x", 'name = "x'],
)  # fmt: skip
def test_what_is_no_query_is_a_syntax_error(text: str) -> None:
    assert _outcome(text) == "syntax"


@pytest.mark.parametrize(
    ("scheme", "operator"), product(("tel", "urn", "urns.mailto", "twitter"), ("=", "!=", "~", "has"))
)
def test_hidden_addresses_can_only_be_asked_whether_they_are_there(scheme: str, operator: str) -> None:
    assert _outcome(f"{scheme} {operator} 788123", REDACTED) == "redacted_urns"
    assert _outcome(f'{scheme} = ""', REDACTED) == OK


@pytest.mark.parametrize(
    ("text", "canonical"),
    {
        "A6YWQL": 'ref = "A6YWQL"',
        "A6YWQLX": 'ref = "A6YWQLX"',
        "A6YWQ": 'name ~ "A6YWQ"',
        "a6ywql": 'name ~ "a6ywql"',
        "+250788123123": 'name ~ "+250788123123"',
        "(202) 456-1111": 'name ~ 202 AND name ~ "456-1111"',
        "tel:+250788123123": 'name ~ "tel:+250788123123"',
    }.items(),
)
def test_without_addresses_words_are_names_or_references(text: str, canonical: str) -> None:
    assert str(parsed(text, REDACTED)) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    {
        "unheard > 5": "fields.unheard > 5",
        "unheard >= red": 'fields.unheard >= "red"',
        'unheard = ""': 'fields.unheard = ""',
        "group = nobody": 'group = "nobody"',
        "flow != none": 'flow != "none"',
    }.items(),
)
def test_what_nobody_can_look_up_is_taken_on_trust(text: str, canonical: str) -> None:
    assert str(parse_query(text, ENVIRONMENT)) == canonical


def test_years_of_two_digits_are_those_that_people_enter_now() -> None:
    for year, full in (("26", 2026), ("27", 1927), ("99", 1999), ("00", 2000)):
        assert day_start(f"01-03-{year}", ENVIRONMENT).year == full


@pytest.mark.parametrize(("zone", "day"), [("America/Guayaquil", "31-12-9999"), ("Africa/Kigali", "01-01-0001")])
def test_days_at_the_end_of_the_calendar_can_be_asked_for(zone: str, day: str) -> None:
    environment = Environment.from_json({"timezone": zone, "date_format": "DD-MM-YYYY"})
    start = render_datetime(day_start(day, environment))
    assets = Assets.from_json({"fields": [{"key": "joined", "name": "Joined", "type": "datetime"}]})
    fields = {"joined": {"text": day, "datetime": start}}
    contact = Contact.from_json({"uuid": "c", "created_on": "2024-01-01T00:00:00Z", "fields": fields}, assets)
    resolver = CatalogueResolver(assets.fields)

    matched = [
        operator
        for operator in ("=", "!=", "<", "<=", ">", ">=")
        if parse_query(f"joined {operator} {day}", environment, resolver).evaluate(environment, contact)
    ]

    assert matched == ["=", "<=", ">="]


def test_resolver_decides_what_there_is() -> None:
    assert _outcome("unheard = 5") == "unknown_property"
    assert _outcome("group = nobody") == "invalid_group"
    assert str(parse_query("GROUP = Testers", ENVIRONMENT, RESOLVER)) == 'group = "Testers"'
