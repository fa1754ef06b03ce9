"""Export files are read whole or refused with every fault in them, and what is written can be read again."""

from typing import Any

import orjson
import pytest

from domain.flow.definition.export import Export, ExportError, read_export, remapped, write_export
from tests.domain.flow.definition.examples import (
    CHANNEL,
    GROUP,
    LABEL,
    OTHER_FLOW,
    SURVEY,
    case,
    numbered_ids,
    old_survey,
    send,
    survey,
    switch,
)
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of

SURVEY_REFERENCE = {"uuid": SURVEY, "name": "Consent"}
YOUNG = {"uuid": uuid_of(0xA3), "name": "Young", "query": "age < 30"}
CAMPAIGN = uuid_of(0xCA)
POINT = uuid_of(0xCB)


def export_of(**more: Any) -> dict[str, Any]:
    return {"version": "13", "site": "https://example.com", "flows": [survey("13.1.0")], **more}


def read(**more: Any) -> Export:
    return read_export(export_of(**more), ids=numbered_ids())


def keyword_trigger(**more: Any) -> dict[str, Any]:
    return {"trigger_type": "K", "keywords": ["join"], "match_type": "F", "flow": SURVEY_REFERENCE, **more}


def problems_of(**more: Any) -> tuple[str, ...]:
    with pytest.raises(ExportError) as refused:
        read(**more)
    return refused.value.problems


# ---- flows --------------------------------------------------------------------------------------------------------------


def test_flows_are_of_the_newest_version() -> None:
    export = read()
    assert [flow["spec_version"] for flow in export.flows] == ["14.4.2"]
    assert export.site == "https://example.com"


def test_bytes_and_objects_give_the_same() -> None:
    assert read_export(orjson.dumps(export_of())) == read_export(export_of())


def test_the_same_file_gives_the_same_uuids() -> None:
    document = export_of(flows=[old_survey()], version="11.12", triggers=[keyword_trigger()])
    assert read_export(document) == read_export(document)


def test_two_files_never_share_a_uuid_that_was_made_for_them() -> None:
    one = read_export(export_of(fields=[{"key": "age"}], triggers=[keyword_trigger()]))
    other = read_export(export_of(fields=[{"key": "crop"}], triggers=[keyword_trigger()]))
    assert one.fields[0]["uuid"] != other.fields[0]["uuid"]
    assert one.triggers[0]["uuid"] != other.triggers[0]["uuid"]


def test_a_definition_alone_is_a_file_with_one_flow() -> None:
    assert [flow["uuid"] for flow in read_export(survey()).flows] == [SURVEY]
    assert [flow["uuid"] for flow in read_export(old_survey()).flows] == [SURVEY]


def test_files_of_version_11_hold_old_flows() -> None:
    export = read_export({"version": "11.12", "flows": [old_survey()]})
    assert len(export.flows[0]["nodes"]) == 3
    assert export.version == "11.12"
    assert [(field["key"], field["name"]) for field in export.fields] == [("age", "Age")]


def test_media_of_old_flows_are_found_under_the_url_given() -> None:
    reply = {"type": "reply", "uuid": uuid_of(9), "msg": {"eng": "Look"}, "media": {"eng": "image/jpeg:a/b.jpg"}}
    old = old_survey(action_sets=[{"uuid": uuid_of(1), "exit_uuid": uuid_of(11), "actions": [reply]}], rule_sets=[])
    export = read_export(old, base_media_url="https://media.example.com")
    assert export.flows[0]["nodes"][0]["actions"][0]["attachments"] == ["image/jpeg:https://media.example.com/a/b.jpg"]


def test_what_was_given_is_not_changed() -> None:
    document = export_of(triggers=[keyword_trigger()], groups=[YOUNG])
    before = orjson.dumps(document)
    read_export(document)
    assert orjson.dumps(document) == before


# ---- what flows bring with them -----------------------------------------------------------------------------------------


def test_what_flows_depend_on_comes_along_where_it_can_be_made() -> None:
    node = node_of(
        1,
        {"type": "add_contact_groups", "groups": [GROUP]},
        {"type": "add_input_labels", "labels": [LABEL]},
        {"type": "open_ticket", "topic": {"uuid": uuid_of(0xB0), "name": "Billing"}, "note": ""},
        send("@fields.home_village @globals.hot_line"),
    )
    export = read(flows=[flow_of(node)])
    assert export.groups == (GROUP,)
    assert export.labels == (LABEL,)
    assert export.topics == ({"uuid": uuid_of(0xB0), "name": "Billing"},)
    assert [(each["key"], each["name"], each["type"]) for each in export.fields] == [
        ("home_village", "Home Village", "text")
    ]
    assert [(each["key"], each["name"], each["value"]) for each in export.globals] == [("hot_line", "Hot Line", "")]


def test_what_the_file_can_not_bring_is_unresolved() -> None:
    node = node_of(
        1,
        {"type": "set_contact_channel", "channel": CHANNEL},
        {"type": "enter_flow", "flow": OTHER_FLOW},
        {"type": "enter_flow", "flow": SURVEY_REFERENCE},
    )
    export = read(flows=[flow_of(node), survey()], triggers=[keyword_trigger(channel=uuid_of(0xC5))])
    assert export.unresolved == (
        {**CHANNEL, "type": "channel"},
        {**OTHER_FLOW, "type": "flow"},
        {"uuid": uuid_of(0xC5), "name": "", "type": "channel"},
    )


def test_the_file_says_more_of_a_group_than_the_flow() -> None:
    flow = flow_of(
        node_of(1, {"type": "remove_contact_groups", "groups": [{"uuid": YOUNG["uuid"], "name": "Old name"}]})
    )
    assert read(flows=[flow], groups=[YOUNG]).groups == (YOUNG,)


# ---- groups, fields, triggers, campaigns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ({"type": "text"}, "text"),
        ({"type": "numeric"}, "number"),
        ({"type": "number"}, "number"),
        ({"type": "datetime"}, "datetime"),
        ({"value_type": "N"}, "number"),
        ({"value_type": "W"}, "ward"),
        ({}, "text"),
    ],
)
def test_types_of_fields_are_codes_or_names(written: dict[str, Any], kind: str) -> None:
    (field,) = read(fields=[{"key": "age", "label": "Age", **written}]).fields
    assert (field["key"], field["name"], field["type"]) == ("age", "Age", kind)


def test_keyword_trigger_is_read() -> None:
    written = keyword_trigger(
        keywords=["Join", " HELP "], match_type="O", channel=CHANNEL["uuid"], groups=[GROUP], exclude_groups=[YOUNG]
    )
    export = read(triggers=[written], groups=[YOUNG])
    (trigger,) = export.triggers
    del trigger["uuid"]
    assert trigger == {
        "type": "keyword",
        "keywords": ["join", "help"],
        "match": "only",
        "flow": SURVEY,
        "channel": CHANNEL["uuid"],
        "groups": [GROUP["uuid"]],
        "exclude_groups": [YOUNG["uuid"]],
    }
    assert export.groups == (YOUNG, GROUP)


def test_old_triggers_have_one_keyword_and_know_groups_by_name() -> None:
    written = {"trigger_type": "K", "keyword": "join", "flow": SURVEY_REFERENCE, "groups": [{"id": 5, "name": "Young"}]}
    export = read(triggers=[written, written], groups=[YOUNG])
    assert [(each["keywords"], each["groups"]) for each in export.triggers] == [(["join"], [YOUNG["uuid"]])] * 2


def test_catch_all_and_other_types_of_triggers() -> None:
    triggers = [{"trigger_type": code, "flow": SURVEY_REFERENCE} for code in "CMVN"]
    assert [each["type"] for each in read(triggers=triggers).triggers] == [
        "catch_all",
        "missed_call",
        "incoming_call",
        "new_conversation",
    ]


def test_campaign_is_read_with_its_points() -> None:
    events = [
        {"uuid": POINT, "event_type": "F", "offset": 2, "unit": "W", "delivery_hour": 9, "flow": SURVEY_REFERENCE,
         "relative_to": {"key": "joined_on", "label": "Joined On"}, "start_mode": "S"},
        {"event_type": "M", "offset": -1, "unit": "D", "relative_to": {"key": "created_on", "label": "Created On"},
         "message": {"eng": "Soon!"}, "base_language": "eng"},
    ]  # fmt: skip
    export = read(campaigns=[{"uuid": CAMPAIGN, "name": "Reminders", "group": GROUP, "events": events}])
    (campaign,) = export.campaigns
    flow_point, message_point = campaign["events"]
    assert (campaign["uuid"], campaign["name"], campaign["group"]) == (CAMPAIGN, "Reminders", GROUP["uuid"])
    assert flow_point == {
        "uuid": POINT,
        "type": "flow",
        "relative_to": "joined_on",
        "offset": 2,
        "unit": "weeks",
        "delivery_hour": 9,
        "start_mode": "skip",
        "flow": SURVEY,
    }
    assert (message_point["message"], message_point["base_language"]) == ({"eng": "Soon!"}, "eng")
    assert (message_point["delivery_hour"], message_point["start_mode"]) == (-1, "interrupt")
    assert [(each["key"], each["type"]) for each in export.fields] == [("joined_on", "datetime")]


# ---- faults -----------------------------------------------------------------------------------------------------------------


def test_every_fault_is_told_with_its_place() -> None:
    textless = [node_of(1, send("Hi"), {"type": "send_msg"}), node_of(2, send("Hi")), node_of(3, {"type": "send_msg"})]
    broken = flow_of(*textless, uuid=uuid_of(0xF2))
    loose = flow_of(node_of(1, to=77), uuid=uuid_of(0xF3)) | {"name": "Loose"}
    problems = problems_of(
        flows=[survey(), broken, loose, 5],
        groups=[{"uuid": "x"}],
        fields=[{"key": "No Key!"}],
        triggers=[{"trigger_type": "Z", "flow": SURVEY_REFERENCE}, {"trigger_type": "K", "flow": {}}],
    )
    assert problems == (
        "field 'groups[0].uuid' must be a valid UUID",
        "field 'groups[0].name' is required",
        "field 'fields[0].key' must be lower-case letters, digits and _",
        "field 'triggers[0].trigger_type' must be one of K, C, S, V, M, N, R, T, O, P",
        "field 'triggers[1].keywords' is required",
        "field 'triggers[1].flow.uuid' is required",
        f"flow 'Example': node[uuid={uuid_of(1)}]: unable to read action[1]: field 'text' is required",
        f"flow 'Example': node[uuid={uuid_of(3)}]: unable to read action[0]: field 'text' is required",
        f"flow 'Loose': invalid node[uuid={uuid_of(1)}]: destination {uuid_of(77)} of exit[uuid={uuid_of(0x1001)}]"
        " isn't a known node",
        "flows[3]: must be an object",
    )


def test_two_flows_with_one_uuid_are_a_fault() -> None:
    assert problems_of(flows=[survey(), survey()]) == (
        f"flow 'Consent': the file holds another flow with the uuid {SURVEY}",
    )


def test_of_very_many_faults_the_first_are_told_and_the_rest_is_counted() -> None:
    problems = problems_of(groups=[{"uuid": uuid_of(1)}] * 5_000)
    assert (len(problems), problems[-1]) == (101, "and 4900 more")


def test_campaign_faults_name_the_point() -> None:
    point = {"event_type": "M", "unit": "Y", "relative_to": {"key": "joined_on"}, "delivery_hour": 24}
    problems = problems_of(campaigns=[{"name": "Reminders", "group": GROUP, "events": [point, 5]}])
    assert problems == (
        "field 'campaigns[0].events[1]' must be an object",
        "field 'campaigns[0].events[0].unit' must be one of M, H, D, W",
        "field 'campaigns[0].events[0].delivery_hour' must be less than or equal to 23",
        "field 'campaigns[0].events[0].message' must be a text per language",
    )


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "the definition is not valid JSON"),
        (b"\x00\xff", "the definition is not valid JSON"),
        (b"[]", "the definition must be a JSON object"),
        (b"{}", "the file holds no flows, campaigns, triggers, fields or groups"),
        ({"version": "4", "flows": []}, "the file is of version 4, and versions before 11 can't be read"),
        ({"version": 7, "flows": []}, "the file is of version 7, and versions before 11 can't be read"),
        ({"version": "99", "flows": []}, "the file is of version 99, which is newer than this program"),
        ({"version": "soon", "flows": []}, "the file has the version 'soon', which is no version number"),
        ({"version": "13", "flows": {}}, "field 'flows' must be a list of at most 10000 members"),
        (old_survey(version=8), "flow 'Consent': the definition is of version 8, and versions before 11 can't be read"),
    ],
)
def test_files_that_are_none_are_refused(raw: Any, sentence: str) -> None:
    with pytest.raises(ExportError) as refused:
        read_export(raw)
    assert refused.value.sentence.startswith(sentence)


# ---- writing ----------------------------------------------------------------------------------------------------------------


def test_what_is_written_reads_the_same() -> None:
    events = [
        {"uuid": POINT, "event_type": "F", "offset": 2, "unit": "W", "delivery_hour": 9, "flow": SURVEY_REFERENCE,
         "relative_to": {"key": "joined_on", "name": "Joined On"}},
        {"uuid": uuid_of(0xCC), "event_type": "M", "offset": 0, "unit": "M", "message": "Hi", "base_language": "eng",
         "relative_to": {"key": "last_seen_on", "name": "Last Seen On"}},
    ]  # fmt: skip
    export = read(
        triggers=[keyword_trigger(groups=[GROUP]), {"trigger_type": "C", "flow": SURVEY_REFERENCE}],
        groups=[YOUNG],
        fields=[{"key": "age", "name": "Age", "type": "numeric"}],
        campaigns=[{"uuid": CAMPAIGN, "name": "Reminders", "group": GROUP, "events": events}],
    )
    again = read_export(orjson.dumps(write_export(export)), ids=numbered_ids())
    assert write_export(again) == write_export(export)
    assert (again.flows, again.groups, again.campaigns) == (export.flows, export.groups, export.campaigns)
    assert [each["keywords"] for each in again.triggers] == [["join"], []]
    assert [(each["key"], each["type"]) for each in again.fields] == [("age", "number"), ("joined_on", "datetime")]


def test_an_empty_export_has_every_part() -> None:
    assert write_export(Export()) == {
        "version": "13",
        "site": "",
        "flows": [],
        "campaigns": [],
        "triggers": [],
        "fields": [],
        "groups": [],
    }


def test_a_workspace_has_some_things_under_uuids_of_its_own() -> None:
    own_group, own_flow = uuid_of(0xAA), uuid_of(0xAB)
    adding = survey(nodes=[node_of(1, {"type": "add_contact_groups", "groups": [GROUP]}, router=in_group())])
    point = {"uuid": POINT, "event_type": "F", "offset": 1, "unit": "D", "flow": SURVEY_REFERENCE,
             "relative_to": {"key": "created_on"}}  # fmt: skip
    export = remapped(
        read(
            flows=[adding],
            groups=[GROUP],
            triggers=[keyword_trigger(groups=[GROUP])],
            campaigns=[{"uuid": CAMPAIGN, "name": "Reminders", "group": GROUP, "events": [point]}],
        ),
        {GROUP["uuid"]: own_group, SURVEY: own_flow},
    )
    node = export.flows[0]["nodes"][0]
    assert export.flows[0]["uuid"] == own_flow
    assert node["actions"][0]["groups"] == [{**GROUP, "uuid": own_group}]
    assert node["router"]["cases"][0]["arguments"] == [own_group, "Farmers"]
    assert export.groups == ({**GROUP, "uuid": own_group},)
    assert (export.triggers[0]["flow"], export.triggers[0]["groups"]) == (own_flow, [own_group])
    assert (export.campaigns[0]["group"], export.campaigns[0]["events"][0]["flow"]) == (own_group, own_flow)


def in_group() -> dict[str, Any]:
    return switch("@contact.groups", case("has_group", GROUP["uuid"], GROUP["name"]))
