"""When bulk waits: by the clock on the contact's wall, past midnight, and where clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.channel.quiet_hours import QuietHours
from domain.channel.sending_terms import SendingTerms, check_terms
from domain.errors import Invalid

KIGALI, BERLIN = ZoneInfo("Africa/Kigali"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours.read("21:00-07:00")


def at(text: str, zone: ZoneInfo = KIGALI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-28T20:59:59", None),
        ("2026-11-28T21:00:00", "2026-11-29T07:00:00"),
        ("2026-11-28T23:59:59", "2026-11-29T07:00:00"),
        ("2026-11-29T00:00:00", "2026-11-29T07:00:00"),
        ("2026-11-29T06:59:59", "2026-11-29T07:00:00"),
        ("2026-11-29T07:00:00", None),
        ("2026-12-31T22:00:00", "2027-01-01T07:00:00"),
    ],
)
def test_a_night_lasts_from_evening_to_morning(now: str, end: str | None) -> None:
    assert NIGHT.until(at(now).astimezone(UTC), KIGALI) == (at(end) if end else None)


def test_an_hour_of_rest_at_noon_is_of_one_day() -> None:
    noon = QuietHours.read("12:00 - 13:00")

    assert noon.until(at("2026-11-28T12:30:00"), KIGALI) == at("2026-11-28T13:00:00")
    assert noon.until(at("2026-11-28T13:00:00"), KIGALI) is None


def test_it_is_the_contact_s_clock_that_counts() -> None:
    now = datetime(2026, 11, 28, 19, 30, tzinfo=UTC)  # 21:30 in Kigali, 20:30 in Berlin

    assert NIGHT.until(now, KIGALI) is not None
    assert NIGHT.until(now, BERLIN) is None


@pytest.mark.parametrize(
    ("now", "end"),
    [("2026-03-28T22:00:00", "2026-03-29T05:00:00+00:00"), ("2026-10-24T22:00:00", "2026-10-25T06:00:00+00:00")],
    ids=["clocks are put forward", "clocks are put back"],
)
def test_the_night_ends_at_seven_when_clocks_are_changed_too(now: str, end: str) -> None:
    assert NIGHT.until(at(now, BERLIN), BERLIN) == datetime.fromisoformat(end)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.times(),
    st.times(),
    st.sampled_from(["Africa/Kigali", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_quiet_ends_after_now_and_within_a_day(now: datetime, begin, end, zone: str) -> None:
    quiet = QuietHours(begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
    now = now.replace(tzinfo=UTC)

    until = quiet.until(now, ZoneInfo(zone))

    assert until is None or now < until <= now + timedelta(hours=26)


@pytest.mark.parametrize("text", ["21:00", "9-17", "24:00-07:00", "21:60-07:00", "21:00-21:00", "", "noon-night", "２1:00-07:00"])  # fmt: skip
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        QuietHours.read(text)

    assert refused.value.field == "quiet_hours"


# ---- the other terms -------------------------------------------------------------------------------------------------------------


def test_terms_are_read_from_a_channel_s_settings() -> None:
    terms = SendingTerms.of({"tps": "2.5", "max_concurrent": 3, "expire_minutes": 90}, "21:00-07:00")

    assert (terms.rate, terms.at_once, terms.expires_after) == (2.5, 3, timedelta(minutes=90))
    assert terms.quiet == NIGHT


def test_a_channel_that_says_nothing_sends_as_it_can_for_a_week() -> None:
    assert SendingTerms.of({}) == SendingTerms(0, 0, None, timedelta(days=7))


@pytest.mark.parametrize(
    ("own", "workspace", "begins"),
    [("", "21:00-07:00", 21), ("20:00-06:00", "21:00-07:00", 20), ("none", "21:00-07:00", None), ("", "", None)],
)
def test_a_channel_s_quiet_hours_come_before_its_workspace_s(own: str, workspace: str, begins: int | None) -> None:
    quiet = SendingTerms.of({"quiet_hours": own}, workspace).quiet

    assert (quiet.begin.hour if quiet else None) == begins


@pytest.mark.parametrize("value", [None, "", 0, -1, "many", 1e9, [], True])
def test_what_is_no_number_limits_nothing(value: object) -> None:
    config = {"tps": value, "max_concurrent": value, "expire_minutes": value, "quiet_hours": "whenever"}

    assert SendingTerms.of(config) == SendingTerms()


@pytest.mark.parametrize(
    ("name", "value"),
    [("tps", -1), ("tps", "many"), ("max_concurrent", []), ("expire_minutes", 1e9), ("quiet_hours", "late"), ("quiet_hours", 7)],
)  # fmt: skip
def test_a_setting_that_cannot_be_read_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        check_terms({name: value})

    assert refused.value.field == name


def test_settings_that_can_be_read_are_accepted() -> None:
    check_terms({"tps": "10", "max_concurrent": 0, "expire_minutes": None, "quiet_hours": "none", "send_url": "x"})
