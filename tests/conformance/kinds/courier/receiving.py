"""What is understood of a request."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import (
    Answer,
    Channel,
    HttpRequest,
    HttpResponse,
    Installation,
    MessagePart,
    Received,
    Refused,
    SendOptions,
)
from tests.conformance.kinds.courier.scene import channel_of, difference, installation, moment, replaced_hosts, swap


def incoming(
    kind: BuiltType, document: dict[str, Any], suite: dict[str, Any], case: dict[str, Any], parts: list[MessagePart]
) -> str:
    request = request_of(case["request"])
    channel, action = addressed(kind, suite, request)
    if channel is None:
        return (
            "" if case["expect"]["status"] in (200, 400) and case["outcome"] in ("rejected", "none") else "no channel"
        )
    shared = installation(document)
    answer = kind.receive(action, channel, request, installation=shared, new_id=lambda: document["harness"]["msg_uuid"])
    expect = case["expect"]
    if answer.response.status != expect["status"]:
        why = "" if isinstance(answer, Received) else answer.reason
        return f"status {answer.response.status} ({why}); expected {expect['status']}"
    if isinstance(answer, Refused) and case["outcome"] not in ("rejected", "none"):
        return f"refused: {answer.reason}"
    found = understood(kind, channel, suite, answer, shared, parts)
    wanted = expected_facts(case["outcome"], expect, found)
    return "" if found == wanted else difference(found, wanted)


def request_of(raw: dict[str, Any]) -> HttpRequest:
    headers = {name.lower(): value for name, value in (raw.get("headers") or {}).items()}
    body = raw.get("body") or ""
    data = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else json.dumps(body).encode()
    if raw.get("multipart"):
        fields = raw["multipart"].items()
        sections = [f'--xx\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields]
        data = ("".join(sections) + "--xx--\r\n").encode()
        headers["content-type"] = "multipart/form-data; boundary=xx"
    path, _, query = raw["url"].partition("?")
    headers.setdefault("host", "localhost")
    return HttpRequest(raw["method"], "https://localhost" + path, headers, query.encode(), data)


def addressed(kind: BuiltType, suite: dict[str, Any], request: HttpRequest) -> tuple[Channel | None, str]:
    path = urlsplit(request.url).path
    if not suite["handler"]["uuid_routing"]:
        action = path.split("/", 3)[3].strip("/")
        wanted = kind.channel_address(request)
        for raw in suite["channels"]:
            if request.method == "GET" or wanted is None or wanted == raw["address"]:
                return channel_of(raw), action
        return None, action
    for raw in suite["channels"]:
        if raw["uuid"] in path:
            return channel_of(raw), path.partition(raw["uuid"])[2].strip("/")
    return None, ""


def understood(
    kind: BuiltType,
    channel: Channel,
    suite: dict[str, Any],
    answer: Answer,
    shared: Installation,
    parts: list[MessagePart],
) -> dict[str, Any]:
    found: dict[str, Any] = {"messages": [], "statuses": [], "events": []}
    if not isinstance(answer, Received):
        return found
    for message in answer.messages:
        urls = [fetched(kind, channel, suite, each, shared) for each in message.attachments]
        kept = [each for each in urls if each]
        if message.attachments and not kept and not message.text:
            continue
        found["messages"].append(
            {
                "msg_text": message.text,
                "urn": message.urn,
                "external_id": message.external_id or "",
                "date": message.received_on,
                "attachments": kept,
                "contact_name": message.name or "",
                "payload": message.payload,
                "new_urn": message.also_known_as,
                "urn_auth_tokens": {message.urn: dict(message.auth_tokens)} if message.auth_tokens else {},
            }
        )
    for part in answer.parts:
        parts.append(part)
        whole = sorted((p for p in parts if p.reference == part.reference), key=lambda p: p.number)
        if len(whole) == part.count:
            text = "".join(p.text for p in whole)
            joined: dict[str, Any] = {
                "msg_text": text,
                "urn": part.urn,
                "external_id": part.external_id or "",
                "attachments": [],
            }
            found["messages"].append(joined)
    for report in answer.statuses:
        key, value = ("external_id", report.external_id) if report.external_id else ("msg_uuid", report.message_uuid)
        found["statuses"].append({key: value, "status": report.status})
    for event in answer.events:
        if event.type not in ("delete_message", "registration"):
            shown = {"type": event.type, "urn": event.urn, "time": event.occurred_on, "extra": dict(event.extra)}
            found["events"].append(shown)
    return found


def fetched(
    kind: BuiltType, channel: Channel, suite: dict[str, Any], attachment: str, shared: Installation
) -> str | None:
    """What an attachment is downloaded from, when the look-ups are answered by the suite's mocks."""
    if not attachment.startswith("media:"):
        return swap(attachment, replaced_hosts(kind, suite))
    plan = kind.plan_fetch(channel, attachment, SendOptions(installation=shared))
    replace = replaced_hosts(kind, suite)
    try:
        request = next(plan)
        while True:
            request = plan.send(upstream(suite, request, replace))
    except StopIteration as end:
        return swap(end.value.url, replace) if end.value else None


def upstream(suite: dict[str, Any], request: HttpRequest, replace: list[tuple[str, str]]) -> HttpResponse:
    parts = urlsplit(swap(request.url, replace))
    base = f"{parts.scheme}://{parts.netloc}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    for server in suite.get("upstream") or []:
        for call in server["calls"]:
            same = (
                base == server["base_url"] and call["path"] == unquote(parts.path) and call["method"] == request.method
            )
            same = same and all(headers.get(k.lower()) == v for k, v in (call.get("headers") or {}).items())
            form = parse_qs(request.body.decode())
            same = same and all(form.get(k) == [v] for k, v in (call.get("form") or {}).items())
            same = same and (
                "body" not in call or call["body"].replace(" ", "") == request.body.decode().replace(" ", "")
            )
            if same:
                return HttpResponse(call["response"]["status"], {}, call["response"].get("body", "").encode())
    return HttpResponse(404)


def expected_facts(outcome: str, expect: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What the case says, in the shape of `understood`; what it doesn't say is taken as found."""
    wanted: dict[str, Any] = {"messages": [], "statuses": [], "events": []}
    if outcome == "msg" or "msg_text" in expect or "attachments" in expect:
        got = found["messages"][0] if found["messages"] else {}
        keys = [
            "msg_text",
            "urn",
            "external_id",
            "date",
            "attachments",
            "contact_name",
            "payload",
            "new_urn",
            "urn_auth_tokens",
        ]
        message = {key: got.get(key) for key in keys if key in got}
        message |= {key: expect[key] for key in keys if key in expect}
        if "date" in expect:
            message["date"] = moment(expect["date"])
        new_urn = message.get("new_urn")
        if isinstance(new_urn, dict):
            message["new_urn"] = new_urn.get("value")
        message["attachments"] = with_known_types(expect.get("attachments") or [], got.get("attachments") or [])
        wanted["messages"] = [message] + found["messages"][1:]
    wanted["statuses"] = expect.get("statuses") or []
    for number, event in enumerate(expect.get("events") or []):
        got = found["events"][number] if len(found["events"]) > number else {}
        shown = {"type": event["type"], "urn": event["urn"], "extra": event.get("extra") or {}}
        wanted["events"].append(shown | {"time": moment(event["time"]) if "time" in event else got.get("time")})
    return wanted


def with_known_types(wanted: list[str], found: list[str]) -> list[str]:
    """The files that a case wants; where it gives an address only, the content type that was told with it is no difference."""
    known = {each.partition(":")[2]: each for each in found if "/" in each.partition(":")[0]}
    return [known.get(each, each) for each in wanted]
