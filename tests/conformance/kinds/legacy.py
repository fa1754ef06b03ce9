"""Definitions of version 11: actions, tests, rule sets, whole flows, and the language their templates are written in."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.expressions.references import context_references, rewritten
from domain.expressions.template import compile_template
from domain.flow.definition.legacy.expressions import migrate_template
from domain.flow.definition.migrate import migrate
from domain.flow.engine.execution import Execution
from tests.conformance.documents import difference, plain
from tests.conformance.kinds.engine import execution_of
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.typed_values import nanos_of_iso
from tests.conformance.universe import Universe

Object = dict[str, Any]

FIXED_NOW = nanos_of_iso("2018-04-11T13:24:30.123456Z")


def run(folder: Path) -> Iterable[Outcome]:
    holders = read_json(folder / "legacy" / "_holders.json")
    for name, check in (("actions", _action), ("tests", _test), ("rulesets", _rule_set), ("flows", _flow)):
        for index, case in enumerate(read_json(folder / "legacy" / f"{name}.json")):
            yield checked(
                f"{name}[{index}] {case.get('description', '')}".strip(),
                lambda check=check, case=case: check(folder, holders, case),  # type: ignore[misc]
            )
    expressions = read_json(folder / "legacy" / "_expressions.json")
    universe = Universe(folder, start=FIXED_NOW, step=0)
    x = execution_of(read_json(folder / "functions.json")["context"], universe, redact_urns=False)
    for section in ("templates", "function_calls"):
        for index, case in enumerate(expressions[section]["cases"]):
            yield checked(f"{section}[{index}] {case['old']}", lambda case=case: _expression(x, case))  # type: ignore[misc]
    for index, case in enumerate(read_json(folder / "legacy" / "legacy_tests.json")):
        yield checked(f"legacy_tests[{index}] {case['template']}", lambda case=case: _template(x, case))  # type: ignore[misc]


def _migrated(folder: Path, holders: Object, legacy: Object) -> Object:
    universe = Universe(folder)
    made = plain(migrate(legacy, "13.0.0", ids=universe.uuid4, base_media_url=holders["base_media_url"]))
    assert isinstance(made, dict)
    return made


def _held(holders: Object, name: str, *parts: Any) -> Object:
    made = json.loads(holders[name] % tuple(part if isinstance(part, str) else json.dumps(part) for part in parts))
    assert isinstance(made, dict)
    return made


def _action(folder: Path, holders: Object, case: Object) -> str:
    flow = _migrated(
        folder, holders, _held(holders, "actions", case.get("legacy_flow_type") or "F", case["legacy_action"])
    )
    return difference(flow["nodes"][0]["actions"][0], case["expected_action"], "action") or difference(
        flow["localization"], case["expected_localization"], "localization"
    )


def _test(folder: Path, holders: Object, case: Object) -> str:
    flow = _migrated(folder, holders, _held(holders, "tests", case["legacy_test"]))
    node = flow["nodes"][0]
    expected_ui = case.get("expected_case_ui")
    shown = flow["_ui"]["nodes"][node["uuid"]].get("config", {}).get("cases", {})
    return (
        difference(node["router"]["cases"][0], case["expected_case"], "case")
        or difference(flow["localization"], case["expected_localization"], "localization")
        or ("" if expected_ui is None else difference(next(iter(shown.values()), None), expected_ui, "case in _ui"))
    )


def _rule_set(folder: Path, holders: Object, case: Object) -> str:
    flow = _migrated(folder, holders, _held(holders, "rulesets", case["legacy_ruleset"]))
    node = flow["nodes"][0]
    for action in (*node.get("actions", ()), *case["expected_node"].get("actions", ())):
        if action.get("body"):
            action["body"] = rewritten(action["body"], lambda tree: tree)[0]  # spaces in expressions don't matter
    return (
        difference(node, case["expected_node"], "node")
        or difference(flow["localization"], case["expected_localization"], "localization")
        or difference(flow["_ui"]["nodes"][node["uuid"]], case["expected_ui"], "_ui")
    )


def _flow(folder: Path, holders: Object, case: Object) -> str:
    return difference(_migrated(folder, holders, case["legacy"]), case["expected"])


def _expression(x: Execution, case: Object) -> str:
    """Old to new to the letter, alone and within a text; what comes out must evaluate, to `val` if that is given."""
    options = {"default_to_self": bool(case.get("defaultToSelf"))}
    for around in ("{}", "Embedded {} text", "Replace {} two {} times"):
        old = around.replace("{}", case["old"])
        migrated, expected = migrate_template(old, **options), around.replace("{}", case["new"])
        if migrated != expected:
            return f"got {migrated!r}, expected {expected!r}"
    text, failed = _evaluated(x, case["new"])
    if case.get("val"):
        return "" if text == case["val"] else f"{case['new']!r} gives {text!r}, expected {case['val']!r}"
    return f"{case['new']!r} can't be evaluated" if failed and case.get("dontEval") is False else ""


def _template(x: Execution, case: Object) -> str:
    """What could not be read stays as it is, what failed still fails, and everything else can be read."""
    migrated = migrate_template(case["template"], url_encode=case["url_encode"])
    if case["errors"]:
        failed = _evaluated(x, migrated)[1]
        return "" if failed else f"{migrated!r} is evaluated without errors, expected {case['errors']}"
    if case["output"] == case["template"]:
        return "" if migrated == case["template"] else f"got {migrated!r}, expected no change"
    unreadable = context_references(migrated)[1]
    return f"{migrated!r}: {unreadable}" if unreadable else ""


def _evaluated(x: Execution, template: str) -> tuple[str, bool]:
    """The text that a template makes in the session, and whether there were errors."""
    text, problems = x.evaluation.text(compile_template(template))
    return text, any(problem.kind == "error" for problem in problems)
