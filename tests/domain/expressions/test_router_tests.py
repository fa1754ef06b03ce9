"""Router tests: what each holds for, and what it says matched."""

from typing import Any

import pytest

from domain.environment.locations import LocationHierarchy
from domain.expressions.router_tests import ROUTER_TESTS
from domain.expressions.template import Template
from domain.expressions.values.kinds import XError
from domain.expressions.values.rendering import render
from tests.domain.expressions.evaluated import ENVIRONMENT, scope

KIGALI = LocationHierarchy.from_json(
    {
        "name": "Rwanda",
        "children": [
            {
                "name": "Kigali City",
                "aliases": ["Kigali"],
                "children": [{"name": "Gasabo", "children": [{"name": "Ndera"}, {"name": "Gisozi"}]}],
            },
            {"name": "Eastern Province", "children": [{"name": "Bugesera", "children": [{"name": "Rilima"}]}]},
        ],
    },
    ENVIRONMENT.collate,
)
GROUPS = '[{"uuid": "g1", "name": "Farmers"}]'
RESULT = '{"name": "Color", "value": "red", "category": "Red", "created_on": "2024-01-01T00:00:00Z"}'

HOLDS = {
    "has_error(1 / 0)": "division by zero",
    'has_only_text("Red", "Red")': "Red",
    'has_text("  hello ")': "hello",
    'has_value(" x")': "x",
    'has_phrase("I am so happy today", "SO happy")': "so happy",
    'has_only_phrase("So happy", "so HAPPY")': "So happy",
    'has_any_word("yes!! I do", "yes yeah")': "yes",
    'has_any_word("🙂 fine", "🙂")': "🙂",
    'has_all_words("the red and blue fox", "red fox")': "red fox",
    'has_all_words("anything", "")': "",
    'has_beginning("  Yes please", "yes")': "Yes",
    'has_pattern("buy 12 eggs", "(\\d+) (eggs)")': "12 eggs",
    'has_number("about 1,200.50 francs")': "1200.5",
    'has_number("٣٤ years")': "34",
    'has_number_eq("it is 5", 5)': "5",
    'has_number_lt("10 or 3", 5)': "3",
    'has_number_lte("5", 5)': "5",
    'has_number_gt("4 and 40", 5)': "40",
    'has_number_gte("5", 5)': "5",
    'has_number_between("3 7", 5, 9)': "7",
    'has_date("on 15-06-2024")': "2024-06-15T14:30:00.000000+02:00",
    'has_date_eq("15-06-2024", today())': "2024-06-15T14:30:00.000000+02:00",
    'has_date_lt("14-06-2024", "15-06-2024")': "2024-06-14T14:30:00.000000+02:00",
    'has_date_gt("16-06-2024 08:00", today())': "2024-06-16T08:00:00.000000+02:00",
    'has_time("at 9:15 pm")': "21:15:00.000000",
    'has_phone("call 0788 383 383 now")': "+250788383383",
    'has_phone("0788383383", "RW")': "+250788383383",
    'has_email("write to ann@example.com!")': "ann@example.com",
    f'has_group(parse_json("{GROUPS.replace(chr(34), chr(92) + chr(34))}"), "g1", "Farmers")': "{name: Farmers, uuid: g1}",
    f'has_category(parse_json("{RESULT.replace(chr(34), chr(92) + chr(34))}"), "Blue", "Red")': "Red",
    'has_category(object("name", "Color", "created_on", now(), "category", "Red"), "Red")': "Red",
    'has_state("I live in kigali")': "Rwanda > Kigali City",
    'has_district("Gasabo", "Kigali")': "Rwanda > Kigali City > Gasabo",
    'has_district("bugesera", "")': "Rwanda > Eastern Province > Bugesera",
    'has_ward("Rilima", "Eastern Province", "Bugesera")': "Rwanda > Eastern Province > Bugesera > Rilima",
    'has_ward("Ndera", "", "")': "Rwanda > Kigali City > Gasabo > Ndera",
    "has_text(0)": "0",
    'has_phrase("", "")': "",
    'has_only_phrase("!", "")': "",
    'has_any_word("I don\'t know", "dont don\'t")': "don't",
    'has_any_word("I say📴", "📴")': "📴",
    'has_all_words("red RED fox", "red")': "red RED",
    'has_beginning("Été ici", "ÉTÉ")': "Été",
    'has_pattern("a\nb", "^b$")': "b",
    'has_pattern("ABC", "  b ")': "B",
    'has_pattern("hi 😂", "[😀-🙏]")': "😂",
    'has_number("hi .51")': "0.51",
    'has_number("24ans")': "24",
    'has_number("-12.5 or 3")': "-12.5",
    'has_number("৩")': "3",
    'has_number_lte("1,000,000", 1000000)': "1000000",
    'has_date("15.6.24 9pm")': "2024-06-15T21:00:00.000000+02:00",
    'has_date("2024-06-15T23:55:55+00:00")': "2024-06-15T23:55:55.000000Z",
    'has_time("10")': "10:00:00.000000",
    'has_time("it is 24:00")': "00:00:00.000000",
    'has_phone("mine is +12065551212", "RW")': "+12065551212",
    'has_email("<foo~$1+spam@bar-2.com>")': "foo~$1+spam@bar-2.com",
    'has_state("rwanda>kigali  CITY.")': "Rwanda > Kigali City",
    'has_state("¡Kigali!")': "Rwanda > Kigali City",
    'has_state("Easternprovince? No: Eastern Province")': "Rwanda > Eastern Province",
    'has_ward("ndera")': "Rwanda > Kigali City > Gasabo > Ndera",
}
HOLDS_NOT = (
    'has_error("fine")',
    'has_only_text("red", "Red")',
    'has_text("   ")',
    'has_phrase("a a b", "a b")',
    'has_only_phrase("so very happy", "so happy")',
    'has_any_word("yesterday", "yes")',
    'has_all_words("the red fox", "red dog")',
    'has_beginning("well, yes", "yes")',
    'has_pattern("none", "\\d+")',
    'has_number("none")',
    'has_number_eq("+5", 5.1)',
    'has_number_between("1 20", 5, 9)',
    'has_date("some day")',
    'has_date_lt("15-06-2024", "15-06-2024")',
    'has_time("noon")',
    'has_phone("12 apples")',
    'has_email("ann at example")',
    'has_state("Atlantis")',
    'has_district("Gasabo", "Eastern Province")',
    'has_intent(parse_json("{}"), "x", 0.5)',
    'has_top_intent(parse_json("{}"), "x", 0.5)',
    "has_text(null)",
    'has_any_word("", "yes")',
    'has_any_word("yes", "")',
    'has_beginning("", "yes")',
    'has_beginning("yes", "")',
    'has_beginning("The Quick", "the   quick")',
    'has_pattern("<html>", "(?-i)HTML")',
    'has_number("+5")',
    'has_number("five")',
    'has_date("33/11/2022")',
    'has_date_eq("2024-06-15T23:55:55+00:00", "15-06-2024")',
    'has_time("25:30")',
    'has_email("foo@bar")',
    'has_state("")',
    'has_group(null, "g1")',
    'has_ward("Ndera", "Kigali", "Bugesera")',
)
ERRORS = {
    'has_any_word("a", "b", "c")': "need 2 argument(s), got 3",
    "has_phone()": "need 1 to 2 argument(s), got 0",
    'has_category(null, "Red")': "first argument must be a result",
    'has_group(array("x"), "g1")': 'unable to convert "x" to an object',
    'has_number_between("5", null, 9)': "unable to convert null to a number",
    'has_top_intent(parse_json("{}"), "x", "much")': 'unable to convert "much" to a number',
    'has_pattern("x", "(")': "must be called with a valid regular expression",
    "has_text(1 / 0)": "division by zero",
    'has_number_lt("5", "many")': 'unable to convert "many" to a number',
    'has_ward("Ndera", "Kigali")': "takes one or three arguments, got 2",
    "has_ward()": "takes one or three arguments, got 0",
    'has_category(parse_json("{}"), "Red")': "first argument must be a result",
    'has_category(object("name", "", "created_on", now(), "category", "Red"), "Red")': "first argument must be a result",
    'has_category(object("name", "Color", "created_on", "15-06-2024", "category", "Red"), "Red")': "first argument must be a result",
    'has_date_eq("15-06-2024", "some day")': 'unable to convert "some day" to a datetime',
}


def result_of(test: str) -> Any:
    return Template(f"@({test})").evaluate_value(scope(locations=KIGALI))


@pytest.mark.parametrize("test", HOLDS)
def test_holds_and_says_what_matched(test: str) -> None:
    result = result_of(test)

    assert (result["__default__"], render(result["match"])) == (True, HOLDS[test])


@pytest.mark.parametrize("test", HOLDS_NOT)
def test_does_not_hold(test: str) -> None:
    assert result_of(test)["__default__"] is False


@pytest.mark.parametrize("test", ERRORS)
def test_wrong_arguments_are_an_error(test: str) -> None:
    result = result_of(test)

    assert isinstance(result, XError)
    assert result.message == f"error calling {test.partition('(')[0]}(...): {ERRORS[test]}"


def test_groups_of_a_pattern_come_as_extra() -> None:
    assert result_of('has_pattern("Ann 27", "(\\w+) (\\d+)( x)?")')["extra"] == {
        "0": "Ann 27",
        "1": "Ann",
        "2": "27",
        "3": "",
    }


def test_every_router_test_has_an_example() -> None:
    shown = "".join([*HOLDS, *HOLDS_NOT])

    assert [name for name in ROUTER_TESTS if f"{name}(" not in shown] == []
