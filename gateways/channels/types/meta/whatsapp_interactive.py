"""Quick replies as WhatsApp shows them: one interactive message, of one kind.

A request for the location comes before a form, a form before a link, a link before answers to choose from; what can't go
along with the first of them is left out with a line in the log.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateways.channels.contract import OutgoingMessage, QuickReply
from gateways.channels.forms import Form, add_urlencoded
from gateways.channels.sending import Progress, SendFailed

BUTTONS: Final = 3
ROWS: Final = 10
BUTTON_LENGTH: Final = 20
FORM_BUTTON_LENGTH: Final = 30
ROW_LENGTH: Final = 24
DESCRIPTION_LENGTH: Final = 72
FORM_VERSION: Final = "3"
ALONE: Final = ("location", "form", "url")
CAPTIONS: Final = {"form": "Open Form", "url": "Open Link"}
MENUS: Final = {
    "ara": "القائمة",
    "deu": "Menü",
    "hin": "मेनू",
    "ind": "Menu",
    "por": "Menu",
    "rus": "Меню",
    "spa": "Menú",
    "swa": "Menyu",
    "tur": "Menü",
    "ukr": "Меню",
}
_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9a-fA-F]{2})")


def usable_replies(message: OutgoingMessage, progress: Progress) -> tuple[QuickReply, ...]:
    """The quick replies that can be sent: one that stands alone, or all that are texts."""
    complete = [each for each in message.quick_replies if _is_complete(each, progress)]
    for kind in ALONE:
        chosen = next((each for each in complete if each.type == kind), None)
        if chosen is not None:
            for other in complete:
                if other is not chosen:
                    text = f"A quick reply of type {other.type} can't go along with one of type {kind}: it is left out."
                    progress.note("quick_reply_dropped", text)
            return (chosen,)
    if len(complete) > ROWS:
        progress.note("quick_reply_dropped", f"WhatsApp shows at most {ROWS} quick replies: the others are left out.")
    return tuple(complete[:ROWS])


def _is_complete(reply: QuickReply, progress: Progress) -> bool:
    if reply.type not in ("text", *ALONE):
        progress.note("quick_reply_dropped", f"WhatsApp has no quick replies of type {reply.type}.")
        return False
    missing = {"text": "text" * (not reply.text), "location": ""}.get(reply.type, "extra" * (not reply.extra))
    if missing:
        progress.note("quick_reply_dropped", f"A quick reply of type {reply.type} without '{missing}' can't be sent.")
    return not missing


def takes_header(replies: Sequence[QuickReply]) -> bool:
    """Whether a picture, a film or a document may stand above these."""
    return bool(replies) and (replies[0].type == "url" or _fit_buttons(replies))


def _fit_buttons(replies: Sequence[QuickReply]) -> bool:
    return len(replies) <= BUTTONS and all(each.type == "text" and not each.extra for each in replies)


def interactive(
    replies: Sequence[QuickReply], text: str, header: dict[str, Any] | None, locale: str, progress: Progress
) -> dict[str, Any]:
    """The interactive message of usable replies; `header` is a media object with its `type`."""
    first = replies[0]
    kind: str
    action: dict[str, Any]
    if first.type == "location":
        kind, action = "location_request_message", {"name": "send_location"}
    elif first.type == "form":
        kind, action = "flow", {"name": "flow", "parameters": _form(first, progress)}
    elif first.type == "url":
        caption = _shortened(first.text or CAPTIONS["url"], BUTTON_LENGTH, progress)
        kind, action = "cta_url", {"name": "cta_url", "parameters": {"display_text": caption, "url": first.extra}}
    elif _fit_buttons(replies):
        kind, action = "button", {"buttons": [_button(n, each, progress) for n, each in enumerate(replies)]}
    else:
        rows = [_row(number, each, progress) for number, each in enumerate(replies)]
        kind, action = "list", {"button": MENUS.get(locale[:3], "Menu"), "sections": [{"rows": rows}]}
    top = {"header": header} if header else {}
    return {"type": kind, **top, "body": {"text": text}, "action": action}


def _button(number: int, reply: QuickReply, progress: Progress) -> dict[str, Any]:
    title = _shortened(reply.text, BUTTON_LENGTH, progress)
    return {"type": "reply", "reply": {"id": str(number), "title": title}}


def _row(number: int, reply: QuickReply, progress: Progress) -> dict[str, Any]:
    row = {"id": str(number), "title": _shortened(reply.text, ROW_LENGTH, progress)}
    if reply.extra:
        row["description"] = _shortened(reply.extra, DESCRIPTION_LENGTH, progress)
    return row


def _shortened(text: str, limit: int, progress: Progress) -> str:
    if len(text) <= limit:
        return text
    progress.note("quick_reply_cut", f"'{text}' is longer than the {limit} characters that WhatsApp shows here.")
    return text[: limit - 3] + "..."


@dataclass(frozen=True, slots=True)
class FormCall:
    """Which form to open, and how: `[dx:]form[/screen][?name=value&token=…]`."""

    form_id: str
    screen: str = ""
    exchange: bool = False
    token: str = ""
    data: dict[str, str] = field(default_factory=dict)


def read_form_call(text: str) -> FormCall:
    """The parts of a form reply's `extra`. Raises SendFailed with what is wrong; see `_form` for what comes then."""
    exchange = text.startswith("dx:")
    path, _, query = text.removeprefix("dx:").partition("?")
    form_id, _, screen = path.partition("/")
    if _BAD_ESCAPE.search(query.encode()):
        raise SendFailed("message_invalid", "a % in its query is no escape")
    fields: Form = {}
    add_urlencoded(fields, query.encode())
    values = {name: found[0] for name, found in fields.items()}
    token = values.pop("token", "")
    if not form_id:
        raise SendFailed("message_invalid", "it has no form id")
    if exchange and (screen or values):
        raise SendFailed("message_invalid", "with dx: there can be neither a screen nor values")
    if values and not screen:
        raise SendFailed("message_invalid", "values need a screen")
    return FormCall(form_id, screen, exchange, token, values)


def _form(reply: QuickReply, progress: Progress) -> dict[str, Any]:
    """The parameters of a form; when `extra` can't be read, the form opens in the way it is set up at Meta."""
    try:
        call = read_form_call(reply.extra)
    except SendFailed as problem:
        progress.note("quick_reply_form", f"The form reply '{reply.extra}' opens without parameters: {problem.text}.")
        bare = reply.extra.removeprefix("dx:").partition("?")[0].partition("/")[0]
        call = FormCall(bare or reply.extra)
    caption = _shortened(reply.text or CAPTIONS["form"], FORM_BUTTON_LENGTH, progress)
    found: dict[str, Any] = {"flow_message_version": FORM_VERSION, "flow_id": call.form_id, "flow_cta": caption}
    if call.exchange:
        found["flow_action"] = "data_exchange"
    elif call.screen:
        found["flow_action"] = "navigate"
        found["flow_action_payload"] = {"screen": call.screen} | ({"data": call.data} if call.data else {})
    if call.token:
        found["flow_token"] = call.token
    return found
