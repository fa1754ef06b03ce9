"""Every address has one spelling, and an address that can't exist is refused."""

import pytest

from domain.urn.errors import ImpossibleNumber, InvalidUrn
from domain.urn.normalise import format_urn, is_valid_urn, normalise_urn, urn_from_address, urn_from_parts, validate_urn
from domain.urn.schemes import SCHEMES


@pytest.mark.parametrize(
    ("written", "country", "one_spelling"),
    [
        ("tel:0788 111 222", "RW", "tel:+250788111222"),
        ("TEL:+250 788 111 222", "", "tel:+250788111222"),
        ("tel:4040", "RW", "tel:4040"),
        ("tel:Acme Bank", "RW", "tel:acmebank"),
        ("mailto:Anna@Example.ORG", "", "mailto:anna@example.org"),
        ("twitter:@Anna_B", "", "twitter:anna_b"),
        ("whatsapp:ke.aB12", "", "whatsapp:KE.aB12"),
        ("telegram: 1234 # Anna ", "", "telegram:1234#Anna"),
        ("no urn", "", "no urn"),
    ],
)
def test_an_address_has_one_spelling(written: str, country: str, one_spelling: str) -> None:
    assert normalise_urn(written, country) == one_spelling


@pytest.mark.parametrize(
    "text",
    [
        "facebook:ref:welcome",
        "viber:abc_/+=12",
        "vk:55",
        "fcm:any thing",
        "webchat:abcdefghijklmnopqrstuvwx:anna@example.org",
        "line:" + "x" * 36,
    ],
)
def test_an_address_in_its_one_spelling_is_valid(text: str) -> None:
    assert is_valid_urn(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("line:" + "x" * 37, "invalid path component"),
        ("line:ünder", "invalid path component"),
        ("telegram:12\n", "invalid path component"),
        ("pager:1", "unknown URN scheme"),
        ("ext:" + "x" * 201, "path component too long"),
        ("ext:1#" + "é" * 128, "display component too long"),
        ("ext", "scheme or path cannot be empty"),
    ],
)
def test_an_address_that_cannot_exist_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidUrn, match=reason):
        validate_urn(text)


def test_a_door_refuses_a_number_that_is_none() -> None:
    with pytest.raises(ImpossibleNumber, match="not a possible number"):
        urn_from_address("tel", "+", "RW")


def test_a_door_reads_numbers_with_the_channels_country() -> None:
    assert urn_from_address("tel", "0788111222", "RW").identity == "tel:+250788111222"
    assert urn_from_address("telegram", "77", "RW").identity == "telegram:77"


def test_parts_are_normalised_and_checked() -> None:
    assert str(urn_from_parts("ext", " 7 ", {"id": ["2"]}, "Anna #1")) == "ext:7?id=2#Anna %231"
    with pytest.raises(InvalidUrn):
        urn_from_parts("telegram", "anna")


@pytest.mark.parametrize(
    ("text", "for_people"),
    [("tel:+250788111222", "0788 111 222"), ("tel:4040", "4040"), ("ext:7#Anna", "Anna"), ("vk:9", "9"), ("x", "x")],
)
def test_people_read_names_and_national_numbers(text: str, for_people: str) -> None:
    assert format_urn(text) == for_people


def test_there_are_twenty_schemes_each_known_by_its_prefix() -> None:
    assert len(SCHEMES) == 20
    assert all(scheme.prefix == prefix for prefix, scheme in SCHEMES.items())
