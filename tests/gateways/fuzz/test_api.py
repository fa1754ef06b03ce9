"""Whatever is asked of the API: never a 500, every command decided, and nothing of another workspace."""

import asyncio
import base64
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given

from gateways.api_v2.catalogue import ENDPOINTS
from tests.gateways.api_v2.answering import ANNE, MARK, Answering
from tests.gateways.fuzz.doors import called
from tests.gateways.fuzz.hostile import (
    BODIES,
    HEADERS,
    JSON,
    Hostile,
    as_form,
    as_json,
    as_text,
    by_chance,
    examples,
    spoiled,
    value,
)
from tests.gateways.fuzz.test_ingest import set_aside

PARAMETERS = {
    "contacts": "uuid urn group before after deleted reverse expand_urns cursor",
    "messages": "id uuid folder label contact broadcast before after cursor",
    "runs": "id uuid flow contact responded paths before after reverse cursor", "broadcasts": "id uuid before after cursor",
    "flow_starts": "id uuid before after cursor", "flows": "uuid type archived before after cursor", "definitions": "flow dependencies",
    "groups": "uuid name manual_only cursor", "labels": "uuid name cursor", "fields": "key cursor", "globals": "key before after cursor",
    "topics": "uuid cursor", "channels": "uuid address cursor", "tickets": "uuid ticket contact cursor", "users": "uuid email role cursor",
    "channel_log": "channel message errors before after cursor",
}  # fmt: skip
"""Those that mean something; any of them may be asked of any endpoint."""
CURSORS = tuple(
    base64.urlsafe_b64encode(each).decode()
    for each in (
        b'["2026-01-31T08:15:00+00:00",7]', b'["2026-01-31T08:15:00+00:00","e4bb1578-29da-4fa5-a214-9da19dd24230"]', b'["x",1]', b"[1,2]", b"{}",
        b'["2026-01-31T08:15:00+00:00",{"a":1}]', b'["2026-01-31T08:15:00+00:00",99999999999999999999]', b'["2026-01-31T08:15:00+00:00","x"]',
        b'["2026-01-31T08:15:00+00:00",[1]]', b'["2026-01-31T08:15:00+00:00","a\\u0000"]', b'["2026-01-31T08:15:00",null]',
        b"\xff", b"[[],[]]", b"null", b'["2026-01-31T08:15:00+00:00",7,true]', b'["2026-01-31T08:15:00+00:00",7,false]',
        b'["2026-01-31T08:15:00+00:00","e4bb1578-29da-4fa5-a214-9da19dd24230",true]', b'["2026-01-31T08:15:00+00:00",7,true,1]',
        b'["0001-01-01T00:00:00+14:00",true]',
    )
)  # fmt: skip
WORDS = (
    "tel:a\0b", "tel:+250788111111", "\0", "inbox", "sent", "failed", "archived", "flows", "message", "true", "0", "-1", "999999999999999999",
    "tel:", ":", "x" * 5_000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-31",
)  # fmt: skip


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


@pytest.fixture
def answering(postgres_database: str) -> Iterator[Answering]:
    made = Answering(postgres_database)
    yield made
    made.projector.close()


def seeds(known: list[str]) -> dict[str, list[dict[str, Any]]]:
    """A right body for every endpoint that takes one, about things of either workspace."""
    flow, contact, group, label, topic, message = known[:6]
    other = known[10:]
    return {
        "contacts": [{"name": "Ben", "language": "eng", "urns": ["tel:+250788222222"], "groups": [group, "Anne group"], "fields": {"household": "3"},
                      "note": "Hi"}],
        "messages": [{"contact": contact, "text": "Hi", "attachments": ["image/jpeg:https://x.example/a"], "quick_replies": ["Yes",
                      {"type": "location", "text": "Where"}]}, {"contact": ANNE, "text": "x"}, {"contact": other[1], "text": "x"}],
        "broadcasts": [{"contacts": [contact, other[1]], "groups": [group], "urns": [ANNE], "text": {"eng": "Hi @contact"}, "base_language": "eng",
                        "attachments": {"eng": []}, "quick_replies": {"eng": ["Yes"]}, "ticket": None}],
        "flow_starts": [{"flow": flow, "contacts": [contact], "groups": [group], "urns": [ANNE], "params": {"a": [1, None]}, "extra": {"x": 1},
                         "restart_participants": False, "exclude_active": True}],
        "fields": [{"name": "Age", "type": "number"}, {"label": "Born", "value_type": "datetime"}],
        "globals": [{"name": "Fee", "value": "5"}],
        "groups": [{"name": "Mothers"}],
        "labels": [{"name": "Spam"}],
        "topics": [{"name": "Help"}],
        "contact_actions": [{"contacts": [contact, other[1]], "action": each, "group": group} for each in ("add", "remove", "block", "unblock",
                            "interrupt", "archive_messages", "delete", "archive")],
        "message_actions": [{"messages": [message, 1, 10**12], "action": each, "label": label, "label_name": "New"} for each in ("label", "unlabel",
                            "archive", "restore", "delete")],
        "ticket_actions": [{"tickets": [contact], "action": each, "assignee": "a@b.c", "topic": topic, "note": "x"} for each in ("assign", "add_note",
                           "note", "change_topic", "close", "reopen")],
    }  # fmt: skip


def asked(chance: Random, known: list[str], token: str) -> tuple[str, Hostile]:
    """A call to any endpoint, with parameters that it may or may not know."""
    name = chance.choice(list(ENDPOINTS))
    own = PARAMETERS.get(name, "uuid cursor").split()
    query = {
        chance.choice(own): chance.choice((chance.choice(known), chance.choice(WORDS), value(chance)))
        for _ in range(chance.randint(0, 2))
    }
    if "cursor" in query:
        query["cursor"] = chance.choice(CURSORS)
    method = chance.choice(("GET", "GET", "GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"))
    headers = [("authorization", f"Token {token}")]
    if chance.random() < 0.1:
        headers = chance.choices(HEADERS, k=3)
    return f"/api/v2/{name}.json", Hostile(method, as_form(query), _sent(headers), b"")


def posted(chance: Random, known: list[str], token: str) -> tuple[str, Hostile]:
    bodies = seeds(known)
    name = chance.choice(list(bodies))
    body = spoiled(chance.choice(bodies[name]), chance)
    if chance.random() < 0.4 and isinstance(body, dict) and body:
        body[chance.choice(list(body))] = chance.choice((*known, *WORDS))
    raw = chance.choice(BODIES) if chance.random() < 0.05 else as_json(body)
    query = {"uuid": chance.choice(known)} if chance.random() < 0.3 else {}
    headers = [("authorization", f"Token {token}"), ("content-type", JSON)]
    return f"/api/v2/{name}.json", Hostile("POST", as_form(query), _sent(headers), raw)


def _sent(headers: Any) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), each.encode("latin-1")) for name, each in headers)


def test_it_bears_whatever_is_asked(answering: Answering, loop: asyncio.AbstractEventLoop) -> None:
    seen = {"found": 0}

    @examples(700)
    @given(request=by_chance(lambda chance: asked(chance, answering.known, answering.token)))
    def ask(request: tuple[str, Hostile]) -> None:
        path, hostile = request
        answer = loop.run_until_complete(called(answering.app, path, hostile))
        assert answer.status < 500, (answer.status, answer.body)
        assert MARK.encode() not in answer.body or MARK.encode() in hostile.query
        if answer.status == 200 and hostile.method == "GET":
            results = orjson.loads(answer.body).get("results", [])
            assert MARK.encode() not in orjson.dumps(results)
            seen["found"] += len(results)

    ask()
    assert seen["found"] > 5


def test_it_bears_whatever_is_posted(answering: Answering, loop: asyncio.AbstractEventLoop) -> None:
    theirs = len(answering.at.events(answering.theirs.org))

    @examples(250)
    @given(request=by_chance(lambda chance: posted(chance, answering.known, answering.token)))
    def ask(request: tuple[str, Hostile]) -> None:
        path, hostile = request
        before = answering.commands
        answer = loop.run_until_complete(called(answering.app, path, hostile))
        assert answer.status < 500, (answer.status, answer.body)
        assert answering.commands - before <= 1
        said = answer.body if answer.status < 400 else b""  # a refusal may repeat what was asked
        assert MARK.encode() not in said or MARK.encode() in hostile.body

    ask()
    assert answering.commands > 30
    assert len(answering.at.events(answering.theirs.org)) == theirs
    assert set_aside(answering.database) == []


@pytest.mark.parametrize(
    "path",
    ["/api/v2/", "/api/v2/nonsense.json", "/api/v2/contacts", "/api/v2/contacts.json/", "/api/", "/api/v2/%00.json"],
)
def test_other_addresses_are_answered(answering: Answering, loop: asyncio.AbstractEventLoop, path: str) -> None:
    for method in ("GET", "POST", "TRACE"):
        answer = loop.run_until_complete(
            called(answering.app, path, Hostile(method, b"a=%00&b", (), as_text(path).encode()))
        )
        assert answer.status < 500
