"""How dates, times, places and words are understood as people type them, and how dates are written."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.environment.date_text import date_from_text, datetime_from_text, time_from_text
from domain.environment.environment import Environment
from domain.environment.layouts import LayoutError, format_datetime, parse_date
from domain.environment.locations import LocationHierarchy
from domain.environment.moments import in_zone
from domain.environment.words import snakify, title, truncate_with_ellipsis, words_of
from domain.errors import Invalid
from domain.expressions.values.rendering import render

KIGALI = ZoneInfo("Africa/Kigali")
NOW = datetime(2026, 6, 15, 14, 30, tzinfo=KIGALI)


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("2024-02-29", "DD-MM-YYYY", date(2024, 2, 29)),
        ("on 1/2/2024 ok", "DD-MM-YYYY", date(2024, 2, 1)),
        ("on 1/2/2024 ok", "MM-DD-YYYY", date(2024, 1, 2)),
        ("24.2.1", "YYYY-MM-DD", date(2024, 2, 1)),
        ("31-12-26", "DD-MM-YYYY", date(2026, 12, 31)),
        ("31-12-27", "DD-MM-YYYY", date(1927, 12, 31)),
        ("45-12-2024 then 05-12-2024", "DD-MM-YYYY", date(2024, 12, 5)),
    ],
)
def test_first_possible_date_of_a_text_is_it(text: str, date_format: str, expected: date) -> None:
    assert date_from_text(text, date_format, lambda: NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "31-02-2024", "12", "2024"])
def test_no_date_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        date_from_text(text, "DD-MM-YYYY", lambda: NOW)


@pytest.mark.parametrize(
    ("text", "fill_time", "expected"),
    [
        ("01-02-2024 at 10:30 pm", False, "2024-02-01T22:30:00.000000+02:00"),
        ("01-02-2024", False, "2024-02-01T00:00:00.000000+02:00"),
        ("01-02-2024", True, "2024-02-01T14:30:00.000000+02:00"),
        ("2024-02-01T10:30:15.123Z", False, "2024-02-01T10:30:15.123000Z"),
        ("2024-02-01T10:30+02:00", False, "2024-02-01T10:30:00.000000+02:00"),
    ],
)
def test_date_is_read_with_the_time_after_it(text: str, fill_time: bool, expected: str) -> None:
    found = datetime_from_text(text, "DD-MM-YYYY", KIGALI, lambda: NOW, fill_time=fill_time)

    assert render(found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 10", time(10)),
        ("7:05pm", time(19, 5)),
        ("12am", time(0)),
        ("1430", time(14, 30)),
        ("24:00", time(0)),
        ("12 pm", time(12)),
    ],
)
def test_first_time_of_a_text_is_it(text: str, expected: time) -> None:
    assert time_from_text(text) == expected


@pytest.mark.parametrize(
    ("layout", "locale", "expected"),
    [
        ("YYYY-MM-DD tt:mm:ss.fff Z", "", "2024-02-09 21:05:07.125 +02:00"),
        ("D/M/YY h:mm aa", "", "9/2/24 9:05 pm"),
        ("EEE D MMM", "", "Fri 9 Feb"),
        ("EEEE, D MMMM YYYY", "fra-FR", "vendredi, 9 février 2024"),
        ("hh:mm AA, ZZZ", "", "09:05 PM, +02:00"),
    ],
)
def test_layouts_write(layout: str, locale: str, expected: str) -> None:
    moment = datetime(2024, 2, 9, 21, 5, 7, 125_000, tzinfo=KIGALI)

    assert format_datetime(moment, layout, locale) == expected


def test_the_last_evening_of_the_calendar_is_read_and_shown_where_it_is_one() -> None:
    guayaquil = ZoneInfo("America/Guayaquil")
    evening = datetime_from_text("9999-12-31T20:00:00-05:00", "DD-MM-YYYY", guayaquil, lambda: NOW)

    assert evening == datetime(9999, 12, 31, 20, tzinfo=guayaquil)
    assert in_zone(evening.replace(tzinfo=timezone(timedelta(hours=-5))), guayaquil).date() == date(9999, 12, 31)
    with pytest.raises(OverflowError):
        in_zone(evening, UTC)


def test_unknown_letters_of_a_layout_are_named() -> None:
    with pytest.raises(LayoutError, match="'QQ' is not valid in a datetime formatting layout"):
        format_datetime(NOW, "QQ")


@pytest.mark.parametrize(
    ("text", "layout", "reason"),
    [
        ("soon", "YYYY-MM-DD", "cannot parse 'soon' as 'YYYY'"),
        ("2024/02/29", "YYYY-MM-DD", "cannot parse '/02/29' as '-'"),
        ("2024, x", "YYYY, MM", "cannot parse 'x' as 'MM'"),
        ("2024,x", "YYYY, MM", "cannot parse 'x' as ', '"),
        ("2024-13-01", "YYYY-MM-DD", "cannot parse '-01' as 'MM'"),
        ("2024-02-29 10:30", "YYYY-MM-DD", "cannot parse ' 10:30' as ''"),
        ("2024-02", "YYYY-MM-DD", "cannot parse '' as '-'"),
        ("2023-02-29", "YYYY-MM-DD", "there is no day 29 in month 2 of 2023"),
        ("2024-02-29", "YYYY-MMM-DD", "'MMM' is not valid in a date parsing layout"),
    ],
)
def test_text_that_does_not_follow_its_layout_is_refused(text: str, layout: str, reason: str) -> None:
    with pytest.raises(LayoutError) as refused:
        parse_date(text, layout)

    assert str(refused.value) == reason


def test_environment_is_read_and_written_again() -> None:
    document = {
        "date_format": "MM-DD-YYYY", "time_format": "h:mm aa", "timezone": "Africa/Kigali", "allowed_languages": ["kin", "eng"],
        "default_country": "RW", "number_format": {"decimal_symbol": ",", "digit_grouping_symbol": "."},
        "input_collation": "confusables", "redaction_policy": "urns",
    }  # fmt: skip
    environment = Environment.from_json(document)

    assert {key: value for key, value in environment.to_json().items() if key in document} == document
    assert environment.default_language == "kin"


@pytest.mark.parametrize(
    "document",
    [
        {"timezone": "Mars/Base"},
        {"date_format": "EEE"},
        {"input_collation": "loud"},
        {"allowed_languages": ["english"]},
        {"allowed_languages": "eng"},
        {"date_format": ""},
        {"time_format": 5},
        {"timezone": "Africa"},
        {"default_country": "Narnia"},
        {"number_format": []},
        {"number_format": {"decimal_symbol": ""}},
        {"number_format": {"digit_grouping_symbol": 5}},
        {"redaction_policy": ""},
        {"obfuscation_key": [1, 2, 3]},
        {"obfuscation_key": [1, 2, 3, -1]},
        {"obfuscation_key": 5},
    ],
)
def test_environment_that_makes_no_sense_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Environment.from_json(document)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["DD-MM-YYYY", "tt:mm", "UTC", "eng"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["decimal_symbol", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Environment().to_json()) + ["default_country"]), ANY_JSON, max_size=4))
def test_any_environment_is_read_or_refused(document: dict[str, object]) -> None:
    try:
        environment = Environment.from_json(document)
    except Invalid:
        return
    assert Environment.from_json(environment.to_json()) == environment


def test_collations_compare_as_chosen() -> None:
    assert Environment().collate("ÉTÉ") == Environment().collate("été")
    confusables = Environment.from_json({"input_collation": "confusables"})
    assert confusables.collate("pаypаl") == confusables.collate("paypal")  # the first has Cyrillic letters
    arabic = Environment.from_json({"input_collation": "arabic_variants"})
    assert arabic.collate("٣") == arabic.collate("۳")


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("𝕟𝔂𝛼𝐫ᴜ𝞳𝕒", "nyaruka"),
        ("раураl", "paypal"),
        ("w", "vv"),
        ("п", "n"),
        ("\u200bfoo", "foo"),
    ],
)
def test_texts_that_look_alike_are_the_same_word(text: str, like: str) -> None:
    environment = Environment(input_collation="confusables")

    assert environment.collate(text) == environment.collate(like)


def test_places_are_found_by_name_alias_and_path() -> None:
    places = LocationHierarchy.from_json(
        {
            "name": "Rwanda",
            "children": [{"name": "Kigali City", "aliases": ["Kigari"], "children": [{"name": "Gasabo"}]}],
        },
        Environment().collate,
    )

    assert [place.path for place in places.search("i live in KIGARI, near the lake", 1)] == ["Rwanda > Kigali City"]
    assert [place.path for place in places.search("the Kigali City!", 1)] == ["Rwanda > Kigali City"]
    found = places.at_path("rwanda > kigali  city > GASABO.")
    assert found is not None
    assert (found.level, found.path) == (2, "Rwanda > Kigali City > Gasabo")
    assert places.search("Atlantis", 1) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Yes!! I'm @home", ["Yes", "I'm", "home"]),
        ("ok🙂🙂", ["ok", "🙂", "🙂"]),
        ("৩ দিন", ["৩", "দিন"]),
        ("a+b", ["a", "+", "b"]),
        ("", []),
    ],
)
def test_words_are_letters_digits_and_single_symbols(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=30), st.integers(0, 40))
def test_cut_texts_keep_their_limit(text: str, limit: int) -> None:
    assert len(truncate_with_ellipsis(text, limit)) <= max(limit, 0) or len(text) <= limit


def test_keys_and_titles() -> None:
    assert snakify("  Favorite Color? ") == "favorite_color_"
    assert title("o'neil élan-vital") == "O'Neil Élan-Vital"
