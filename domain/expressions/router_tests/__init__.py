"""The tests that a router puts its operand to. Each is a function of the language and may be called in expressions too.

`ROUTER_TESTS[name]` is an XFunction; its arguments are the operand and then the case's own. Call it with
`calls.call(scope, test, arguments)`: the result is an object with `__default__` (whether it holds), `match` and perhaps `extra`,
or an XError.
"""

from typing import Final

from domain.expressions.calls import ANY_NUMBER, function
from domain.expressions.router_tests import dates, numbers, places, structures, texts
from domain.expressions.values.kinds import XFunction

ALL: Final = (
    function("has_error", texts.has_error, 1),
    function("has_text", texts.has_text, 1),
    function("has_value", texts.has_text, 1),
    function("has_only_text", texts.has_only_text, 2),
    function("has_phrase", texts.has_phrase, 2, work=10),
    function("has_only_phrase", texts.has_only_phrase, 2, work=10),
    function("has_any_word", texts.has_any_word, 2, work=10),
    function("has_all_words", texts.has_all_words, 2, work=10),
    function("has_beginning", texts.has_beginning, 2),
    function("has_pattern", texts.has_pattern, 2, work=10),
    function("has_email", texts.has_email, 1, work=10),
    function("has_number", numbers.has_number, 1, work=15),
    function("has_number_eq", numbers.has_number_eq, 2, work=15),
    function("has_number_lt", numbers.has_number_lt, 2, work=15),
    function("has_number_lte", numbers.has_number_lte, 2, work=15),
    function("has_number_gt", numbers.has_number_gt, 2, work=15),
    function("has_number_gte", numbers.has_number_gte, 2, work=15),
    function("has_number_between", numbers.has_number_between, 3, work=15),
    function("has_date", dates.has_date, 1, work=20),
    function("has_date_lt", dates.has_date_lt, 2, work=30),
    function("has_date_eq", dates.has_date_eq, 2, work=30),
    function("has_date_gt", dates.has_date_gt, 2, work=30),
    function("has_time", dates.has_time, 1, work=10),
    function("has_phone", structures.has_phone, 1, 2),
    function("has_group", structures.has_group, 2, 3),
    function("has_category", structures.has_category, 2, ANY_NUMBER, work=20),
    function("has_intent", structures.has_intent, 3),
    function("has_top_intent", structures.has_intent, 3),
    function("has_state", places.has_state, 1),
    function("has_district", places.has_district, 1, 2),
    function("has_ward", places.has_ward, 0, ANY_NUMBER),
)

ROUTER_TESTS: Final[dict[str, XFunction]] = {test.name: test for test in ALL}
