"""JC, JioChat: built after WeChat, with JSON both ways and its token in a header."""

from typing import Final
from urllib.parse import urlencode

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver
from gateways.channels.contract import (
    JSON_TYPE,
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    NamePlan,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.fields import read_answer
from gateways.channels.json_body import field_text, json_object, post_json
from gateways.channels.official_accounts import (
    account_facts,
    challenge_reader,
    drop_stale_token,
    get_token,
    text_payload,
    token_for_fetch,
)
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    exchange,
    part_limit,
    plan,
    require_settings,
    require_success,
    text_and_links,
    text_parts,
    urn_path,
)

API: Final = "https://channels.jiochat.com"
MEDIA_URL: Final = f"{API}/media/download.action?media_id="
TEXT_LIMIT: Final = 1600
ACTIONS: Final = ("rcv/msg/message", "rcv/event/menu", "rcv/event/follow")


def read_message(inbound: Inbound) -> Answer:
    """A message or an event."""
    body = json_object(inbound.request.body)
    return account_facts(inbound, lambda name: field_text(body, name), "jiochat", MEDIA_URL)


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    require_settings(channel, "jiochat_app_id", "jiochat_app_secret")
    token = yield from get_token(progress, _token_request(channel))
    parts = text_parts(text_and_links(message), part_limit(channel, progress.options, TEXT_LIMIT))
    for part in parts[len(progress.external_ids) :]:
        url, payload = f"{API}/custom/custom_send.action", text_payload(message.urn, part)
        response = yield from exchange(progress, post_json(url, payload, _authorization(token)))
        if response.status == 401 and drop_stale_token(progress):
            raise SendFailed("response_status", "JioChat did not take the token.", retry=True)
        require_success(response)
        progress.external_ids.append("")


def _token_request(channel: Channel) -> HttpRequest:
    payload = {
        "grant_type": "client_credentials",
        "client_id": str(channel.config.get("jiochat_app_id") or ""),
        "client_secret": str(channel.config.get("jiochat_app_secret") or ""),
    }
    return post_json(f"{API}/auth/token.action", payload)


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Files of the account are given for a token."""
    if attachment.startswith(MEDIA_URL):
        token = yield from token_for_fetch(_token_request(channel), options)
        return HttpRequest("GET", attachment, _authorization(token)) if token else None
    return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """The nickname of a follower."""
    token = yield from token_for_fetch(_token_request(channel), options)
    if not token:
        return None
    url = f"{API}/user/info.action?{urlencode({'openid': urn_path(urn)})}"
    response = yield HttpRequest("GET", url, {"Accept": JSON_TYPE, **_authorization(token)})
    return field_text(read_answer("json", response.body), "nickname") or None


JIOCHAT: Final = BuiltType(
    code="JC",
    name="JioChat",
    schemes=("jiochat",),
    receivers={
        "": (Receiver(Route("", ("GET",), "challenge"), challenge_reader("jiochat_app_secret")),),
        **{action: (Receiver(Route(action, ("POST",), "several"), read_message),) for action in ACTIONS},
    },
    send=send,
    fetch=fetch,
    find_name=find_name,
    fields=(
        ConfigField("jiochat_app_id", required=True),
        ConfigField("jiochat_app_secret", "secret", required=True),
    ),
    features=Features(max_length=TEXT_LIMIT, token=True),
)
