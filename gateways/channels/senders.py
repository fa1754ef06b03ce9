"""The URN of whoever a request comes from. The rules are the domain's; here is the way there that an ingest door can afford.

The numbering plans cost some 40 µs a number. Nearly all senders are already in international form, so a short cut settles
those in about one: the calling code is known, the rest has a possible length and carries no national prefix. Everything
else takes the long way.
"""

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata

from domain.urn.errors import ImpossibleNumber, InvalidUrn
from domain.urn.normalise import urn_from_parts
from domain.urn.phones import local_number, normalise_number
from gateways.channels.channel_type import RefuseRequest

_INTERNATIONAL: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
DISPLAY_BYTES: Final = 255


def sender_urn(scheme: str, address: str, country: str = "", display: str = "", *, sender_ids: bool = False) -> str:
    """The URN of an address as the aggregator gives it. Raises RefuseRequest when there can be no such address.

    With `sender_ids`, names such as `mtn` count as senders of SMS.
    """
    if scheme == "tel":
        return phone_urn(address, country, sender_ids=sender_ids)
    return _other_urn(scheme, address, country, _cut(display))


def phone_urn(raw: str, country: str, *, sender_ids: bool = False) -> str:
    """`tel:` and the number in E.164, or a short code of the country. Raises RefuseRequest when it is neither."""
    if _INTERNATIONAL.fullmatch(raw) and _is_plain_international(raw):
        return "tel:" + raw
    try:
        return "tel:" + normalise_number(raw, country, short_codes=True, sender_ids=sender_ids)
    except ImpossibleNumber:
        raise RefuseRequest(f"'{raw[:64]}' is not a possible number") from None


@lru_cache(maxsize=16384)
def _urn_text(scheme: str, address: str, country: str, display: str) -> str:
    return str(urn_from_parts(scheme, address, display=display, country=country))


def _other_urn(scheme: str, address: str, country: str, display: str) -> str:
    try:
        return _urn_text(scheme, address, country, display)
    except InvalidUrn as error:
        raise RefuseRequest(f"'{address[:64]}' is not a valid {scheme} address: {error.sentence}") from None


def _cut(display: str) -> str:
    raw = display.encode("utf-8", "replace")
    return display if len(raw) <= DISPLAY_BYTES else raw[:DISPLAY_BYTES].decode("utf-8", "ignore")


def _is_plain_international(number: str) -> bool:
    """Whether the long way is sure to give the number back unchanged."""
    for length in (2, 3, 4):
        plan = _plan(number[1:length])
        if plan is not None:
            lengths, prefix = plan
            national = number[length:]
            return len(national) in lengths and national[0] != "0" and not (prefix and prefix.match(national))
    return False


@lru_cache(maxsize=1024)
def _plan(code: str) -> tuple[frozenset[int], "re.Pattern[str] | None"] | None:
    """The possible lengths of national numbers and what a national prefix looks like, for a calling code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if not regions:
        return None
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if metadata is None or metadata.general_desc is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None


@lru_cache(maxsize=16384)
def national_number(number: str, country: str) -> str:
    """The number without its calling code; what no numbering plan knows stays as it is."""
    return local_number(number, country)
