"""One spelling for each address, so that a contact is found again; and whether an address can be one at all."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from domain.environment.words import lower
from domain.kept import kept_for_short_texts
from domain.urn.errors import ImpossibleNumber, InvalidUrn
from domain.urn.parse import LONGEST_KEPT, PARSED_KEPT, URN, escape, parse_urn
from domain.urn.phones import national_format, normalise_number
from domain.urn.schemes import SCHEMES

PATH_LIMIT = 200
"""Characters of an escaped path: the identity has to fit the API's 255."""

DISPLAY_LIMIT = 255
"""Bytes of a display name."""

_SCOPED_ID = re.compile(r"([a-zA-Z]{2})\.(.+)", re.DOTALL)


def normalise_path(scheme: str, path: str, country: str = "") -> str:
    """The one spelling of a path; a path that can't be read stays as it is and will not validate."""
    path = path.strip()
    match scheme:
        case "tel":
            return _normalise_tel(path, country)
        case "twitter":
            return path.lower().removeprefix("@")
        case "mailto":
            return lower(path)
        case "whatsapp" | "bsuid":
            return _SCOPED_ID.sub(lambda found: f"{found[1].upper()}.{found[2]}", path, count=1)
    return path


def _normalise_tel(path: str, country: str) -> str:
    try:
        return normalise_number(path, country, short_codes=True, sender_ids=True)
    except ImpossibleNumber:
        return path


@kept_for_short_texts(PARSED_KEPT, LONGEST_KEPT)
def normalise_urn(text: str, country: str = "") -> str:
    """The one spelling of a URN, given the organization's country; text that is no URN comes back unchanged."""
    try:
        urn = parse_urn(text)
    except InvalidUrn:
        return text
    return str(_normalised(urn, country))


def _normalised(urn: URN, country: str) -> URN:
    scheme = urn.scheme.strip().lower()
    return URN(scheme, normalise_path(scheme, urn.path, country), urn.query, urn.display.strip())


@kept_for_short_texts(PARSED_KEPT, LONGEST_KEPT)
def validate_urn(text: str) -> URN:
    """The parts of a valid, normalised URN. Raises InvalidUrn, which says what is wrong with it."""
    try:
        urn = parse_urn(text)
    except InvalidUrn as error:
        raise InvalidUrn("scheme or path cannot be empty") from error
    return check_urn(urn)


def check_urn(urn: URN) -> URN:
    """The same URN when it is valid; raises InvalidUrn otherwise."""
    scheme = SCHEMES.get(urn.scheme)
    if scheme is None:
        raise InvalidUrn("unknown URN scheme")
    if not urn.path:
        raise InvalidUrn("scheme or path cannot be empty")
    if len(escape(urn.path)) > PATH_LIMIT:
        raise InvalidUrn("path component too long")
    if not scheme.takes(urn.path):
        raise InvalidUrn("invalid path component")
    if len(urn.display.encode()) > DISPLAY_LIMIT:
        raise InvalidUrn("display component too long")
    return urn


def is_valid_urn(text: str) -> bool:
    """Whether the text is a valid, normalised URN."""
    try:
        validate_urn(text)
    except InvalidUrn:
        return False
    return True


def urn_from_parts(
    scheme: str,
    path: str,
    query: Mapping[str, Sequence[str]] | None = None,
    display: str = "",
    *,
    country: str = "",
) -> URN:
    """A normalised, valid URN. Raises InvalidUrn."""
    encoded = urlencode(sorted((query or {}).items()), doseq=True)
    return check_urn(_normalised(URN(scheme, path, encoded, display), country))


def urn_from_address(scheme: str, address: str, country: str = "") -> URN:
    """The URN of whoever wrote to a channel of `scheme` and `country` from `address`. Raises InvalidUrn.

    Unlike `normalise_urn` a number that isn't possible is refused: an aggregator's nonsense shall not become a contact.
    """
    return _from_address(address, scheme, country)


@kept_for_short_texts(PARSED_KEPT, LONGEST_KEPT)
def _from_address(address: str, scheme: str, country: str) -> URN:
    if scheme == "tel":
        number = normalise_number(address, country, short_codes=True, sender_ids=True)
        return check_urn(URN("tel", number))
    return urn_from_parts(scheme, address, country=country)


def format_urn(text: str) -> str:
    """A URN as a person would write it: its display name, a national telephone number, or its path."""
    try:
        urn = parse_urn(text)
    except InvalidUrn:
        return text
    if urn.display:
        return urn.display
    return national_format(urn.path) if urn.scheme == "tel" else urn.path
