"""Channel types against the courier cases: what is understood of a request, what is sent for a message.

Compared are the outcome, the HTTP status and what was understood or sent; wordings are not.
"""

import contextlib
import dataclasses
import fnmatch
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

from gateways.channels.catalogue import channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import (
    Answer,
    Channel,
    HttpRequest,
    HttpResponse,
    Installation,
    MediaFile,
    MessagePart,
    OutgoingMessage,
    QuickReply,
    Received,
    Refused,
    SendOptions,
    SendOutcome,
    Template,
    TemplateComponent,
    TemplateVariable,
)
from gateways.channels.types import viber
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome

GRAPH = "https://graph.facebook.com/v25.0"
HOSTS = {
    ("FBA", "graphURL"): GRAPH,
    ("IG", "graphURL"): GRAPH,
    ("WAC", "graphURL"): GRAPH,
    ("FB", "graphURL"): "https://graph.facebook.com/v3.3",
    ("FB", "subscribeURL"): "https://graph.facebook.com/v3.3/me/subscribed_apps",
    ("TG", "apiURL"): "https://api.telegram.org",
    ("SL", "apiURL"): "https://slack.com/api",
    ("VK", "apiBaseURL"): "https://api.vk.com/method",
    ("JC", "sendURL"): "https://channels.jiochat.com",
    ("WC", "sendURL"): "https://api.weixin.qq.com/cgi-bin",
}
"""The hosts that the originals' tests replace by mocks."""

DELIBERATE = {
    "CT[0] incoming Valid Receive UTF-16BE": "the case expects bytes above 0x7f to be spoilt; here the text stays as it was written",
    "MT[0] incoming Receive Part 1": "its second part may not be among the cases here; a part alone is kept, not taken as a message",
    "WC[1] outgoing Error Sending": "the case takes a refusal with the status 401 for success",
    "SL[2] outgoing Send Image": "the case uploads by a call that Slack has retired",
    "VP[3] incoming Delivered Status Report": "the case ignores what was delivered; here it is reported",
    "TQ[0] incoming Receive attachment as base64": "the file is in the event itself; the case names a store of its own",
}
KEEPS_IDS = {"VP"}
"""Types whose cases give no ids, since the original doesn't keep those that the aggregator gives."""
REMEMBERED = {"channel-token": "access_token", "hm_token": "access_token"}


def run(folder: Path) -> Iterator[Outcome]:
    """Every case of every type that exists."""
    for file in sorted((folder / "courier").glob("*.json")):
        document = read_json(file)
        kind = channel_types().get(document["channel_type"])
        for number, suite in enumerate(document["suites"]):
            seen: dict[str, int] = {}
            parts: list[MessagePart] = []
            kept: dict[str, str] = {}
            for case in suite["cases"]:
                label = case["label"]
                seen[label] = seen.get(label, 0) + 1
                name = f"{file.stem}[{number}] {suite['kind']} {label}" + (f" #{seen[label]}" * (seen[label] > 1))
                if kind is None:
                    yield name, False, "no such channel type"
                elif suite["kind"] == "incoming":
                    yield checked(name, partial(incoming, kind, document, suite, case, parts))
                else:
                    yield checked(name, partial(outgoing, kind, document, suite, case, kept))


def installation(document: dict[str, Any]) -> Installation:
    harness = document["harness"]
    return Installation(
        domain=harness["domain"],
        meta_app_secret=harness["facebook_application_secret"],
        meta_webhook_secret=harness["facebook_webhook_secret"],
        meta_system_user_token=harness["whatsapp_admin_system_user_token"],
    )


def channel_of(raw: dict[str, Any], kind: str = "") -> Channel:
    """`kind`: the type of the handler under test, where it is another than the channel's."""
    return Channel(
        raw["uuid"],
        "org",
        kind or raw["type"],
        raw.get("address") or "",
        raw.get("name") or "",
        raw.get("country") or "",
        tuple(raw["schemes"]),
        raw.get("config") or {},
    )


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


# incoming


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


def replaced_hosts(kind: BuiltType, suite: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (real, suite["globals"][key])
        for (code, key), real in HOSTS.items()
        if code == kind.code and key in suite["globals"]
    ]


def swap(url: str, replace: list[tuple[str, str]]) -> str:
    for real, mock in replace:
        if url.startswith(real):
            return mock + url[len(real) :]
    return url


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


def difference(found: Any, wanted: Any) -> str:
    """The first place where two structures differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            if found.get(key) != wanted.get(key):
                return f"{key}: {difference(found.get(key), wanted.get(key))}"
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return next((difference(a, b) for a, b in zip(found, wanted, strict=True) if a != b), "")
    return f"got {found!r}; expected {wanted!r}"


# outgoing


def outgoing(
    kind: BuiltType, document: dict[str, Any], suite: dict[str, Any], case: dict[str, Any], kept: dict[str, str]
) -> str:
    """`kept`: what earlier cases of the suite asked to be remembered, such as a token."""
    channel = channel_of(suite["channels"][0], suite["handler"]["channel_type"])
    with lowered_limits(suite):
        requests, outcome = play(kind, channel, document, suite, case, kept)
    kept.update((each.key, each.value) for each in outcome.remember)
    expect = case["expect"]
    name = {"wired": "sent", "sent": "sent", "delivered": "sent", "errored": "retry", "failed": "fail"}[outcome.status]
    if name != case["outcome"]:
        return f"{name} ({outcome.error_code}: {outcome.error_text}); expected {case['outcome']} {expect.get('error')}"
    error = expect.get("error")
    if error and error.get("code") and error["code"] not in (outcome.error_code, "internal"):
        return f"error {outcome.error_code} ({outcome.error_text}); expected {error['code']}"
    if error and error.get("ext_code") and error["ext_code"] != outcome.external_code:
        return f"external code {outcome.external_code!r}; expected {error['ext_code']!r}"
    ids = [each for each in outcome.external_ids if each]
    if not error and ids != expect.get("external_ids", ids if kind.code in KEEPS_IDS else []):
        return f"external ids {ids}; expected {expect.get('external_ids')}"
    if expect.get("new_urn") and outcome.also_known_as != expect["new_urn"]:
        return f"new URN {outcome.also_known_as}; expected {expect['new_urn']}"
    wanted = expect.get("requests") or []
    if wanted and len(wanted) != len(requests):
        return f"{len(requests)} requests ({[r.url for r in requests]}); expected {len(wanted)}"
    return next((why for why in map(same_request, requests, wanted) if why), "")


@contextlib.contextmanager
def lowered_limits(suite: dict[str, Any]) -> Iterator[None]:
    """The limits beside that of a part which a suite lowers, so that short texts show what long ones do."""
    with contextlib.ExitStack() as stack:
        if "descriptionMaxLength" in suite["globals"]:
            stack.enter_context(patch.object(viber, "CAPTION_LIMIT", suite["globals"]["descriptionMaxLength"]))
        yield


def play(
    kind: BuiltType,
    channel: Channel,
    document: dict[str, Any],
    suite: dict[str, Any],
    case: dict[str, Any],
    kept: dict[str, str],
) -> tuple[list[HttpRequest], SendOutcome]:
    replace = replaced_hosts(kind, suite)
    mocks = [(mock["url"], list(mock["responses"])) for mock in case.get("mocks") or []]
    plan = kind.plan_send(
        channel,
        message_of(document, case["msg"]),
        options_of(document, suite, {**fetched_before(case), **uploaded_before(case, mocks), **kept}),
    )
    requests: list[HttpRequest] = []
    try:
        request = next(plan)
        while True:
            swapped = swap(request.url, replace)
            url = swapped if any(matches(pattern, swapped) for pattern, _ in mocks) else request.url
            requests.append(dataclasses.replace(request, url=url))
            request = plan.send(mocked(url, mocks))
    except StopIteration as end:
        return requests, end.value


def matches(pattern: str, url: str) -> bool:
    return pattern == url or fnmatch.fnmatchcase(url, pattern.replace("[", "[[]"))


def mocked(url: str, mocks: list[tuple[str, list[dict[str, Any]]]]) -> HttpResponse:
    for pattern, responses in mocks:
        if responses and matches(pattern, url):
            answer = responses.pop(0)
            if answer.get("connection_error"):
                return HttpResponse(0)
            body = answer.get("body") or ""
            return HttpResponse(answer["status"], answer.get("headers") or {}, body.encode("utf-8", "surrogateescape"))
    raise AssertionError(f"no mock for {url}")


def fetched_before(case: dict[str, Any]) -> dict[str, str]:
    """The token that an earlier case, perhaps not among those here, has fetched: this one expects none to be fetched."""
    wanted = (case["expect"].get("requests") or [{}])[0].get("headers") or {}
    scheme, _, token = wanted.get("Authorization", "").partition(" ")
    fetches = any("token" in mock["url"].lower() for mock in case.get("mocks") or [])
    return {"access_token": token} if scheme == "Bearer" and token and not fetches else {}


def uploaded_before(case: dict[str, Any], mocks: list[tuple[str, Any]]) -> dict[str, str]:
    """The id that an earlier case got for a file: this one names it and expects no download."""
    urls = [each.partition(":")[2] for each in case["msg"].get("attachments") or []]
    unserved = [url for url in urls if not any(matches(pattern, url) for pattern, _ in mocks)]
    wanted = (case["expect"].get("requests") or [{}])[0].get("body")
    try:
        body = json.loads(wanted) if isinstance(wanted, str) else {}
    except ValueError:
        return {}
    content = body.get(body.get("type")) if isinstance(body, dict) else None
    found = content.get("id") if isinstance(content, dict) else None
    return {f"media:{unserved[0]}": found} if unserved and found else {}


def options_of(document: dict[str, Any], suite: dict[str, Any], kept: dict[str, str]) -> SendOptions:
    state = suite.get("state") or {}
    remembered = dict(kept)
    for command in state.get("valkey") or []:
        if command[0] == "SET":
            remembered[REMEMBERED[command[1].partition(":")[0]]] = command[2]
    media = [media_of(each) for each in state.get("media") or []]
    lengths = [value for key, value in suite["globals"].items() if key.startswith("maxMsgLength")]
    return SendOptions(
        now=moment(suite.get("now") or document["harness"]["now"]) or datetime.now(UTC),
        installation=installation(document),
        max_length=lengths[0] if lengths else None,
        remembered=remembered,
        media={each.url: each for each in media},
    )


def media_of(raw: dict[str, Any]) -> MediaFile:
    alternates = tuple(media_of(each) for each in raw.get("alternates") or [])
    size, width, height = raw.get("size") or 0, raw.get("width") or 0, raw.get("height") or 0
    return MediaFile(
        raw["content_type"], raw["url"], size, width, height, raw["path"], alternates, raw.get("duration") or 0
    )


def message_of(document: dict[str, Any], raw: dict[str, Any]) -> OutgoingMessage:
    return OutgoingMessage(
        id=10,
        uuid=document["harness"]["msg_uuid"],
        urn=raw["urn"],
        text=raw.get("text") or "",
        attachments=tuple(raw.get("attachments") or ()),
        quick_replies=tuple(
            QuickReply(r.get("type") or "text", r.get("text") or "", r.get("extra") or "")
            for r in raw.get("quick_replies") or ()
        ),
        locale=raw.get("locale") or "",
        template=template_of(raw.get("templating")),
        response_to_external_id=raw.get("response_to_external_id") or "",
        urn_auth=raw.get("urn_auth") or "",
        contact_urns=(raw["urn"], *(raw.get("contact_other_urns") or ())),
        high_priority=bool(raw.get("high_priority")),
        origin=raw.get("origin") or "flow",
        session_status=raw.get("session_status") or (raw.get("session") or {}).get("status", ""),
        flow_name=(raw.get("flow") or {}).get("name", ""),
    )


def template_of(raw: dict[str, Any] | None) -> Template | None:
    if not raw:
        return None
    return Template(
        name=raw["template"]["name"],
        language=raw.get("language") or "",
        external_id=raw.get("external_id") or "",
        namespace=raw.get("namespace") or "",
        locale=raw.get("locale") or "",
        variables=tuple(TemplateVariable(v["type"], v["value"]) for v in raw.get("variables") or ()),
        components=tuple(
            TemplateComponent(c["type"], c.get("name") or "", c.get("variables") or {})
            for c in raw.get("components") or ()
        ),
    )


def same_request(request: HttpRequest, wanted: dict[str, Any]) -> str:
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    for name, value in (wanted.get("headers") or {}).items():
        if headers.get(name.lower()) != value:
            return f"header {name}: {headers.get(name.lower())!r}; expected {value!r}"
    if wanted.get("path") and unquote(parts.path) != wanted["path"]:
        return f"path {parts.path}; expected {wanted['path']}"
    query = parse_qs(parts.query, keep_blank_values=True, errors="surrogateescape")
    if "params" in wanted and query != wanted["params"]:
        return "params: " + difference(query, wanted["params"])
    form = form_of(request, headers) if "form" in wanted else None
    if form is not None and form != wanted["form"]:
        return "form: " + difference(form, wanted["form"])
    body = request.body.decode("utf-8", "surrogateescape")
    if "body" in wanted and not same_body(body, wanted["body"]):
        return f"body {body}; expected {wanted['body']}"
    missing = [each for each in listed(wanted.get("body_contains")) if each not in body]
    return f"body {body} without {missing}" if missing else ""


def listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def form_of(request: HttpRequest, headers: dict[str, str]) -> dict[str, list[str]]:
    if headers.get("content-type", "").startswith("multipart/"):
        from gateways.channels.forms import Form, add_multipart

        form: Form = {}
        add_multipart(form, request.body, headers["content-type"])
        return form
    return parse_qs(request.body.decode(), keep_blank_values=True)


def same_body(found: str, wanted: str) -> bool:
    if found == wanted:
        return True
    try:
        return bool(json.loads(found) == json.loads(wanted))
    except ValueError:
        return False
