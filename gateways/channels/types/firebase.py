"""FCM, Firebase Cloud Messaging: messages to and from an app of the user's own, on the devices it is installed on."""

import base64
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    JSON_TYPE,
    Answer,
    Channel,
    ChannelEvent,
    ConfigField,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.fields import read_answer
from gateways.channels.description.tokens import TOKEN, fresh_token
from gateways.channels.forms import FORM_TYPE, Form, first, read_form
from gateways.channels.json_body import field_text, post_json
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    exchange,
    part_limit,
    plan,
    read_json,
    text_and_links,
    text_parts,
)

API: Final = "https://fcm.googleapis.com/v1"
TOKEN_URL: Final = "https://oauth2.googleapis.com/token"
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CREDENTIALS: Final = "FCM_CREDENTIALS_JSON"
TEXT_LIMIT: Final = 1024
ASSERTION_SECONDS: Final = 3600
DATA_TYPE: Final = "rapidpro"
"""What apps look for to know a message of this kind; those in use expect this word."""


# receiving -------------------------------------------------------------------------------------------------------------


def read_message(inbound: Inbound) -> Answer:
    """Fields from, msg, fcm_token, date and name."""
    form = read_form(inbound.request)
    urn = sender_urn("fcm", _required(form, "from"))
    date, token = first(form, "date"), first(form, "fcm_token")
    message = IncomingMessage(
        urn,
        first(form, "msg"),
        received_on=_moment(date) if date else None,
        name=first(form, "name") or None,
        uuid=inbound.new_id(),
        auth_tokens={"default": token} if token else None,
    )
    return accepted(inbound.channel.uuid, (message,))


def read_registration(inbound: Inbound) -> Answer:
    """Fields urn, fcm_token and name: the app was installed, or was given another token."""
    form = read_form(inbound.request)
    urn, token = sender_urn("fcm", _required(form, "urn")), _required(form, "fcm_token")
    event = ChannelEvent("registration", urn, name=first(form, "name") or None, auth_tokens={"default": token})
    return accepted(inbound.channel.uuid, events=(event,))


def _required(form: Form, name: str) -> str:
    found = first(form, name)
    if not found:
        raise RefuseRequest(f"field '{name}' required")
    return found


def _moment(text: str) -> datetime:
    """A time as in 2026-01-31T08:15:00.000, which is UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RefuseRequest(f"field 'date' is not a time as in 2026-01-31T08:15:00.000: '{text[:40]}'") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# tokens ----------------------------------------------------------------------------------------------------------------


def _credentials(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service account in the settings, empty when there is none."""
    found = config.get(CREDENTIALS)
    if isinstance(found, str):
        found = read_answer("json", found.encode())
    return found if isinstance(found, dict) else {}


def _get_token(account: Mapping[str, Any], progress: Progress) -> Generator[HttpRequest, HttpResponse, str]:
    """The remembered token, or one for a statement that is signed with the account's key."""
    known = progress.options.remembered.get(TOKEN)
    if known:
        return known
    url = str(account.get("token_uri") or TOKEN_URL)
    issued = int(progress.options.now.timestamp())
    claims = {
        "iss": account.get("client_email"),
        "scope": SCOPE,
        "aud": url,
        "iat": issued,
        "exp": issued + ASSERTION_SECONDS,
    }
    head = {"alg": "RS256", "typ": "JWT", "kid": account.get("private_key_id")}
    form = urlencode({"grant_type": GRANT, "assertion": _signed(head, claims, str(account.get("private_key") or ""))})
    headers = {"Content-Type": FORM_TYPE, "Accept": JSON_TYPE}
    response = yield from exchange(progress, HttpRequest("POST", url, headers, body=form.encode()))
    return fresh_token(response, progress)


def _signed(head: Mapping[str, Any], claims: Mapping[str, Any], pem: str) -> str:
    """A JSON web token. Raises SendFailed when the key can't be used."""
    key = _private_key(pem)
    if key is None:
        raise SendFailed("channel_config", f"'private_key' in '{CREDENTIALS}' is not an RSA key")
    text = b".".join(_base64(orjson.dumps(each)) for each in (head, claims))
    return (text + b"." + _base64(key.sign(text, PKCS1v15(), SHA256()))).decode()


@lru_cache(maxsize=256)
def _private_key(pem: str) -> RSAPrivateKey | None:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPrivateKey) else None


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _derived_secrets(config: Mapping[str, Any]) -> tuple[str, ...]:
    key = str(_credentials(config).get("private_key") or "")
    return (key, orjson.dumps(key).decode().strip('"')) if key else ()


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text, to the device that the contact last wrote from."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    account = _credentials(channel.config)
    project = account.get("project_id")
    if not isinstance(project, str) or not project:
        raise SendFailed("channel_config", f"'{CREDENTIALS}' must hold a 'project_id'")
    if not message.urn_auth:
        raise SendFailed("message_invalid", "No device of the contact is registered.")
    token = yield from _get_token(account, progress)
    parts = text_parts(text_and_links(message), part_limit(channel, progress.options, TEXT_LIMIT))
    for number in range(len(progress.external_ids), len(parts)):
        payload = _payload(channel, message, parts[number], last=number == len(parts) - 1)
        url = f"{API}/projects/{quote(project, safe='')}/messages:send"
        response = yield from exchange(progress, post_json(url, payload, {"Authorization": f"Bearer {token}"}))
        progress.external_ids.append(_external_id(response, project, progress))


def _payload(channel: Channel, message: OutgoingMessage, part: str, *, last: bool) -> dict[str, Any]:
    title = str(channel.config.get("FCM_TITLE") or "")
    data = {
        "type": DATA_TYPE,
        "title": title,
        "message": part,
        "message_id": message.uuid,
        "session_status": message.session_status,
    }
    replies = [reply.text for reply in message.quick_replies if reply.type == "text"]
    if replies and last:
        data["quick_replies"] = orjson.dumps(replies).decode()
    payload: dict[str, Any] = {"data": data, "token": message.urn_auth, "android": {"priority": "high"}}
    if channel.config.get("FCM_NOTIFICATION"):
        payload["notification"] = {"title": title, "body": part}
    return {"message": payload}


def _external_id(response: HttpResponse, project: str, progress: Progress) -> str:
    """The id in the name that the message was given. Raises SendFailed when it was not taken."""
    if response.status // 100 != 2:
        stale = response.status == 401 and TOKEN in progress.options.remembered
        if stale:
            progress.forget.append(TOKEN)
        reason = field_text(read_answer("json", response.body), "error.message")
        raise SendFailed("response_status", f"Firebase answered {response.status}. {reason}".strip(), retry=stale)
    name, prefix = field_text(read_json(response), "name"), f"projects/{project}/messages/"
    if not name.startswith(prefix) or name == prefix:
        raise SendFailed("response_content", "Firebase's answer holds no name of a message of this project.")
    return name.removeprefix(prefix)


FIREBASE: Final = BuiltType(
    code="FCM",
    name="Firebase Cloud Messaging",
    schemes=("fcm",),
    receivers={
        "receive": (Receiver(Route("receive", ("POST",), "message"), read_message),),
        "register": (Receiver(Route("register", ("POST",), "event"), read_registration),),
    },
    send=send,
    fields=(
        ConfigField(CREDENTIALS, "map", required=True),
        ConfigField("FCM_TITLE"),
        ConfigField("FCM_NOTIFICATION", "bool"),
    ),
    features=Features(quick_replies=True, max_length=TEXT_LIMIT, token=True),
    derived_secrets=_derived_secrets,
)
