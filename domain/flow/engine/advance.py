"""The loop: a run goes from node to node until something has to be waited for or everything has ended."""

from __future__ import annotations

from typing import NamedTuple

from domain.errors import EvenkeelError
from domain.flow.definition.model import Exit
from domain.flow.engine.compiled_flow import CompiledNode
from domain.flow.engine.execution import Execution
from domain.flow.engine.session import ACTIVE, COMPLETED, FAILED, WAITING, Run, Step


class Departure(NamedTuple):
    """The way out of a node, and the text the router went by."""

    way_out: Exit | None
    operand: str = ""


NOWHERE = Departure(None)


def advance(x: Execution, departure: Departure) -> None:
    """Goes on from where the current run is: first into a flow that was entered, else by the departure."""
    while True:
        node = _enter_flow(x) if x.entered is not None else _follow(x, departure)
        if node is None:
            up = _leave_run(x)
            if up is None:
                return
            departure = up
            continue
        x.steps_taken += 1
        if x.steps_taken > x.options.max_steps_per_sprint:
            x.fail_run(
                x.current_run(), f"Reached maximum number of steps per sprint ({x.options.max_steps_per_sprint})"
            )
            departure = NOWHERE
            continue
        visited = _visit(x, node)
        if visited is None:
            return
        departure = visited


def _follow(x: Execution, departure: Departure) -> CompiledNode | None:
    """The node that an exit leads to, with the segment of the path noted."""
    way_out, operand = departure
    if way_out is None or not way_out.destination_uuid:
        return None
    assert x.flow is not None
    node = x.flow.node(way_out.destination_uuid)
    if node is None:
        raise EvenkeelError(f"flow {x.flow.uuid} has no node {way_out.destination_uuid}")
    segment = {"flow_uuid": x.flow.uuid, "node_uuid": x.last_visited, "exit_uuid": way_out.uuid}
    if operand:
        segment["operand"] = operand
    segment["destination_uuid"] = node.uuid
    segment["time"] = x.now()
    x.segments.append(segment)
    return node


def _enter_flow(x: Execution) -> CompiledNode | None:
    """Starts a run of the flow that was entered; its first node."""
    entered, x.entered = x.entered, None
    assert entered is not None
    parent = x.run
    if len(x.session.runs) >= x.options.max_runs_per_session:
        assert parent is not None
        x.fail_run(parent, f"Reached maximum number of runs per session ({x.options.max_runs_per_session})")
        return None
    if entered.terminal:
        for run in x.session.runs:
            if run.is_live:
                x.exit_run(run, COMPLETED)
    parent_uuid = parent.uuid if parent is not None else ""
    now = x.now()
    run = Run(x.world.uuid7(), entered.flow.reference, now, now, ACTIVE, [], parent_uuid=parent_uuid)
    x.session.runs.append(run)
    x.run, x.flow, x.node = run, entered.flow, None
    details: dict[str, object] = {"flow": run.flow, "run_uuid": run.uuid}
    summary = x.session.trigger.run_summary
    started_by = parent_uuid or (summary["uuid"] if summary is not None else "")
    if started_by:
        details["parent_uuid"] = started_by
    if entered.terminal:
        details["terminal"] = True
    x.log_outside("run_started", **details)
    return entered.flow.entry


def _leave_run(x: Execution) -> Departure | None:
    """Ends the current run and goes on with the run that entered it; None when there is none and the session is over."""
    run = x.current_run()
    if run.exited_on is None:
        x.exit_run(run, COMPLETED)
    parent = x.session.parent_of(run)
    if parent is None or parent.status != ACTIVE:
        x.session.status = FAILED if run.status == FAILED else COMPLETED
        return None
    x.run, x.node = parent, None
    if run.status == FAILED:
        x.exit_run(parent, FAILED)
        return NOWHERE
    return _resume_parent(x, parent)


def _resume_parent(x: Execution, parent: Run) -> Departure:
    x.flow = x.assets.flow_or_none(parent.flow["uuid"])
    if x.flow is None:
        x.fail_run(parent, "Can't resume run with missing flow asset")
        return NOWHERE
    node = x.flow.node(parent.path[-1].node_uuid) if parent.path else None
    if node is None:
        x.fail_run(parent, "Can't resume run as node no longer exists")
        return NOWHERE
    x.node = node
    return depart(x, node)


def depart(x: Execution, node: CompiledNode) -> Departure:
    """Picks the exit of a node: its router's choice, or the first."""
    if node.router is None:
        return Departure(node.definition.exits[0])
    category_uuid, operand = node.router.route(x)
    return departure_for(x, node, category_uuid, operand)


def departure_for(x: Execution, node: CompiledNode, category_uuid: str, operand: str) -> Departure:
    """The departure that a category leads to. Without a category the run fails."""
    router = node.definition.router
    category = router.category(category_uuid) if router is not None and category_uuid else None
    if category is None:
        x.fail_run(x.current_run(), "Router failed to pick a category")
        return NOWHERE
    return Departure(node.definition.exit_of(category), operand)


def _visit(x: Execution, node: CompiledNode) -> Departure | None:
    """Arrives at a node and does what it says; None when the run now waits."""
    run = x.current_run()
    x.node = node
    x.last_visited = node.uuid
    now = x.now()
    assert run.path is not None
    run.path.append(Step(node.uuid, now))
    run.modified_on = now
    if x.steps_taken == 1 and x.resume is None and x.session.input is not None:
        record_input(x, run)
    for act in node.actions:
        act(x)
        if run.status == FAILED or _has_said_too_much(x, run):
            return NOWHERE
    if not node.actions and _has_said_too_much(x, run):
        return NOWHERE
    if x.entered is not None:
        return NOWHERE
    if node.wait is not None and node.wait.begin(x):
        run.status = x.session.status = WAITING
        run.modified_on = x.now()
        return None
    return depart(x, node)


def _has_said_too_much(x: Execution, run: Run) -> bool:
    """Whether the sprint's texts have become too many; the run has failed then."""
    if x.written <= x.options.max_chars_per_sprint:
        return False
    x.fail_run(run, f"Reached maximum number of characters per sprint ({x.options.max_chars_per_sprint})")
    return True


def record_input(x: Execution, run: Run) -> None:
    """Notes that the run has had an answer of the contact."""
    if not run.had_input:
        run.had_input = True
        run.modified_on = x.now()
