"""Every channel type has a page that is made from what it says of itself."""

import pytest

from gateways.channels.catalogue import channel_type, channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.pages import page_of

KINDS = list(channel_types().values())


@pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])
def test_the_page_names_settings_and_addresses(kind: BuiltType) -> None:
    page = page_of(kind)

    assert page.startswith(f"# {kind.name} ({kind.code})")
    assert all(f"`{setting.name}`" in page for setting in kind.fields)
    assert all(f"/{route.action}`" in page for route in kind.actions)


def test_a_page_names_the_settings_that_every_channel_has() -> None:
    for name in ("tps", "max_concurrent", "quiet_hours", "expire_minutes"):
        assert f"`{name}`" in page_of(channel_type("EX"))


def test_a_page_says_how_fast_the_aggregator_takes_messages() -> None:
    assert "Throughput: 80 a second" in page_of(channel_type("WAC"))
    assert "Throughput: 1 a second" in page_of(channel_type("NX"))
    assert "Throughput" not in page_of(channel_type("EX"))
