"""URNs as clients write them, and as they are shown to them."""

from typing import Any

from domain.contact.urns import REDACTED
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import normalise_urn, validate_urn
from domain.urn.parse import URN, parse_urn
from gateways.api_v2.answers import wrong_param
from gateways.api_v2.calls import Call


def is_urn(call: Call, text: Any) -> bool:
    """Whether somebody can have it. Numbers may be written as in the workspace's country."""
    return normal_urn(call, text) is not None


def normal_urn(call: Call, text: Any) -> str | None:
    """The one spelling of a URN, None for what is none."""
    try:
        return validate_urn(_normalised(call, text)).identity if isinstance(text, str) else None
    except InvalidUrn:
        return None


def place_of(call: Call, text: str) -> tuple[str, str]:
    """(scheme, path) by which its holder is looked up; text that is no URN gives a place that nobody has."""
    try:
        urn = parse_urn(_normalised(call, text))
    except InvalidUrn:
        return "", ""
    return urn.scheme, urn.path


def asked_urn(call: Call) -> str:
    """The parameter `urn`, "" if it is not given. Refuses it where nobody may see URNs."""
    text = call.text("urn")
    if text and call.anonymous:
        raise wrong_param("URN lookups not allowed for anonymous organizations")
    return text


def shown_urn(scheme: str, path: str, *, anonymous: bool = False) -> str:
    return f"{scheme}:{REDACTED}" if anonymous else URN(scheme, path).identity


def without_details(text: str | None) -> str | None:
    """The URN without its query and display name."""
    return text.partition("?")[0].partition("#")[0] if text else None


def _normalised(call: Call, text: str) -> str:
    return normalise_urn(text, call.caller.workspace.get("country") or "")
