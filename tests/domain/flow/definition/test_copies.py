"""Copies of a flow: under other uuids, and in another language."""

import re

import orjson
import pytest

from domain.errors import DefinitionError
from domain.flow.definition.change_language import change_language
from domain.flow.definition.clone import clone
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import GROUP, OTHER, SEND, SURVEY, YES, YES_CASE, numbered_ids, survey
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of

UUIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_a_clone_shares_no_uuid() -> None:
    cloned = clone(survey(_ui={"nodes": {uuid_of(1): {"type": "wait"}}}), numbered_ids())
    assert not set(UUIDS.findall(orjson.dumps(survey()))) & set(UUIDS.findall(orjson.dumps(cloned)))
    assert cloned["_ui"]["nodes"].keys() == {cloned["nodes"][0]["uuid"]}


def test_a_clone_is_the_same_flow_otherwise() -> None:
    flow = read_flow(clone(survey(), numbered_ids()))
    asking = flow.nodes[0]
    assert flow.destination(asking.exits[0]) is flow.nodes[1]
    assert flow.localization.texts(asking.actions[0].uuid, "text", "fra") == ("On commence, @contact.name ?",)


def test_dependencies_of_a_clone_stay_unless_they_are_mapped() -> None:
    other = uuid_of(0xA9)
    flow = flow_of(node_of(1, {"type": "add_contact_groups", "groups": [GROUP]}))
    assert clone(flow, numbered_ids())["nodes"][0]["actions"][0]["groups"] == [GROUP]
    mapped = clone(flow, numbered_ids(), {GROUP["uuid"]: other})
    assert mapped["nodes"][0]["actions"][0]["groups"] == [{**GROUP, "uuid": other}]


def test_texts_change_places_with_their_translations() -> None:
    changed = change_language(survey(), "fra")
    node = changed["nodes"][0]
    assert changed["language"] == "fra"
    assert node["actions"][0]["text"] == "On commence, @contact.name ?"
    assert node["actions"][0]["quick_replies"] == ["Oui", "Non"]
    assert [category["name"] for category in node["router"]["categories"]] == ["Oui", "Other"]
    assert node["router"]["cases"][0]["arguments"] == ["oui ouais"]
    assert changed["localization"] == {
        "eng": {
            SEND: {"text": ["Shall we begin, @contact.name?"], "quick_replies": ["Yes", "No"]},
            uuid_of(0x2020): {"text": ["Thank you!"]},
            YES: {"name": ["Yes"]},
            OTHER: {"name": ["Other"]},
            YES_CASE: {"arguments": ["yes yeah"]},
        }
    }


def test_there_and_back_again() -> None:
    back = change_language(change_language(survey(), "fra"), "eng")
    assert back["nodes"] == survey()["nodes"]
    assert read_flow(back).uuid == SURVEY


def test_its_own_language_changes_nothing() -> None:
    assert change_language(survey(), "eng") == survey()


def test_a_language_must_be_one() -> None:
    with pytest.raises(DefinitionError, match="field 'language' is not a valid language code"):
        change_language(survey(), "French")
