"""Rule sets of version 11 become nodes with a router, and an action before it where the rule set did something itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from domain.environment.words import snakify
from domain.errors import DefinitionError
from domain.flow.definition.checks import URN_SCHEMES
from domain.flow.definition.legacy.action_sets import Context
from domain.flow.definition.legacy.expressions import migrate_template
from domain.flow.definition.legacy.rule_tests import days_from_today, migrate_test, type_of_test
from domain.flow.definition.legacy.syntax import quoted
from domain.flow.definition.legacy.texts import plain
from domain.flow.definition.legacy.webhook_body import DEFAULT_BODY
from domain.flow.definition.migrations.walk import Object, objects_in

_HINTS = {
    "wait_message": None,
    "wait_audio": "audio",
    "wait_video": "video",
    "wait_photo": "image",
    "wait_gps": "location",
    "wait_recording": "audio",
    "wait_digit": "digits",
    "wait_digits": "digits",
}


@dataclass(slots=True)
class _Rules:
    """What the rules of a set come to."""

    exits: list[Object] = field(default_factory=list)
    categories: list[Object] = field(default_factory=list)
    cases: list[Object] = field(default_factory=list)
    default: str = ""
    timeout: Object | None = None
    days: dict[str, Object] = field(default_factory=dict)
    """What editors show of tests on dates, per case."""


@dataclass(slots=True)
class _Parts:
    """What one type of rule set has of its own."""

    ui_type: str
    operand: str = ""
    wait: Object | None = None
    action: Object | None = None
    has_result: bool = True
    is_random: bool = False
    ui_config: Object = field(default_factory=dict)


def migrate_rule_set(raw: Object, context: Context) -> tuple[Object, str, Object]:
    """The node, and the type and configuration that editors show it by. Raises DefinitionError."""
    kind = raw.get("ruleset_type") or "wait_message"
    make = _TYPES.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise DefinitionError(f"unable to migrate legacy rule set of type '{kind}'")
    rules = _migrate_rules(raw, context)
    parts = make(raw, context)
    if rules.days:
        parts.ui_config["cases"] = rules.days
    node: Object = {"uuid": plain(raw.get("uuid"))}
    if parts.action is not None:
        node["actions"] = [parts.action]
    node["router"] = _router(raw, rules, parts)
    node["exits"] = rules.exits
    return node, parts.ui_type, parts.ui_config


def _router(raw: Object, rules: _Rules, parts: _Parts) -> Object:
    router: Object = {"type": "random" if parts.is_random else "switch"}
    if parts.wait is not None:
        router["wait"] = {**parts.wait, "timeout": rules.timeout} if rules.timeout else parts.wait
    label = plain(raw.get("label"))
    if parts.has_result and label:
        router["result_name"] = label
    router["categories"] = rules.categories
    if not parts.is_random:
        router.update(operand=parts.operand, cases=rules.cases, default_category_uuid=rules.default)
    return router


def _migrate_rules(raw: Object, context: Context) -> _Rules:
    """Categories and exits first, then cases: ids are drawn in this order."""
    made = _Rules()
    members = objects_in(raw, "rules")
    category_of = _migrate_categories(members, made, context)
    for index, (rule, category_uuid) in enumerate(zip(members, category_of, strict=True)):
        with _faults_of_rule(index):
            _migrate_rule(rule.get("test"), category_uuid, made, context)
    return made


@contextmanager
def _faults_of_rule(index: int) -> Iterator[None]:
    try:
        yield
    except DefinitionError as e:
        raise DefinitionError(f"rule[{index}]: {e.sentence}") from e


def _migrate_rule(test: Any, category_uuid: str, made: _Rules, context: Context) -> None:
    kind = type_of_test(test)
    if kind == "true":
        made.default = category_uuid
    elif kind == "timeout":
        made.timeout = {"seconds": _seconds(test), "category_uuid": category_uuid}
    else:
        _migrate_case(test, category_uuid, made, context)


def _seconds(test: Any) -> int:
    minutes = test.get("minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= 525_600:
        raise DefinitionError("a timeout must have a number of minutes")
    return int(minutes * 60)


def _migrate_categories(members: list[Object], made: _Rules, context: Context) -> list[str]:
    """The category of each rule. Rules with the same name share one, except the rule for everything else."""
    by_name: dict[str, str] = {}
    category_of = []
    for index, rule in enumerate(members):
        name = context.translator.in_base(rule.get("category"))
        with _faults_of_rule(index):
            is_default = type_of_test(rule.get("test")) == "true"
        uuid = None if is_default else by_name.get(name)
        if uuid is None:
            uuid = context.ids()
            _add_category(rule, uuid, name, made, context)
            if not is_default:
                by_name[name] = uuid
        category_of.append(uuid)
    return category_of


def _add_category(rule: Object, uuid: str, name: str, made: _Rules, context: Context) -> None:
    exit_uuid = plain(rule.get("uuid")) or context.ids()
    context.translator.file(rule.get("category"), uuid, "name")
    made.categories.append({"uuid": uuid, "name": name, "exit_uuid": exit_uuid})
    made.exits.append({"uuid": exit_uuid, "destination_uuid": plain(rule.get("destination"))})


def _migrate_case(test: Object, category_uuid: str, made: _Rules, context: Context) -> None:
    uuid = context.ids()
    kind = test["type"]
    if kind in ("webhook_status", "airtime_status"):
        made.default = category_uuid
    if kind == "airtime_status" and test.get("exit_status") != "success":
        return
    case = {"uuid": uuid, **migrate_test(test, uuid, context.translator), "category_uuid": category_uuid}
    made.cases.append(case)
    days = days_from_today(test)
    if days is not None:
        made.days[uuid] = {"arguments": [days]}


def _config(raw: Object) -> Object:
    config = raw.get("config")
    return config if isinstance(config, dict) else {}


def _result_operand(raw: Object) -> str:
    return f"@results.{snakify(plain(raw.get('label')))}"


def _wait(raw: Object, context: Context) -> _Parts:
    kind = raw.get("ruleset_type") or "wait_message"
    hint_type = _HINTS[kind]
    if hint_type is None:
        return _Parts("wait_for_response", "@input", {"type": "msg"})
    hint: Object = {"type": hint_type}
    if kind == "wait_digit":
        hint["count"] = 1
    elif kind == "wait_digits" and raw.get("finished_key"):
        hint["terminated_by"] = plain(raw["finished_key"])
    operand = "@input.text" if hint_type == "digits" else "@input"
    return _Parts("wait_for_response", operand, {"type": "msg", "hint": hint})


def _expression(raw: Object, context: Context) -> _Parts:
    operand = migrate_template(plain(raw.get("operand")), default_to_self=True)
    return _Parts("split_by_expression", operand or "@input")


def _contact_field(raw: Object, context: Context) -> _Parts:
    operand = plain(raw.get("operand"))
    parts = _Parts("split_by_contact_field", migrate_template(operand) or "@input")
    key = operand.rpartition(".")[2] if "." in operand else ""
    if key == "name":
        parts.ui_config["operand"] = {"type": "property", "id": "name", "name": "Name"}
    elif key in URN_SCHEMES:
        parts.ui_config["operand"] = {"type": "scheme", "id": key}
    elif key:
        parts.ui_config["operand"] = {"type": "field", "id": key}
    return parts


def _flow_field(raw: Object, context: Context) -> _Parts:
    operand = plain(raw.get("operand"))
    config: Object = {"operand": {"id": operand.rpartition(".")[2]}} if "." in operand else {}
    return _Parts("split_by_run_result", migrate_template(operand) or "@input", ui_config=config)


def _form_field(raw: Object, context: Context) -> _Parts:
    config = _config(raw)
    operand = plain(raw.get("operand"))
    inner = migrate_template(operand).removeprefix("@")
    index = config.get("field_index")
    if isinstance(index, bool) or not isinstance(index, int):
        index = 0
    delimiter = plain(config.get("field_delimiter"))
    ui_config = {"operand": {"id": operand.rpartition(".")[2]}, "index": index, "delimiter": delimiter}
    return _Parts(
        "split_by_run_result_delimited",
        f"@(field({inner or 'input'}, {index}, {quoted(delimiter)}))",
        ui_config=ui_config,
    )


def _group(raw: Object, context: Context) -> _Parts:
    return _Parts("split_by_groups", "@contact.groups")


def _random(raw: Object, context: Context) -> _Parts:
    return _Parts("split_by_random", is_random=True)


def _subflow(raw: Object, context: Context) -> _Parts:
    flow = _config(raw).get("flow")
    if not isinstance(flow, dict):
        raise DefinitionError("a rule set of type 'subflow' must name a flow")
    reference = {"uuid": plain(flow.get("uuid")), "name": plain(flow.get("name"))}
    action = {"type": "enter_flow", "uuid": context.ids(), "flow": reference}
    return _Parts("split_by_subflow", "@child.status", action=action)


def _webhook(raw: Object, context: Context) -> _Parts:
    config = _config(raw)
    method = plain(config.get("webhook_action")).upper() or "POST"
    action: Object = {"type": "call_webhook", "uuid": context.ids(), "method": method}
    action["url"] = migrate_template(plain(config.get("webhook")), url_encode=True)
    headers = {}
    if method == "POST":
        headers["Content-Type"] = "application/json"
        action["body"] = DEFAULT_BODY
    for header in objects_in(config, "webhook_headers"):
        headers[plain(header.get("name"))] = migrate_template(plain(header.get("value")))
    if headers:
        action["headers"] = headers
    return _calling(raw, action, "split_by_webhook", ".category")


def _resthook(raw: Object, context: Context) -> _Parts:
    slug = plain(_config(raw).get("resthook"))
    return _calling(
        raw, {"type": "call_resthook", "uuid": context.ids(), "resthook": slug}, "split_by_resthook", ".category"
    )


def _airtime(raw: Object, context: Context) -> _Parts:
    amounts: dict[str, Any] = {}
    for setting in _config(raw).values():
        if not isinstance(setting, dict):
            continue
        currency, amount = plain(setting.get("currency_code")), setting.get("amount")
        if amounts.setdefault(currency, amount) != amount:
            raise DefinitionError(f"a rule set of type 'airtime' has different amounts in {currency}")
    return _calling(
        raw, {"type": "transfer_airtime", "uuid": context.ids(), "amounts": amounts}, "split_by_airtime", ""
    )


def _calling(raw: Object, action: Object, ui_type: str, lookup: str) -> _Parts:
    """A rule set that called somebody: the action keeps the result, and the router looks at it."""
    label = plain(raw.get("label"))
    if label:
        action["result_name"] = label
    return _Parts(ui_type, _result_operand(raw) + lookup, action=action, has_result=False)


_TYPES: dict[str, Callable[[Object, Context], _Parts]] = {
    **dict.fromkeys(_HINTS, _wait),
    "expression": _expression,
    "contact_field": _contact_field,
    "flow_field": _flow_field,
    "form_field": _form_field,
    "group": _group,
    "random": _random,
    "subflow": _subflow,
    "webhook": _webhook,
    "resthook": _resthook,
    "airtime": _airtime,
}
