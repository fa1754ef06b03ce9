"""Every function of the expression language by an example or two, and what is said of bad input."""

import pytest

from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.router_tests import ROUTER_TESTS
from tests.domain.expressions.evaluated import error_of, text_of

EXAMPLES = {
    "text(1.50)": "1.5",
    'boolean("FALSE")': "false",
    'number(" 12.5 ")': "12.5",
    'date("31-12-2020")': "2020-12-31",
    'datetime("31-12-2020 9:30pm")': "2020-12-31T21:30:00.000000+02:00",
    'time("7:05 pm")': "19:05:00.000000",
    'array(1, "b", true)': "[1, b, true]",
    'object("a", 1, "b", 2)': "{a: 1, b: 2}",
    'and(true, 1, "no")': "true",
    'or(false, "", "x")': "true",
    'if(1 > 2, "more", "less")': "less",
    "char(233)": "é",
    'code("é")': "233",
    'split("a b,c", " ,")': "[a, b, c]",
    'trim("  x ")': "x",
    'trim_left("00012", "0")': "12",
    'trim_right("12!!", "!")': "12",
    'title("john o\'neil")': "John O'Neil",
    'word("one two three", -1)': "three",
    'remove_first_word("JOIN the club")': "the club",
    'word_count("a-b c")': "3",
    'word_slice("a b c d", 1, 3)': "b c",
    'field("a;b;c", 1, ";")': "b",
    'clean("a" & char(7) & "b")': "ab",
    'text_slice("abcdef", -3, -1)': "de",
    'lower("ÀB")': "àb",
    'upper("straße")': "STRAßE",
    'regex_match("Born 1987", "[0-9]+")': "1987",
    'text_length("héllo")': "5",
    'text_compare("a", "b")': "-1",
    'repeat("ab", 3)': "ababab",
    'replace("banana", "an", "AN", 1)': "bANana",
    "percent(0.256)": "26%",
    'url_encode("a b&c=é")': "a%20b%26c%3D%C3%A9",
    'html_decode("Tom &amp; Ann")': "Tom & Ann",
    "round(2.675, 2)": "2.68",
    "round_up(2.1)": "3",
    "round_down(-2.1)": "-3",
    'max(3, "7", 5)': "7",
    "min(3, 1)": "1",
    "mean(1, 2, 4)": "2.3333333333333333",
    "mod(-7, 3)": "-1",
    "abs(-4.5)": "4.5",
    "rand()": "0.25",
    "rand_between(1, 6)": "2",
    'parse_datetime("2024/02/29 13:05", "YYYY/MM/DD tt:mm", "Asia/Tokyo")': "2024-02-29T13:05:00.000000+09:00",
    "datetime_from_epoch(1700000000.5)": "2023-11-15T00:13:20.500000+02:00",
    'epoch("2023-11-14T22:13:20Z")': "1700000000",
    'datetime_diff("01-01-2024", "01-03-2024", "M")': "2",
    'datetime_add("31-01-2024", 1, "M")': "2024-03-02T00:00:00.000000+02:00",
    'replace_time("01-02-2024 10:00", "18:30")': "2024-02-01T18:30:00.000000+02:00",
    "tz(now())": "Africa/Kigali",
    "tz_offset(now())": "+0200",
    "now()": "2024-06-15T14:30:00.000000+02:00",
    "today()": "2024-06-15",
    "date_from_parts(2024, 2, 30)": "2024-03-01",
    'weekday("25-12-2024")': "3",
    'week_number("01-01-2025")': "1",
    'parse_time("9:05 PM", "h:mm AA")': "21:05:00.000000",
    "time_from_parts(14, 5, 9)": "14:05:09.000000",
    "slice(array(1, 2, 3, 4), 1, -1)": "[2, 3]",
    'contains(array(1, "2"), 2)': "false",
    'join(array("a", "b"), "-")': "a-b",
    "reverse(array(1, 2))": "[2, 1]",
    "concat(array(1), array(2))": "[1, 2]",
    "sort(array(3, 1, 2))": "[1, 2, 3]",
    "sum(array(1, 2.5))": "3.5",
    'unique(array(1, 1.0, "1"))': "[1, 1]",
    "filter(array(1, 5, 9), (x) => x > 3)": "[5, 9]",
    'foreach(array("a", "b"), upper)': "[A, B]",
    'foreach_value(object("k", "v"), upper)': "{k: V}",
    'urn_parts("tel:+250788123123#Ann")': "{display: Ann, path: +250788123123, scheme: tel}",
    'attachment_parts("image/png:http://x.com/a.png")': "{content_type: image/png, url: http://x.com/a.png}",
    'json(object("n", 1.50, "t", "é\\n"))': '{"n":1.5,"t":"é\\n"}',
    'parse_json("{\\"a\\": [1, 2]}")': "{a: [1, 2]}",
    "format(1234567.5)": "1,234,567.5",
    'format_date("31-12-2024")': "31-12-2024",
    'format_datetime("31-12-2024 15:00", "D MMM YYYY, h:mm aa")': "31 Dec 2024, 3:00 pm",
    'format_time("15:00", "hh:mm")': "03:00",
    "format_number(1234.567, 1)": "1,234.6",
    "format_number(1234.567, 2, false)": "1234.57",
    'format_location("Rwanda > Kigali")': "Kigali",
    'format_urn("tel:+250788123123")': "0788 123 123",
    'prompt("greet", "Ann")': "Say hello to Ann",
    "is_error(1 / 0)": "true",
    "count(array(1, 2))": "2",
    'default("", "none")': "none",
    'extract(object("a", 5), "a")': "5",
    'extract_object(object("a", 1, "b", 2), "b")': "{b: 2}",
    'keys(object("b", 1, "a", 2))': "[a, b]",
    'read_chars("123456")': "1 2 3 , 4 5 6",
    'legacy_add("01-01-2024", 3)': "2024-01-04T00:00:00.000000+02:00",
}
ERRORS = {
    'number("twelve")': 'error calling number(...): unable to convert "twelve" to a number',
    'object("a")': "error calling object(...): requires an even number of arguments",
    "upper()": "error calling upper(...): need 1 argument(s), got 0",
    'upper("a", "b")': "error calling upper(...): need 1 argument(s), got 2",
    'date("soon")': 'error calling date(...): unable to convert "soon" to a date',
    "time_from_parts(25, 0, 0)": "error calling time_from_parts(...): invalid value for hour, must be 0-23",
    "mod(1, 0)": "error calling mod(...): division by zero",
    'word("a b", 5)': "error calling word(...): index 5 is out of range for the number of words 2",
    'code("")': "error calling code(...): requires a non-empty text argument",
    'repeat("a", -1)': "error calling repeat(...): must be called with a positive integer",
    'repeat("abc", 5000)': "error calling repeat(...): can't make a text of more than 10000 characters",
    'char("x")': 'error calling char(...): unable to convert "x" to a number',
    'regex_match("a", "(")': "error calling regex_match(...): invalid regular expression",
    'datetime_add("01-01-2024", 1, "X")': "error calling datetime_add(...): unknown unit: X, must be one of s, m, h, D, W, M, Y",
    'sort(array(1, "a"))': "error calling sort(...): can't sort array of different types",
    'parse_json("{")': "error calling parse_json(...): invalid JSON",
    "url_encode(1 / 0)": "error calling url_encode(...): division by zero",
    'prompt("unheard")': "error calling prompt(...): unknown LLM prompt unheard",
    'urn_parts("nothing")': "error calling urn_parts(...): nothing is not a valid URN: path cannot be empty",
    "date_from_parts(2024, 13, 1)": "error calling date_from_parts(...): invalid value for month, must be 1-12",
    'parse_datetime("x", "YYYY", "Mars/Base")': "error calling parse_datetime(...): unknown time zone Mars/Base",
    "if(1 / 0, 1, 2)": "error calling if(...): division by zero",
    "array(1, 1 / 0)": "error calling array(...): division by zero",
    'format_date("31-12-2024", "QQ")': "error calling format_date(...): 'QQ' is not valid in a date formatting layout",
}


@pytest.mark.parametrize("expression", EXAMPLES)
def test_function_gives_what_its_example_says(expression: str) -> None:
    assert text_of(f"@({expression})") == EXAMPLES[expression]


@pytest.mark.parametrize("expression", ERRORS)
def test_bad_input_is_told_in_a_sentence(expression: str) -> None:
    assert error_of(f"@({expression})") == f"error evaluating @({expression}): {ERRORS[expression]}"


def test_every_function_has_an_example() -> None:
    shown = "".join(EXAMPLES)

    assert [
        name for name in FUNCTIONS if name not in ROUTER_TESTS and f"{name}(" not in shown and name not in shown
    ] == []
