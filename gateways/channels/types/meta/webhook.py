"""What Meta's webhooks share: the challenge of a subscription, the signature, and the frame that requests come in.

Meta switches a webhook off that answers with errors, so its own types answer 200 to everything (`always_ok`).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from gateways.channels.channel_type import Inbound, RefuseRequest
from gateways.channels.contract import EPOCH, Answer, HttpRequest, Refused
from gateways.channels.description.verification import hmac_hex, same
from gateways.channels.forms import Form, add_urlencoded, first
from gateways.channels.json_body import json_object
from gateways.channels.replies import ignored, text_response

GRAPH: Final = "https://graph.facebook.com/v25.0"
SIGNATURE: Final = "x-hub-signature-256"
FIRST_MILLISECONDS: Final = 100_000_000_000
"""From here on a timestamp counts milliseconds: as seconds it would lie in the year 5138."""
LAST_MILLISECONDS: Final = 253_402_300_799_999


def read_challenge(inbound: Inbound) -> Answer:
    """Answers the request that confirms a subscription, made with the secret of the whole installation."""
    return answer_challenge(inbound.request, inbound.installation.meta_webhook_secret)


def answer_challenge(request: HttpRequest, secret: str) -> Answer:
    """Gives `hub.challenge` back when `hub.verify_token` is the secret. Raises RefuseRequest when it isn't."""
    form: Form = {}
    add_urlencoded(form, request.query)
    if first(form, "hub.mode") != "subscribe":
        raise RefuseRequest("field 'hub.mode' must be 'subscribe'")
    if not secret or not same(first(form, "hub.verify_token"), secret):
        raise RefuseRequest("token does not match secret")
    return ignored("the webhook is confirmed", text_response(first(form, "hub.challenge")))


def require_signature(inbound: Inbound) -> None:
    """Raises RefuseRequest unless the body is signed with the secret of the installation's app."""
    secret = inbound.installation.meta_app_secret
    found = inbound.request.headers.get(SIGNATURE, "")
    if not secret or not same(found, "sha256=" + hmac_hex(secret, inbound.request.body)):
        raise RefuseRequest(f"invalid request signature in the header '{SIGNATURE}'")


def objects(value: Any, name: str) -> list[dict[str, Any]]:
    """The JSON objects in the list of that name; nothing when there is no such list."""
    found = value.get(name) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def part(value: Any, name: str) -> dict[str, Any]:
    """The JSON object of that name, empty when there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def read_quietly(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request, empty when it is none."""
    try:
        return json_object(request.body)
    except RefuseRequest:
        return {}


def read_moment(value: Any) -> datetime | None:
    """Seconds or milliseconds since 1970, as a number or its digits; None when it is anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LAST_MILLISECONDS:
        return None
    return EPOCH + (timedelta(milliseconds=value) if value >= FIRST_MILLISECONDS else timedelta(seconds=value))


def always_ok(answer: Answer) -> Answer:
    """The same answer; a refusal with status 200."""
    return replace(answer, response=replace(answer.response, status=200)) if isinstance(answer, Refused) else answer
