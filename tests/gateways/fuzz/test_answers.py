"""Whatever an aggregator answers to a message of ours is an outcome, and never a fault of the channel type."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ports.http_caller import Reply
from gateways.channels.catalogue import channel_types
from gateways.channels.contract import Channel, HttpResponse, OutgoingMessage, QuickReply, SendOptions
from gateways.channels.description.examples import ADDRESSES
from tests.gateways.channels.log.test_secrets import NEEDED
from tests.gateways.fuzz.doors import SHARED, channel
from tests.gateways.fuzz.hostile import BODIES, as_json, as_text, by_chance, examples, spoiled, value

SENDING = [
    code for code in channel_types() if code not in ("A", "SMP")
]  # phones collect theirs; a link of ours answers for SMPP
TAKEN: Any = {
    "id": "1", "message_id": "m1", "messageId": "m2", "ok": True, "result": {"message_id": 7, "file_path": "a/b"}, "status": "ok", "code": "0",
    "messages": [{"id": "x", "status": {"groupName": "PENDING"}, "message-id": "m", "messageid": "m", "statusCode": 0}], "errcode": 0,
    "access_token": "fresh", "expires_in": 3600, "response": [{"id": 8, "owner_id": 1, "upload_url": "https://u.example"}],
    "SMSMessageData": {"Recipients": [{"statusCode": 101, "messageId": "m"}]}, "data": [{"id": "1", "dm_event_id": "5", "message_id": "x"}],
    "error": {"code": 131026, "message": "No", "type": "x"}, "errors": [{"code": 5, "title": "t"}], "sid": "SM1", "guid": "g", "rid": "r",
    "url": "https://u.example", "file": {"url_private": "u"}, "recipient_id": "r", "identity_key_hash": "k",
}  # fmt: skip


HEADERS = (
    ("retry-after", "soon"), ("retry-after", "-1"), ("retry-after", "1e999"), ("retry-after", "9" * 30), ("retry-after", "NaN"),
    ("content-type", "\xff"), ("content-type", "application/json"), ("content-type", "text/xml"), ("location", "http://["),
)  # fmt: skip
STATUSES = (200, 200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 429, 500, 503, 0)


def answers(chance: Random) -> list[Reply]:
    return [_answer(chance) for _ in range(6)]


def _answer(chance: Random) -> Reply:
    status = chance.choice(STATUSES)
    said = as_json(spoiled(TAKEN, chance))
    body = chance.choice((said, said, said, chance.choice(BODIES), as_text(value(chance)).encode("utf-8", "replace")))
    headers = tuple(chance.choices(HEADERS, k=chance.randint(0, 2)))
    return Reply(status, headers, body if status else b"", "", "" if status else "No answer.")


@pytest.mark.parametrize("code", SENDING)
def test_an_answer_is_an_outcome(code: str) -> None:
    kind = channel_types()[code]
    raw = channel(kind, 0)
    by = Channel(
        raw["uuid"], "org", code, raw["address"], "", "RW", kind.schemes, {**raw["config"], **NEEDED.get(code, {})}
    )
    scheme = kind.schemes[0]

    @examples(15)
    @given(
        replies=by_chance(answers),
        text=st.sampled_from(("Hi", "x" * 700, "", "\U0001f600é" * 90)),
    )
    def send(replies: list[Reply], text: str) -> None:
        message = OutgoingMessage(
            10, "0192fc2e-6d9c-7bd5-8f5c-000000000001", f"{scheme}:{ADDRESSES.get(scheme, '10001')}", text,
            ("image/jpeg:https://x.example/a.jpg",), (QuickReply(text="Yes"), QuickReply("location", "Where")), urn_auth="t",
        )  # fmt: skip
        plan = kind.plan_send(by, message, SendOptions(installation=SHARED))
        try:
            next(plan)
            for reply in replies:
                plan.send(HttpResponse(reply.status, dict(reply.headers), reply.body))
            plan.close()
        except StopIteration as end:
            outcome = end.value
            assert outcome.status in ("wired", "sent", "delivered", "errored", "failed")
            assert all(isinstance(each, str) and "\0" not in each for each in outcome.external_ids)
            assert outcome.retry_after is None or 0 <= outcome.retry_after < float("inf")
            outcome.error_text.encode()

    send()


@pytest.mark.parametrize("code", SENDING)
def test_a_file_is_fetched_or_not(code: str) -> None:
    kind = channel_types()[code]
    raw = channel(kind, 0)
    by = Channel(raw["uuid"], "org", code, raw["address"], "", "RW", kind.schemes, raw["config"])
    hostile = (
        "media:",
        "media:x/../..",
        "media:\0",
        "https://[",
        "http://a\ud800",
        "",
        "data:x",
        "geo:1",
        "https://a.example/x",
        "x" * 5_000,
    )

    @examples(6)
    @given(attachment=st.sampled_from(hostile), replies=by_chance(answers))
    def fetch(attachment: str, replies: list[Reply]) -> None:
        plan = kind.plan_fetch(by, attachment, SendOptions(installation=SHARED))
        try:
            next(plan)
            for reply in replies:
                plan.send(HttpResponse(reply.status, dict(reply.headers), reply.body))
            plan.close()
        except StopIteration as end:
            assert end.value is None or end.value.url

    fetch()
