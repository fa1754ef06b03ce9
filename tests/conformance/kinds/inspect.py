"""What is said of a flow without running it: its faults, its dependencies and results, its issues."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from domain.errors import DefinitionError
from domain.flow.assets import Assets
from domain.flow.definition.change_language import change_language
from domain.flow.definition.inspect import inspect
from domain.flow.definition.read_json import read_flow
from domain.flow.definition.templates import templates_of_node
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, compared, described, read_json
from tests.conformance.runner import Outcome

_PARTIAL = (
    "the folder keeps a part of every list named cases, also of this router's, so that its fault is not in the file"
)
DELIBERATE = {"broken_flows/invalid_case_arguments.json": _PARTIAL, "broken_flows/too_many_cases.json": _PARTIAL}


def run(folder: Path) -> Iterable[Outcome]:
    cases = read_json(folder / "inspect" / "cases.json")
    yield from _broken_flows(folder, cases["broken_flows"])
    for case in cases["inspection"]:
        document = read_json(folder / case["assets"])
        expected = read_json(folder / "inspect" / case["expected"])
        yield checked(
            case["expected"],
            lambda d=document, c=case, e=expected: difference(_inspected(d, c["flow"]), e),  # type: ignore[misc]
        )
    yield from _issues(folder)
    yield from _of_actions_and_routers(folder)
    yield from _languages(folder)


def _broken_flows(folder: Path, cases: list[dict[str, Any]]) -> Iterator[Outcome]:
    """Every flow of a file with a fault can't be read, and the sentence says why; one without a fault can."""
    for case in cases:
        document = read_json(folder / "inspect" / case["file"])
        yield compared(
            case["file"],
            lambda d=document, c=case: _fault(d, c["flow"]),  # type: ignore[misc]
            case.get("error") or "",
        )


def _fault(document: dict[str, Any], flow_uuid: str) -> str:
    try:
        read_flow(_flow(document, flow_uuid))
    except DefinitionError as error:
        return error.sentence
    return ""


def _flow(document: dict[str, Any], uuid: str) -> dict[str, Any]:
    return next(flow for flow in document["flows"] if flow["uuid"] == uuid)


def _inspected(document: dict[str, Any], flow_uuid: str, *, with_assets: bool = True) -> dict[str, Any]:
    flow = read_flow(_flow(document, flow_uuid))
    assets = Assets.from_json(document)
    found = inspect(flow, (lambda kind, key: key in getattr(assets, f"{kind}s")) if with_assets else None)
    del found["waiting_exit_uuids"]  # ours alone
    made = plain(found)
    assert isinstance(made, dict)
    return made


def _issues(folder: Path) -> Iterator[Outcome]:
    assets = read_json(folder / "inspect" / "issues" / "_assets.json")
    for name, case in described(folder / "inspect" / "issues"):
        document = {**assets, "flows": [*assets["flows"], case["flow"]]}
        yield checked(
            f"issues/{name}",
            lambda d=document, c=case: difference(  # type: ignore[misc]
                _inspected(d, c["flow"]["uuid"], with_assets=not c.get("no_assets"))["issues"], c["issues"]
            ),
        )


def _of_actions_and_routers(folder: Path) -> Iterator[Outcome]:
    """The inspections among the cases of single actions and routers."""
    harness = read_json(folder / "harness.json")
    for name, case in described(folder / "actions"):
        if "inspection" not in case:
            continue
        document = read_json(folder / harness["actions"]["assets"])
        holder = harness["actions"]["holder"]["voice" if case.get("in_flow_type") == "voice" else "messaging"]
        flow = document["flows"][holder["index"]]
        flow["nodes"][0]["actions"] = [case["action"]]
        if case.get("localization"):
            flow["localization"] = case["localization"]
        yield _one_inspection(f"actions/{name}", document, flow, case)
    for name, case in described(folder / "routers"):
        if "inspection" not in case:
            continue
        document = read_json(folder / "routers" / "_assets.json")
        flow = document["flows"][0]
        flow["nodes"][0]["router"] = case["router"]
        if case.get("localization"):
            flow["localization"] = case["localization"]
        yield _one_inspection(f"routers/{name}", document, flow, case)


def _one_inspection(name: str, document: dict[str, Any], flow: dict[str, Any], case: dict[str, Any]) -> Outcome:
    return checked(
        name,
        lambda: (
            difference(_inspected(document, flow["uuid"]), case["inspection"])
            or difference(_templates(flow), case.get("templates") or [], "templates")
        ),
    )


def _templates(flow: dict[str, Any]) -> list[str]:
    read = read_flow(flow)
    return [placed.text for placed in templates_of_node(read.nodes[0], read.localization)]


def _languages(folder: Path) -> Iterator[Outcome]:
    """A flow whose language is changed. Cases are left out of it: the folder has not kept them in the flow."""
    flow = read_json(folder / "inspect" / "definition" / "change_language.json")["flows"][0]
    for path in sorted((folder / "inspect" / "definition").glob("TestChangeLanguage_change_language_to_???.snap")):
        expected = read_json(path)
        language = path.stem[-3:]
        yield checked(
            f"definition/{path.stem}",
            lambda language=language, expected=expected: difference(  # type: ignore[misc]
                _without_cases(plain(change_language(flow, language))), _without_cases(expected)
            ),
        )


def _without_cases(flow: dict[str, Any]) -> dict[str, Any]:
    """The flow as it is written canonically, without empty values, and without cases and their translations."""
    for node in flow["nodes"]:
        node.get("router", {}).pop("cases", None)
    for items in flow["localization"].values():
        for uuid in [uuid for uuid, item in items.items() if "arguments" in item]:
            del items[uuid]
    interface = flow.pop("_ui")
    made = _pruned(flow)
    assert isinstance(made, dict)
    return {**made, "_ui": interface}


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(member) for key, member in value.items() if member not in (None, [])}
    return [_pruned(member) for member in value] if isinstance(value, list) else value
