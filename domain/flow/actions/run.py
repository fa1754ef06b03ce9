"""Actions on the run itself, and on other flows."""

from __future__ import annotations

import re
from typing import Any

from domain.expressions.template import compile_template
from domain.flow.actions.recipients import CompiledRecipients
from domain.flow.definition.actions import run as definitions
from domain.flow.definition.model import Flow
from domain.flow.engine.compiled_flow import Act
from domain.flow.engine.execution import EnteredFlow, Execution
from domain.flow.engine.localisation import localised_text
from domain.flow.engine.session import Result

MAX_SPAWNED = 5
"""How many sessions may start one another without anybody having written: longer chains are loops."""

BACKGROUND = "messaging_background"
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def set_run_result(action: definitions.SetRunResult, flow: Flow) -> Act:
    template = compile_template(action.value)
    category = localised_text(flow, action.uuid, "category", action.category)

    def act(x: Execution) -> None:
        value, is_fine = x.text(template)
        if not is_fine:
            return
        localised, _ = category.choose(x.languages)
        x.save_result(
            Result(
                name=action.name,
                value=value[: x.options.max_result_chars],
                created_on=x.now(),
                category=action.category,
                category_localized=localised if localised != action.category else "",
                node_uuid=x.node.uuid if x.node is not None else "",
            )
        )

    return act


def set_run_local(action: definitions.SetRunLocal, flow: Flow) -> Act:
    template = compile_template(action.value)

    def act(x: Execution) -> None:
        if action.operation == "clear":
            x.set_local(action.local, None)
            return
        value, is_fine = x.text(template)
        if not is_fine:
            return
        if action.operation == "increment":
            if _INTEGER.fullmatch(value) is None:
                x.log_error("Increment value is not an integer")
                return
            value = str(_integer((x.current_run().locals or {}).get(action.local, "")) + int(value))
        x.set_local(action.local, value)

    return act


def _integer(text: str) -> int:
    """The whole number that a local holds; 0 for any other text."""
    return int(text) if _INTEGER.fullmatch(text) else 0


def enter_flow(action: definitions.EnterFlow, flow: Flow) -> Act:
    def act(x: Execution) -> None:
        target = x.assets.flow_or_none(action.flow.uuid)
        if target is None:
            x.fail_run_in_action(f"Unable to find flow '{action.flow.name}'")
        elif target.type not in (x.session.type, BACKGROUND):
            x.fail_run_in_action(
                f"Can't enter flow[uuid={target.uuid},name={target.name}] of type {target.type} "
                f"from type {x.session.type}"
            )
        else:
            x.entered = EnteredFlow(target, action.terminal)

    return act


def start_session(action: definitions.StartSession, flow: Flow) -> Act:
    recipients = CompiledRecipients(action)

    def act(x: Execution) -> None:
        to = recipients.found(x)
        target = x.assets.flows.get(action.flow.uuid)
        if target is None:
            x.log_missing("flow", action.flow.uuid, action.flow.name)
            return
        if x.session.trigger.batch and (to.groups or to.contact_query):
            x.log_error("Can't start new sessions for groups or queries during batch starts")
            return
        history = _history(x)
        if history["ancestors_since_input"] >= MAX_SPAWNED:
            x.log_error("Too many sessions have been spawned since the last time input was received")
            return
        if to.is_empty and not action.create_contact:
            return
        details: dict[str, Any] = {"flow": {"uuid": target.uuid, "name": target.name}, **to.to_json()}
        details["exclusions"] = {"in_a_flow": True} if action.exclusions and action.exclusions.in_a_flow else {}
        if action.create_contact:
            details["create_contact"] = True
        x.log("session_triggered", **details, run_summary=_run_summary(x), history=history)

    return act


def _run_summary(x: Execution) -> dict[str, Any]:
    """What the started sessions will know of this run."""
    run = x.current_run()
    return {
        "uuid": run.uuid,
        "flow": run.flow,
        "contact": x.contact.to_json(),
        "status": run.status,
        "results": {key: result.to_json() for key, result in (run.results or {}).items()},
    }


def _history(x: Execution) -> dict[str, Any]:
    """How the started sessions come from this one, and how many sessions ago somebody wrote."""
    before = x.session.trigger.history or {}
    had_input = any(run.had_input for run in x.session.runs)
    return {
        "parent_uuid": x.session.uuid,
        "ancestors": before.get("ancestors", 0) + 1,
        "ancestors_since_input": 0 if had_input else before.get("ancestors_since_input", 0) + 1,
    }
