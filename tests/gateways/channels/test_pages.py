"""Every channel type has a page that is made from what it says of itself."""

import pytest

from gateways.channels.catalogue import channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.pages import page_of

KINDS = list(channel_types().values())


@pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])
def test_the_page_names_settings_and_addresses(kind: BuiltType) -> None:
    page = page_of(kind)

    assert page.startswith(f"# {kind.name} ({kind.code})")
    assert all(f"`{setting.name}`" in page for setting in kind.fields)
    assert all(f"/{route.action}`" in page for route in kind.actions)
