"""The Twilio family: what goes out, and the types themselves."""

from typing import Any, Final
from urllib.parse import urlencode

import orjson

from gateways.channels.channel_type import BuiltType, Features, Receiver
from gateways.channels.contract import (
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    HttpResponse,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    Template,
)
from gateways.channels.media_choice import MEGABYTE, MediaLimit, choose_media
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    as_text,
    attachment,
    basic_authorization,
    callback_url,
    dig,
    exchange,
    part_limit,
    plan,
    text_parts,
    urn_path,
)
from gateways.channels.types.twilio.receiving import STOPPED, WHATSAPP, read_message, read_status, reading, restyle

BASE_URL: Final = "https://api.twilio.com"
TYPING_URL: Final = "https://messaging.twilio.com/v3/Indicators/Typing.json"
PART_LIMIT: Final = 1600
MEDIA: Final = {kind: MediaLimit(5 * MEGABYTE) for kind in ("image", "audio", "video", "application", "text")}
FORM_TYPE: Final = "application/x-www-form-urlencoded"

Form = list[tuple[str, str]]


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text, media with the first; or one for a template."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    config = channel.config
    missing = [f"'{name}' is required" for name in ("account_sid", "auth_token") if not config.get(name)]
    if missing:
        raise SendFailed("channel_config", ", ".join(missing))
    forms = [_common(channel, message, progress.options) + each for each in _contents(channel, message, progress)]
    for form in forms[len(progress.external_ids) :]:
        response = yield from exchange(progress, _request(channel, form))
        progress.external_ids.append(_sid(response))


def _contents(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[Form]:
    if message.template is not None and _scheme(channel, message) == WHATSAPP:
        return [_template(message.template)]
    chosen = (choose_media(each, MEDIA, progress) for each in message.attachments)
    media = [("MediaUrl", file.url) for file in chosen if file is not None]
    parts = text_parts(message.text, part_limit(channel, progress.options, PART_LIMIT))
    return [[("Body", part), *(media if number == 0 else [])] for number, part in enumerate(parts)]


def _template(template: Template) -> Form:
    if not template.external_id:
        raise SendFailed("message_invalid", "The template has no id at Twilio.")
    values: dict[str, str] = {}
    for component in template.components:
        for name, index in component.variables.items():
            if index < len(template.variables):
                variable = template.variables[index]
                values[name] = variable.value if variable.type == "text" else attachment(variable.value)[1]
    form = [("ContentSid", template.external_id)]
    return [*form, ("ContentVariables", orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode())] if values else form


def _scheme(channel: Channel, message: OutgoingMessage) -> str:
    scheme = message.urn.partition(":")[0]
    return WHATSAPP if scheme == WHATSAPP or (scheme != "tel" and WHATSAPP in channel.schemes) else scheme


def _common(channel: Channel, message: OutgoingMessage, options: SendOptions) -> Form:
    config = channel.config
    to, sender = urn_path(message.urn), channel.address
    if _scheme(channel, message) == WHATSAPP:
        to = f"whatsapp:+{to}" if to.isdigit() else f"whatsapp:{to}"
        sender = f"whatsapp:+{sender.lstrip('+')}" if sender else ""
    callback = f"{callback_url(channel, options)}/status?uuid={message.uuid}&action=callback"
    form = [("To", to), ("StatusCallback", callback)]
    if sender:
        form.append(("From", sender))
    if config.get("messaging_service_sid"):
        form.append(("MessagingServiceSid", str(config["messaging_service_sid"])))
        if config.get("link_shortening"):
            form.append(("ShortenUrls", "true"))
    return form


def _authorization(channel: Channel) -> str:
    return basic_authorization(f"{channel.config.get('account_sid', '')}:{channel.config.get('auth_token', '')}")


def _request(channel: Channel, form: Form) -> HttpRequest:
    config = channel.config
    own = config.get("send_url") or config.get("base_url")
    if not own and channel.type in OWN_ADDRESS:
        raise SendFailed("channel_config", "'send_url' or 'base_url' is required")
    base = str(own or BASE_URL).rstrip("/")
    url = f"{base}/2010-04-01/Accounts/{config['account_sid']}/Messages.json"
    headers = {"Authorization": _authorization(channel), "Content-Type": FORM_TYPE, "Accept": "application/json"}
    return HttpRequest("POST", url, headers, body=urlencode(form, errors="surrogateescape").encode())


def _sid(response: HttpResponse) -> str:
    """Twilio's id of what it took; its own code where it did not."""
    try:
        answer: Any = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        answer = None
    if response.status // 100 == 2:
        if answer is None:
            raise SendFailed("response_unparseable", "Twilio's answer is not JSON.")
        return as_text(dig(answer, "sid"))
    code = as_text(dig(answer, "code")) if answer is not None else ""
    if code == STOPPED:
        raise SendFailed("contact_stopped", "The contact has opted out.")
    if code and code != "0":
        text = as_text(dig(answer, "message")) or f"Service specific error: {code}."
        raise SendFailed("rejected_with_reason", text, external_code=code)
    raise SendFailed("response_status", f"Twilio answered {response.status}.")


def fetch(channel: Channel, url: str, options: SendOptions) -> FetchPlan:
    """Media are open to whoever has the account's password only."""
    yield from ()
    headers = {"Authorization": _authorization(channel)} if channel.type in SIGNED else {}
    return HttpRequest("GET", url, headers) if url.startswith(("http://", "https://")) else None


def typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """Shown beside the message that is being answered."""
    if not external_id:
        return None
    headers = {"Authorization": _authorization(channel), "Content-Type": "application/json"}
    body = orjson.dumps({"channel": "WHATSAPP", "messageId": external_id})
    return HttpRequest("POST", TYPING_URL, headers, body=body)


OWN_ADDRESS: Final = frozenset({"TW", "SW"})
SIGNED: Final = frozenset({"T", "TMS", "TWA", "TW"})


def _fields(code: str) -> tuple[ConfigField, ...]:
    own = (ConfigField("send_url", "url"), ConfigField("base_url", "url")) if code in OWN_ADDRESS else ()
    return (
        ConfigField("account_sid", required=True),
        ConfigField("auth_token", "secret", required=True),
        ConfigField("messaging_service_sid", required=code == "TMS"),
        ConfigField("link_shortening", "bool"),
        ConfigField("ignore_dlrs", "bool"),
        *own,
    )


def _type(code: str, name: str, schemes: tuple[str, ...] = ("tel",)) -> BuiltType:
    signed = code in SIGNED
    more: dict[str, Any] = {"typing": typing} if code == "TWA" else {}
    return BuiltType(
        code=code,
        name=name,
        schemes=schemes,
        receivers={
            "receive": (Receiver(Route("receive", ("POST",), "message"), reading(read_message, signed=signed)),),
            "status": (Receiver(Route("status", ("POST",), "status"), reading(read_status, signed=signed)),),
        },
        send=send,
        fields=_fields(code),
        alternatives=(("send_url",), ("base_url",)) if code in OWN_ADDRESS else (),
        features=Features(
            attachments="media",
            templates=WHATSAPP in schemes,
            max_length=PART_LIMIT,
            signature=signed,
            other_schemes=() if WHATSAPP in schemes else (WHATSAPP,),
        ),
        fetch=fetch,
        restyle=restyle,
        **more,
    )


TWILIO_TYPES: Final = (
    _type("T", "Twilio"),
    _type("TMS", "Twilio Messaging Service"),
    _type("TWA", "Twilio WhatsApp", (WHATSAPP,)),
    _type("TW", "TwiML API"),
    _type("SW", "SignalWire"),
)
