"""WC, WeChat: official accounts. XML in, JSON out with an access token that has to be fetched."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    JSON_TYPE,
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    HttpResponse,
    NamePlan,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.fields import read_answer
from gateways.channels.description.tokens import TOKEN
from gateways.channels.forms import clean
from gateways.channels.json_body import field_text, post_json
from gateways.channels.official_accounts import (
    Fields,
    account_facts,
    challenge_reader,
    drop_stale_token,
    get_token,
    text_payload,
    token_for_fetch,
)
from gateways.channels.replies import ignored
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    call,
    part_limit,
    plan,
    require_settings,
    text_and_links,
    text_parts,
    urn_path,
)
from gateways.channels.xml_body import read_xml

API: Final = "https://api.weixin.qq.com/cgi-bin"
MEDIA_URL: Final = f"{API}/media/get?media_id="
TEXT_LIMIT: Final = 1600
STALE: Final = ("40001", "40014", "42001")
"""Codes of WeChat for a token that no longer holds."""
BUSY: Final = "-1"
THROTTLED: Final = ("45009", "45011")

# receiving -------------------------------------------------------------------------------------------------------------


def read_message(inbound: Inbound) -> Answer:
    """A message or an event; whatever is answered beside an empty body, the contact would see."""
    root = read_xml(inbound.request.body)
    if root is None:
        raise RefuseRequest("the body is not XML that can be read")
    return account_facts(inbound, _elements(root), "wechat", MEDIA_URL, HttpResponse(200))


def _elements(root: Element) -> Fields:
    return lambda name: clean((root.findtext(name) or "").strip() if name != "Content" else root.findtext(name) or "")


def _silent(answer: Answer) -> Answer:
    """Without a body where a message is ignored; a challenge keeps its answer."""
    if answer.response.status == 200 and answer.response.headers.get("content-type") == JSON_TYPE:
        return ignored(getattr(answer, "reason", ""), HttpResponse(200), getattr(answer, "log", ()))
    return answer


# tokens ----------------------------------------------------------------------------------------------------------------


def _token_request(channel: Channel) -> HttpRequest:
    config = channel.config
    query = {
        "grant_type": "client_credential",
        "appid": str(config.get("wechat_app_id") or ""),
        "secret": str(config.get("wechat_app_secret") or ""),
    }
    return HttpRequest("GET", f"{API}/token?{urlencode(query)}", {"Accept": JSON_TYPE})


# sending and looking up ------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    require_settings(channel, "wechat_app_id", "wechat_app_secret")
    token = yield from get_token(progress, _token_request(channel))
    parts = text_parts(text_and_links(message), part_limit(channel, progress.options, TEXT_LIMIT))
    for part in parts[len(progress.external_ids) :]:
        url = f"{API}/message/custom/send?{urlencode({'access_token': token})}"
        response = yield from call(progress, post_json(url, text_payload(message.urn, part)))
        _require_taken(response, progress)
        progress.external_ids.append("")


def _require_taken(response: HttpResponse, progress: Progress) -> None:
    """WeChat refuses with the status 200 and a code."""
    answer = read_answer("json", response.body)
    code, text = field_text(answer, "errcode"), field_text(answer, "errmsg")
    if code in THROTTLED:
        raise SendFailed("connection_throttled", text)
    if code not in ("", "0"):
        retry = (code in STALE and drop_stale_token(progress)) or code == BUSY
        raise SendFailed("rejected_with_reason", text, external_code=code, retry=retry)


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Files of the account are given for a token, which is not stored with them."""
    if attachment.startswith(MEDIA_URL):
        token = yield from token_for_fetch(_token_request(channel), options)
        return HttpRequest("GET", f"{attachment}&{urlencode({'access_token': token})}") if token else None
    return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """The nickname of a follower."""
    token = yield from token_for_fetch(_token_request(channel), options)
    if not token:
        return None
    query: Mapping[str, str] = {"access_token": token, "openid": urn_path(urn)}
    response = yield HttpRequest("GET", f"{API}/user/info?{urlencode(query)}", {"Accept": JSON_TYPE})
    return field_text(read_answer("json", response.body), "nickname") or None


def show_typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """Shows it while there is a token at hand; it isn't worth fetching one."""
    token = options.remembered.get(TOKEN)
    if not token:
        return None
    url = f"{API}/message/custom/typing?{urlencode({'access_token': token})}"
    return post_json(url, {"touser": urn_path(urn), "command": "Typing"})


WECHAT: Final = BuiltType(
    code="WC",
    name="WeChat",
    schemes=("wechat",),
    receivers={
        "": (
            Receiver(Route("", ("GET",), "challenge"), challenge_reader("secret")),
            Receiver(Route("", ("POST",), "several"), read_message),
        )
    },
    send=send,
    fetch=fetch,
    typing=show_typing,
    find_name=find_name,
    restyle=_silent,
    fields=(
        ConfigField("wechat_app_id", required=True),
        ConfigField("wechat_app_secret", "secret", required=True),
        ConfigField("secret", "secret", required=True),
    ),
    features=Features(max_length=TEXT_LIMIT, token=True),
)
