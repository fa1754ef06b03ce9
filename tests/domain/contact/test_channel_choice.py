"""Which channel a message takes: affinity, scheme, role, country, the likest number, delegates."""

from typing import Any

import pytest

from domain.contact.assets import CALL, SEND, Channel
from domain.contact.channel_choice import ChannelChoice, with_preferred_channel
from domain.contact.urns import read_urn


def channel(name: str, address: str = "", country: str = "RW", **rest: Any) -> Channel:
    schemes = rest.pop("schemes", ("tel",))
    return Channel(name, name, address, schemes, country=country, **rest)


def choice(*channels: Channel) -> ChannelChoice:
    return ChannelChoice({each.uuid: each for each in channels})


def chosen(urn: str, *channels: Channel, role: str = SEND) -> str | None:
    found = choice(*channels).channel_for(read_urn(urn), role)
    return found.uuid if found else None


MTN, AIRTEL = channel("mtn", "+250788000000"), channel("airtel", "+250730000000")
UGANDA, TELEGRAM = channel("uganda", "+256700000000", "UG"), channel("telegram", "bot", "", schemes=("telegram",))


@pytest.mark.parametrize(("urn", "name"), [("tel:+250788123123", "mtn"), ("tel:+250730123123", "airtel")])
def test_a_number_goes_over_the_channel_that_begins_most_like_it(urn: str, name: str) -> None:
    assert chosen(urn, MTN, AIRTEL, UGANDA, TELEGRAM) == name


def test_prefixes_that_are_given_count_instead_of_the_address() -> None:
    short = channel("short", "2020", match_prefixes=("+25078", "+25079"))

    assert chosen("tel:+250788123123", AIRTEL, short) == "short"


def test_among_equals_the_later_channel_wins() -> None:
    assert chosen("tel:+250788123123", channel("a", "1010"), channel("b", "3030")) == "b"


def test_a_number_abroad_needs_a_channel_that_may_cross_borders() -> None:
    assert chosen("tel:+256700123123", MTN, AIRTEL) is None
    assert chosen("tel:+256700123123", MTN, channel("world", "1", allow_international=True)) == "world"
    assert chosen("tel:+256700123123", MTN, UGANDA) == "uganda"


def test_a_country_that_is_not_known_stops_nothing() -> None:
    assert chosen("tel:+256700123123", channel("anywhere", "2020", "")) == "anywhere"
    assert chosen("tel:12345", MTN) == "mtn"


def test_another_scheme_goes_over_the_first_channel_of_it() -> None:
    second = channel("second", schemes=("telegram",))

    assert chosen("telegram:123", MTN, TELEGRAM, second) == "telegram"
    assert chosen("line:abc", MTN, TELEGRAM) is None


def test_a_channel_without_the_role_is_passed_over() -> None:
    listening = channel("listening", "+250788123123", roles=("receive",))

    assert chosen("tel:+250788123123", AIRTEL, listening) == "airtel"
    assert chosen("tel:+250788123123", AIRTEL, listening, role=CALL) is None


def test_the_channel_somebody_wrote_on_is_kept_while_it_can() -> None:
    urn = "tel:+250788123123?channel=airtel"

    assert chosen(urn, MTN, AIRTEL) == "airtel"
    assert chosen(urn, MTN, channel("airtel", roles=("receive",))) == "mtn"
    assert chosen(urn, MTN) == "mtn"


def test_a_preferred_channel_brings_the_urns_it_serves_to_the_front() -> None:
    urns = tuple(read_urn(each) for each in ("telegram:123", "tel:+250788123123"))

    preferred = with_preferred_channel(urns, AIRTEL)

    route = choice(MTN, AIRTEL, TELEGRAM).route_of(preferred)
    assert route is not None and (route[0].scheme, route[1].uuid) == ("tel", "airtel")


# ---- delegates -------------------------------------------------------------------------------------------------------------------

PHONE = channel("phone", "+250788000000", roles=("send", "receive"))
BULK = channel("bulk", "+250788000000", roles=("send",), parent="phone")
CALLER = channel("caller", "+250788000000", roles=("call",), parent="phone")


def test_a_bulk_sender_sends_for_its_phone() -> None:
    assert chosen("tel:+250788123123", PHONE, BULK, CALLER) == "bulk"
    assert chosen("tel:+250788123123?channel=phone", AIRTEL, PHONE, BULK) == "bulk"


def test_a_caller_calls_for_its_phone_and_does_not_send_for_it() -> None:
    assert chosen("tel:+250788123123", PHONE, CALLER, role=CALL) == "caller"
    assert chosen("tel:+250788123123", PHONE, CALLER) == "phone"


def test_a_delegate_is_no_channel_of_its_own() -> None:
    other = channel("other", "+2507880000", parent="gone")

    assert chosen("tel:+250788123123", AIRTEL, other) == "airtel"


def test_a_channel_that_only_receives_sends_by_its_delegate() -> None:
    listening = channel("listening", "+250788123", roles=("receive",))
    voice = channel("voice", "+250788123", roles=("send",), parent="listening")

    assert chosen("tel:+250788123123?channel=listening", AIRTEL, listening, voice) == "voice"


def test_a_delegate_does_not_take_over_another_kind_of_address() -> None:
    both = channel("both", "+250788000000", schemes=("tel", "whatsapp"))
    texts = channel("texts", "+250788000000", parent="both", roles=("send",))

    assert chosen("whatsapp:250788123123", both, texts) == "both"
    assert chosen("tel:+250788123123", both, texts) == "texts"
