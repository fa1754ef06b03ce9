"""Whatever JSON is given as a flow or a file of flows: it is read or refused with a sentence, and soon."""

import copy
from collections.abc import Callable, Iterator
from itertools import product
from string import ascii_lowercase
from time import thread_time
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import DefinitionError
from domain.flow.definition.change_language import change_language
from domain.flow.definition.clone import clone
from domain.flow.definition.export import read_export
from domain.flow.definition.inspect import inspect
from domain.flow.definition.language_codes import is_language_code
from domain.flow.definition.migrate import migrate
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import (
    CHANNEL,
    GROUP,
    OTHER_FLOW,
    numbered_ids,
    old_survey,
    send,
    survey,
)
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of, waiting
from tests.examples.work_limits import cpu_limit

Path = tuple[str | int, ...]

LANGUAGES = [code for code in map("".join, product(ascii_lowercase, "aeo", ascii_lowercase)) if is_language_code(code)][
    :200
]

NASTY = st.sampled_from(
    ["@(", "@webhook", "@results." + "a" * 80, "@(" + "(" * 300, "-" * 2_000, "a" * 20_000, "\0", "\u202e", "é" * 65,
     "switch", "voice", "send_msg", "has_pattern", 1e308, -1, [[]], [{}], [None], {"": ""}, {"eng": {}}]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | NASTY
)
KEYS = st.sampled_from(
    ["uuid", "name", "type", "nodes", "actions", "router", "cases", "arguments", "exits", "categories", "wait", "flows",
     "localization", "language", "spec_version", "rule_sets", "action_sets", "rules", "test", "msg", "_ui", "templating"]
) | st.text(max_size=8)  # fmt: skip
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
FULL = flow_of(
    node_of(
        1,
        send(
            "@webhook.x",
            templating={"uuid": uuid_of(7), "template": GROUP, "variables": ["a"]},
            attachments=["image:x"],
        ),
        {"type": "add_contact_groups", "groups": [GROUP, {"name_match": "@results.x"}]},
        {"type": "call_webhook", "method": "POST", "url": "http://x.org", "headers": {"A": "@webhook"}, "body": "{}"},
        {"type": "transfer_airtime", "amounts": {"RWF": 100}},
        {"type": "start_session", "flow": OTHER_FLOW, "legacy_vars": ["@x"], "exclusions": {"in_a_flow": True}},
        router=waiting(1, timeout=60),
    ),
    node_of(2, {"type": "open_ticket", "topic": None, "note": "", "result_name": "t"}, router=waiting(2), to=1),
)
EXAMPLES: list[dict[str, Any]] = [
    survey(),
    survey("13.0.0"),
    {**FULL, "spec_version": "13.0.0"},
    old_survey(),
    old_survey(flow_type="V"),
    {
        "version": "13",
        "flows": [survey("13.2.0")],
        "groups": [GROUP],
        "fields": [{"key": "age", "name": "Age", "type": "numeric"}],
        "triggers": [
            {"trigger_type": "K", "keywords": ["a"], "flow": OTHER_FLOW, "groups": [GROUP], "channel": CHANNEL["uuid"]}
        ],
        "campaigns": [
            {"uuid": uuid_of(5), "name": "C", "group": GROUP,
             "events": [{"event_type": "F", "unit": "D", "relative_to": {"key": "age"}, "flow": OTHER_FLOW}]}
        ],
    },
]  # fmt: skip


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of everything below a value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


PLACES = [list(places(example)) for example in EXAMPLES]


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """An example with other JSON in up to three places."""
    number = draw(st.integers(0, len(EXAMPLES) - 1))
    document = copy.deepcopy(EXAMPLES[number])
    for path in draw(st.lists(st.sampled_from(PLACES[number]), min_size=1, max_size=3)):
        holder: Any = document
        for key in path[:-1]:
            holder = holder[key] if has(holder, key) else None
        if has(holder, path[-1]):
            holder[path[-1]] = draw(ANY_JSON)
    return document


def has(holder: Any, key: Any) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)


def tried(document: dict[str, Any]) -> None:
    """Everything that is done with definitions; each is done or refused with a sentence."""
    before = orjson.dumps(document)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: migrate(document),
        lambda: inspect(read_flow(document)),
        lambda: read_export(document).flows,
        lambda: change_language(document, "kin"),
        lambda: clone(document, numbered_ids()),
    )
    for attempt in attempts:
        try:
            orjson.dumps(attempt())
        except DefinitionError as refused:
            assert refused.sentence
    assert orjson.dumps(document) == before


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(KEYS, ANY_JSON, max_size=8))
def test_any_object_is_read_or_refused(document: dict[str, Any]) -> None:
    tried(document)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(spoilt())
def test_any_spoilt_definition_is_read_or_refused(document: dict[str, Any]) -> None:
    tried(document)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:fFlows01"nodes', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for attempt in (read_export, read_flow):
        try:
            attempt(raw)
        except DefinitionError as refused:
            assert refused.sentence


def test_a_flow_of_the_largest_size_is_read_in_seconds() -> None:
    texts = ["@fields.a @(upper(results.b)) @parent.results.c"] * 3
    nodes = [
        node_of(number, *[send("@webhook.x of @contact", quick_replies=texts)] * 5, to=number % 999 + 1)
        for number in range(1, 1000)
    ]
    flow = flow_of(*nodes) | {"spec_version": "13.0.0"}
    flow["localization"] = {language: {uuid_of(0x2010): {"text": ["@webhook"]}} for language in LANGUAGES}
    began = thread_time()
    info = inspect(read_flow(flow))
    assert thread_time() - began < cpu_limit(20)
    assert info["counts"] == {"nodes": 999, "languages": len(LANGUAGES)}


@pytest.mark.parametrize("depth", [101, 1_000, 100_000])
def test_depth_is_refused_before_anything_walks_into_it(depth: int) -> None:
    raw = b'{"uuid": "x", "nodes": ' + b"[" * depth + b"]" * depth + b"}"
    for attempt in (read_export, read_flow):
        with pytest.raises(DefinitionError):
            attempt(raw)
