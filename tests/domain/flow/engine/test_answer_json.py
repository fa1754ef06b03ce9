"""What a webhook answered becomes JSON that flows can read and sessions can keep."""

from typing import Any

import orjson
import pytest

from domain.flow.engine.answer_json import MAX_DEPTH, json_of_body
from domain.flow.engine.services import RecordedAnswers
from tests.domain.flow.engine.conversation import Conversation, flow_of, node_of, texts_of


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"a": [1, 2.5]}', {"a": [1, 2.5]}),
        (b"not json", None),
        (b"", None),
        (b"null", None),
        (b'"\xff\xfea\xf0"', "a"),
        (b'{"a": "b\x00c"}', {"a": "bc"}),
        (rb'{"a": "b\u0000c"}', {"a": "bc"}),
        (rb'{"a": "b\\u0000c"}', {"a": "b\\u0000c"}),
        (rb'{"a": "b\\\u0000c"}', {"a": "b\\c"}),
        (rb'{"a": "\ud83d"}', {"a": "\ufffd"}),
        (b'{"a": 1e400, "b": 2}', {"a": None, "b": 2}),
        (b'{"a": 1e400, "b": 18446744073709551616}', {"a": None, "b": 18446744073709551616.0}),
        (b'{"a": NaN}', None),
        (b'{"a": 1e400} and more', None),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), None),
        (b"[" * 1000 + b"]" * 1000, None),
        (b"[" * 100_000, None),
    ],
)
def test_json_in_a_body(body: bytes, document: Any) -> None:
    found, text = json_of_body(body)
    assert found == document
    assert orjson.loads(orjson.dumps(found)) == document
    assert text == "" or orjson.loads(text) == document


def test_brackets_beside_one_another_are_not_deep() -> None:
    assert json_of_body(b"[" + b"[]," * 500 + b"[]]")[0] == [[]] * 501


def test_session_is_written_whatever_came_back() -> None:
    call = {"type": "call_webhook", "method": "GET", "url": "http://example.com/", "result_name": "Call"}
    conversation = Conversation(
        flow_of(node_of(1, call, {"type": "send_msg", "text": "@webhook.status @webhook.json"}))
    )
    sprint = conversation.start(RecordedAnswers([{"status": 200, "headers": [], "body": "[" * 260 + "]" * 260}]))
    assert texts_of(sprint) == ["200 "]
    orjson.dumps([sprint.events, sprint.session.to_json()])
