"""Numbers are found in text, brought to E.164 and shown the way people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.urn.errors import ImpossibleNumber
from domain.urn.phones import (
    country_of_number,
    find_phone,
    find_phones,
    local_number,
    national_format,
    normalise_number,
    parse_phone,
)


def test_a_number_without_plus_is_read_as_full_when_it_is_long() -> None:
    assert normalise_number("250788111222", "US") == "+250788111222"


def test_short_codes_need_a_country() -> None:
    assert normalise_number("4040", "RW", short_codes=True) == "4040"
    for country in ("", "XX"):
        with pytest.raises(ImpossibleNumber):
            normalise_number("4040", country, short_codes=True)


@pytest.mark.parametrize("number", ["0404", "04040", "12", "4040404"])
def test_short_codes_have_three_to_six_digits_and_do_not_begin_with_0(number: str) -> None:
    with pytest.raises(ImpossibleNumber):
        normalise_number(number, "RW", short_codes=True)


def test_sender_ids_are_taken_only_where_allowed() -> None:
    assert normalise_number("ACME", "RW", sender_ids=True) == "acme"
    with pytest.raises(ImpossibleNumber):
        normalise_number("ACME", "RW")


def test_the_whole_text_must_be_the_number() -> None:
    assert parse_phone(" 0788-111-222 ", "RW") == "+250788111222"
    assert parse_phone("call 0788-111-222", "RW") == ""


def test_numbers_are_found_in_order() -> None:
    assert find_phones("0788111222 or +250788333444!", "RW") == ["+250788111222", "+250788333444"]
    assert find_phone("none of 12345, but 0788111222, 0788333444", "RW") == "+250788111222"
    assert find_phone("nothing", "RW") == ""


def test_a_number_has_a_country_unless_it_is_nobodys() -> None:
    assert country_of_number("+250788111222") == "RW"
    assert country_of_number("+870773111632") == ""
    assert country_of_number("acme") == ""


def test_people_write_numbers_without_the_country_code() -> None:
    assert national_format("+250788111222") == "0788 111 222"
    assert local_number("+250788111222", "RW") == "788111222"
    assert national_format("acme") == local_number("acme", "") == "acme"


@settings(max_examples=200)
@given(st.text(alphabet="0123456789+-() ab", max_size=24), st.sampled_from(["", "RW", "US", "BR", "KR"]))
def test_a_number_once_normalised_stays_as_it_is(text: str, country: str) -> None:
    try:
        number = normalise_number(text, country)
    except ImpossibleNumber:
        return
    assert normalise_number(number, country) == number
