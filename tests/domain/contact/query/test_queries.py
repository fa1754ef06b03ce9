"""Contact queries: how they read, what is wrong with them, whom they match, what they depend on."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.contact import Contact
from domain.contact.query.errors import QueryError
from domain.contact.query.properties import PropertyType
from domain.contact.query.query import Query, parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.contact.query.syntax_tree import Condition, all_of, any_of, escape_value
from domain.environment.environment import Environment
from domain.flow.assets import Assets

ENVIRONMENT = Environment.from_json({"timezone": "Africa/Kigali", "date_format": "DD-MM-YYYY", "default_country": "RW"})
REDACTED = Environment.from_json({"default_country": "RW", "redaction_policy": "urns"})
ASSETS = Assets.from_json(
    {
        "fields": [
            {"key": "age", "name": "Age", "type": "number"},
            {"key": "joined", "name": "Joined", "type": "datetime"},
            {"key": "color", "name": "Color", "type": "text"},
            {"key": "home", "name": "Home", "type": "state"},
        ],
        "groups": [{"uuid": "a0000000-0000-4000-8000-000000000001", "name": "Testers"}],
        "topics": [{"uuid": "a0000000-0000-4000-8000-00000000000a", "name": "General"}],
    }
)


class _Flow:
    uuid, name = "a0000000-0000-4000-8000-00000000000f", "Registration"


RESOLVER = CatalogueResolver(ASSETS.fields, ASSETS.groups.values(), [_Flow()])
ANN: dict[str, Any] = {
    "uuid": "c0000000-0000-4000-8000-000000000001", "id": 12345, "created_on": "2024-02-29T21:59:59.999999Z",
    "last_seen_on": "2024-03-05T08:00:00Z", "name": "Ann Uwase-Lee", "language": "kin",
    "urns": ["tel:+250788123123", "telegram:12345678"],
    "fields": {
        "age": {"text": "30", "number": 30}, "color": {"text": " Dark Red "}, "home": {"text": "x", "state": "Rwanda > Kigali City"},
        "joined": {"text": "01-03-2024", "datetime": "2024-03-01T00:00:00+02:00"},
    },
    "tickets": [{"uuid": "t1", "status": "open"}, {"uuid": "t2", "status": "closed"}],
}  # fmt: skip


def parsed(text: str, environment: Environment = ENVIRONMENT) -> Query:
    return parse_query(text, environment, RESOLVER)


@pytest.mark.parametrize(
    ("text", "canonical"),
    {
        "age=18": "fields.age = 18",
        "AGE > 18 and color is red": 'fields.age > 18 AND fields.color = "red"',
        "ann": 'name ~ "ann"',
        "x": 'name = "x"',
        "ann lee": 'name ~ "ann" AND name ~ "lee"',
        "0788 123 123": 'urns.tel = "+250788123123"',
        "788123": "urns.tel ~ 788123",
        "telegram:12345678": "urns.telegram = 12345678",
        "tel has 788": "urns.tel ~ 788",
        "urns.tel = 123": "urns.tel = 123",
        'color = "a \\"b\\" \\\\"': 'fields.color = "a \\"b\\" \\\\"',
        "age > 1 or age < 5 and color = red": 'fields.age > 1 OR (fields.age < 5 AND fields.color = "red")',
        "(age > 1 AND (age < 5 AND age != 3))": "fields.age > 1 AND fields.age < 5 AND fields.age != 3",
        'group = testers flow = "registration"': 'group = "testers" AND flow = "registration"',
    }.items(),
)
def test_query_has_one_canonical_text(text: str, canonical: str) -> None:
    found = str(parsed(text))

    assert found == canonical
    assert str(parsed(found)) == found


@pytest.mark.parametrize(
    ("text", "code"),
    {
        "age >": "syntax",
        "(age > 1": "syntax",
        "height > 1 and": "syntax",
        "age = old or (color = red": "syntax",
        "height > 1": "unknown_property",
        "results.x = 1": "unknown_property_type",
        "age ~ 18": "unsupported_contains",
        "name ~ x": "invalid_partial_name",
        "tel ~ 12": "invalid_partial_urn",
        "color > red": "unsupported_comparison",
        'uuid = ""': "unsupported_setcheck",
        "age = old": "invalid_number",
        "joined > soon": "invalid_date",
        "group = nobodies": "invalid_group",
        "flow = unknown": "invalid_flow",
        "status = happy": "invalid_status",
        "language = english": "invalid_language",
        " OR ".join(["age = 1"] * 251): "too_complex",
        "(" * 101 + "age = 1" + ")" * 101: "too_complex",
        "x" * 10_001: "too_complex",
    }.items(),
    ids=lambda value: value[:30],
)
def test_what_is_wrong_has_a_code(text: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        parsed(text)

    assert caught.value.code == code
    assert caught.value.sentence


def test_addresses_can_not_be_asked_for_where_they_are_not_to_be_seen() -> None:
    for text in ("tel = +250788123123", "urn ~ 788", "urns.telegram = 1234"):
        with pytest.raises(QueryError, match="cannot query on redacted URNs"):
            parsed(text, REDACTED)
    assert str(parsed('tel = ""', REDACTED)) == 'urns.tel = ""'
    assert str(parsed("0788123123", REDACTED)) == "name ~ 0788123123"
    assert str(parsed("A6YWQL", REDACTED)) == 'ref = "A6YWQL"'


@pytest.mark.parametrize(
    "text",
    ["age = 30", "age >= 30", "age != 31", 'color = "dark RED"', 'color != "red"', 'age != ""', "name ~ uwa", "name ~ LEE",
     'name = "ann uwase-lee"', "tel = +250788123123", "tel ~ 88123", "urn = 12345678", 'viber = ""', "viber != x", "language = KIN",
     "tickets = 1", "tickets < 2", "created_on = 29-02-2024", "created_on <= 29-02-2024", "created_on < 01-03-2024",
     "last_seen_on > 04-03-2024", "joined = 01-03-2024", "joined >= 01-03-2024", 'home = "kigali city"', "home != kigali",
     "age = 1 OR age = 30", "uuid = C0000000-0000-4000-8000-000000000001"],
)  # fmt: skip
def test_ann_matches(text: str) -> None:
    assert parsed(text).evaluate(ENVIRONMENT, Contact.from_json(ANN, ASSETS))


@pytest.mark.parametrize(
    "text",
    ["age > 30", "age = 30.5", 'age = ""', 'color = "red"', "name ~ wase", "tel = 788123123", 'viber != ""', "telegram != 12345678",
     "urn != 12345678", "created_on > 29-02-2024", "created_on = 01-03-2024", "joined > 01-03-2024", "joined < 01-03-2024",
     "home = rwanda", "age = 30 AND language = eng", "id = 12345", "status = active", "group = testers", "flow = registration"],
)  # fmt: skip
def test_ann_does_not_match(text: str) -> None:
    """Not even what only lists may ask: a group can't depend on ids, the status, other groups and flows."""
    assert not parsed(text).evaluate(ENVIRONMENT, Contact.from_json(ANN, ASSETS))


def test_query_tells_what_it_reads_and_whether_a_group_may_have_it() -> None:
    query = parsed('age > 5 AND (tel ~ 788 OR group = "testers") AND name != ""')

    assert query.reads == {"fields.age", "urn", "group", "name"}
    assert query.inspection.as_json() == {
        "attributes": ["group", "name"],
        "schemes": ["tel"],
        "fields": [{"key": "age", "name": "Age"}],
        "groups": [{"uuid": "a0000000-0000-4000-8000-000000000001", "name": "Testers"}],
        "allow_as_group": False,
    }
    assert parsed("age > 5").inspection.allow_as_group


def test_queries_can_be_built_without_text() -> None:
    age = Condition(PropertyType.FIELD, "age", ">", "18")
    name = Condition(PropertyType.ATTRIBUTE, "name", "=", 'O"Neil')

    assert str(Query(all_of(age, any_of(name, age)))) == 'fields.age > 18 AND (name = "O\\"Neil" OR fields.age > 18)'
    assert str(Query(None)) == ""


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_any_value_survives_its_quotes(value: str) -> None:
    text = f"color = {escape_value(value)}"

    query = parsed(text)

    assert query.conditions[0].value == value
    assert str(parsed(str(query))) == str(query)


WORDS = st.sampled_from(
    [
        "age",
        "color",
        "tel",
        "name",
        "(",
        ")",
        "and",
        "OR",
        "=",
        "!=",
        ">",
        "~",
        "has",
        '"x',
        '"',
        "18",
        "ann",
        "\\",
        "é",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS | st.text(max_size=3), max_size=14).map(" ".join))
def test_any_text_is_a_query_or_a_declared_error(text: str) -> None:
    try:
        query = parsed(text)
    except QueryError as error:
        assert error.code
        return
    assert str(parsed(str(query))) == str(query)
    assert query.evaluate(ENVIRONMENT, Contact.from_json(ANN, ASSETS)) in (True, False)


def test_numbers_are_compared_exactly() -> None:
    contact = Contact.from_json({**ANN, "fields": {"age": {"text": "0.1", "number": 0.1}}}, ASSETS)

    assert contact.fields["age"].number == Decimal("0.1")
    assert parsed("age = 0.1").evaluate(ENVIRONMENT, contact)
