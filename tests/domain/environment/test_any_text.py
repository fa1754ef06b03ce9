"""Whatever people write: dates, layouts, numbers, places, addresses and markup are understood or refused, never a crash."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.environment import layouts
from domain.environment.collation import COLLATIONS
from domain.environment.date_text import date_from_text, datetime_from_text, time_from_text
from domain.environment.environment import Environment, NumberFormat
from domain.environment.locale_names import names_for
from domain.environment.locations import LocationHierarchy
from domain.environment.segments import segments_of
from domain.environment.words import lower, snakify, title, truncate_with_ellipsis, words_of
from domain.errors import Invalid
from domain.expressions.router_tests.numbers import numbers_in
from domain.message.content import attachment_parts, parse_quick_reply
from domain.message.split_text import split_sms
from domain.urn.normalise import format_urn, normalise_urn, urn_from_address, validate_urn
from domain.urn.phones import country_of_number, find_phones, national_format, parse_phone

ZONE = ZoneInfo("America/New_York")
PIECES = [*"0123456789-/.: TZ+\\_,ampé>#?%@", "2024", "9999", "0000", "31", "24", "\u200d", "\x00", "١", "৩", "½", "😀", "tel:", "ext:",
          "+250788123123", "YYYY", "MM", "tt", "aa", "fff", "EEE", "<location>", "<extra>", "image/jpeg:", "Kigali", "İ"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=12).map("".join)
PLACES = LocationHierarchy.from_json(
    {"name": "Rwanda", "children": [{"name": "Kigali", "children": [{"name": "Gasabo"}]}]}, lower
)


def _now() -> datetime:
    return datetime(2024, 6, 15, tzinfo=UTC)


READERS: dict[str, Callable[[str], object]] = {
    "date": lambda text: [date_from_text(text, f, _now) for f in ("DD-MM-YYYY", "MM-DD-YYYY", "YYYY-MM-DD")],
    "datetime": lambda text: datetime_from_text(text, "DD-MM-YYYY", ZONE, _now, fill_time=True),
    "time": time_from_text,
    "written layout": lambda text: layouts.format_datetime(datetime(2024, 1, 1, tzinfo=UTC), text, "spa-EC"),
    "read layout": lambda text: layouts.parse_datetime(text, text[::-1], ZONE),
    "words": lambda text: (
        words_of(text),
        snakify(text),
        title(text),
        segments_of(text),
        truncate_with_ellipsis(text, 5),
    ),
    "collation": lambda text: [collate(text) for collate in COLLATIONS.values()],
    "place": lambda text: [PLACES.search(text, level) for level in range(4)],
    "locale": names_for,
    "numbers": lambda text: list(numbers_in(text, NumberFormat(",", "."))),
    "phone": lambda text: (parse_phone(text, "RW"), find_phones(text), country_of_number(text), national_format(text)),
    "URN": lambda text: (format_urn(text), normalise_urn(text, "RW"), validate_urn(text)),
    "address": lambda text: urn_from_address("tel", text, "RW"),
    "message": lambda text: (attachment_parts(text), parse_quick_reply(text).truncated(), split_sms(text)),
    "environment": lambda text: Environment.from_json({"date_format": text, "timezone": text}),
}


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_any_text_is_understood_or_refused(reader: str, text: str) -> None:
    try:
        READERS[reader](text)
    except (ValueError, Invalid) as refusal:
        assert str(refusal)
