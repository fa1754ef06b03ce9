"""Which URNs a new channel is for."""

import pytest

from domain.errors import Invalid
from gateways.channels.catalogue import channel_type
from gateways.channels.pages import page_of
from gateways.cli.channels import chosen_schemes


def test_a_channel_is_for_the_schemes_of_its_type_unless_told_otherwise() -> None:
    assert chosen_schemes(channel_type("EX"), []) == ["tel", "ext"]
    assert chosen_schemes(channel_type("TG"), []) == ["telegram"]


def test_an_external_channel_can_be_for_any_scheme() -> None:
    assert chosen_schemes(channel_type("EX"), ["ext"]) == ["ext"]
    assert chosen_schemes(channel_type("EX"), ["whatsapp", "tel", "whatsapp"]) == ["whatsapp", "tel"]
    assert "`whatsapp`" in page_of(channel_type("EX"))


def test_a_twilio_channel_can_be_for_a_sender_on_whatsapp() -> None:
    assert chosen_schemes(channel_type("T"), ["whatsapp"]) == ["whatsapp"]


def test_what_a_type_cant_serve_is_named_with_what_it_can() -> None:
    with pytest.raises(Invalid, match="Telegram serves telegram, not 'tel'") as error:
        chosen_schemes(channel_type("TG"), ["tel"])

    assert error.value.field == "--scheme"
