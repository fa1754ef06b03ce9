"""Timestamps as text and as nanoseconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact.timestamps import moment_in, normalised, parse_rfc3339, rfc3339
from domain.environment.moments import epoch_nanos
from domain.errors import Invalid


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_text_and_nanoseconds_are_the_same_moment(nanos: int) -> None:
    assert parse_rfc3339(rfc3339(nanos)) == nanos


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("2018-06-20T11:40:30.123456789-00:00", "2018-06-20T11:40:30.123456789Z"),
        ("2000-01-01T00:00:00.000000000-00:00", "2000-01-01T00:00:00Z"),
        ("2020-10-12T15:38:17.508225-05:00", "2020-10-12T15:38:17.508225-05:00"),
        ("2020-10-12T15:38:17.500Z", "2020-10-12T15:38:17.5Z"),
    ],
)
def test_text_is_cleaned(text: str, clean: str) -> None:
    assert normalised(text) == clean


@pytest.mark.parametrize(
    "text",
    ["9999-12-31T19:30:00.000000-05:00", "0001-01-01T01:30:00.000000+02:00", "9999-12-31T23:59:59.123456789-12:00"],
)
def test_a_day_at_the_end_of_the_calendar_is_read_though_utc_has_another(text: str) -> None:
    moment = moment_in(text)

    assert moment.isoformat(timespec="microseconds") == text[:26] + text[-6:]
    assert epoch_nanos(moment) == parse_rfc3339(text)


def test_zone_is_kept() -> None:
    moment = moment_in("2020-10-12T15:38:17.508225-05:00")
    assert moment.isoformat() == "2020-10-12T15:38:17.508225-05:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2020-02-30T00:00:00Z",
        "2020-01-01T25:00:00Z",
        "2020-01-01 00:00:00",
        "2020-01-01T00:00:00+24:00",
        "2020-01-01T00:00:00-02:60",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_rfc3339(text)
