"""What is sent for a message, and what comes of it."""

import contextlib
import dataclasses
import fnmatch
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Channel, HttpRequest, HttpResponse, SendOptions, SendOutcome
from gateways.channels.types import viber
from tests.conformance.kinds.courier.messages import media_of, message_of
from tests.conformance.kinds.courier.requests import same_request
from tests.conformance.kinds.courier.scene import channel_of, installation, moment, replaced_hosts, swap

KEEPS_IDS = {"VP"}
"""Types whose cases give no ids, since the original doesn't keep those that the aggregator gives."""
REMEMBERED = {"channel-token": "access_token", "hm_token": "access_token"}


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
