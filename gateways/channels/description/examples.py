"""Examples in descriptions: read strictly, and run against the type they describe."""

from datetime import UTC, datetime
from typing import Any, Final

from gateways.channels.channel_type import BuiltType, Example, Exchange
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    HttpResponse,
    Installation,
    OutgoingMessage,
    Received,
    SendOptions,
    SendOutcome,
)
from gateways.channels.description.section import Section

NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPTIONS: Final = SendOptions(now=NOW, installation=Installation(domain="evenkeel.example"))
MESSAGE_UUID: Final = "019f0000-0000-7000-8000-000000000001"
CHANNEL_UUID: Final = "019f0000-0000-7000-8000-0000000000c1"
CHANNEL_ADDRESS: Final = "+250788000000"
ADDRESSES: Final = {"tel": "+250788123123", "whatsapp": "250788123123"}
PLACEHOLDERS: Final[dict[str, Any]] = {
    "secret": "secret",
    "url": "https://aggregator.example",
    "int": 1,
    "bool": False,
    "list": [],
    "map": {},
}
FORM: Final = "application/x-www-form-urlencoded"


def read_example(section: Section) -> Example:
    """One `[[example]]` of a description."""
    receives = section.has("receive")
    example = Example(
        title=section.text("title"),
        action=section.text("receive", ""),
        method=section.one_of("method", ("GET", "POST"), "POST"),
        query=section.text("query", ""),
        body=section.text("body", ""),
        headers=section.table("headers"),
        gives=tuple(section.raw("gives") or ()) if receives else (),
        text="" if receives else section.text("send"),
        attachments=section.texts("attachments"),
        exchanges=tuple(_exchange(each) for each in section.sections("exchange")),
        outcome=section.text("outcome", ""),
        external_ids=section.texts("external_ids"),
    )
    section.finish()
    if not receives and not example.exchanges:
        raise section.wrong("exchange", "what is asked of the aggregator is expected")
    return example


def _exchange(section: Section) -> Exchange:
    exchange = Exchange(
        section.text("request"), section.text("body", ""), section.number("status") or 200, section.text("answer", "")
    )
    section.finish()
    return exchange


def example_channel(kind: BuiltType) -> Channel:
    """A channel of the type with every required setting filled in, and the first group of those of which one group is required."""
    needed = kind.alternatives[0] if kind.alternatives else ()
    config = {
        each.name: each.default or _placeholder(each)
        for each in kind.fields
        if each.required or each.default or each.name in needed
    }
    return Channel(CHANNEL_UUID, "org", kind.code, CHANNEL_ADDRESS, "Example", "RW", kind.schemes, config)


def _placeholder(setting: ConfigField) -> Any:
    return PLACEHOLDERS.get(setting.kind, setting.name)


def received(kind: BuiltType, example: Example) -> Answer:
    """What the type makes of the request."""
    headers = {"host": "evenkeel.example", "content-type": _content_type(example.body), **example.headers}
    url = f"https://evenkeel.example/c/{kind.code.lower()}/{CHANNEL_UUID}/{example.action}"
    request = HttpRequest(example.method, url, headers, example.query.encode(), example.body.encode())
    return kind.receive(example.action, example_channel(kind), request, new_id=lambda: MESSAGE_UUID)


def _content_type(body: str) -> str:
    start = body.lstrip()[:1]
    return {"{": "application/json", "[": "application/json", "<": "text/xml"}.get(start, FORM)


def facts(answer: Answer) -> list[dict[str, Any]]:
    """The facts of an answer as examples write them: only what is there."""
    if not isinstance(answer, Received):
        return []
    found: list[dict[str, Any]] = []
    for message in answer.messages:
        time = message.received_on.isoformat() if message.received_on else None
        found.append(
            {
                "urn": message.urn,
                "text": message.text,
                "external_id": message.external_id,
                "attachments": list(message.attachments),
                "received_on": time,
                "name": message.name,
            }
        )
    found += [
        {"urn": p.urn, "text": p.text, "part": p.number, "of": p.count, "reference": p.reference} for p in answer.parts
    ]
    found += [{"status": r.status, "external_id": r.external_id, "message": r.message_uuid} for r in answer.statuses]
    found += [{"event": event.type, "urn": event.urn} for event in answer.events]
    return [{name: value for name, value in each.items() if value not in (None, "", [])} for each in found]


def sent(kind: BuiltType, example: Example) -> tuple[list[HttpRequest], SendOutcome]:
    """The requests the type makes for the message when the aggregator answers as the example says, and the outcome."""
    scheme = kind.schemes[0]
    urn = f"{scheme}:{ADDRESSES.get(scheme, '10001')}"
    message = OutgoingMessage(10, MESSAGE_UUID, urn, example.text, example.attachments)
    plan = kind.plan_send(example_channel(kind), message, OPTIONS)
    requests: list[HttpRequest] = []
    answers = iter(example.exchanges)
    try:
        request = next(plan)
        while True:
            requests.append(request)
            answer = next(answers, Exchange("", "", 500, ""))
            request = plan.send(HttpResponse(answer.status, {}, answer.answer.encode()))
    except StopIteration as end:
        return requests, end.value


def problems(kind: BuiltType, example: Example) -> list[str]:
    """Where the type does something else than its example says; empty when they agree."""
    if example.action:
        answer = received(kind, example)
        found, wanted = facts(answer), [dict(each) for each in example.gives]
        reason = "" if isinstance(answer, Received) else f" ({answer.reason})"
        return [] if found == wanted else [f"{example.title}: got {found}{reason}; expected {wanted}"]
    requests, outcome = sent(kind, example)
    made = [(f"{each.method} {each.url}", each.body.decode("utf-8", "replace")) for each in requests]
    expected = [(each.request, each.body) for each in example.exchanges]
    ended = (outcome.status, tuple(each for each in outcome.external_ids if each))
    wanted_end = (example.outcome, example.external_ids)
    wrong = [] if made == expected else [f"{example.title}: asked {made}; expected {expected}"]
    return wrong + ([] if ended == wanted_end else [f"{example.title}: ended as {ended}; expected {wanted_end}"])
