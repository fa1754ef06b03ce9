"""Exchanges as people see them."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Invalid
from domain.ports.channel_log import Exchange
from gateways.cli.channel_log import read_since
from gateways.http.exchanges import shown

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("urn", "text", "hidden"),
    [
        ("tel:+250788123123", "to=%2B250788123123&x=1", "to=********&x=1"),
        ("tel:+250788123123", "to 0788123123 or 788123123 or 250788123123.", "to ******** or ******** or ********."),
        ("tel:+250788123123", "0788123124", "0788123124"),
        ("telegram:12345678?auth=x#Bob", '{"chat_id": 12345678}', '{"chat_id": ********}'),
        ("facebook:ref-a@b", "id=ref-a%40b ref-a@b", "id=******** ********"),
        ("tel:12", "12 short codes", "12 short codes"),
    ],
)
def test_addresses_are_hidden_however_they_are_written(urn: str, text: str, hidden: str) -> None:
    exchange = Exchange("e", "o", "c", NOW, "message_send", "out", text, text, 200, 5, text, (text,), (), (urn,))

    anonymous, open_one = shown(exchange, anon=True), shown(exchange, anon=False)

    assert [anonymous[name] for name in ("request", "response", "error", "notes")] == [hidden, hidden, hidden, [hidden]]
    assert open_one["request"] == text


def test_since_is_a_time_or_how_long_ago() -> None:
    assert read_since("", NOW) is None
    assert read_since("15m", NOW) == NOW - timedelta(minutes=15)
    assert read_since("3d", NOW) == NOW - timedelta(days=3)
    assert read_since("2026-11-24T08:00:00Z", NOW) == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    with pytest.raises(Invalid, match="15m, 2h, 3d"):
        read_since("yesterday", NOW)
