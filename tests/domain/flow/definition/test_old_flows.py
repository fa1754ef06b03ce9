"""Flows of version 11 become flows of today that do the same."""

from typing import Any

import pytest

from domain.errors import DefinitionError
from domain.flow.definition.legacy.expressions import migrate_template
from domain.flow.definition.migrate import migrate
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import SEND, SURVEY, numbered_ids, old_survey
from tests.domain.flow.engine.conversation import uuid_of


def migrated(**more: Any) -> dict[str, Any]:
    return migrate(old_survey(**more), ids=numbered_ids(), base_media_url="https://media.example.com")


def with_action(action: dict[str, Any]) -> dict[str, Any]:
    """The migrated form of one old action."""
    sets = [{"uuid": uuid_of(1), "y": 0, "exit_uuid": uuid_of(11), "actions": [{"uuid": SEND, **action}]}]
    made = migrated(action_sets=sets, rule_sets=[])["nodes"][0]["actions"][0]
    assert isinstance(made, dict)
    return made


def test_header_comes_from_the_metadata() -> None:
    flow = migrated()
    assert (flow["uuid"], flow["name"], flow["revision"], flow["expire_after_minutes"]) == (SURVEY, "Consent", 3, 60)
    assert (flow["type"], flow["language"], flow["spec_version"]) == ("messaging", "eng", "14.4.2")


def test_version_11_that_says_so_in_a_header_of_today_is_read_all_the_same() -> None:
    flow = migrated(uuid=SURVEY, name="Consent", spec_version="11.12")
    assert (flow["spec_version"], len(flow["nodes"])) == ("14.4.2", 3)


def test_entry_is_the_first_node_and_the_rest_goes_from_top_to_bottom() -> None:
    assert [node["uuid"] for node in migrated()["nodes"]] == [uuid_of(1), uuid_of(2), uuid_of(3)]


def test_rules_become_cases_and_categories() -> None:
    router = migrated()["nodes"][1]["router"]
    assert (router["type"], router["wait"], router["result_name"], router["operand"]) == (
        "switch",
        {"type": "msg"},
        "Consent",
        "@input",
    )
    assert [category["name"] for category in router["categories"]] == ["Yes", "Other"]
    assert [(each["type"], each["arguments"]) for each in router["cases"]] == [("has_any_word", ["yes yeah"])]
    assert router["default_category_uuid"] == router["categories"][1]["uuid"]


def test_translations_are_filed_under_what_they_translate() -> None:
    flow = migrated()
    texts = flow["localization"]["fra"]
    router = flow["nodes"][1]["router"]
    assert texts[SEND] == {"text": ["On commence ?"]}
    assert texts[router["categories"][0]["uuid"]] == {"name": ["Oui"]}
    assert texts[router["cases"][0]["uuid"]] == {"arguments": ["oui"]}


def test_the_migrated_flow_reads() -> None:
    flow = read_flow(old_survey())
    assert flow.entry is not None
    assert flow.entry.uuid == uuid_of(1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "email", "emails": ["a@b.org"], "subject": "S", "msg": "@flow.x"},
         {"type": "send_email", "addresses": ["a@b.org"], "subject": "S", "body": "@results.x"}),
        ({"type": "lang", "lang": "fra", "name": "French"}, {"type": "set_contact_language", "language": "fra"}),
        ({"type": "save", "field": "name", "label": "Name", "value": "@flow.x"},
         {"type": "set_contact_name", "name": "@results.x"}),
        ({"type": "save", "field": "tel_e164", "label": "Phone", "value": "@step"},
         {"type": "add_contact_urn", "scheme": "tel", "path": "@input"}),
        ({"type": "save", "field": "age", "label": "Age", "value": "7"},
         {"type": "set_contact_field", "field": {"key": "age", "name": "Age"}, "value": "7"}),
        ({"type": "del_group", "groups": []}, {"type": "remove_contact_groups", "groups": None, "all_groups": True}),
        ({"type": "flow", "flow": {"uuid": uuid_of(5), "name": "Next"}},
         {"type": "enter_flow", "flow": {"uuid": uuid_of(5), "name": "Next"}, "terminal": True}),
    ],
)  # fmt: skip
def test_actions_are_those_of_today(old: dict[str, Any], new: dict[str, Any]) -> None:
    made = with_action(old)
    assert {key: made.get(key) for key in new} == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@contact.age is @flow.crop", "@fields.age is @results.crop"),
        ("@(SUM(1, flow.a))", "@(1 + results.a)"),
        ('@(CONCATENATE("a", "b"))', '@("a" & "b")'),
        ("@(IF(contact.age <> 3, LEFT(contact, 2), 0))", "@(if(fields.age != 3, text_slice(contact, 0, 2), 0))"),
        ("@date.today", "@(format_date(today()))"),
        ("a@@b.org @unknown @(", "a@@b.org @unknown @("),
        ("@(FOO( @contact", "@(FOO( @contact"),
        ("@(FOO()) @(1 ! 2)", "@(FOO()) @(1 ! 2)"),
    ],
)
def test_templates_are_written_in_the_language_of_today(old: str, new: str) -> None:
    assert migrate_template(old) == new


@pytest.mark.parametrize(
    "template",
    ["@(" + "(" * 5_000 + "1" + ")" * 5_000 + ")", "@(" + "-" * 9_000 + "1)", "@(" + "1+" * 5_000 + "1)",
     "@(" + "ABS(" * 3_000 + "1" + ")" * 3_000 + ")", "@" * 10_000, '@("' * 3_000],
)  # fmt: skip
def test_long_and_deep_templates_are_no_trouble(template: str) -> None:
    assert isinstance(migrate_template(template), str)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"flow_type": "X"}, "field 'flow_type' must be one of F, M, S, V and not 'X'"),
        (
            {"action_sets": [{"uuid": uuid_of(1), "actions": [{"type": "dance"}]}]},
            f"unable to migrate action_set[uuid={uuid_of(1)}]: action[0]: unable to migrate legacy action of type 'dance'",
        ),
        (
            {"action_sets": [{"uuid": uuid_of(1), "actions": 5}]},
            f"unable to migrate action_set[uuid={uuid_of(1)}]: field 'actions' must be a list",
        ),
        ({"metadata": {"uuid": SURVEY}}, "unable to read flow header: field 'name' is required"),
    ],
)
def test_what_can_not_be_migrated_is_told(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        migrated(**change)
    assert refused.value.sentence == sentence
